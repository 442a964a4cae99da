"""Damage a recording at random places: tests/damage.py FILE COUNT SEED

What is untouched is known from where the records, or frames, of the whole
recording lie; after each damage aprec check must tell a place within what was
touched, aprec recover must give exactly the rest, and that must be whole.
Prints what is not so, and ends with the number of damages.
"""
import os
import random
import struct
import subprocess
import sys

MAGIC = b"\x89APR\r\n\x1a\n"
ZSTD = b"\x28\xb5\x2f\xfd"


def records(data):
    """(start, end, bytes) of each record."""
    at, units = 0, []
    while at < len(data):
        assert data[at:at + 8] == MAGIC, at
        end = at + struct.unpack_from("<Q", data, at + 24)[0]
        units.append((at, end, data[at:end]))
        at = end
    return units


def frame_end(data, at):
    """Where a frame ends, and the size of what is in it (RFC 8878)."""
    if data[at + 1:at + 4] == b"\x2a\x4d\x18":
        return at + 8 + struct.unpack_from("<I", data, at + 4)[0], 0
    assert data[at:at + 4] == ZSTD, at
    head = data[at + 4]
    single = head >> 5 & 1
    p = at + 5 + (not single) + (0, 1, 2, 4)[head & 3]
    n = (single, 2, 4, 8)[head >> 6]
    size = int.from_bytes(data[p:p + n], "little") + (256 if n == 2 else 0)
    assert n, "no content size"
    p, last = p + n, 0
    while not last:
        block = int.from_bytes(data[p:p + 3], "little")
        last = block & 1
        p += 3 + (1 if block >> 1 & 3 == 1 else block >> 3)
    return p + 4 * (head >> 2 & 1), size


def frames(data):
    """(start, end, bytes within) of each frame."""
    plain = subprocess.run(["zstd", "-dcq"], input=data,
                           stdout=subprocess.PIPE, check=True).stdout
    at, done, units = 0, 0, []
    while at < len(data):
        end, size = frame_end(data, at)
        units.append((at, end, plain[done:done + size]))
        at, done = end, done + size
    assert done == len(plain)
    return units


def damage(rng, data):
    """Damaged data; [a, b) of the whole that was touched; what was done."""
    n, kind = len(data), rng.choice(
        ["flip", "flip", "cut", "page", "insert", "delete"])
    a = rng.randrange(n)
    if kind == "flip":
        flipped = bytes([data[a] ^ 1 << rng.randrange(8)])
        return data[:a] + flipped + data[a + 1:], a, a + 1, kind
    if kind == "cut":
        return data[:a], a, n, kind
    if kind == "page":
        a -= a % 4096
        b = min(a + 4096, n)
        return data[:a] + bytes(b - a) + data[b:], a, b, kind
    if kind == "insert":
        more = rng.randbytes(rng.randrange(1, 6000))
        return data[:a] + more + data[a:], a, a, kind
    b = min(a + rng.randrange(1, 6000), n)
    return data[:a] + data[b:], a, b, kind


def aprec(*args):
    return subprocess.run(("aprec",) + args, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120)


def places_of(lines):
    """(place, bytes) of each "bad: byte N: M bytes: why"."""
    found = []
    for line in lines:
        x = line.split(" ")
        if len(x) > 4 and x[1] == "byte" and x[4].startswith("byte"):
            found.append((int(x[2][:-1]), int(x[3])))
    return found


def wrong(units, data, bad, a, b):
    """What is not as it must be, or None."""
    # An insertion touches what it lies within.
    touched = [u for u in units
               if (u[0] < b and a < u[1]) or u[0] < a == b < u[1]]
    rest = b"".join(u[2] for u in units if u not in touched)
    with open("bad", "wb") as f:
        f.write(bad)
    check = aprec("check", "bad")
    lines = check.stdout.decode().split("\n")
    places = places_of(lines)
    harmless = all(not u[2] for u in touched)
    if check.returncode not in ((0, 1) if harmless else (1,)):
        return "check: status %d" % check.returncode
    if check.returncode == 1 and not places and rest + bad:
        return "check tells no place"
    first = min([a] + [u[0] for u in touched])
    last = max([b] + [u[1] for u in touched]) + len(bad) - len(data)
    for at, size in places:
        if at < first or at + size > max(last, first):
            return "check tells bytes %d to %d, touched were %d to %d" % (
                at, at + size, first, last)
    recover = aprec("recover", "bad")
    if recover.stdout != rest:
        return "recover gives %d bytes, untouched are %d" % (
            len(recover.stdout), len(rest))
    if recover.returncode != (1 if not rest else 3) and not (
            harmless and check.returncode == recover.returncode == 0):
        return "recover: status %d" % recover.returncode
    with open("good", "wb") as f:
        f.write(rest)
    if rest and aprec("check", "-q", "good").returncode != 0:
        return "what was recovered is not whole"
    return None


def main():
    path, count, rng = sys.argv[1], int(sys.argv[2]), random.Random(
        int(sys.argv[3]))
    with open(path, "rb") as f:
        data = f.read()
    units = frames(data) if data[:4] == ZSTD else records(data)
    for i in range(count):
        bad, a, b, kind = damage(rng, data)
        if bad == data:
            continue
        told = wrong(units, data, bad, a, b)
        if told:
            os.rename("bad", "bad.%d" % i)
            print("bad.%d: %s at %d to %d: %s" % (i, kind, a, b, told))
    print(count)


main()
