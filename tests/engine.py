"""Stands in for computations that obey: control clients of aptee -l.

    engine.py socket NAME=how ...

Each connects with its name ("-": without one), keeps the lines that it is
told in NAME.told, and answers them as it is said how:

    ok        ok at step 1, ok at step 2 ...     error     error c: no
    silent    not at all                         wrong     with other words
    twice     two lines for each                 flood     without end
    long      a line without end                 huge      8,000 bytes
    gone      by closing                         hostile   with ESC and such
    late      the first when late.go is there, with the others before it
    early     before anything was asked, too     split     byte by byte
Ends when all connections are closed.
"""

from __future__ import annotations

import os
import re
import selectors
import socket
import sys
import time


class Engine:
    """One control client."""

    def __init__(self, path: str, name: str, how: str) -> None:
        self.name, self.how = name, how
        told = re.sub("[^A-Za-z0-9.-]", "_", name) + ".told"
        self.told = open(told, "w", buffering=1)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.held: list[bytes] = []
        self.rest = b""
        self.n = 0
        hello = "control" if name == "-" else f"control {name}"
        self.say(hello.encode().decode("unicode_escape").encode("latin1")
                 + b"\n")
        if how == "early":
            self.say(b"ok at step 99\n")

    def say(self, line: bytes) -> None:
        """Send all of it."""
        self.socket.sendall(line)

    def flood(self) -> None:
        """Say what nobody asked for, until the other side has enough."""
        try:
            while True:
                self.say(b"ok at step 1\n" * 1000)
        except OSError:
            pass

    def obey(self, line: str) -> None:
        """Answer a line, or do something else."""
        self.n += 1
        self.told.write(line + "\n")
        answer = f"ok at step {self.n}\n".encode()
        if self.how in ("ok", "early"):
            self.say(answer)
        elif self.how == "split":
            for i in range(len(answer)):
                self.say(answer[i:i + 1])
        elif self.how == "error":
            self.say(b"error c: no\n")
        elif self.how == "wrong":
            self.say(b"what?\n")
        elif self.how == "twice":
            self.say(answer + answer)
        elif self.how == "long":
            self.say(b"ok " + b"x" * 100000)
        elif self.how == "huge":
            self.say(b"ok " + b"y" * 4000 + b"\n")
        elif self.how == "hostile":
            self.say(b"ok \x1b]0;t\x07 \x1b[2J\xff\xc2\x9b31m\0 at step 1\r\n")
        elif self.how == "flood":
            self.flood()
        elif self.how == "late":
            self.held.append(answer)

    def release(self) -> None:
        """What was held back is said now."""
        if self.held and os.path.exists("late.go"):
            self.say(b"".join(self.held))
            self.held = []

    def hear(self) -> bool:
        """Take what has come; whether there may be more."""
        try:
            data = self.socket.recv(65536)
            self.rest += data
            *lines, self.rest = self.rest.split(b"\n")
            for line in lines:
                self.obey(line.decode())
                if self.how == "gone":
                    return False
        except OSError:
            return False
        return bool(data)


def main(path: str, *engines: str) -> None:
    """Serve all until they are closed."""
    if "/" not in path:
        path = os.path.join(os.environ["APTEE_DIR"], path)
    ready = selectors.DefaultSelector()
    for name, _, how in (e.rpartition("=") for e in engines):
        for i in range(100):
            try:
                e = Engine(path, name, how)
                break
            except BlockingIOError:
                time.sleep(0.02)
        ready.register(e.socket, selectors.EVENT_READ, e)
    print("ready", flush=True)
    while ready.get_map():
        for key, _ in ready.select(0.02):
            if not key.data.hear():
                ready.unregister(key.fileobj)
                key.fileobj.close()
        for key in list(ready.get_map().values()):
            key.data.release()


main(*sys.argv[1:])
