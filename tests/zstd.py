"""Check compressed streams in Python: tests/zstd.py [case], or "list".

Goal: what is whole in a compressed stream is read, by whatever can
decompress it; what is damaged is told, and costs its frame; never a wrong
value; memory does not follow what is claimed.
"""
import io
import json
import os
import random
import struct
import subprocess
import sys
import tracemalloc

sys.dont_write_bytecode = True
from reader import read, rec  # noqa: E402
from writer import Skip, eq, has, main, np  # noqa: E402
import aprec  # noqa: E402

FLIPS = int(os.environ.get("FLIPS", "150"))
SKIPPABLE = struct.pack("<II", 0x184D2A5B, 12) + b"aprec recap\n"


def zstd(data, *options):
    return subprocess.run(["zstd", "-qc", "--check", *options], input=data,
                          stdout=subprocess.PIPE, check=True).stdout


def raw(data, size=True):
    """A frame without a checksum, of blocks of 1000 bytes as they are."""
    head = b"\x28\xb5\x2f\xfd" + (b"\xe0" if size else b"\0")
    head += struct.pack("<Q", len(data)) if size else b"\x58"
    for i in range(0, len(data) or 1, 1000):
        piece = data[i:i + 1000]
        last = i + 1000 >= len(data)
        head += struct.pack("<I", last | len(piece) << 3)[:3] + piece
    return head


def numbered(seq):
    """A record whose values tell whether they are right."""
    return rec(seq, step=seq, u=[seq * 1000.0 + i % 7 for i in range(90)],
               text="record %d" % seq, final=seq == 120)


def right(r):
    return (r["step"] == r.seq and r["text"] == "record %d" % r.seq and
            list(r["u"]) == [r.seq * 1000.0 + i % 7 for i in range(90)])


RECORDS = [numbered(i) for i in range(1, 121)]
ALL = list(range(1, 121))
PER = 6


def frames():
    return [zstd(b"".join(RECORDS[i:i + PER]))
            for i in range(0, len(RECORDS), PER)]


def seqs(data, **more):
    got, told = read(data, **more)
    for r in got:
        if not right(r):
            raise AssertionError("record %d: %r" % (r.seq, dict(r)))
    return [r.seq for r in got], told


def each_way():
    """every decoder that is here gives the same"""
    data = b"".join(frames())
    one = zstd(b"".join(RECORDS))
    bad = bytearray(data)
    bad[len(data) // 2] ^= 16
    results = []
    for find in aprec._decoders:
        try:
            aprec._decoder_found = find()
        except ImportError:
            continue
        eq(seqs(data), (ALL, []), find.__name__)
        eq(seqs(one), (ALL, []), find.__name__)
        got, told = seqs(bad)
        results.append((got, [(w.at, w.bytes) for w in told]))
        eq((len(got), len(told)), (len(ALL) - PER, 1), find.__name__)
        aprec._WHOLE = 5000
        eq(seqs(one), (ALL, []), find.__name__ + ", as it comes")
        aprec._WHOLE = 1 << 28
    aprec._decoder_found = None
    eq(results[1:], results[:-1])
    eq(len(results) > 0, True)


def no_way():
    """without any decoder it is said what to install"""
    known, aprec._decoders = aprec._decoders, []
    aprec._decoder_found = None
    try:
        read(frames()[0])
    except ValueError as e:
        has(str(e), "install zstd")
    else:
        raise AssertionError("it was read")
    finally:
        aprec._decoders = known


def what_there_is():
    """frames of all kinds, and records between them"""
    f = frames()
    plain = b"".join(RECORDS[PER:2 * PER])
    table = struct.pack("<II", 0x184D2A5E, 9) + struct.pack(
        "<IBI", 0, 0, 0x8F92EAB1)
    for what, data in (
            ("skippable", f[0] + SKIPPABLE + b"".join(f[1:]) + table),
            ("first", SKIPPABLE + b"".join(f)),
            ("empty", f[0] + zstd(b"") + b"".join(f[1:])),
            ("a banner", b"Welcome\r\n" + b"".join(f)),
            ("plain between", f[0] + plain + b"".join(f[2:])),
            ("plain first", RECORDS[0] + zstd(b"".join(RECORDS[1:]))),
            ("plain last", f[0] + b"".join(RECORDS[PER:])),
            ("raw, no size", raw(b"".join(RECORDS), size=False)),
            ("raw", raw(b"".join(RECORDS))),
            ("torn apart", b"".join(raw(b"".join(RECORDS)[i:i + 700]) for i in
             range(0, sum(map(len, RECORDS)), 700)))):
        eq(seqs(data), (ALL, []), what)
    with aprec.read(io.BytesIO(b"Welcome\r\n" + f[0])) as r:
        list(r)
        eq(r.text, b"Welcome\r\n")


def in_pieces():
    """from a pipe a frame's records come as soon as it is whole"""
    out, put = os.pipe()
    f = frames()
    with aprec.read(out) as reader:
        for i, frame in enumerate(f[:3]):
            os.write(put, frame[:50])
            os.write(put, frame[50:])
            eq([next(reader).seq for _ in range(PER)],
               ALL[i * PER:(i + 1) * PER])
        os.close(put)
        eq(list(reader), [])
    os.close(out)


def lost(data, frames_touched, told_of=True):
    """That just records of these frames are lost."""
    got, told = seqs(data)
    want = [s for i in frames_touched for s in ALL[i * PER:(i + 1) * PER]]
    missing = sorted(set(ALL) - set(got))
    if not set(missing) <= set(want):
        raise AssertionError("lost %r, wanted at most %r: %s" %
                             (missing, want, told))
    if missing and told_of and not told:
        raise AssertionError("lost %r, not told" % missing)


def damage():
    """flips, cuts, zeros and garbage cost the frame that they touch"""
    draw = random.Random(7)
    f = [SKIPPABLE * (i % 4 == 2) + frame for i, frame in enumerate(frames())]
    data = b"".join(f)
    starts = [sum(map(len, f[:i])) for i in range(len(f) + 1)]

    def touched(begin, end):
        return [i for i in range(len(f))
                if starts[i] < end and begin < starts[i + 1]]
    for i in range(FLIPS):
        at = draw.randrange(len(data))
        if i % 5 == 0:              # into the length of what is skipped
            at = starts[2] + 4 + i % 4
        bad = bytearray(data)
        bad[at] ^= 1 << draw.randrange(8)
        lost(bad, touched(at, at + 1))
        n = draw.randrange(1, 3000)
        lost(data[:at] + bytes(n) + data[at + n:], touched(at, at + n))
        lost(data[:at], touched(at, len(data)), at not in starts)
        lost(data[:at] + data[at + n:], touched(at, at + n),
             at not in starts)
        junk = bytes(draw.randrange(256) for _ in range(n))
        lost(data[:at] + junk + data[at:], touched(at, at + 1))
    eq(seqs(data), (ALL, []))


def places():
    """damage is told by the place and length of its frame in the file"""
    f = frames()
    bad = bytearray(b"".join(f))
    bad[len(f[0]) + len(f[1]) // 2] ^= 1
    got, told = seqs(bad)
    eq([(type(w), w.at, w.bytes) for w in told],
       [(aprec.DamageWarning, len(f[0]), len(f[1]))])
    has(str(told[0]), "byte %d: a damaged compressed frame" % len(f[0]))
    inner = bytearray(b"".join(RECORDS[PER:2 * PER]))
    inner[300] ^= 1
    data = f[0] + zstd(bytes(inner)) + b"".join(f[2:])
    got, told = seqs(data)
    eq([(w.at, w.bytes) for w in told], [(len(f[0]), len(RECORDS[PER]))])
    got, told = seqs(b"".join(f)[:-3])
    eq([(w.at, w.bytes) for w in told], [(len(b"".join(f[:-1])),
                                          len(f[-1]) - 3)])
    has(str(told[0]), "cut short")


def unknown_runs():
    """behind damage the checksum of a frame proves its records"""
    f = frames()
    plain = [aprec.encode({"x": i}, seq=1, wall=1, run=i, source="s",
                          data_crc=False) for i in (5, 6)]
    bad = bytearray(f[0])
    bad[100] ^= 1
    got, told = read(bytes(bad) + zstd(plain[0]))
    eq([r["x"] for r in got], [5])
    got, told = read(bytes(bad) + raw(plain[0]) + zstd(plain[1]))
    eq([r["x"] for r in got], [6])


def never_wrong():
    """a frame is given when all of it is right"""
    data = bytearray(zstd(b"".join(RECORDS)))
    data[-1] ^= 1
    eq(seqs(data)[0], [])
    data = bytearray(zstd(b"".join(rec(i, u=os.urandom(50000))
                                   for i in range(1, 20))))
    eq(len(read(bytes(data))[0]), 19)
    data[-1] ^= 1
    eq(len(read(bytes(data))[0]), 0)


def claims():
    """memory follows what is there, not what is claimed"""
    head = b"\x28\xb5\x2f\xfd\xe0"
    zeros = struct.pack("<I", 1 << 1 | (1 << 17) << 3)[:3] + b"\0"
    big = rec(1, u=bytes(1000))
    big = big[:24] + struct.pack("<Q", 1 << 39) + big[32:]
    for what, data in (
            ("size", head + struct.pack("<Q", 1 << 62) + b"\1\0\0"),
            ("window", b"\x28\xb5\x2f\xfd\0\xff" + b"\1\0\0"),
            ("skippable", b"\x50\x2a\x4d\x18" + b"\xff" * 4 + bytes(9)),
            ("zeros", head + struct.pack("<Q", 20000 << 17) +
             zeros * 5000 + b"\1\0\0"),
            ("record", raw(big))):
        aprec._WHOLE = 1 << 24
        tracemalloc.start()
        got, told = read(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        eq((got, len(told)), ([], 1), what)
        if peak > 100 << 20:
            raise AssertionError("%s: %d bytes" % (what, peak))
    aprec._WHOLE = 1 << 28


def giant():
    """a frame above the limit comes in pieces, in little memory"""
    many = b"".join(rec(i, u=bytes(100000)) for i in range(1, 500))
    data = zstd(many)
    aprec._WHOLE = 1 << 20
    tracemalloc.start()
    count = sum(1 for _ in aprec.read(io.BytesIO(data)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    eq(count, 499)
    if peak > 10 << 20:
        raise AssertionError("%d bytes" % peak)
    # One record is no giant, and is checked before it is given.
    one = bytearray(zstd(rec(1, u=bytes(4000000))))
    eq(len(read(bytes(one))[0]), 1)
    one[-1] ^= 1
    eq(len(read(bytes(one))[0]), 0)
    aprec._WHOLE = 1 << 28


def shuffled():
    """bytes that were regrouped are put back, with numpy and without"""
    draw = random.Random(3)
    for size in 2, 4, 8:
        for n in 0, 1, 2, 7, 1000:
            data = bytes(draw.randrange(256) for _ in range(size * n))
            planes = b"".join(data[b::size] for b in range(size))
            for found in {False, np or False}:
                aprec._numpy_found = found
                eq(bytes(aprec._unshuffled(planes, size)), data)
    aprec._numpy_found = None


def by_aprec(path):
    """What aprec json makes of a file, without what came before."""
    out = subprocess.run(["aprec", "json", path], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL).stdout
    seen = {}
    for line in out.decode().splitlines():
        r = json.loads(line)
        if r.get("history") or r["seq"] <= seen.get(r["run"], 0):
            continue
        seen[r["run"]] = r["seq"]
        yield (r["source"], int(r["run"], 16), r["seq"],
               bool(r.get("final")), r["fields"])


def by_python(data):
    for r in read(data)[0]:
        fields = {}
        for name, value in r.items():
            if not isinstance(value, str) and hasattr(value, "tolist"):
                value = value.tolist()
            fields[name] = value
        yield r.source, r.run, r.seq, r.final, fields


def agree():
    """aprec has the same of FILE, whole and damaged at COUNT places"""
    if "FILE" not in os.environ:
        raise Skip("no FILE")
    draw = random.Random(11)
    with io.open(os.environ["FILE"], "rb") as f:
        data = f.read()
    eq(len(list(by_python(data))) > 10, True)
    for i in range(int(os.environ.get("COUNT", "60"))):
        bad, at = bytearray(data), draw.randrange(len(data))
        n = draw.randrange(1, 3000)
        if i % 5 == 1:
            bad[at] ^= 1 << draw.randrange(8)
        elif i % 5 == 2:
            bad[at:at + n] = bytes(len(bad[at:at + n]))
        elif i % 5 == 3:
            bad[at:at + n] = b""
        elif i % 5 == 4:
            bad[at:at] = bytes(draw.randrange(256) for _ in range(n))
        with io.open("damaged", "wb") as f:
            f.write(bad)
        got, want = list(by_python(bytes(bad))), list(by_aprec("damaged"))
        if got != want:
            eq([r[:4] for r in got], [r[:4] for r in want], "case %d" % i)
            eq(got, want, "case %d" % i)


if __name__ == "__main__":
    sys.exit(main())
