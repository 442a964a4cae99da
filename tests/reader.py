"""Check the Python reader: tests/reader.py [case], or "list" for all cases.

Goal: what reads a recording or a stream gets all that is whole in it, and is
told of the rest.  The bytes themselves are checked by vectors.py and fuzz.py.
"""
import io
import os
import struct
import subprocess
import sys
import time
import warnings

sys.dont_write_bytecode = True
from writer import LIMIT, Skip, eq, has, main, np, run, start  # noqa: E402
import aprec  # noqa: E402

VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vectors")
RUN = 77


def rec(seq, final=False, run=RUN, source="s@h", history=False, **fields):
    return aprec.encode(fields, seq=seq, wall=10**18 + seq, run=run,
                        source=source, final=final, history=history)


def read(data, **more):
    """The records, and the warnings."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        r = list(aprec.read(io.BytesIO(data), **more))
    return r, [w.message for w in told]


def kinds_of_source():
    """a path, a path object, a file, a descriptor, stdin"""
    import pathlib
    data = rec(1, x=1) + rec(2, x=2)
    with open("run.apr", "wb") as f:
        f.write(data)
    f = open("run.apr", "rb")
    fd = os.open("run.apr", os.O_RDONLY)
    for source in ("run.apr", pathlib.Path("run.apr"), f, fd,
                   io.BytesIO(data)):
        with aprec.read(source) as r:
            eq([s["x"] for s in r], [1, 2])
    f.read()            # still open: it is the caller's
    f.seek(0)
    out, err = run("print(len(list(aprec.read())))", stdin=f)
    eq(out, b"2\n")
    f.close()
    os.close(fd)
    try:
        aprec.read("no/such.apr")
    except OSError as e:
        has(str(e), "no/such.apr")
    else:
        raise AssertionError("it was opened")


def terminal():
    """a terminal as stdin is refused"""
    leader, fd = os.openpty()
    out, err = run("aprec.read('-')", stdin=fd, status=1)
    has(err, "stdin is a terminal")
    os.close(fd)
    os.close(leader)


def what_it_says():
    """a record is a mapping, and says what it is"""
    r, = read(rec(3, step=41, t=0.5, u=[1.5, 2.5], gone=None, s="x"))[0]
    eq(list(r), ["step", "t", "u", "gone", "s"])
    eq((len(r), "u" in r, r.get("v"), r["gone"]), (5, True, None, None))
    eq((r.seq, r.step, r.time, r.source, r.run), (3, 41, 0.5, "s@h", RUN))
    eq((r.wall_ns, r.wall, r.final, r.history, r.checked),
       (10**18 + 3, 1e9, False, False, True))
    eq(repr(r), "<aprec.Record s@h, step 41: step t u gone s>")
    eq(repr(r.fields["u"]), "<aprec.Field u f64[2]>")
    try:
        r["v"]
    except KeyError:
        pass
    else:
        raise AssertionError("it has a v")
    for fields, step, t in (({}, 1, None), ({"step": 3.0}, 3, None),
                            ({"step": 3.5}, 1, None),
                            ({"step": "3"}, 1, None),
                            ({"step": True}, 1, None),
                            ({"step": [3, 4]}, 1, None),
                            ({"time": 2}, 1, 2.0),
                            ({"time": 2, "t": 3}, 1, 3.0),
                            ({"time": 2, "t": "3"}, 1, 2.0)):
        r, = read(rec(1, **fields))[0]
        eq((r.step, r.time), (step, t), repr(fields))


def arrays():
    """arrays are numpy's, in the record's memory, aligned, to be changed"""
    if np is None:
        raise Skip("no numpy")
    data = np.arange(1000.0).reshape(20, 50)
    r, = read(rec(1, u=data, z=data[:2, :2] * 1j, b=data > 3))[0]
    u = r["u"]
    eq(type(u), np.ndarray)
    eq((u.shape, u.flags.writeable, u.flags.aligned), ((20, 50), True, True))
    u[0, 0] = 5
    eq(r["u"][0, 0], 5)
    eq((r["z"] == data[:2, :2] * 1j).all(), True)
    eq(r["b"].dtype, bool)


def arrays_without():
    """without numpy arrays are memoryviews with a shape, or nested lists"""
    if np is not None:
        raise Skip("numpy is there")
    r, = read(rec(1, u=[[1.5, 2], [3, 4], [5, 6]], z=[[1j], [2]], e=[],
                  b=[True, False]))[0]
    eq((type(r["u"]), r["u"].shape, r["u"].format, r["u"][2, 1]),
       (memoryview, (3, 2), "d", 6.0))
    eq((r["z"], r["e"], r["b"].tolist()), ([[1j], [2]], [], [True, False]))


def damage():
    """damage costs what it touches, and is told by place and length"""
    a, b = rec(1, u=[1.5] * 9), rec(2, u=[2.5] * 9)
    for bad, why in ((b[:200], "cut short"), (b[:-1], "cut short"),
                     (b"Killed\n", "not a record"),
                     (b[:200] + b"x" + b[201:], "data CRC"),
                     (b[:130] + b"x" + b[131:], "header CRC")):
        r, told = read(a + bad + rec(3, u=[3.5] * 9))
        eq([s.seq for s in r], [1, 3], why)
        eq([(type(w), w.at, w.bytes) for w in told],
           [(aprec.DamageWarning, len(a), len(bad))], why)
        has(str(told[0]), "stream: byte %d: %s" % (len(a), why))
        with aprec.read(io.BytesIO(a + bad)) as reader:
            warnings.simplefilter("ignore")
            list(reader)
            eq(reader.passed, len(bad))


def unsupported():
    """a record of a later version is told"""
    with open(os.path.join(VECTORS, "unsupported/version-2.apr"), "rb") as f:
        r, told = read(f.read())
    eq([s.seq for s in r], [1, 3])
    eq([(type(w), w.at) for w in told], [(aprec.UnsupportedWarning, 192)])
    has(str(told[0]), "version 2")


def no_records():
    """what is no stream at all is told, with what to do"""
    for data, what in ((b"0 1.5\n1 2.5\n", 'try "aprec text"'),
                       (b"0 1.5\n" * 20000, 'try "aprec text"'),
                       (b"\x7fELF" + bytes(9), 'try "aprec text"')):
        r, told = read(data)
        eq((r, len(told)), ([], 1))
        has(str(told[0]), what)
    eq(read(b""), ([], []))


def banner():
    """text before the first record is no damage, and is kept"""
    with aprec.read(io.BytesIO(b"Welcome\r\n" + rec(1, x=1))) as r:
        warnings.simplefilter("error")
        eq(len(list(r)), 1)
        eq((r.text, r.passed), (b"Welcome\r\n", 0))


def duplicates():
    """what came before is left out, of each run and kind apart"""
    h = rec(2, history=True, HISTORY_seq=[1, 2], HISTORY_wall=[5, 6])
    data = (rec(1, x=1) + rec(2, x=2) + rec(1, x=3) + rec(2, run=5, x=4) +
            h + rec(2, x=5) + h + rec(3, x=6))
    reader = aprec.read(io.BytesIO(data))
    eq([s["x"] for s in reader], [1, 2, 4, 6])
    eq(reader.duplicates, 3)
    eq([s.history for s in aprec.read(io.BytesIO(data), history=True)],
       [False, False, False, True, False])


def limit():
    """a record above max_record is passed over, and told"""
    r, told = read(rec(1, u=bytes(10000)) + rec(2, u=bytes(10)),
                   max_record=5000)
    eq([s.seq for s in r], [2])
    has(str(told[0]), "above the limit of 5000 bytes")


def live():
    """from a pipe each record comes out as soon as it is whole"""
    p = start("for r in aprec.read(): print(r.step, flush=True)",
              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for i in range(1, 4):
        data = rec(i, step=i, u=bytes(100000 * (i - 1)))
        p.stdin.write(data[:300])
        p.stdin.flush()
        p.stdin.write(data[300:])
        p.stdin.flush()
        eq(p.stdout.readline(), b"%d\n" % i)
    out, err = p.communicate(timeout=LIMIT)
    eq((out, err, p.returncode), (b"", b"", 0))


def follower(path="run.apr"):
    """Reads a file that grows; prints each step."""
    return start("for r in aprec.read('%s', follow=True): "
                 "print(r.get('step'), flush=True)" % path,
                 stdout=subprocess.PIPE)


def follows():
    """a file that is recorded is followed until its last source has ended"""
    import fcntl
    for packed in False, True:
        def add(f, data, pack=packed):
            if pack:
                data = subprocess.run(["zstd", "-qc", "--check"], input=data,
                                      stdout=subprocess.PIPE).stdout
            f.write(data)
            f.flush()
        with open("run.apr", "wb") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            add(f, rec(1, step=1))
            p = follower()
            eq(p.stdout.readline(), b"1\n")
            for i in range(2, 5):
                add(f, rec(i, step=i) + rec(i, run=5, source="b", step=-i))
                eq(p.stdout.readline(), b"%d\n" % i)
                eq(p.stdout.readline(), b"%d\n" % -i)
            add(f, rec(9, True, step=9))
            eq(p.stdout.readline(), b"9\n")
            add(f, rec(9, True, run=5, source="b", step=-9))
            out, err = p.communicate(timeout=LIMIT)
            eq((out, err, p.returncode), (b"-9\n", b"", 0))


class Clock:
    """In place of the module time: a sleep does the next of some things."""

    def __init__(self, *things):
        self.things = list(things)
        self.now = 1e9
        self.slept = 0

    def time(self):
        return self.now

    monotonic = time

    def sleep(self, seconds):
        self.now += seconds
        self.slept += seconds
        if self.things:
            self.things.pop(0)()


def following(things, local=True):
    """What is read of run.apr while these things are done, and how long its
    end is waited for."""
    real, aprec.time = aprec.time, Clock(*things)
    known, aprec._is_local = aprec._is_local, lambda name: local
    os.utime("run.apr", (1e9, 1e9))
    try:
        r, told = [], []
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            r = list(aprec.read("run.apr", follow=True))
        return [s.seq for s in r], len(told), aprec.time.slept
    finally:
        aprec.time, aprec._is_local = real, known


def follows_a_lock():
    """without a final record it is followed until nobody records into it"""
    import fcntl
    def add(data):
        f.write(data)
        f.flush()
        os.utime("run.apr", (1e9, 1e9))

    def nothing():
        pass
    with open("run.apr", "wb") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        add(rec(1))
        got, told, slept = following(
            [nothing] * 50 + [lambda: add(rec(2)), lambda: add(rec(3)[:99]),
             lambda: add(rec(3)[99:]), lambda: fcntl.flock(f, fcntl.LOCK_UN)])
        eq((got, told, 45 < slept < 60), ([1, 2, 3], 0, True), slept)
        # A lock that says nothing: ten minutes.
        got, told, slept = following([nothing] * 3 + [lambda: add(rec(4))],
                                     local=False)
        eq((got, 600 < slept < 610), ([1, 2, 3, 4], True), slept)
    # It is not waited for where it has long been left.
    real, aprec.time = aprec.time, Clock()
    aprec.time.now += 1000
    eq(len(list(aprec.read("run.apr", follow=True))), 4)
    eq(aprec.time.slept, 0)
    aprec.time = real
    eq(aprec._is_local("/proc/self/stat"), False)


def follows_what_is_cut():
    """a torn record that its recorder cuts off does no harm"""
    a, b = rec(1), rec(2, u=bytes(5000))

    def pack(data):
        return subprocess.run(["zstd", "-qc", "--check"], input=data,
                              stdout=subprocess.PIPE).stdout
    try:
        whole = [(a, b, rec(3, True)), (pack(a), pack(b), pack(rec(3, True)))]
    except FileNotFoundError:
        whole = [(a, b, rec(3, True))]
    for a, b, c in whole:
        for n in 3, 10, len(b) - 1:
            with open("run.apr", "wb", buffering=0) as f:
                f.write(a + b[:n])

                def cut():
                    f.truncate(len(a))
                    f.seek(len(a))
                eq(following([cut, lambda: f.write(c)])[:2], ([1, 3], 0), n)


def own_memory():
    """records keep what they have while reading goes on"""
    kept = list(aprec.read(io.BytesIO(b"".join(
        rec(i, u=struct.pack("<d", i) * n) for i in range(1, 50)
        for n in (1, 100, 10000)))))
    for r in kept:
        eq(bytes(memoryview(r["u"]))[-8:], struct.pack("<d", r.seq))


def state():
    """the state merges, withdraws, and tells runs and ranks apart"""
    s = aprec.State()
    for r in aprec.read(io.BytesIO(
            rec(1, a=1, b=2) + rec(2, b=3) + rec(3, a=None, t=0.5) +
            rec(1, run=8, source="r.10", step=7) +
            rec(1, run=9, source="r.9", step=6))):
        s.merge(r)
    eq(list(s), ["r.9", "r.10", "s@h"])
    eq(dict(s["s@h"]), {"b": 3, "t": 0.5})
    eq((s["r.10"].step, s["s@h"].step, s["s@h"].time), (7, 3, 0.5))
    eq(s["s@h"].fields["b"].type, "i64")
    old, = aprec.read(io.BytesIO(rec(2, b=9)))
    eq(s.merge(old), None)
    eq(s["s@h"]["b"], 3)
    # A second run beside the first, then in its place.
    two, three, end = aprec.read(io.BytesIO(
        rec(1, run=6, b=1) + rec(1, run=5, b=2) + rec(4, True)))
    s.merge(two)
    eq([n for n in s if "@" in n], ["s@h", "s@h#2"])
    eq(s["s@h#2"]["b"], 1)
    s.merge(end)
    eq((s["s@h"].final, s["s@h"]["b"]), (True, 3))
    s.merge(three)
    eq((s["s@h"].run, s["s@h"]["b"], s["s@h#2"].run), (5, 2, 6))


if __name__ == "__main__":
    sys.exit(main())
