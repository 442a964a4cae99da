"""Check the Python writer: tests/writer.py [case], "list" or "each".

Goal: from a computation in Python whole records come out, or nothing does;
nothing that happens to the output ends the computation.  Each case is a
function below; its docstring is what must be true.
"""
import array
import atexit
import errno
import io
import os
import pty
import random
import select
import signal
import subprocess
import sys
import time
import traceback
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
FORMAT = os.path.join(HERE, os.pardir, "format")
sys.path.insert(0, FORMAT)
sys.dont_write_bytecode = True
import aprec  # noqa: E402

try:
    import numpy as np
except ImportError:
    np = None

LIMIT = 60      # seconds that anything may take


class Skip(Exception):
    pass


def eq(got, wanted, what=""):
    if got != wanted:
        raise AssertionError("%s: wanted %.500r, got %.500r" %
                             (what, wanted, got))


def has(text, piece):
    if piece not in text:
        raise AssertionError("%r is not in %r" % (piece, text))


def start(code, env=None, **more):
    """A computation: Python code that has aprec, and finds its ways clear."""
    full = {k: v for k, v in os.environ.items()
            if not k.startswith(("APREC_", "SLURM_", "OMPI_", "PMI", "SSH_"))}
    full.update(PYTHONPATH=FORMAT, PYTHONDONTWRITEBYTECODE="1", **(env or {}))
    more.setdefault("stderr", subprocess.PIPE)
    more.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c",
         "import aprec, os, sys, time, signal\n" + code], env=full, **more)


def run(code, env=None, status=0, **more):
    """What it wrote to a pipe, and what it said."""
    more.setdefault("stdout", subprocess.PIPE)
    p = start(code, env, **more)
    out, err = p.communicate(timeout=LIMIT)
    err = err.decode()
    if p.returncode != status:
        raise AssertionError("status %s\n%s" % (p.returncode, err))
    return out, err


def records(data, whole=True):
    """All records of it; nothing else may be there."""
    with warnings.catch_warnings():
        if whole:
            warnings.simplefilter("error")
        else:
            warnings.simplefilter("ignore")
        return list(aprec.read(io.BytesIO(data)))


def one_line(err):
    eq(err.count("\n"), 1, "lines on stderr: " + err)
    has(err, "aprec: ")


THREE = """
out = aprec.open()
for i in range(3):
    out.publish(step=i, t=i / 2)
out.close()
"""


def wave(r):
    return [(s.seq, s.step, s.final) for s in r]


THREE_READ = [(1, 0, False), (2, 1, False), (3, 2, False), (4, 4, True)]


def to_pipe():
    """records go to a pipe; prints go to stderr, before and after"""
    out, err = run("print('before')\n" + THREE + "print('after')\n"
                   "os.system('echo child')\nos.write(1, b'raw\\n')")
    eq(wave(records(out)[:3]), THREE_READ[:3])
    has(err, "after\n")
    has(err, "child\n")
    has(err, "raw\n")
    if b"before" in out:
        eq(out[:7], b"before\n", "what was printed before open")


def to_file():
    """records go to a file; all have a data CRC; the last is final"""
    with open("run.apr", "wb") as f:
        out, err = run(THREE, stdout=f)
    eq(err, "")
    with open("run.apr", "rb") as f:
        r = records(f.read())
    eq(wave(r), THREE_READ)
    eq([s.checked for s in r], [True] * 4)
    eq(len(r[3]), 0)


def to_batch_file():
    """in a batch job nothing goes to stdout when that is a file"""
    with open("log", "wb") as f:
        out, err = run(THREE, {"SLURM_JOB_ID": "17"}, stdout=f)
    one_line(err)
    has(err, "batch")
    eq(os.path.getsize("log"), 0)
    out, err = run(THREE, {"SLURM_JOB_ID": "17"})
    eq(records(out)[0].source.split(":")[1], "17")


def to_terminal():
    """a terminal gets a line that says how, and never a record"""
    for env, code in (({}, THREE), ({"APREC_OUT": "-"}, THREE),
                      ({}, THREE.replace("open()", "open('-')")),
                      ({}, THREE.replace("open()", "open('/dev/tty')"))):
        pid, fd = pty.fork()
        if pid == 0:
            os.environ.update(env, PYTHONPATH=FORMAT)
            os.execv(sys.executable, [sys.executable, "-c",
                                      "import aprec\n" + code])
        got = b""
        while select.select([fd], [], [], LIMIT)[0]:
            try:
                piece = os.read(fd, 4096)
            except OSError as e:
                eq(e.errno, errno.EIO)
                break
            got += piece
        eq(os.waitpid(pid, 0)[1], 0, "its status")
        os.close(fd)
        has(got, b"aprec: ")
        eq(got.count(b"\n"), 1, "lines: %r" % got)
        eq(got.count(b"APR\r"), 0)


def to_null():
    """into /dev/null nothing is published, and a line says how"""
    out, err = run(THREE, stdout=subprocess.DEVNULL)
    one_line(err)
    has(err, "APREC_OUT=run.apr")


def parallel():
    """of many processes none takes stdout, and the first says how"""
    for size, rank in (("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
                       ("PMI_SIZE", "PMI_RANK"),
                       ("SLURM_NTASKS", "SLURM_PROCID")):
        out, err = run(THREE, {size: "4", rank: "0"})
        eq(out, b"")
        one_line(err)
        has(err, "run.%r.apr")
        out, err = run(THREE, {size: "4", rank: "3"})
        eq((out, err), (b"", ""))
        out, err = run(THREE, {size: "1", rank: "0"})
        eq(len(records(out)), 4)
        out, err = run(THREE, {size: "4", rank: "3", "APREC_OUT": "x.apr"})
        eq(os.path.exists("x.apr"), False)
    env = {"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "2",
           "APREC_OUT": "run.%r.apr"}
    eq(run(THREE, env), (b"", ""))
    with open("run.2.apr", "rb") as f:
        has(records(f.read())[0].source, ".2@")


def notebook():
    """in a notebook's kernel stdout is not taken"""
    out, err = run("sys.modules['ipykernel'] = sys\n" + THREE)
    eq(out, b"")
    one_line(err)


def out_names():
    """in APREC_OUT %h %r %j %p %%; - is stdout; a path is made anew"""
    with open("7-0-%.apr", "w") as f:
        f.write("x" * 10000)
    run(THREE, {"APREC_OUT": "%j-%r-%%.apr", "PBS_JOBID": "7"})
    with open("7-0-%.apr", "rb") as f:
        eq(len(records(f.read())), 4)
    out, err = run("print(os.getpid())\n" + THREE, {"APREC_OUT": "%h.%p"})
    host = os.uname().nodename.split(".")[0]
    eq(os.path.exists("%s.%d" % (host, int(out))), True)
    out, err = run(THREE, {"APREC_OUT": "-"})
    eq(len(records(out)), 4)


def out_refused():
    """an output that cannot be opened is told once, and the run goes on"""
    for out, what in (("no/such/folder.apr", "No such file"),
                      ("/", "directory")):
        got, err = run(THREE + "print('went on')", {"APREC_OUT": out})
        eq(got, b"went on\n")
        one_line(err)
        has(err, what)
    got, err = run("out = aprec.open('no/such')\nprint(out.error)\n")
    has(got, b"no/such: No such file")


def out_kinds():
    """a path object, a descriptor and a file are outputs"""
    run("import pathlib\n" + THREE.replace(
        "open()", "open(pathlib.Path('a.apr'))"))
    run("fd = os.open('b.apr', os.O_WRONLY | os.O_CREAT)\n" +
        THREE.replace("open()", "open(fd)") + "os.write(fd, b'mine')")
    run("f = open('c.apr', 'wb')\n" + THREE.replace("open()", "open(f)") +
        "f.write(b'mine')\nf.close()")
    for name, more in ("a", b""), ("b", b"mine"), ("c", b"mine"):
        with open(name + ".apr", "rb") as f:
            data = f.read()
        eq(data[len(data) - len(more):], more)
        eq(len(records(data[:len(data) - len(more)])), 4)


def appended():
    """with >> it goes on behind what is there; a failure cuts back to that"""
    with open("run.apr", "ab") as f:
        for i in range(2):
            run(THREE, stdout=f)
    with open("run.apr", "rb") as f:
        eq(wave(records(f.read())), THREE_READ * 2)


def two_runs():
    """a second run in one process is published too, not beside the first"""
    out, err = run(THREE + THREE + "a = aprec.open()\nb = aprec.open()\n"
                   "b.publish(x=1)\na.publish(x=2)\n")
    r = records(out)
    eq(wave(r)[:8], THREE_READ * 2)
    eq([s.get("x") for s in r[8:]], [2, None])
    eq(len({s.run for s in r}), 3)
    one_line(err)


def sources():
    """the source: program@host, what is said, what the environment says"""
    host = os.uname().nodename.split(".")[0]
    with open("sim.py", "w") as f:
        f.write("import aprec\n" + THREE)
    out = subprocess.run([sys.executable, "sim.py"], stdout=subprocess.PIPE,
                         env=dict(os.environ, PYTHONPATH=FORMAT),
                         check=True).stdout
    eq(records(out)[0].source, ("sim@" + host)[:64])
    code = THREE.replace("open()", "open(source='a\\nb \\u03c8')")
    eq(records(run(code)[0])[0].source, "ab \u03c8")
    eq(records(run(code, {"APREC_SOURCE": "x%r"})[0])[0].source, "x0")
    eq(records(run(code, {"APREC_SOURCE": "\u03c8" * 40})[0])[0].source,
       "\u03c8" * 32)


def ends():
    """the end is final once: by close, with, exit, exception, publish"""
    for code, status in (
            ("out = aprec.open(); out.publish(x=1); out.close(); out.close()",
             0),
            ("with aprec.open() as out: out.publish(x=1)", 0),
            ("out = aprec.open(); out.publish(x=1)", 0),
            ("aprec.open().publish(x=1)", 0),
            ("out = aprec.open(); out.publish(x=1); sys.exit(3)", 3),
            ("with aprec.open() as out: out.publish(x=1); 1/0", 1)):
        out, err = run(code, status=status)
        eq([(r.seq, r.final, len(r)) for r in records(out)],
           [(1, False, 1), (2, True, 0)], code)
    out, err = run("out = aprec.open(); out.publish({'x': 1}, final=True)\n"
                   "try: out.publish(x=2)\nexcept ValueError: print('no')")
    eq([(r.seq, r.final, len(r)) for r in records(out)], [(1, True, 1)])
    eq(err, "no\n")


def reader_goes():
    """a reader that goes ends the output, not the run, without a word"""
    for extra in ("", "signal.signal(signal.SIGPIPE, signal.SIG_DFL)\n"):
        for env in ({}, {"APREC_POLICY": "newest"}):
            p = start(extra + """
out = aprec.open()
for i in range(2000):
    out.publish(step=i, u=bytes(10000))
print(out.stopped, out.error)
""", env, stdout=subprocess.PIPE)
            p.stdout.read(30000)
            p.stdout.close()
            err = p.stderr.read().decode()
            eq(p.wait(LIMIT), 0)
            eq(err, "False None\n")
            p.stderr.close()


def reader_goes_stop():
    """with APREC_EPIPE=stop, and ssh without a terminal, stop the run then"""
    for env in ({"APREC_EPIPE": "stop"},
                {"SSH_CONNECTION": "a", "APREC_POLICY": "all"}):
        p = start("out = aprec.open()\n"
                  "while not out.stopped: out.publish(u=bytes(10000))\n"
                  "print('stopped')", env, stdout=subprocess.PIPE)
        p.stdout.read(30000)
        p.stdout.close()
        eq(p.stderr.read(), b"stopped\n")
        eq(p.wait(LIMIT), 0)
        p.stderr.close()


def file_full():
    """a file that may not grow is cut back to whole records"""
    out, err = run("""
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
out = aprec.open('run.apr')
for i in range(20):
    out.publish(step=i, u=bytes(9000))
print('went on')
""")
    eq(out, b"went on\n")
    one_line(err)
    has(err, "run.apr: File too large")
    with open("run.apr", "rb") as f:
        eq([r.step for r in records(f.read())], list(range(10)))


INTERRUPTED = """
import array
out = aprec.open()
u = array.array('d', bytes(800000))
try:
    print('ready', flush=True)
    i = 0
    while True:
        i += 1
        u[0] = u[-1] = i
        out.publish(step=i, u=u)
except KeyboardInterrupt:
    for k in range(len(u)):
        u[k] = -1
    print('interrupted', flush=True)
"""


def whole(r):
    """A record of the above, with nothing in it from another time."""
    if "u" in r:
        u = r["u"]
        eq((u[0], u[len(u) - 1]), (r["step"], r["step"]))


def interrupt_full():
    """at Ctrl-C while the pipe is full: it stops, and no record is torn"""
    p = start(INTERRUPTED, stdout=subprocess.PIPE)
    eq(p.stderr.readline(), b"ready\n")
    time.sleep(0.3)     # surely it waits: nobody reads
    p.send_signal(signal.SIGINT)
    eq(p.stderr.readline(), b"interrupted\n")
    out, err = p.communicate(timeout=LIMIT)
    eq((p.returncode, err), (0, b""))
    r = records(out)
    eq(r[-1].final, True)
    for s in r:
        whole(s)


def interrupt_any():
    """at Ctrl-C at 60 moments: no record is torn, the last is final"""
    random.seed(1)
    for i in range(60):
        policy = ("all", "newest")[i % 2]
        p = start(INTERRUPTED, {"APREC_POLICY": policy},
                  stdout=subprocess.PIPE)
        eq(p.stderr.readline(), b"ready\n")
        data, until = b"", time.monotonic() + random.random() * 0.02
        while time.monotonic() < until:
            if random.random() < 0.5:
                data += os.read(p.stdout.fileno(), 100000)
        p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=LIMIT)
        if p.returncode == 0:
            eq(err, b"interrupted\n")
        r = records(data + out)
        eq(r[-1].final, True, "the last one's final")
        for s in r[:-1]:
            whole(s)


def interrupt_stuck():
    """after Ctrl-C a reader that takes nothing is waited for APREC_LINGER"""
    for policy in "all", "newest":
        p = start(INTERRUPTED, {"APREC_LINGER": "0.2",
                                "APREC_POLICY": policy},
                  stdout=subprocess.PIPE)
        eq(p.stderr.readline(), b"ready\n")
        time.sleep(0.3)
        p.send_signal(signal.SIGINT)
        eq(p.stderr.readline(), b"interrupted\n")
        has(p.stderr.read().decode(), "not taken within 0.2 s;")
        eq(p.wait(LIMIT), 0)
        records(p.stdout.read(), whole=False)
        p.stdout.close()
        p.stderr.close()


def newest_stalled():
    """newest: nobody reads, and the run goes on; the last state arrives"""
    p = start("""
import array
out = aprec.open()
grid = array.array('d', bytes(400000))
u = array.array('d', bytes(800000))
out.publish(step=0, u=u)
out.publish(x=grid)
for i in range(1, 2001):
    u[0] = u[-1] = i
    out.publish(step=i, u=u)
out.publish(y=grid)
out.publish(step=2001, u=u)
u[0] = u[-1] = 2002
out.publish(step=2002, u=u)
print('done', flush=True)
""", {"APREC_POLICY": "newest"}, stdout=subprocess.PIPE)
    eq(p.stderr.readline(), b"done\n")
    out, err = p.communicate(timeout=LIMIT)
    eq((p.returncode, err), (0, b""))
    r = records(out)
    if len(r) > 20:
        raise AssertionError("%d records, nearly all skipped?" % len(r))
    state = aprec.State()
    for s in r:
        state.merge(s)
    last, = state.values()
    eq((last.step, last["u"][0], last["u"][99999]), (2002, 2002, 2002))
    eq(len(last["x"]), 50000)
    eq(len(last["y"]), 50000)
    eq(last.final, True)
    eq(last.seq, 2006)


def only_once():
    """what is published once is never skipped, nor kept to the end"""
    for env in {"APREC_POLICY": "newest"}, {"APREC_RATE": "2"}:
        p = start("""
out = aprec.open()
for i in range(60):
    out.publish(step=i, u=bytes(500000))
    if i % 20 == 10:
        out.publish(x=i, y=bytes(10000))
    time.sleep(0.005)
time.sleep(0.6)
out.publish(step=60, u=bytes(10))
sys.stdin.read()
os._exit(0)
""", env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        data, until, seen = b"", time.monotonic() + LIMIT / 2, []
        while 50 not in seen and time.monotonic() < until:
            if select.select([p.stdout], [], [], LIMIT / 2)[0]:
                data += os.read(p.stdout.fileno(), 65536)
            if "APREC_RATE" not in env:
                time.sleep(0.01)
            r = records(data, False)
            seen = [s["x"] for s in r if "x" in s]
        out, err = p.communicate(timeout=LIMIT)
        eq((seen[-1], err), (50, b""), repr(env))
        eq(len(r) < 60, True, "%d records" % len(r))


def newest_freed():
    """newest: an array may be changed as soon as publish returns"""
    out, err = run("""
import array
out = aprec.open()
u = array.array('d', bytes(8000000))
for i in range(1, 30):
    for k in (0, len(u) // 2, -1):
        u[k] = i
    out.publish(step=i, u=u)
    for k in (0, len(u) // 2, -1):
        u[k] = -i
    time.sleep(0.002)
for k in (0, len(u) // 2, -1):
    u[k] = i
""", {"APREC_POLICY": "newest"})
    for r in records(out):
        if "u" in r:
            eq([r["u"][k] for k in (0, 500000, 999999)], [r["step"]] * 3)


def newest_small():
    """newest: small records are kept when the thread is busy"""
    out, err = run("""
out = aprec.open()
for i in range(5000):
    out.publish(step=i)
time.sleep(0.5)
os.write(2, b'now')
os._exit(0)
""", {"APREC_POLICY": "newest"})
    eq(records(out)[-1].step, 4999)


def ssh():
    """started by ssh without a terminal, a pipe gets the newest"""
    code = "out = aprec.open()\nprint(out._newest)\n"
    for env, newest in (({"SSH_CONNECTION": "a"}, b"True"),
                        ({"SSH_CONNECTION": "a", "SSH_TTY": "b"}, b"False"),
                        ({"SSH_CONNECTION": "a", "APREC_POLICY": "all"},
                         b"False"),
                        ({"SSH_CONNECTION": "a", "APREC_OUT": "./f"},
                         b"False")):
        out, err = run(code, env)
        has(out + err.encode(), newest)


def rate():
    """with APREC_RATE at most so many, never a name's only value skipped"""
    out, err = run("""
out = aprec.open()
for i in range(100):
    out.publish(step=i)
    if i == 50:
        out.publish(x=[1.5, 2.5])
    if i == 60:
        out.publish(x=[3.5, 4.5])
""", {"APREC_RATE": "1"})
    r = records(out)
    eq(len(r) < 6, True, "%d records" % len(r))
    state = aprec.State()
    for s in r:
        state.merge(s)
    last, = state.values()
    eq((last["step"], list(last["x"]), last.final), (99, [3.5, 4.5], True))


def environment_wrong():
    """a variable that makes no sense is told, and not obeyed"""
    for name in "APREC_RATE", "APREC_POLICY", "APREC_EPIPE", "APREC_LINGER":
        out, err = run(THREE, {name: "often"})
        eq(len(records(out)), 4)
        one_line(err)
        has(err, name)


def crc():
    """into a pipe the first, the last, and one a second have a data CRC"""
    out, err = run("""
out = aprec.open()
for i in range(16):
    out.publish(step=i)
    time.sleep(0.1)
""")
    c = [r.checked for r in records(out)]
    eq((c[0], c[1], c[-1]), (True, False, True))
    eq(1 <= sum(c[1:-1]) <= 8, True, repr(c))


def forked():
    """a forked child has no part in the stream"""
    for env in {}, {"APREC_POLICY": "newest"}:
        p = start("""
import warnings
warnings.simplefilter('ignore')     # 3.12: fork and threads
out = aprec.open()
out.describe('x', units='m')
out.publish(step=1)
pid = os.fork()
if pid == 0:
    out.publish(step=666)
    out.describe('x', units='km')
    sys.exit(0)
os.waitpid(pid, 0)
if os.fork() == 0:      # it outlives its parent, and holds nothing
    os.closerange(1, 3)
    sys.stdin.read()
    os._exit(0)
out.publish(step=2)
""", env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        out = p.stdout.read()
        p.stdin.close()
        eq(p.wait(LIMIT), 0)
        eq(p.stderr.read(), b"")
        p.stdout.close()
        p.stderr.close()
        eq([(r.seq, r.final) for r in records(out)],
           [(1, False), (2, False), (3, True)])


def fifo():
    """a FIFO waits for its reader"""
    os.mkfifo("fifo")
    p = start(THREE, {"APREC_OUT": "fifo"}, stdout=subprocess.PIPE)
    with open("fifo", "rb") as f:
        eq(wave(records(f.read())), THREE_READ)
    p.communicate(timeout=LIMIT)


def nonblocking():
    """a pipe that somebody made non-blocking is no trouble"""
    r, w = os.pipe()
    os.set_blocking(w, False)
    p = start("""
out = aprec.open()
for i in range(20):
    out.publish(step=i, u=bytes(100000))
""", stdout=w)
    os.close(w)
    time.sleep(0.2)
    with open(r, "rb") as f:
        eq([s.step for s in records(f.read())][:20], list(range(20)))
    eq(p.wait(LIMIT), 0)
    eq(p.stderr.read(), b"")
    p.stderr.close()


def big():
    """records of 40 MB, of 2000 arrays, of 4096 fields"""
    out, err = run("""
import array
out = aprec.open()
out.publish(u=array.array('d', bytes(40000000)))
out.publish({'a%d' % i: array.array('d', bytes(9000)) for i in range(2000)})
out.publish({'n%d' % i: None for i in range(4096)})
""")
    eq([len(r) for r in records(out)], [1, 2000, 4096, 0])


def unchanged_layout():
    """what is described, shapes and types may change between records"""
    out, err = run("""
out = aprec.open()
out.describe('u', units='m')
out.publish(u=1.5)
out.describe('u', label='height')
out.publish(u=1.5)
out.describe('u', units=None)
out.publish(u=[1.5, 2.5])
out.publish(u='text')
out.describe('u', dims='x')
out.publish(u=[1, 2, 3])
out.withdraw('u')
out.publish(u=[True, False])
""")
    r = records(out)
    eq([(s.fields["u"].type, s.fields["u"].attrs, s.fields["u"].shape,
         s.fields["u"].dims) for s in r[:-1]],
       [("f64", {"units": "m"}, (), ()),
        ("f64", {"units": "m", "label": "height"}, (), ()),
        ("f64", {"label": "height"}, (2,), ("",)),
        ("text", {"label": "height"}, (), ()),
        ("i64", {"label": "height"}, (3,), ("x",)),
        ("none", {}, (), ()),
        ("bool", {"label": "height"}, (2,), ("x",))])


def sent(value):
    data = aprec.encode({"v": value}, seq=1, wall=0, run=1, source="s")
    r, = records(data)
    v = r["v"]
    return r.fields["v"].type, v.tolist() if hasattr(v, "tolist") else v


def python_types():
    """numbers, texts, lists and buffers are what they are"""
    for value, wanted in (
            (3, ("i64", 3)), (-2**63, ("i64", -2**63)),
            (2**64 - 1, ("u64", 2**64 - 1)), (0.1, ("f64", 0.1)),
            (True, ("bool", True)), (1 - 2j, ("c128", 1 - 2j)),
            ("\u03c8\n", ("text", "\u03c8\n")), (None, ("none", None)),
            ([], ("f64", [])), ([1, 2], ("i64", [1, 2])),
            ([1, 2.5], ("f64", [1, 2.5])), ([1, 2j], ("c128", [1, 2j])),
            ([True, False], ("bool", [True, False])),
            ([2**63, 1], ("u64", [2**63, 1])),
            (((1, 2), (3, 4)), ("i64", [[1, 2], [3, 4]])),
            (array.array("f", [1, 2]), ("f32", [1, 2])),
            (b"\1\2", ("u8", [1, 2])),
            (memoryview(b"\0\0\1\0").cast("H"), ("u16", [0, 1])),
            (memoryview(bytes(range(6)))[::-2], ("u8", [5, 3, 1])),
            (memoryview(bytes(range(6))).cast("B", (2, 3)),
             ("u8", [[0, 1, 2], [3, 4, 5]]))):
        eq(sent(value), wanted, repr(value))


def numpy_types():
    """numpy's arrays and scalars, of any order of bytes and memory"""
    if np is None:
        raise Skip("no numpy")
    a = np.arange(24.0).reshape(2, 3, 4)
    for value in (a, a.T, a[::-1, ::2, 1:3], a.astype(">f8"), a[:0],
                  a.astype("f4"), a.astype("i2"), a.astype("c8"),
                  a.astype(">c16")[:, 1], a > 3, np.asfortranarray(a),
                  np.array(1.5), np.array(7, ">u2"), a[0, 0, 1]):
        data = aprec.encode({"v": value}, seq=1, wall=0, run=1, source="s")
        r, = records(data)
        got = r["v"]
        eq(np.shape(got), np.shape(value))
        eq(np.array_equal(got, value), True, repr(value))
        if np.ndim(value):
            eq(got.dtype, value.dtype.newbyteorder("<"))
    for value, wanted in (
            (np.float32(0.5), ("f32", 0.5)), (np.int8(-3), ("i8", -3)),
            (np.bool_(True), ("bool", True)), (np.float64(2), ("f64", 2)),
            (np.complex64(2j), ("c64", 2j)), (np.str_("x"), ("text", "x")),
            ([np.float32(0.5), np.int64(1)], ("f64", [0.5, 1])),
            ([a[0, 0], a[0, 1]], ("f64", [[0, 1, 2, 3], [4, 5, 6, 7]]))):
        eq(sent(value), wanted, repr(value))


def refused():
    """what cannot be sent is refused, and the field is named"""
    class Thing:
        pass

    class Liar:
        __array_interface__ = {"version": 3, "shape": (9,),
                               "typestr": "<f8", "data": b"short"}
    values = [Thing(), {"a": 1}, [[1, 2], [3]], [1, "a"], ["a"], [None],
              [[1], 2], [1, [2]], {1, 2}, object, 2**64, -2**63 - 1,
              [2**63, -1], [[[[[[[[[1]]]]]]]]], Liar(), 1 .__add__]
    if np is not None:
        values += [np.zeros(2, "O"), np.zeros(2, "M8[s]"), np.zeros(2, "S3"),
                   np.zeros(2, "f2"), np.zeros(2, [("a", "f8")]),
                   np.zeros((1,) * 9), np.array("a"), np.longdouble(1)]
    for value in values:
        try:
            sent(value)
        except TypeError as e:
            has(str(e), "field 'v'")
            continue
        raise AssertionError("%r was sent" % (value,))
    for fields in ({"TEXT_x": 1}, {"HISTORY_x": 1}, {"a b": 1}, {"": 1},
                   {"a" * 64: 1}, {"\u03c8": 1}, {"a\n": 1}, {"v": "a\0b"},
                   {"v": "\ud800"}, {"v%d" % i: i for i in range(4097)}):
        try:
            aprec.encode(fields, seq=1, wall=0, run=1, source="s")
        except ValueError as e:
            has(str(e), "field")
            continue
        raise AssertionError("%r was sent" % (fields,))
    out, err = run("""
out = aprec.open()
for f in (dict(u=object()), dict(v={})):
    try: out.publish(step=1, **f)
    except TypeError as e: print(e)
out.publish(step=3)
out.describe('u', dims=('y', 'x'))
try: out.publish(u=[1.5])
except ValueError as e: print(e)
for k in ('a b', 'x' * 64, 'TEXT'):
    try: out.describe('u', **{k: 'a\\nb'})
    except ValueError as e: print('no')
try: out.describe('u', units=3)
except TypeError as e: print('no')
""")
    has(err, "field 'u': object")
    has(err, "field 'v': dict")
    has(err, "1 dimensions, 2 are described")
    eq(err.count("no\n"), 4)
    eq([(r.seq, r.step) for r in records(out)][0], (3, 3))


def mistake_unwatched():
    """a mistake in the first publish shows when nothing is published, too"""
    run("out = aprec.open(); out.publish(u=object())", status=1,
        stdout=subprocess.DEVNULL)


def no_stderr():
    """without stdin, stdout and stderr nothing bad happens"""
    for fds in "1", "2", "1 2", "0 1 2":
        code = ("for fd in map(int, '%s'.split()): os.close(fd)\n" % fds +
                THREE)
        out, err = run(code)
        if fds == "2":
            eq(len(records(out)), 4)


def locked():
    """a recording has one writer, and a second leaves it alone"""
    out = aprec.open("run.apr")
    out.publish(x=1)
    got, err = run("out = aprec.open('run.apr'); out.publish(x=2)")
    eq(err, "aprec: run.apr: is being recorded by another process; nothing "
            "more is published\n")
    out.publish(x=3)
    if os.fork() == 0:
        os._exit(0)
    os.wait()
    got, err = run("out = aprec.open('run.apr'); out.publish(x=2)")
    has(err, "is being recorded")
    out.close()
    with open("run.apr", "rb") as f:
        eq([r.get("x") for r in records(f.read())], [1, 3, None])
    run("with aprec.open('run.apr') as out: out.publish(x=2)")
    with open("run.apr", "rb") as f:
        eq([r.get("x") for r in records(f.read())], [2, None])


def cases():
    """The functions of the program whose docstrings are no sentences."""
    return [(n, f) for n, f in vars(sys.modules["__main__"]).items()
            if getattr(f, "__module__", "") == "__main__" and f.__doc__ and
            not f.__doc__[0].isupper() and callable(f)]


def about(f):
    return " ".join(f.__doc__.split())


def alone(name, f):
    """Run a case in a process and folder of its own: its exit status."""
    os.mkdir(name)
    pid = os.fork()
    if pid != 0:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    status = 1
    try:
        os.chdir(name)
        log = os.open("log", os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        f()
        status = 0
    except Skip as e:
        print("# skip %s: %s" % (name, e))
        status = 0
    except SystemExit as e:
        status = e.code if isinstance(e.code, int) else e.code is not None
    except BaseException:
        traceback.print_exc()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def main():
    if sys.argv[1:] == ["list"]:
        for name, f in cases():
            print(name, about(f))
        return 0
    if sys.argv[1:] == ["each"]:
        for name, f in cases():
            if name not in os.environ.get("EXCEPT", "").split():
                print(alone(name, f), name, about(f), flush=True)
        return 0
    for name, f in cases():
        if sys.argv[1:] in ([], [name]):
            try:
                f()
            except Skip as e:
                print("# skip %s: %s" % (name, e))
    return 0


if __name__ == "__main__":
    sys.exit(main())
