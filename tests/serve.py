"""Check serve() and live views: tests/serve.py [case], or "list".

Goal: a run in Python serves itself by a name, to viewers and to who steers
it, ends when they have its last state, and leaves nothing behind; a client
sees and steers it as a dictionary, and a notebook draws it.  All with the
real aptee and aplot.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings

sys.dont_write_bytecode = True
from writer import (FORMAT, HERE, LIMIT, Skip, eq, has, main,  # noqa: E402
                    records, run, start)
import aprec  # noqa: E402


def until(condition, what):
    limit = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > limit:
            raise AssertionError("never: " + what)
        time.sleep(0.01)


def folder():
    """A private one for runs, with the programs in PATH."""
    if shutil.which("aptee") is None:
        raise Skip("no aptee")
    os.mkdir("runs", 0o700)
    os.environ["APTEE_DIR"] = os.path.abspath("runs")


SIM = """
def sim(out, wait=0.002, most=100000):
    out.param("c", 1.0, 0, 5, label="speed", units="m s-1")
    step = 0
    while not out.stopped and step < most:
        step += 1
        out.publish(step=step, u=[out["c"]] * 3)
        time.sleep(wait)
    return step
"""


def group_is_gone(pid):
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return True
    return False


def nothing_left():
    eq(os.listdir("runs"), [])


def steered():
    """a run serves itself, is seen, steered and stopped, and cleans up"""
    folder()
    p = start(SIM + """
with aprec.serve("wave", timeout=30, recording="run.apr") as out:
    print(out._child.process.pid, flush=True)
    print(sim(out), flush=True)
print("after", flush=True)
""", stdout=subprocess.PIPE)
    child = int(p.stdout.readline())
    eq(os.getpgid(child), child)
    live = aprec.connect("wave")
    until(lambda: live.get("c") == 1.0, "c")
    has(repr(live), "wave, 1 source, ")
    live["c"] = 2.5
    eq(live["c"], 2.5)
    has(live.answer, "at step ")
    has(live.pause(), "at step ")
    at = int(live.advance(3).split()[-1])
    until(lambda: live["step"] == at + 3, "three steps")
    for name, value, error in (("c", 9, RuntimeError),
                               ("d", 1, RuntimeError),
                               ("a b", 1, ValueError),
                               ("c", [1, 2], TypeError),
                               ("c", None, TypeError)):
        try:
            live[name] = value
        except error as e:
            has(str(e), name)
        else:
            raise AssertionError((name, value))
    has(live.params(), "c:f64 2.5 from 0 to 5: speed")
    has(live.stat(), "clients viewers 1")
    eq(subprocess.run(["aptee", "-c", "wave", "get", "c"], check=True,
                      stdout=subprocess.PIPE).stdout.decode()
       .split("\n")[1].split()[1:], ["c", "2.5"])
    eq(live.terminated, False)
    has(live.terminate(), "at step ")
    for m in live.updates(LIMIT):
        pass
    eq((live.terminated, live.final, live["u"][0]), (True, True, 2.5))
    live.close()
    eq(int(p.stdout.readline()), live["step"])
    eq(p.stdout.readline(), b"after\n")
    eq((p.wait(LIMIT), p.stderr.read()), (0, b""))
    eq(group_is_gone(child), True)
    nothing_left()
    with open("run.apr", "rb") as f:
        eq(records(f.read())[-1].final, True)


def waits_for_viewers():
    """the final state is there for who comes late, and no longer needed
    then; nobody is waited for for ever, Ctrl-C ends it, an exception too"""
    folder()
    code = SIM + """
with aprec.serve("wave", timeout=TIMEOUT) as out:
    sim(out, 0, 5)
    print("computed", flush=True)
    MORE
print("after", flush=True)
"""
    def begin(timeout, more="pass"):
        p = start(code.replace("TIMEOUT", str(timeout)).replace("MORE", more),
                  stdout=subprocess.PIPE, stdin=subprocess.PIPE, bufsize=0)
        eq(p.stdout.readline(), b"computed\n")
        return p

    def over(p, out=b"after\n", status=0):
        got, err = p.communicate(timeout=LIMIT)
        eq((got, p.returncode), (out, status), err)
        nothing_left()
        return err
    p = begin(600, "sys.stdin.readline()")
    live = aprec.connect("wave")
    live.close()                    # it does not see the end
    until(lambda: "viewers 0 " in live.stat(), "it has left")
    p.stdin.write(b"\n")
    p.stdin.flush()
    until(lambda: "final" in listed(), "the wait")
    begun = time.monotonic()
    until(lambda: "final" in listed() and time.monotonic() > begun + 0.5,
          "it still waits")
    for _ in range(2):              # one behind the other
        live = aprec.connect("wave")
    until(lambda: live.final, "the end")
    eq((live["step"], live["c"]), (5, 1.0))
    live.close()
    over(p)
    # Who is there takes it, whoever says that it is final.
    for last in "out.publish(final=True)", "pass":
        p = begin(600, "sys.stdin.readline(); " + last)
        with aprec.connect("wave") as live:
            p.stdin.write(b"\n")
            p.stdin.flush()
            until(lambda: live.final, "the end")
            over(p)
    over(begin(0))
    over(begin(1))
    p = begin(600)
    until(lambda: "ended" in listed() or "final" in listed(), "the wait")
    p.send_signal(signal.SIGINT)
    eq(over(p), b"")
    has(over(begin(600, "1 / 0"), b"", 1), b"ZeroDivisionError")
    p = begin(600, "time.sleep(1000)")
    p.send_signal(signal.SIGINT)
    has(over(p, b"", -signal.SIGINT), b"KeyboardInterrupt")


def listed():
    return subprocess.run(["aptee", "-L"], stdout=subprocess.PIPE,
                          check=False).stdout.decode()


def refused():
    """it says what is missing, or in the way, and leaves nothing"""
    folder()
    with aprec.serve("wave") as out:
        out.publish(x=1)
        before = os.listdir("runs")
        got, err = run("aprec.serve('wave')", status=1)
        has(err, "OSError: ")
        has(err, " serves it (take another name")
        eq(os.listdir("runs"), before)
    nothing_left()
    shutil.copy(os.path.join(FORMAT, "aprec.py"), "aprec.py")
    got, err = run("aprec.serve('wave')", {"PATH": "/nowhere"}, status=1)
    has(err, "FileNotFoundError")
    has(err, "is not here: neither beside")
    got, err = run("aprec.serve('wave')", {"OMPI_COMM_WORLD_SIZE": "2"},
                   status=1)
    has(err, "2 processes cannot each serve wave")
    nothing_left()


def killed():
    """the server is killed: the run goes on, and ends as always"""
    folder()
    out, err = run(SIM + """
with aprec.serve("wave", timeout=600) as out:
    out.publish(x=1)
    out._child.kill(signal.SIGKILL)
    out._child.wait()
    for i in range(99): out.publish(u=bytes(99999))
print("after")
""")
    eq(out, b"after\n")


def engines():
    """eight engines publish dict(a=array, i=i): the newest of each"""
    folder()
    server = subprocess.Popen(["aptee", "-q", "-l", "eight"],
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL)
    code = """
out = aprec.open("eight", source="engine.%d@host")
for i in range(40):
    out.publish(dict(a=[%d + i / 100] * 20, i=i))
    time.sleep(0.002)
sys.stdin.read()
"""
    def engine(rank):
        return start(code % (rank, rank), {"OMPI_COMM_WORLD_SIZE": "8"},
                     stdin=subprocess.PIPE)
    until(lambda: "eight" in os.listdir("runs"), "the socket")
    ranks = [0, 1, 2, 4, 5, 6, 7]
    engines = [engine(r) for r in ranks]
    with aprec.connect("eight") as live:
        seen = [0] * 8
        until(lambda: len(live.sources) == 7, "all but one")
        eq(aprec.Moment([live.sources["engine.5@host"]]).data[5].get("i", 0)
           >= 0, True)
        until(lambda: all(d["i"] == 39 for d in live.data if d), "the last")
        m = live.now
        eq((len(m.data), [bool(d) for d in m.data]),
           (8, [r != 3 for r in range(8)]))
        eq((m.data[3].get("a"), m.data[3].get("i", -1), dict(m.data[3])),
           (None, -1, {}))
        eq(sorted(live), ["a", "i"])
        eq([m.data[r]["a"][0] for r in ranks], [r + 0.39 for r in ranks])
        eq(m.data[5].name, "engine.5@host")
        engines.append(engine(3))
        for m in live.updates(LIMIT):
            for r, d in enumerate(m.data):
                if d.get("i", 0) < seen[r]:
                    raise AssertionError("rank %d went back" % r)
                seen[r] = d.get("i", 0)
            if m.data[3].get("i") == 39:
                break
        eq(m.data[3]["a"][0], 3.39)
        for p in engines:
            p.stdin.close()
            eq((p.wait(LIMIT), p.stderr.read()), (0, b""))
            p.stderr.close()
        until(lambda: live.final, "the end")
    eq(server.wait(LIMIT), 0)


def callbacks():
    """callbacks of a client get each newest state; they cannot end it"""
    folder()
    steps, raised, stuck = [], [], []
    with aprec.serve("wave") as out, aprec.connect("wave") as live:
        @live.on_update
        def note(m):
            steps.append(m.step)
            raise OSError("no plot")

        @live.on_update
        def stuck_in(m):
            try:
                live.wait()
            except RuntimeError as e:
                stuck.append(str(e))
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = lambda w, *_: raised.append(w)
            for i in range(1, 20):
                out.publish(step=i)
            until(lambda: steps[-1:] == [19], "the last step")
            out.publish(final=True)
            out.close()
            until(lambda: live.final and stuck and not
                  live._thread.is_alive(), "the end")
    eq((steps, steps[-1]), (sorted(steps), 19))
    eq(len(raised) >= 1, True)
    has(str(raised[0]), "callback note: OSError: no plot (")
    eq(isinstance(raised[0], aprec.CallbackWarning), True)
    has(stuck[0], "cannot wait")


def not_a_dict():
    """what makes no sense for a run of somebody else is refused clearly"""
    folder()
    with aprec.serve("wave") as out:
        out.publish(x=1)
        with aprec.connect("wave") as live:
            until(lambda: "x" in live, "x")
            for wrong in (lambda: live.pop("x"), live.clear, live.popitem,
                          lambda: live.__delitem__("x"),
                          lambda: live.pop("y", None)):
                try:
                    wrong()
                except TypeError as e:
                    has(str(e), "run's own")
                else:
                    raise AssertionError("it was done")
            eq((list(live.items()), list(live.values()), live.get("y", 2)),
               ([("x", 1)], [1], 2))


def pictures():
    """it draws itself by aplot: while it runs, at its end; else a table"""
    folder()
    if not shutil.which("gnuplot") or not shutil.which("aplot"):
        raise Skip("no gnuplot")
    with aprec.serve("wave") as out:
        out.describe("u", units="m", label="<b>height</b>")
        out.publish(step=7, t=0.5, u=[1.0, 4.0, 9.0], note="a\x1b[1m<i>")
        with aprec.connect("wave") as live:
            until(lambda: "u" in live, "u")
            png = live._repr_png_()
            eq(png[:8], b"\x89PNG\r\n\x1a\n")
            eq((live._repr_html_(), live._repr_png_() is png), (None, True))
            beside, aprec._beside = aprec._beside, no_such
            live._drawn = -1, None
            table = live._repr_html_()
            aprec._beside = beside
            for piece in ("step 7, t = 0.5", "<td>u</td><td>f64 [3]</td>"
                          "<td>&lt;b&gt;height&lt;/b&gt;</td>",
                          "<td>a [1m&lt;i&gt; </td>"):
                has(table, piece)
            out.close()
            until(lambda: live.final, "the end")
            eq(live._repr_png_()[:8], png[:8])
            eq(live._repr_png_() == png, False, "its title says ended")


def no_such(program):
    raise FileNotFoundError(program)


NOTEBOOK = [
    "import aprec, sys, time\nlive = aprec.connect('wave')\n"
    "live.wait(30)\nlive",
    "live['c'] = 3\nprint(live.answer)",
    "out = aprec.open()\nout.publish(x=1)\nout.close()",
    "live.stop()\nfor m in live.updates(30): pass\nlive.final",
]


def notebook():
    """in a notebook it is a picture, and stdout is left alone"""
    folder()
    python = sys.executable
    for module in "ipykernel", "nbconvert", "nbformat":
        if subprocess.run([python, "-c", "import " + module],
                          stderr=subprocess.DEVNULL).returncode:
            raise Skip("no " + module)
    cells = [{"cell_type": "code", "metadata": {}, "source": text,
              "execution_count": None, "outputs": []} for text in NOTEBOOK]
    with open("in.ipynb", "w") as f:
        json.dump({"cells": cells, "nbformat": 4, "nbformat_minor": 4,
                   "metadata": {"kernelspec": {
                       "name": "python3", "display_name": "",
                       "language": "python"}}}, f)
    p = start(SIM + "with aprec.serve('wave') as out: sim(out)\n")
    until(lambda: "wave" in os.listdir("runs"), "the run")
    env = dict(os.environ, PYTHONPATH=FORMAT, HOME=os.getcwd(),
               JUPYTER_PLATFORM_DIRS="1")
    subprocess.run([python, "-m", "nbconvert", "--to", "notebook",
                    "--execute", "--output", "out.ipynb", "in.ipynb"],
                   check=True, env=env, timeout=LIMIT,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open("out.ipynb") as f:
        outputs = [cell["outputs"] for cell in json.load(f)["cells"]]
    shown = outputs[0][-1]["data"]
    if shutil.which("gnuplot"):
        eq(sorted(shown), ["image/png", "text/plain"])
        eq(shown["image/png"][:11], "iVBORw0KGgo")
    has("".join(outputs[1][0]["text"]), "at step ")
    has("".join(outputs[2][0]["text"]), "a notebook's stdout is its page")
    eq(outputs[3][-1]["data"]["text/plain"], ["True"])
    eq((p.wait(LIMIT), p.stderr.read()), (0, b""))
    p.stderr.close()
    nothing_left()


KERNEL = """
import sys
from jupyter_client.manager import start_new_kernel
km, kc = start_new_kernel(kernel_name="python3")
def ask(code, interrupt=False):
    asked = kc.execute(code, stop_on_error=False)
    while True:
        m = kc.get_iopub_msg(timeout=60)
        if m["parent_header"].get("msg_id") != asked: continue
        if m["msg_type"] == "stream" and "waiting" in m["content"]["text"]:
            if interrupt:
                km.interrupt_kernel()
        if m["msg_type"] == "error":
            print(m["content"]["ename"])
        if m["msg_type"] == "status" and \\
                m["content"]["execution_state"] == "idle":
            while True:
                m = kc.get_shell_msg(timeout=60)
                if m["parent_header"].get("msg_id") == asked:
                    return m["content"]["status"]
print(ask("import aprec, time\\nlive = aprec.connect('wave')"))
print(ask("print('waiting', flush=True)\\nwhile live.wait(100): pass\\n"
          "time.sleep(100)", True))
open("ctl", "w").write("pause\\n")
print(ask("out = aprec.open('run.apr', control='./ctl')\\n"
          "print('waiting', flush=True)\\n"
          "while True: out.publish(x=1)", True))
print(ask("out.close(); live.stop(); live.close()"))
km.shutdown_kernel()
"""


def kernel_interrupt():
    """a kernel's interrupt ends a wait for news, and the pause of a run"""
    folder()
    python = sys.executable
    if subprocess.run([python, "-c", "import ipykernel, jupyter_client"],
                      stderr=subprocess.DEVNULL).returncode:
        raise Skip("no ipykernel")
    p = start(SIM + "with aprec.serve('wave') as out: sim(out)\n")
    until(lambda: "wave" in os.listdir("runs"), "the run")
    got = subprocess.run([python, "-c", KERNEL], timeout=LIMIT,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         env=dict(os.environ, PYTHONPATH=FORMAT,
                                  HOME=os.getcwd(),
                                  JUPYTER_PLATFORM_DIRS="1"))
    eq(got.stdout.decode().split(), ["ok", "KeyboardInterrupt", "error",
                                     "KeyboardInterrupt", "error", "ok"],
       got.stderr.decode())
    with open("run.apr", "rb") as f:
        eq(records(f.read())[-1].final, True)
    eq(p.wait(LIMIT), 0)
    p.stderr.close()


def plotted():
    """the viewer of six lines of matplotlib draws a run"""
    folder()
    python = sys.executable
    if subprocess.run([python, "-c", "import matplotlib, numpy"],
                      stderr=subprocess.DEVNULL).returncode:
        raise Skip("no matplotlib")
    viewer = os.path.join(HERE, os.pardir, "scripts", "live.py")
    with open(viewer) as f:
        lines = [line for line in f.read().split('"""')[2].split("\n")
                 if line.strip()]
    eq(len(lines), 6)
    p = start("import math\n" + SIM.replace("[out[\"c\"]] * 3", """[
            math.sin(0.1 * i + step) for i in range(50)], x=list(range(50))
            """) + "with aprec.serve('wave', 60) as out: "
              "sim(out, 0.001, 200)\n")
    until(lambda: "wave" in os.listdir("runs"), "the run")
    subprocess.run([python, "-c", """
import runpy, sys
import matplotlib.pyplot as plt
plt.show = lambda *a, **k: None
sys.argv = [sys.argv[1], "wave", "x", "u"]
runpy.run_path(sys.argv[0])
plt.savefig("picture.png")
y = plt.gca().lines[0].get_ydata()
assert abs(y[10] - __import__("math").sin(1 + 200)) < 1e-9, y[10]
""", viewer], check=True, timeout=LIMIT, env=dict(
        os.environ, PYTHONPATH=FORMAT, MPLBACKEND="Agg",
        MPLCONFIGDIR=os.getcwd()))
    with open("picture.png", "rb") as f:
        eq(f.read(8), b"\x89PNG\r\n\x1a\n")
    eq(p.wait(LIMIT), 0)
    p.stderr.close()


if __name__ == "__main__":
    sys.exit(main())
