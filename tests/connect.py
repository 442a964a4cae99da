"""Check aprec.connect(): tests/connect.py [case], or "list" for all cases.

Goal: who joins a run has the newest state of each source, whole, whatever
happens between; and what it asks for is done, or told.  The server here is
made of threads and does what it is told; tests/python-connect.t has the
real one.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
from reader import rec  # noqa: E402
from writer import LIMIT, Skip, eq, has, main, np, run, start  # noqa: E402
import aprec  # noqa: E402


class Server:
    """Serves the runs of a private folder; each peer is handled by serve.

    hellos are the first lines that came; said all lines behind "view".
    """

    def __init__(self, name, serve):
        self.folder = tempfile.mkdtemp(dir=".")
        os.environ["APTEE_DIR"] = self.folder
        self.path = os.path.join(self.folder, name)
        self.serve = serve
        self.hellos = []
        self.said = []
        self.listen()

    def listen(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(self.path)
        self.sock.listen(5)
        threading.Thread(target=self.accept, args=(self.sock,),
                         daemon=True).start()

    def accept(self, sock):
        while True:
            try:
                peer, _ = sock.accept()
            except OSError:
                return
            lines = peer.makefile("rb")
            self.hellos.append(lines.readline())
            threading.Thread(target=self.handle, args=(peer, lines),
                             daemon=True).start()

    def handle(self, peer, lines):
        try:
            self.serve(self, peer, lines)
        except OSError:             # it has left
            pass
        lines.close()
        peer.close()

    def hear(self, lines):
        self.said.append(lines.readline())

    def end(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        os.unlink(self.path)


def until(condition, what):
    limit = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > limit:
            raise AssertionError("never: " + what)
        time.sleep(0.01)


def send(*bursts, wait=True):
    """A handler that sends bursts, each when it is asked for more."""
    def serve(server, peer, lines):
        for i, burst in enumerate(bursts):
            if i:
                server.hear(lines)
            peer.sendall(burst)
        if wait:
            server.hear(lines)
            lines.readline()
    return serve


def refused(what, *arguments, error=OSError):
    try:
        aprec.connect(*arguments)
    except error as e:
        has(str(e), what)
    else:
        raise AssertionError("it was joined")


def newest():
    """a name, its newest values, and what is known of it"""
    first = rec(1, x=5, u=[1.5] * 9) + rec(7, step=3, t=0.25, u=[2.5] * 9)
    server = Server("wave", send(first))
    with aprec.connect("wave") as live:
        until(lambda: live.seq == 7, "the second record")
        eq(server.hellos, [b"view\n"])
        eq((live["x"], list(live["u"]), live["t"]), (5, [2.5] * 9, 0.25))
        eq((live.step, live.t, live.seq, live.wall, live.final),
           (3, 0.25, 7, 1e9, False))
        eq(live.age > 1e7, True)
        eq((list(live), len(live), "x" in live, "y" in live, live.get("y")),
           (["x", "u", "step", "t"], 4, True, False, None))
        eq(dict(live)["x"], 5)
        eq([s.name for s in live.data], ["s@h"])
        eq(live.sources["s@h"]["x"], 5)
        has(repr(live), "wave, 1 source, step 3: x u step t")
        eq(live.error, None)
    live.close()
    eq(live["x"], 5)


def ranks():
    """sources are in the order of their ranks"""
    names = ["r.10", "r.9", "r.1", "r.2-b", "r.2", "r.02", "r", "s.1", "r.2a"]
    server = Server("many", send(b"".join(
        rec(1, run=i + 1, source=n, u=i, only=i) if n == "r.9" else
        rec(1, run=i + 1, source=n, u=i) for i, n in enumerate(names))))
    with aprec.connect(server.path) as live:
        until(lambda: len(live.data) == len(names), "all sources")
        eq([s.name for s in live.data],
           ["r", "r.1", "r.2", "r.02", "r.2-b", "r.2a", "r.9", "r.10",
            "s.1"])
        eq((live.data[6]["u"], live["only"]), (1, 1))
        eq(live.sources["r.10"]["u"], 0)
        for look in (lambda: live["u"], lambda: live.get("u")):
            try:
                look()
            except LookupError as e:
                has(str(e), "9 sources have it (r, r.1, r.2, ...)")
            else:
                raise AssertionError("which u?")


def names_as_c_sorts_them():
    """and that is the order of aptee"""
    import random
    from functools import cmp_to_key
    draw = random.Random(5)

    def compare(a, b):              # as in state.c
        while a and b:
            na = len(a) - len(a.lstrip("0123456789"))
            nb = len(b) - len(b.lstrip("0123456789"))
            if na and nb and int(a[:na]) != int(b[:nb]):
                return int(a[:na]) - int(b[:nb])
            if na and nb:
                a, b = a[na:], b[nb:]
                continue
            if a[0] != b[0]:
                return ord(a[0]) - ord(b[0])
            a, b = a[1:], b[1:]
        return len(a) - len(b)
    names = ["".join(draw.choice("a1209-z\u00b2#") for _ in range(
        draw.randrange(1, 6))) for _ in range(3000)]
    eq(sorted(names, key=aprec._numeric),
       sorted(names, key=cmp_to_key(compare)))


def asks_for_more():
    """it takes all, says how much it has, and gets the next"""
    a, b, c = rec(1, x=1), rec(5, x=5), rec(9, True, x=9)
    server = Server("wave", send(a, b, c, wait=False))
    with aprec.connect("wave") as live:
        for m in live.updates(LIMIT):
            eq(m["x"], m.seq)
        eq((live["x"], live.final, live.error), (9, True, None))
        eq(live.wait(0), False)
    eq(server.said, [b"more %d\n" % len(a), b"more %d\n" % len(a + b)])


def pieces():
    """a state is shown when it is whole"""
    a, b = rec(1, x=1, u=bytes(70000)), rec(2, x=2, u=bytes(70000))

    def serve(server, peer, lines):
        for part in (a, b[:300], b[300:60000]):
            peer.sendall(part)
            server.hear(lines)
        server.torn = True
        go.wait(LIMIT)
        peer.sendall(b[60000:])
        lines.readline()
    go = threading.Event()
    server = Server("wave", serve)
    with aprec.connect("wave") as live:
        until(lambda: hasattr(server, "torn"), "it is torn")
        eq(live["x"], 1)
        old = live.now
        go.set()
        eq(live.wait(LIMIT), True)
        eq((live["x"], old["x"]), (2, 1))
        until(lambda: len(server.said) == 3, "what it said")
        eq(server.said[0], b"more %d\n" % len(a))


def waits():
    """a wait ends with news, with its time, and by Ctrl-C"""
    server = Server("wave", send(rec(1, x=1)))
    with aprec.connect("wave") as live:
        eq((live.wait(0.05), [m["x"] for m in live.updates(0.05)]),
           (False, [1]))
    p = start("live = aprec.connect('wave')\n"
              "try:\n    print('in', flush=True); live.wait()\n"
              "except KeyboardInterrupt:\n    print('out')\n",
              {"APTEE_DIR": server.folder}, stdout=subprocess.PIPE)
    eq(p.stdout.readline(), b"in\n")
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=LIMIT)
    eq((out, err, p.returncode), (b"out\n", b"", 0))


def comes_back():
    """it joins again until the end is known; duplicates change nothing"""
    states = [rec(1, x=1) + rec(2, x=2)[:100], rec(1, x=7) + rec(3, x=3),
              rec(3, x=8) + rec(4, True)]

    def serve(server, peer, lines):
        peer.sendall(states[len(server.hellos) - 1])
    server = Server("wave", serve)
    with aprec.connect("wave") as live:
        until(lambda: live.final, "the end")
        eq((live["x"], live.seq, live.passed), (3, 4, 100))
        live.wait(0)
        eq((live.wait(LIMIT), live.error), (False, None))
    eq(len(server.hellos), 3)


def comes_and_goes():
    """a server that is away is waited for, and a new run takes the name"""
    server = Server("wave", send(rec(1, x=1), wait=False))
    live = aprec.connect("wave")
    server.end()
    until(lambda: live.error and "no run to join" in live.error, "its error")
    eq((live["x"], live.final), (1, False))
    server.serve = send(rec(1, run=5, x=2))
    server.listen()
    until(lambda: live["x"] == 2, "the new run")
    eq([s.name for s in live.data], ["s@h"])
    live.close()
    eq(live._thread.is_alive(), False)


def damage():
    """damage costs what it touches, and is counted"""
    a, b = rec(1, x=1), rec(2, x=2)
    Server("wave", send(b"Welcome\n" + a + b[:130] + b"?" + b[131:] +
                        rec(3, y=3)))
    with aprec.connect("wave") as live:
        until(lambda: "y" in live, "y")
        eq((live["x"], live.passed), (1, len(b)))


def strangers():
    """who is no server of ours is told"""
    server = Server("wave", send(b"error too many viewers\n", wait=False))
    refused("no run to join", "nowave", error=FileNotFoundError)
    refused("no run to join", server.folder + "/x", error=FileNotFoundError)
    for name in ("", ".wave", "wave.lock"):
        refused("not the name of a run", name, error=ValueError)
    refused("too long for a socket", "w" * 200)
    os.chmod(server.folder, 0o750)
    refused("yours alone", "wave", error=PermissionError)
    os.chmod(server.folder, 0o700)
    with aprec.connect("wave") as live:
        until(lambda: live.error is not None, "the refusal")
        has(live.error, "too many viewers")
    folder = server.folder + "2"
    os.symlink(server.folder, folder)
    os.environ["APTEE_DIR"] = folder
    refused("yours alone", "wave", error=PermissionError)
    os.environ["APTEE_DIR"] = server.folder
    peer, aprec._peer = aprec._peer, lambda sock: 4711
    refused("another user serves it", "wave", error=PermissionError)
    aprec._peer = peer
    server.sock.close()
    left = socket.socket(socket.AF_UNIX)
    left.bind(server.folder + "/left")
    left.close()
    refused("nobody serves it", "left", error=ConnectionRefusedError)


def peers():
    """who is at the other end is known here, and the way of the BSDs"""
    import ctypes
    a, b = socket.socketpair()
    eq((aprec._peer(a), aprec._peer(b)), (os.geteuid(), os.geteuid()))
    try:
        ctypes.CDLL("libbsd.so.0", mode=ctypes.RTLD_GLOBAL)
    except OSError:
        pass
    known = socket.__dict__.pop("SO_PEERCRED", None)
    try:
        eq(aprec._peer(a), os.geteuid())
    except AttributeError:
        raise Skip("no getpeereid") from None
    finally:
        if known is not None:
            socket.SO_PEERCRED = known
        a.close()
        b.close()


def commands():
    """commands are sent, and answered or raised"""
    def serve(server, peer, lines):
        hello = server.hellos[-1]
        peer.sendall({b"view\n": rec(1, x=1), b"pause\n": b"ok at step 3\n",
                      b"stat\n": b"ok\na 1\nb 2\n", b"stop\n": b"",
                      b"set dt 0.5\n": b"ok\n", b"set on 1\n": b"ok\n",
                      b"set label two words\n": b"ok\n", b"resume\n": b"ok\n",
                      b"step 4\n": b"ok\n", b"params\n": b"ok\ndt 0.5\n"}
                     .get(hello, b"error no such thing\n"))
        if hello == b"view\n":
            lines.readline(), lines.readline()
    server = Server("wave", serve)
    with aprec.connect("wave") as live:
        eq(live.pause(), "at step 3")
        eq(live.stat(), "a 1\nb 2")
        eq(live.params(), "dt 0.5")
        for answer in (live.resume(), live.advance(4), live.set("dt", 0.5),
                       live.set("on", True), live.set("label", "two words")):
            eq(answer, "")
        if np:
            eq(live.set("dt", np.float64(0.5)), "")
        for ask, error, what in (
                (lambda: live.command("fly"), RuntimeError, "no such thing"),
                (live.stop, ConnectionError, "no answer"),
                (lambda: live.set("a b", 1), ValueError, "not a name"),
                (lambda: live.set("a", "1\nstop"), ValueError, "one line"),
                (lambda: live.set("a", "x" * 5000), ValueError, "one line")):
            try:
                ask()
            except error as e:
                has(str(e), what)
            else:
                raise AssertionError(what)


def reads():
    """read() takes what a viewer gets, newest first"""
    a, b, c = rec(1, x=1), rec(5, x=5), rec(9, True, x=9)
    server = Server("wave", send(a, b, c, wait=False))
    eq([r["x"] for r in aprec.read("wave")], [1, 5, 9])
    eq(server.said, [b"more %d\n" % len(a), b"more %d\n" % len(a + b)])
    eq([r["x"] for r in aprec.read(server.path)], [1, 5, 9])
    one, two = socket.socketpair()
    one.sendall(a + b)
    one.close()
    eq([r["x"] for r in aprec.read(two)], [1, 5])
    two.close()
    server.serve = send(b"error not now\n", wait=False)
    try:
        list(aprec.read("wave"))
    except ConnectionRefusedError as e:
        has(str(e), "not now")
    else:
        raise AssertionError("it was read")


def publishes():
    """a writer publishes to a run's name, and is told a refusal"""
    def serve(server, peer, lines):
        server.said.append(lines.read())
    server = Server("wave", serve)
    for policy in "all", "newest":
        run("with aprec.open() as out: out.publish(x=3)",
            {"APTEE_DIR": server.folder, "APREC_OUT": "wave",
             "APREC_POLICY": policy, "OMPI_COMM_WORLD_SIZE": "4"})
    until(lambda: len(server.said) == 2, "what was published")
    eq(server.hellos, [b"publish\n"] * 2)
    import io
    for said in server.said:
        eq([dict(r) for r in aprec.read(io.BytesIO(said))], [{"x": 3}, {}])
    server.serve = lambda server, peer, lines: peer.sendall(b"error no\n")
    out, err = run("with aprec.open('wave') as out:\n"
                   "    while not out.error: out.publish(x=3)",
                   {"APTEE_DIR": server.folder})
    eq(err, "aprec: wave: no; nothing more is published\n")


#
# The real server
#

class Aptee:
    """Serves wave from a folder of its own, fed by what feed gets."""

    def __init__(self, *options, **more):
        if shutil.which("aptee") is None:
            raise Skip("no aptee")
        folder = tempfile.mkdtemp(dir=".")
        os.environ["APTEE_DIR"] = folder
        self.run(*options, **more)

    def run(self, *options, stdin=subprocess.PIPE):
        self.process = subprocess.Popen(
            ["aptee", "-q", "-l", "wave", *options], stdin=stdin,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        path = os.path.join(os.environ["APTEE_DIR"], "wave")
        until(lambda: os.path.exists(path), "the socket")

    def feed(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def end(self):
        if self.process.stdin:
            self.process.stdin.close()
        eq(self.process.wait(LIMIT), 0)


def aptee_newest():
    """aptee: of a fast run it sees rising steps, whole, and the last"""
    server = Aptee()
    server.feed(rec(1, grid=list(range(5000))))
    with aprec.connect("wave") as live:
        until(lambda: "grid" in live, "the grid")

        def compute():
            for i in range(2, 3000):
                server.feed(rec(i, step=i, u=[float(i)] * 3000))
            server.feed(rec(3000, True, step=3000, u=[3000.0] * 3000))
            server.end()
        thread = threading.Thread(target=compute)
        thread.start()
        last = 0
        for m in live.updates(LIMIT):
            if m.step < last or ("u" in m and
                                 set(m["u"]) != {float(m["step"])}):
                raise AssertionError("step %d after %d" % (m.step, last))
            last = m.step
        thread.join()
        eq((live.final, live.error, live.step, live["grid"][4999],
            set(live["u"])), (True, None, 3000, 4999, {3000.0}))


def aptee_ranks():
    """aptee: twelve writers publish to it, and are seen in their order"""
    server = Aptee()        # its stdin stays open until all have come
    p = start("outs = [aprec.open(source='r.%d@h' % i) for i in range(12)]\n"
              "for i in range(20):\n"
              "    for n, out in enumerate(outs):\n"
              "        out.publish(step=i, u=[n] * 9)\n"
              "sys.stdin.read()\n",
              {"APTEE_DIR": os.environ["APTEE_DIR"], "APREC_OUT": "wave",
               "OMPI_COMM_WORLD_SIZE": "12"}, stdin=subprocess.PIPE)
    with aprec.connect("wave") as live:
        until(lambda: len(live.data) == 12 and
              all(s.get("step") == 19 for s in live.data), "all of them")
        eq([s.name for s in live.data], ["r.%d@h" % i for i in range(12)])
        eq([list(s["u"]) for s in live.data], [[i] * 9 for i in range(12)])
        eq(live.data[10]["step"], 19)
        eq(p.communicate(timeout=LIMIT)[1:] + (p.returncode,), (b"", 0))
        until(lambda: live.final, "the end")
    server.process.kill()
    server.process.wait()
    server.process.stdin.close()


def aptee_comes_back():
    """aptee: it is killed, comes back, and the run goes on"""
    server = Aptee()
    server.feed(rec(1, grid=5) + rec(2, x=2))
    with aprec.connect("wave") as live:
        until(lambda: live.get("x") == 2, "x")
        server.process.kill()
        server.process.wait()
        until(lambda: live.error, "its error")
        eq((live["x"], live["grid"]), (2, 5))
        server.process.stdin.close()
        server.run()
        server.feed(rec(3, x=3))
        until(lambda: live["x"] == 3, "more of it")
        eq((live["grid"], live.error, len(live.data)), (5, None, 1))
        server.feed(rec(4, True))
        server.end()
        until(lambda: live.final, "the end")


def aptee_reads():
    """aptee: read() has the state first, then what comes, then the end"""
    server = Aptee()
    server.feed(rec(1, grid=5) + rec(2, x=2) + rec(3, x=3))
    with aprec.connect("wave") as live:
        until(lambda: live.seq == 3, "the third")
    state = aprec.State()
    reader = aprec.read("wave")
    for r in reader:
        state.merge(r)
        if r.seq == 3:
            eq(dict(state["s@h"]), {"grid": 5, "x": 3})
            server.feed(rec(4, x=4) + rec(5, True))
            server.process.stdin.close()
    eq((dict(state["s@h"]), state["s@h"].final), ({"grid": 5, "x": 4}, True))
    server.end()


if __name__ == "__main__":
    sys.exit(main())
