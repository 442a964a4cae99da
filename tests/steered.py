"""A run to be steered, and who stands in for its aptee.

    steered.py serve SOCKET LOG [hang]
        takes connections, writes each one's line to LOG and answers it as a
        run would, or with hang never does
    steered.py run FILE ...
        publishes steps, and at the words of the files, as they come, what a
        steered run says: FILE holds "pause", "resume", "stop" ..., one a line
    steered.py say STATE TEXT [STATE TEXT ...]
        three steps of u and parameters, then these control records, and no
        final record
"""
import os
import socket
import sys
import time

import aprec


def serve(path, log, mode=""):
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(path)
    sock.listen(8)
    kept = []
    while True:
        peer = sock.accept()[0]
        line = peer.makefile("r").readline()
        with open(log, "a") as out:
            out.write(line)
        if mode == "hang":
            kept.append(peer)
            continue
        if line == "step\n":
            peer.sendall(b"error evil \x1b]0;pwned\x07 told\n")
        else:
            peer.sendall(b"ok heat: at step 12\nmore of it\n")
        peer.close()


def parameters(out):
    out.describe("c", role="parameter", valid_min="0", valid_max="5")
    out.describe("name", role="parameter")
    out.publish(c=2.5, name="wave")


def control(out, state, text):
    out.describe("control", state=state)
    out.publish(control=text)


def run(path):
    done, state = 0, "running"
    step = 0
    with aprec.open(1, source="heat@host") as out:
        while state != "stopping":
            try:
                words = open(path).read().split("\n")[:-1]
            except OSError:
                words = []
            for word in words[done:]:
                state = dict(pause="paused", step="paused",
                             stop="stopping").get(word, "running")
                control(out, state, "at %d %s" % (step, word))
            done = len(words)
            if state == "running":
                step += 1
                out.publish(step=step, u=[0.0, step % 7, 1.0])
            time.sleep(0.02)


def say(*words):
    out = aprec.open(1, source="heat@host")
    parameters(out)
    for step in range(1, 4):
        out.publish(step=step, u=[1.0, 2.0, step])
    for state, text in zip(words[::2], words[1::2]):
        control(out, state, text.replace(";", "\n"))
    sys.stdout.flush()
    os._exit(0)


globals()[sys.argv[1]](*sys.argv[2:])
