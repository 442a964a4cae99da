"""Check that runs in Python are steered: tests/steer.py [case], or "list".

Goal: what a run is told is obeyed inside publish and wait alone, answered,
and kept in its recording; a pause uses no processor and ends by Ctrl-C;
nothing that it is told ends it but stop.
"""
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
from writer import (FORMAT, HERE, LIMIT, Skip, eq, has, main, np,  # noqa: E402
                    one_line, records, run, start)
import aprec  # noqa: E402


class Boss:
    """Stands in for aptee -l as who tells a run what to do."""

    def __init__(self, path="boss"):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(LIMIT)
        self.sock.bind(path)
        self.sock.listen(5)
        self.path = os.path.abspath(path)
        self.peer = None

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.leave()
        self.sock.close()
        os.unlink(self.path)

    def meet(self, hello=b"control sim\n"):
        self.peer, _ = self.sock.accept()
        self.peer.settimeout(LIMIT)
        self.lines = self.peer.makefile("rb")
        eq(self.lines.readline(), hello)

    def leave(self):
        if self.peer is not None:
            self.lines.close()
            self.peer.close()
            self.peer = None

    def tell(self, *lines):
        """The answers to them."""
        self.peer.sendall("".join(line + "\n" for line in lines).encode())
        answers = [self.lines.readline().decode()[:-1] for _ in lines]
        return answers[0] if len(lines) == 1 else answers


SIM = """
out = aprec.open(source="sim")
c = out.param("c", 1.0, 0, 5, label="speed", units="m s-1")
step = 0
while not out.stopped and step < 100000:
    step += 1
    out.publish(step=step, u=[c.value] * 3)
    time.sleep(0.001)
out.close()
print("ended", flush=True)
"""


def steered(code=SIM, env=None, out="run.apr", **more):
    return start(code, {"APREC_OUT": out, "APREC_CONTROL": "./boss",
                        **(env or {})}, **more)


def ended(p, err=b"", status=0):
    eq((p.stderr.read(), p.wait(LIMIT)), (err, status))
    p.stderr.close()
    if p.stdin:
        p.stdin.close()


def kept(path="run.apr"):
    with open(path, "rb") as f:
        return records(f.read())


def orders(r):
    """The lines of what was applied."""
    return [line for s in r if "control" in s
            for line in s["control"].split("\n")]


def until(condition, what):
    limit = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > limit:
            raise AssertionError("never: " + what)
        time.sleep(0.01)


def table():
    """each line is answered and obeyed as the table has it"""
    if np is None:
        raise Skip("no numpy: its types are needed")
    name = os.path.join(HERE, "control", "table")
    server = subprocess.Popen(
        [sys.executable, os.path.join(HERE, "control.py"), "./boss", "hello",
         "table", name, "eof"], stdout=subprocess.PIPE)
    until(lambda: os.path.exists("boss"), "the socket")
    p = steered("""
import numpy as np
out = aprec.open(source="steered")
for a in (("c", 1.0, 0, 5), ("dt", 0.125, 0), ("low", 0.0, None, 1.5),
          ("f", np.float32(0.05), 0, 0.1), ("n", np.int32(3), 0.5, 100),
          ("i", np.int8(0)), ("u", np.uint64(0)), ("big", 0),
          ("on", False), ("title", "start", None, 15)):
    out.param(*a)
out.publish(step=3)
while not out.stopped:
    out.wait()
out.close()
""")
    got = server.communicate(timeout=LIMIT)[0].decode()
    eq(server.returncode, 0, got)
    ended(p)
    with open(name, encoding="utf-8") as f:
        wanted = [line[2:-1] for line in f if line.startswith("= ")]
    eq([line.replace("\t", " ") for line in orders(kept())], wanted)
    state = aprec.State()
    for r in kept():
        state.merge(r)
    last, = state.values()
    eq({n: last.fields[n].type for n in ("c", "f", "n", "i", "u", "on")},
       {"c": "f64", "f": "f32", "n": "i32", "i": "i8", "u": "u64",
        "on": "bool"})
    eq((last["c"], last["title"], last["big"]), (2.0, "start", 2**63 - 1))


def obeys():
    """pause, step, set, resume, at and stop: where they are applied"""
    with Boss() as boss:
        p = steered()
        boss.meet()
        at = int(boss.tell("pause").split()[-1])
        eq(boss.tell("set c 2", "set c 3", "step 2"),
           ["ok at step %d" % at] * 3)
        # It pauses again by itself, at + 2.
        until(lambda: any("at %d pause" % (at + 2) in s.get("control", "")
                          for s in kept_so_far()), "the pause")
        eq(boss.tell("at %d set c 4.5" % (at + 5), "set c 9", "resume"),
           ["ok waits for step %d" % (at + 5),
            "error c: 9 is not from 0 to 5", "ok at step %d" % (at + 2)])
        last = int(boss.tell("at %d stop" % (at + 20)).split()[-1])
        eq(last, at + 20)
        eq(boss.lines.read(), b"")
        ended(p)
    r = kept()
    eq(orders(r), ["at %d pause" % at, "at %d set c 2" % at,
                   "at %d set c 3" % at, "at %d step 2" % at,
                   "at %d pause" % (at + 2), "at %d resume" % (at + 2),
                   "at %d set c 4.5" % (at + 5), "at %d stop" % (at + 20)])
    eq([s.fields["control"].attrs["state"] for s in r if "control" in s][-3:],
       ["running", "running", "stopping"])
    eq({s["step"]: s["u"][0] for s in r if "u" in s},
       {i: 1.0 if i <= at else 3.0 if i <= at + 5 else 4.5
        for i in range(1, at + 21)})
    # The parameter stands in the same record as what has set it.
    eq([s["c"] for s in r if "control" in s and "c" in s][-1], 4.5)
    eq([s.seq for s in r], list(range(1, len(r) + 1)))
    eq(r[-1].final, True)


def kept_so_far():
    if not os.path.exists("run.apr"):
        return []
    with open("run.apr", "rb") as f:
        return records(f.read(), False)


def parameters():
    """parameters are fields, published first and when they have changed"""
    run("""
out = aprec.open("run.apr")
c = out.param("c", 2.0, 0, 5, label="speed", units="m s-1")
n = out.param("n", 3, min=1)
name = out.param("name", "x")
on = out.param("on", True)
out.publish(step=1)
out.publish(step=2)
c.value = 3
out["n"] = 4
out.publish(step=3)
out.close()
assert (float(c), int(n), str(name), bool(on)) == (3.0, 4, "x", True)
assert out.params["c"] is c and (c.min, c.max, n.min, n.max) == (0, 5, 1,
                                                                 None)
for wrong in ("out['c'] = 7", "c.value = float('nan')", "n.value = 0",
              "n.value = 1.5", "c.value = 'x'", "name.value = 3",
              "name.value = 'a\\\\nb'", "out.param('p', [1, 2])",
              "out.param('a b', 1)", "out.param('p', 9, 0, 5)",
              "out.param('p', None)", "del out['c']", "on.value = 'x'"):
    try: exec(wrong)
    except (TypeError, ValueError) as e: print(wrong, "->", e)
    else: raise SystemExit(wrong)
""", stdout=subprocess.DEVNULL)
    r = kept()
    eq([list(s) for s in r], [["c", "n", "name", "on"], ["step"], ["step"],
                              ["c", "n"], ["step"], []])
    eq([dict(r[0]), dict(r[3])], [{"c": 2.0, "n": 3, "name": "x", "on": True},
                                  {"c": 3.0, "n": 4}])
    eq({n: (f.type, f.attrs) for n, f in r[0].fields.items()},
       {"c": ("f64", {"role": "parameter", "valid_min": "0",
                      "valid_max": "5", "label": "speed",
                      "units": "m s-1"}),
        "n": ("i64", {"role": "parameter", "valid_min": "1"}),
        "name": ("text", {"role": "parameter"}),
        "on": ("bool", {"role": "parameter"})})


def replayed():
    """what aprec control prints repeats a run bit for bit"""
    if shutil.which("aprec") is None:
        raise Skip("no aprec")
    sim = SIM.replace("[c.value] * 3", "u").replace("step = 0\n", """step = 0
u = [0.1, 0.2]
""").replace("    step += 1\n", """    step += 1
    u = [u[1], (u[0] * 3.9 * c.value) % 1]
""")
    with Boss() as boss:
        p = steered(sim)
        boss.meet()
        draw = random.Random(7)
        for _ in range(8):
            has(boss.tell("set c %r" % draw.uniform(0, 5)), "ok at step")
            time.sleep(0.005)
        boss.tell("pause", "set c 1.5", "step 3", "at 100 set c 2.25",
                  "resume")
        boss.tell("at 300 stop")
        ended(p)
    first = kept()
    with open("run.ctl", "wb") as f:
        f.write(subprocess.check_output(["aprec", "control", "run.apr"]))
    ended(start(sim, {"APREC_OUT": "again.apr",
                      "APREC_CONTROL": "run.ctl"}))
    eq([(s["step"], list(s["u"])) for s in kept("again.apr") if "u" in s],
       [(s["step"], list(s["u"])) for s in first if "u" in s])
    eq(orders(kept("again.apr")), [line for line in orders(first)
                                   if " set " in line or "stop" in line])


def by_file():
    """a file is read from its beginning, what is appended, and anew"""
    p = start(SIM, {"APREC_OUT": "run.apr", "APREC_CONTROL": "%p.ctl"})
    name = "%d.ctl" % p.pid

    def write(text, how="a"):
        with open(name, how) as f:
            f.write(text)
    write("# a remark\n\n  set c 2\r\nset c 9\nset c 3", "w")
    until(lambda: len(orders(kept_so_far())) == 1, "the first")
    write("5e-1\n")
    until(lambda: len(orders(kept_so_far())) == 2, "the rest of the line")
    write("set c 4\n", "w")
    until(lambda: len(orders(kept_so_far())) == 3, "a file that begins anew")
    os.unlink(name)
    write("stop\n")
    ended(p, b"aprec: %s: c: 9 is not from 0 to 5\n" % name.encode())
    eq([line.split(" ", 2)[2] for line in orders(kept())],
       ["set c 2", "set c 3.5", "set c 4", "stop"])


def by_pipe():
    """a FIFO has no end; that of stdin ends the steering, and a pause"""
    os.mkfifo("ctl.fifo")
    p = start(SIM, {"APREC_OUT": "run.apr", "APREC_CONTROL": "./ctl.fifo"})
    for line in "set c 2", "# no", "stop":
        with open("ctl.fifo", "w") as f:
            f.write(line + "\n")
        if line == "# no":
            continue
        until(lambda: line in "".join(orders(kept_so_far())), line)
    ended(p)
    p = start(SIM.replace("100000", "at"). replace("step = 0", """step = 0
at = 1e9
@out.on_change
def changed(name, value):
    global at
    at = step + 5"""), {"APREC_OUT": "run.apr", "APREC_CONTROL": "-"},
              stdin=subprocess.PIPE)
    p.stdin.write(b"pause\n")
    p.stdin.flush()
    until(lambda: "pause" in "".join(orders(kept_so_far())), "the pause")
    out, err = p.communicate(b"set c 2\nset c", timeout=LIMIT)
    eq((err, p.returncode),
       (b"aprec: -: has gone while the run was paused; it goes on\n", 0))
    eq([line.split(" ", 2)[2] for line in orders(kept())],
       ["pause", "set c 2", "resume"])


def comes_and_goes():
    """a socket is waited for; when it goes, a pause ends, and it is joined
    again"""
    with open("boss", "w") as f:        # as a program of that name may
        f.write("pause\n")
    p = start("now = time.monotonic\n"
              "time.monotonic = lambda: now() * 20\n" + SIM,
              {"APREC_OUT": "run.apr", "APREC_CONTROL": "boss",
               "APTEE_DIR": os.getcwd() + "/runs"})
    line = b"aprec: boss: nobody serves it yet; tried again\n"
    eq(p.stderr.readline(), line)
    os.mkdir("runs", 0o700)
    for i in range(2):
        with Boss("runs/boss") as boss:
            boss.meet()
            has(boss.tell("pause"), "ok at step")
        eq(p.stderr.readline(),
           b"aprec: boss: has gone while the run was paused; it goes on\n")
    with Boss("runs/boss") as boss:
        boss.meet()
        has(boss.tell("stop"), "ok at step")
        ended(p)
    eq([line.split(" ", 2)[2] for line in orders(kept())],
       ["pause", "resume"] * 2 + ["stop"])


def switches(pid):
    """How often it has been put on a processor and has left it."""
    with open("/proc/%d/status" % pid) as f:
        return sum(int(line.split()[1]) for line in f if "ctxt" in line)


def idle():
    """a paused run does nothing until it is told something"""
    with Boss() as boss:
        p = steered()
        boss.meet()
        boss.tell("pause")
        if os.path.exists("/proc/self/status"):
            time.sleep(0.1)
            n = switches(p.pid)
            time.sleep(0.3)
            eq(switches(p.pid) - n < 5, True, "it did something")
        boss.tell("stop")
        ended(p)


def interrupts_pause():
    """at Ctrl-C a pause ends: by its exception, or in the program's handler"""
    for handler in "", """
def handler(*_):
    out.stop_soon = True
    out.interrupt()
signal.signal(signal.SIGINT, handler)
""":
        with Boss() as boss:
            p = steered(SIM.replace("step = 0\n", "step = 0\n" + handler)
                        .replace("while", "while not hasattr(out, "
                                 "'stop_soon') and"))
            boss.meet()
            boss.tell("pause")
            p.send_signal(signal.SIGINT)
            out, err = p.communicate(timeout=LIMIT)
            if handler:
                eq((err, p.returncode), (b"", 0))
            else:
                eq(p.returncode, -signal.SIGINT)
                has(err, b"KeyboardInterrupt")
        eq((kept()[-1].final, len(orders(kept()))), (True, 1))
        os.unlink("run.apr")


def interrupted_before():
    """a signal handled just before a pause is not missed, by interrupt()"""
    with open("run.ctl", "w") as f:
        f.write("pause\n")
    ended(start("""
out = aprec.open("run.apr")
signal.signal(signal.SIGINT, lambda *_: out.interrupt())
os.kill(os.getpid(), signal.SIGINT)
out.publish(step=1)
assert out.paused
print("out of it")
""", {"APREC_CONTROL": "run.ctl"}, stdout=subprocess.DEVNULL))
    eq(orders(kept()), ["at 1 pause"])


def interrupted_behind():
    """an order is recorded, once, when Ctrl-C comes just behind it"""
    with open("run.ctl", "w") as f:
        f.write("set c 2\n")
    for place, behind in (("_Orders.answer", False), ("Writer._tell", False),
                          ("Writer._send_own", True)):
        ended(start("""
out = aprec.open("run.apr")
out.param("c", 1)
place, name = aprec.%s, "%s"
old = getattr(place, name)
def interrupted(*a):
    if %s: old(*a)
    raise KeyboardInterrupt
out._send_params()
setattr(place, name, interrupted)
try: out.publish(step=1)
except KeyboardInterrupt: print("interrupted")
setattr(place, name, old)
out.close()
""" % (*place.split("."), behind), {"APREC_CONTROL": "run.ctl"},
                    stdout=subprocess.DEVNULL))
        eq(orders(kept()), ["at 1 set c 2"], place)


def interrupt_any():
    """at Ctrl-C, at any moment of a steered run: nothing torn, the end kept"""
    draw = random.Random(3)
    for i in range(16):
        with Boss() as boss:
            p = steered(SIM.replace("SIM", ""), {
                "APREC_POLICY": ("all", "newest")[i % 2]})
            boss.meet()
            boss.tell("set c 2")
            if i % 4 < 2:
                boss.tell("pause")
            time.sleep(draw.random() * 0.02)
            p.send_signal(signal.SIGINT)
            err = p.communicate(timeout=LIMIT)[1].decode()
            eq(p.returncode, -signal.SIGINT, err)
        r = kept()
        eq(r[-1].final, True, "the last one's final")
        eq([line.split(" ", 2)[2] for line in orders(r)],
           ["set c 2"] + ["pause"] * (i % 4 < 2))
        os.unlink("run.apr")


def nothing_lost():
    """newest, and a rate: no order is lost, and a pause shows its step"""
    for env in ({"APREC_POLICY": "newest"}, {"APREC_RATE": "0.01"},
                {"APREC_EVERY": "1000"},
                {"APREC_POLICY": "newest", "APREC_RATE": "0.01"}):
        with Boss() as boss:
            p = steered(SIM.replace("u=[c.value] * 3",
                                    "u=memoryview(bytes(80000))"),
                        env, out="-", stdout=subprocess.PIPE)
            data = bytearray()
            reader = threading.Thread(target=lambda: [data.extend(b) for b in
                                                      iter(lambda: os.read(
                p.stdout.fileno(), 65536), b"")])
            stalled = "APREC_POLICY" in env     # until all is told
            if not stalled:
                reader.start()
            boss.meet()
            lines = ["set c %d" % (i % 5) for i in range(20)] + ["pause"]
            for line in lines:
                at = int(boss.tell(line).split()[-1])
            if stalled:
                reader.start()
            until(lambda: "at %d pause" % at in orders(
                records(bytes(data), False)), "the pause")
            last = [s["step"] for s in records(bytes(data), False)
                    if "u" in s][-1]
            eq(last, at, "the step of a pause, %r" % env)
            boss.tell("stop")
            ended(p, b"ended\n")
            reader.join()
            p.stdout.close()
        eq([line.split(" ", 2)[2] for line in orders(records(data))],
           lines + ["stop"])


def callbacks():
    """what callbacks raise is told, and ends nothing; also under -W error"""
    with open("run.ctl", "w") as f:
        f.write("at 2 set c 3\nat 2 set n 4\n")
    out, err = run("""
out = aprec.open("run.apr")
c = out.param("c", 1.0, on_change=lambda v: print("c", v))
n = out.param("n", 1, on_change=lambda v: 1 / 0)
@out.on_change
def either(name, value):
    print(name, value, out[name])
@out.on_update
def after(o):
    print(sorted(o), o is out)
    raise OSError("no plot")
for i in range(1, 3):
    out.publish(step=i)
print("went on")
""", {"APREC_CONTROL": "run.ctl"})
    eq(out.decode(), "['c', 'n'] True\nc 3.0\nc 3.0 3.0\nn 4 4\n"
       "['c', 'n'] True\nwent on\n")
    eq(err.count("callback "), 3)
    for piece in ("callback <lambda>: ZeroDivisionError: division by zero (",
                  "callback after: OSError: no plot (<string>, line "):
        has(err, piece)


def dictionary():
    """a run is a dictionary: what was set is published at once"""
    run("""
out = aprec.open("run.apr")
u = bytearray(b"abc")
out["u"] = u
out.update(t=0.5, i=1)
assert dict(out) == {"u": u, "t": 0.5, "i": 1} and len(out) == 3 and out
out.publish()
u[0] = 0
assert out.pop("t") == 0.5 and out.pop("t", None) is None
out.setdefault("i", 9), out.setdefault("j", 2)
out.publish({"k": 3}, step=7)
for wrong in ({"a": 1, "b": object()}, {"a": 1, "b": {}},
              {"a": 1, "b": [[1], [2, 3]]}, {"a": 1, "TEXT_b": 1},
              {"a": 1, "b c": 1}):
    try: out.update(wrong)
    except (TypeError, ValueError) as e: assert "field '" in str(e), e
    else: raise SystemExit(wrong)
    assert "a" not in out
out["last"] = 1
assert out.popitem() == ("last", 1)
out.clear()
assert not list(out)
out.publish(step=8)
out.publish(step=9)
c = out.param("c", 1)
try: out.popitem()
except KeyError: pass
else: raise SystemExit("popitem")
try: out.publish(c=2)
except ValueError as e: assert "parameter" in str(e)
else: raise SystemExit("c")
""")
    seen = [{n: bytes(v) if n == "u" and v is not None else v
             for n, v in s.items()} for s in kept()]
    eq(seen[:4], [{"u": b"abc", "t": 0.5, "i": 1},
                  {"t": None, "u": b"\0bc", "i": 1, "j": 2, "k": 3,
                   "step": 7},
                  {"u": None, "i": None, "j": None, "last": None,
                   "step": 8}, {"step": 9}])


def waits():
    """wait obeys, and returns as soon as it has; or when it is time"""
    with open("run.ctl", "w") as f:
        f.write("set c 2\n")
    ended(start("""
with aprec.open("run.apr") as out:
    c = out.param("c", 1.0)
    assert out.wait(0) is True and c.value == 2.0
    assert out.wait(0.01) is False
    with open("run.ctl", "a") as f: f.write("pause\\nstop\\n")
    assert out.wait() is True and out.stopped
    assert out.wait() is False
with aprec.open("b.apr", control="nobody.ctl") as out:
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    assert out.wait() is False      # the signal
    signal.setitimer(signal.ITIMER_REAL, 0)
os.environ.pop("APREC_CONTROL")
with aprec.open("c.apr") as out:
    assert out.wait() is False and out.wait(0.01) is False
""", {"APREC_CONTROL": "run.ctl"}))
    eq(orders(kept())[0], "at 0 set c 2")


def commands():
    """a command can be the output: in a group of its own, and reaped"""
    out, err = run("""
out = aprec.open("|cat >run.apr; ps -o pgid= -p $$ >pgid; echo mine")
out.publish(x=1)
child = out._child.process
assert os.getpgid(child.pid) == child.pid != os.getpgid(0)
out.close()
assert child.returncode == 0
try: os.waitpid(-1, os.WNOHANG)
except ChildProcessError: print("none left")
""")
    eq((sorted(out.split(b"\n")), err), ([b"", b"mine", b"none left"], ""))
    eq([dict(r) for r in kept()], [{"x": 1}, {}])
    for command, what in (("|no/such/program", "status 127: is there no"),
                          ("|cat >/dev/null; exit 3", "status 3"),
                          ("|kill -9 $$", "signal 9")):
        out, err = run("with aprec.open() as out:\n"
                       "  for i in range(9): out.publish(u=bytes(99999))\n"
                       "print('went on')\n",
                       {"APREC_OUT": command})
        eq(err.count("aprec: "), 1)
        has(err, what)
    for rank in "0", "1":
        out, err = run("aprec.open('|touch it').publish(x=1)",
                       {"OMPI_COMM_WORLD_SIZE": "2",
                        "OMPI_COMM_WORLD_RANK": rank})
        eq(err.count("each of 2 processes would start"), int(rank == "0"))
    eq(os.path.exists("it"), False)


def command_interrupted():
    """a Ctrl-C is not the command's; when its end is awaited it ends it"""
    p = start("out = aprec.open('|cat >run.apr; echo at its end >&2; "
              "exec sleep 1000')\n"
              "out.publish(x=1)\n"
              "try: print('ready', flush=True); time.sleep(1000)\n"
              "except KeyboardInterrupt: out.publish(x=2)\n"
              "out.close()\n", stdout=subprocess.PIPE,
              preexec_fn=os.setpgrp)
    eq(p.stdout.readline(), b"ready\n")
    os.killpg(p.pid, signal.SIGINT)
    eq(p.stderr.readline(), b"at its end\n")
    eq([r.get("x") for r in kept()], [1, 2, None])
    os.killpg(p.pid, signal.SIGINT)
    has(p.communicate(timeout=LIMIT)[1], b"KeyboardInterrupt")
    eq(p.returncode, -signal.SIGINT)


def chosen():
    """fields, parts of them and every n-th publish are chosen"""
    code = """
out = aprec.open("run.apr")
out.describe("u", dims=("y", "x"), units="m")
out.describe("v", dims=("y", "x"), tile_extents=(8, 4), tile_offset=(2, 0))
out.param("c", 1)
g = memoryview(bytes(range(24))).cast("B", (6, 4))
for i in range(5):
    out.publish(step=i, t=0.5, x=[0, 1, 2, 3], y=[0.5] * 6, u=g, v=g,
                w=[1, 2, 3], name="n")
out.close()
"""
    def fields(text, **env):
        run(code, {"APREC_FIELDS": text, **env})
        r = [s for s in kept() if "step" in s][0]
        found = {}
        for n in r:
            v = r[n]
            found[n] = v.tolist() if hasattr(v, "tolist") else v
        return found, r.fields
    got, about = fields("u[::3, 1:3], w[-1], nam*,?")
    del got["v"]
    eq(got, {"step": 0, "t": 0.5, "x": [1, 2], "y": [0.5, 0.5],
             "u": [[1, 2], [13, 14]], "w": 3, "name": "n"})
    eq((about["u"].dims, about["u"].attrs), (("y", "x"), {"units": "m"}))
    got, about = fields("u[1],v[::3]")
    eq((got["u"], about["u"].dims, got["v"], about["v"].attrs),
       ([4, 5, 6, 7], ("x",), [[4, 5, 6, 7], [16, 17, 18, 19]],
        {"tile_extents": "3 4", "tile_offset": "1 0"}))
    got, about = fields("v[1,2]")       # of the global array: not here
    eq(sorted(got), ["step", "t"])
    got, about = fields("!u,!v,!?")
    eq(sorted(got), ["name", "step", "t"])
    got, about = fields("u[::-2,::-1]")
    eq(got["u"], [[23, 22, 21, 20], [15, 14, 13, 12], [7, 6, 5, 4]])
    for text, what in (("u[", "u["), ("u[1:2:0]", "1:2:0"), ("a,,b", '""'),
                       ("", None), ("u,nobody", "no field was called nobody"),
                       ("w[9]", "w has no index 9: dimension 1 has 3; it is "
                        "published whole"),
                       ("w[1,2]", "w has 1 dimensions, not 2")):
        out, err = run(code, {"APREC_FIELDS": text})
        if what is None:
            eq(err, "")
        else:
            one_line(err)
            has(err, what)
    run(code, {"APREC_EVERY": "2", "APREC_FIELDS": "w"})
    eq([(s.seq, s.get("step")) for s in kept()],
       [(1, None), (2, 0), (4, 2), (6, 4), (7, None)])


def debug():
    """with APREC_DEBUG it is told is obeyed, and what it has cost"""
    with open("run.ctl", "w") as f:
        f.write("at 2 pause\nat 2 resume\nset d 1\n")
    out, err = run("with aprec.open(source='sim') as out:\n"
                   "    for i in range(1, 4): out.publish(step=i)\n",
                   {"APREC_DEBUG": "1", "APREC_OUT": "run.apr",
                    "APREC_CONTROL": "run.ctl"})
    for piece in ("aprec: sim: publishes to run.apr, policy all\n",
                  "aprec: sim: obeys run.ctl\n",
                  "aprec: sim: at 2 pause: ok waits for step 2\n",
                  "aprec: sim: set d 1: error this run has no parameters\n",
                  "aprec: sim: 3 publishes, 0 of them skipped, 5 records ",
                  " s in publish, "):
        has(err, piece)


def by_the_output():
    """without APREC_CONTROL who takes the records steers, if it is a server"""
    with Boss() as boss:
        p = start(SIM, {"APREC_OUT": "./boss"})
        publisher, _ = boss.sock.accept()
        eq(publisher.recv(8), b"publish\n")
        boss.meet()
        has(boss.tell("set c 3"), "ok at step")
        boss.peer.sendall(b"stop\n")
        data = b""
        while True:
            piece = publisher.recv(65536)
            if not piece:
                break
            data += piece
        publisher.close()
        ended(p, b"")
    eq([line.split(" ", 2)[2] for line in orders(records(data))],
       ["set c 3", "stop"])


def hostile():
    """noise, long lines and a flood are answered, or cost the connection"""
    with Boss() as boss:
        p = steered()
        boss.meet()
        draw = random.Random(4)
        for _ in range(20):
            noise = bytes(draw.randrange(256) for _ in range(3000))
            boss.peer.sendall(noise + b"\n")
            for _ in range(noise.count(b"\n") + 1):
                boss.lines.readline()
        boss.peer.sendall(b"set c " + b"1" * 70000 + b"\n")
        eq(boss.lines.readline(),
           b"error a line is longer than 4095 bytes\n")
        has(boss.tell("set c 3"), "ok at step")
        boss.leave()
        boss.meet()
        has(boss.tell("stop"), "ok at step")
        ended(p)


def refused():
    """who refuses is told of once; several processes are not steered"""
    with Boss() as boss:
        p = steered(SIM.replace("100000", "1500"))
        for _ in range(2):
            boss.meet()
            boss.peer.sendall(b"error not you\n")
            boss.leave()
        p.kill()
        eq(p.communicate(timeout=LIMIT)[1],
           b"aprec: ./boss: not you\n")
    for rank in "0", "1":
        out, err = run("out = aprec.open('%r.apr')\nout.publish(x=1)",
                       {"OMPI_COMM_WORLD_SIZE": "2", "APREC_CONTROL": "b",
                        "OMPI_COMM_WORLD_RANK": rank})
        eq(err.count("not steered, since 2 processes"), int(rank == "0"))


def names_are_awaited():
    """the name of a run that nobody serves yet is no file"""
    os.mkdir("runs", 0o700)
    env = {"APTEE_DIR": os.getcwd() + "/runs", "APREC_OUT": "wave"}
    with open("wave", "w") as f:
        f.write("mine")
    p = start("with aprec.open() as out: out.publish(x=1)", env)
    time.sleep(0.2)
    with Boss("runs/wave") as boss:
        boss.meet(b"publish\n")
        r = records(boss.lines.read())
        ended(p)
    eq([dict(s) for s in r], [{"x": 1}, {}])
    out, err = run("now = time.monotonic\n"
                   "time.monotonic = lambda: now() * 50\n"
                   "with aprec.open() as out: out.publish(x=1)", env)
    eq(err, "aprec: wave: nobody serves it (aptee -l wave does; a file is "
       "./wave); nothing more is published\n")
    with open("wave") as f:
        eq(f.read(), "mine")


RANKS = """
import pickle, warnings
warnings.simplefilter("ignore")     # of its sockets
class Comm:     # like mpi4py's, by sockets to rank 0
    def __init__(self):
        import socket
        self.rank = int(os.environ["OMPI_COMM_WORLD_RANK"])
        name = os.path.abspath("comm")
        if self.rank == 0:
            s = socket.socket(socket.AF_UNIX); s.bind(name + "-")
            s.listen(9); os.rename(name + "-", name)
            self.files = [s.accept()[0].makefile("rwb") for _ in range(3)]
            s.close()
        else:
            s = socket.socket(socket.AF_UNIX)
            while True:
                try: s.connect(name); break
                except OSError: time.sleep(0.01)
            self.files = [s.makefile("rwb")]
    def bcast(self, obj, root):
        for f in self.files:
            if self.rank == 0:
                pickle.dump(obj, f); f.flush()
            else: obj = pickle.load(f)
        return obj
out = aprec.open("run.%r.apr", source="sim", broadcast=Comm())
"""


def ranks():
    """with a broadcast all ranks obey the same at the same step"""
    sim = SIM.replace('\nout = aprec.open(source="sim")\n', RANKS)
    with Boss() as boss:
        p = [steered(sim.replace("time.sleep(0.001)",
                                 "time.sleep(0.001 * %d)" % i),
                     {"OMPI_COMM_WORLD_SIZE": "4", "APREC_OUT": "",
                      "OMPI_COMM_WORLD_RANK": str(i)}) for i in range(4)]
        boss.meet()
        at = int(boss.tell("pause").split()[-1])
        eq(boss.tell("set c 2", "step 3", "at %d set c 3" % (at + 7)),
           ["ok at step %d" % at, "ok at step %d" % at,
            "ok waits for step %d" % (at + 7)])
        until(lambda: "ok at step %d" % (at + 3) in boss.tell("set c 2"),
              "the pause")
        eq(boss.tell("at %d stop" % (at + 9), "resume")[1],
           "ok at step %d" % (at + 3))
        for q in p:
            ended(q, b"")
    for i in range(4):
        r = kept("run.%d.apr" % i)
        eq({s["step"]: s["u"][0] for s in r if "u" in s},
           {n: 1.0 if n <= at else 2.0 if n <= at + 7 else 3.0
            for n in range(1, at + 10)}, "rank %d" % i)
        eq(any("control" in s or "c" in s for s in r), i == 0)
        eq(r[-1].final, True)


def ranks_alone():
    """where nobody can tell rank 0 anything nothing is broadcast any more"""
    ended(start("""
class Comm:
    rank, n = 0, 0
    def bcast(self, obj, root):
        self.n += 1
        return obj
comm = Comm()
with aprec.open("run.apr", broadcast=comm) as out:
    for i in range(9): out.publish(step=i)
assert comm.n == 1, comm.n
"""))


def mpi():
    """under mpirun, too, with mpi4py: nothing is pickled"""
    python = "/usr/bin/python3"
    if not shutil.which("mpirun") or subprocess.run(
            [python, "-c", "import mpi4py"],
            stderr=subprocess.DEVNULL).returncode:
        raise Skip("no mpirun or no mpi4py")
    with open("sim.py", "w") as f:
        f.write("import sys, time\nimport aprec\nfrom mpi4py import MPI\n"
                "def no(*_): raise SystemExit('pickled')\n"
                "MPI.pickle.__init__(no, no)\n" + SIM.replace(
                    'open(source="sim")',
                    'open(source="sim", broadcast=MPI.COMM_WORLD)').replace(
                    'print("ended", flush=True)', ''))
    with Boss() as boss:
        p = subprocess.Popen(
            ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "4",
             python, "sim.py"], stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env=dict(
                os.environ, PYTHONPATH=FORMAT, APREC_OUT="run.%r.apr",
                APREC_CONTROL="./boss", PYTHONDONTWRITEBYTECODE="1"))
        boss.meet()
        at = int(boss.tell("pause").split()[-1])
        time.sleep(0.2)
        eq(boss.tell("set c 2", "at %d stop" % (at + 5), "resume")[0],
           "ok at step %d" % at)
        ended(p, b"")
    for i in range(4):
        eq({s["step"]: s["u"][0] for s in kept("run.%d.apr" % i)
            if "u" in s}, {n: 1.0 if n <= at else 2.0
                           for n in range(1, at + 6)})


def forked():
    """a forked child has no part in the steering, and reaps nothing"""
    with Boss() as boss:
        p = steered("""
import warnings
warnings.simplefilter("ignore")
out = aprec.open(source="sim")
out.publish(step=1)
if os.fork() == 0:
    out.publish(step=2)
    stolen = out.wait(1)
    out.close()
    os._exit(stolen)
assert os.wait()[1] == 0
while not out.stopped:
    out.wait()
""")
        boss.meet()
        time.sleep(0.2)             # until it has forked
        has(boss.tell("stop"), "ok at step 1")
        ended(p)
    eq([s.get("step") for s in kept() if "control" not in s], [1, None])


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())
