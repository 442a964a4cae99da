"""Two readers and streams that are wrong: tests/fuzz.py [-s seed] count [c]

Goal: whatever is made of the vectors, the Python reader neither fails nor
keeps silent about a byte, takes the same however the stream comes in pieces,
and takes what the C reader takes.  c is the program made of tests/vectors.c;
without it the Python reader is checked alone.
"""
import glob
import os
import random
import struct
import subprocess
import sys
import warnings
import zlib

sys.argv, argv = sys.argv[:1] + ["import"], sys.argv
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import vectors  # noqa: E402

MAGIC = b"\x89APR\r\n\x1a\n"
NUMBERS = [0, 1, 2, 7, 8, 63, 64, 127, 128, 192, 255, 256, 4095, 4096, 65535,
           2**31, 2**32 - 1, 2**40, 2**60, 2**63, 2**64 - 64, 2**64 - 1]


def records(data):
    """Where records begin."""
    at = data.find(MAGIC)
    while at >= 0:
        yield at
        at = data.find(MAGIC, at + 8)


def mended(data, at):
    """The CRCs and the trailer of the record at that place made right."""
    if at + 136 > len(data):
        return data
    T, = struct.unpack_from("<I", data, at + 16)
    L, = struct.unpack_from("<Q", data, at + 24)
    if at + 128 + T + 8 > len(data):
        return data
    b = bytearray(data)
    if at + L <= len(data) and L >= 136 + T and b[at + 10] & 4:
        crc = zlib.crc32(b[at + 128 + T:at + L - 8])
        b[at + 56:at + 60] = struct.pack("<I", crc)
    b[at + 20:at + 24] = bytes(4)
    crc = struct.pack("<I", zlib.crc32(b[at:at + 128 + T]))
    b[at + 20:at + 24] = crc
    if at + L <= len(data) and L >= 136 + T:
        b[at + L - 8:at + L] = crc + b[at + 32:at + 36]
    return bytes(b)


def changed(rng, data):
    """One thing wrong somewhere; mostly in a header or table."""
    starts = list(records(data)) or [0]
    at = rng.choice(starts)
    kind = rng.randrange(8)
    where = rng.randrange(len(data) + 1)
    if kind < 5:
        where = min(at + rng.randrange(rng.choice((16, 128, 256, 400))),
                    len(data))
    if kind in (0, 1):
        new = bytes([rng.randrange(256) for _ in range(rng.randint(1, 3))])
        data = data[:where] + new + data[where + len(new):]
    elif kind in (2, 3):
        size = rng.choice((1, 2, 4, 8))
        n = rng.choice(NUMBERS) + rng.choice((-1, 0, 0, 1))
        new = struct.pack("<Q", n & (2**64 - 1))[:size]
        where -= where % size
        data = data[:where] + new + data[where + size:]
    elif kind == 4:
        bit = 1 << rng.randrange(8)
        if where < len(data):
            data = data[:where] + bytes([data[where] ^ bit]) + \
                data[where + 1:]
    elif kind == 5:
        data = data[:where] + data[where + rng.randint(1, 200):]
    elif kind == 6:
        data = data[:where] + data[at:at + rng.randint(1, 400)] + data[where:]
    else:
        data = data[:where] + rng.choice(
            (b"\n", b"\0", MAGIC, MAGIC[:3], b"text\r\n", b"\x89",
             bytes(64))) + data[where:]
    return mended(data, at) if rng.random() < 0.7 else data


def train(rng):
    """Records of one length and table, as a computation makes them."""
    run, seq, out = rng.randint(1, 3), 0, b""
    step = [0.5] * rng.choice((1, 2, 9))
    for _ in range(rng.randint(2, 9)):
        seq += rng.choice((1, 1, 1, 1, 2, 0))
        out += vectors.aprec.encode(
            {"t": seq / 2, "u": step}, seq=max(seq, 1), wall=seq,
            run=run if rng.random() < 0.95 else 9, source="t@h",
            final=rng.random() < 0.05, data_crc=rng.random() < 0.2)
    return out


def stream(rng, seeds):
    data = b"".join(rng.choice(seeds) if rng.random() < 0.7 else train(rng)
                    for _ in range(rng.randint(1, 3)))
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        data = changed(rng, data)
    return data


def check(rng, data):
    """What Python takes; the pieces must make no difference."""
    whole = vectors.events(data, lambda: 1 << 20)
    vectors.differ("in pieces", vectors.events(
        data, lambda: rng.randint(1, 300)), whole)
    return whole


def passed(lines):
    """A loss may be told in pieces, the first of them as a banner."""
    out = []
    for line in lines:
        line = line.replace("banner ", "lost ")
        if line.startswith("lost ") and out and out[-1].startswith("lost "):
            _, at, n = out.pop().split()
            line = "lost %s %d" % (at, int(n) + int(line.split()[2]))
        out.append(line)
    return out


def compare(program, made):
    """The C reader's words beside ours."""
    for i, (data, _) in enumerate(made):
        with open("%d.apr" % i, "wb") as f:
            f.write(data)
    names = ["%d.apr" % i for i in range(len(made))]
    p = subprocess.run([program] + names, stdout=subprocess.PIPE, check=True)
    parts = p.stdout.decode("utf-8", "replace").split("== ")[1:]
    for i, (part, (data, ours)) in enumerate(zip(parts, made)):
        name, *theirs = part.rstrip("\n").split("\n")
        before = vectors.failures
        ours = "\n".join(ours).split("\n") if ours else []
        vectors.differ(name, passed(theirs), passed(ours))
        if vectors.failures > before:
            kept = os.path.abspath("differ-%08x.apr" % zlib.crc32(data))
            os.rename(name, kept)
            print("the stream is kept in", kept)


def main():
    warnings.simplefilter("error")
    seed = 1
    if argv[1] == "-s":
        seed = int(argv[2])
        del argv[1:3]
    rng = random.Random(seed)
    seeds = []
    for path in sorted(glob.glob(os.path.join(HERE, "vectors/*/*.apr"))):
        if os.path.getsize(path) < 5000:
            with open(path, "rb") as f:
                seeds.append(f.read())
    left = int(argv[1])
    while left > 0 and vectors.failures < 10:
        made = []
        for _ in range(min(left, 500)):
            data = stream(rng, seeds)
            try:
                made.append((data, check(rng, data)))
            except Exception as e:
                with open("failed.apr", "wb") as f:
                    f.write(data)
                vectors.fail("seed %d: %r; the stream is in %s" %
                             (seed, e, os.path.abspath("failed.apr")))
        left -= 500
        if len(argv) > 2:
            compare(argv[2], made)
    print("# %s streams" % argv[1])
    return 1 if vectors.failures else 0


if __name__ == "__main__":
    sys.exit(main())
