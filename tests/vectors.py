"""Check aprec.py with the vectors: python3 tests/vectors.py [without]

Goal: the Python reader takes from every vector what its .txt says, however
the stream comes in pieces, and the Python writer makes the good ones byte
for byte.  "without" hides numpy.  Prints what is wrong; status 1 if
anything is.
"""
import glob
import io
import math
import os
import random
import struct
import sys
import warnings

if sys.argv[1:] == ["without"]:
    sys.modules["numpy"] = None
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "format"))
sys.dont_write_bytecode = True
import aprec  # noqa: E402

FORMS = {"i8": "b", "i16": "h", "i32": "i", "i64": "q", "u8": "B",
         "u16": "H", "u32": "I", "u64": "Q", "f32": "f", "f64": "d",
         "c64": "f", "c128": "d", "bool": "B"}
failures = 0


def fail(*what):
    global failures
    failures += 1
    print(*what)


class Array:
    """An array of any type without numpy, by its array interface."""

    def __init__(self, kind, shape, numbers):
        form = FORMS[kind]
        self.data = struct.pack("<%d%s" % (len(numbers), form), *numbers)
        size = struct.calcsize(form) * (2 if kind[0] == "c" else 1)
        self.__array_interface__ = {
            "version": 3, "shape": shape, "data": self.data,
            "typestr": "%s%s%d" % ("<" if size > 1 else "|", kind[0], size)}


def unescaped(text):
    out, i = "", 0
    while i < len(text):
        if text[i] == "\\":
            out += chr(int(text[i + 1:i + 4], 8))
            i += 4
        else:
            out += text[i]
            i += 1
    return out


def lines_of(path):
    with open(path, encoding="utf-8", newline="\n") as f:
        return [s for s in f.read().split("\n") if s and s[0] != "#"]


def number(kind, v):
    if kind not in ("f32", "f64", "c64", "c128"):
        return "%d" % v
    if math.isnan(v):
        return "nan"
    return ("%.9g" if kind in ("f32", "c64") else "%.17g") % v


def flat(value):
    """All numbers of nested lists."""
    if isinstance(value, list):
        for item in value:
            yield from flat(item)
    elif isinstance(value, complex):
        yield value.real
        yield value.imag
    else:
        yield value


def told(record):
    """A record as it stands in a .txt."""
    flags = "".join(c for c, on in (("F", record.final),
                                    ("H", record.history),
                                    ("C", record.checked)) if on) or "-"
    out = ["record %d %d %016x %s %s" % (record.seq, record.wall_ns,
                                         record.run, flags, record.source)]
    for name, value in record.items():
        f = record.fields[name]
        out.append(" ".join(["field", name, f.type, f.encoding] +
                            ["%d" % n for n in f.shape]))
        out += ["dim %d %s" % d for d in enumerate(f.dims) if d[1]]
        out += ["attr %s %s" % a for a in f.attrs.items()]
        if f.type == "text":
            out.append("text " + "".join(
                "\\%03o" % ord(c) if ord(c) < 32 or c in "\\\x7f" else c
                for c in value))
        elif f.type != "none":
            if hasattr(value, "tolist"):
                value = value.tolist()
            if f.shape and 0 in f.shape:
                assert not list(flat(value))
            numbers = [number(f.type, v) for v in flat(value)]
            out += ["data " + " ".join(numbers[i:i + 8])
                    for i in range(0, len(numbers), 8)]
    return out


class Pieces:
    """A stream that comes in pieces."""

    def __init__(self, data, size):
        self.data, self.size = io.BytesIO(data), size

    def read(self, n):
        return self.data.read(min(n, self.size()))


def events(data, size):
    """What the reader takes, one loss in one piece."""
    stream = aprec._Stream(Pieces(data, size).read, 1 << 40)
    out, at = [], 0
    for e in stream.events():
        assert e.at == at, "bytes %d to %d are not told of" % (at, e.at)
        at = e.at + e.length
        if e.kind == "record":
            out += told(e.record)
        else:
            out.append("%s %d %d" % (e.kind, e.at, e.length))
    assert at == len(data), "the end is not told of"
    return out


def differ(name, got, wanted):
    for i in range(max(len(got), len(wanted))):
        g = got[i] if i < len(got) else "(end)"
        w = wanted[i] if i < len(wanted) else "(end)"
        if g != w:
            fail("%s: line %d: wanted %.200s\n%s: got %.200s" %
                 (name, i + 1, w, " " * len(name), g))
            return


def parsed(lines):
    """The records of a .txt as arguments of encode()."""
    records = []
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "record":
            seq, wall, run, flags, source = rest.split(" ", 4)
            records.append([{}, dict(
                seq=int(seq), wall=int(wall), run=int(run, 16),
                source=source, final="F" in flags, history="H" in flags,
                data_crc="C" in flags, attrs={}, dims={})])
        if word == "field":
            name, kind, encoding, *shape = rest.split(" ")
            if encoding != "plain":
                return None
            fields, about = records[-1]
            fields[name] = (kind, tuple(map(int, shape)), [])
            about["attrs"][name] = {}
            about["dims"][name] = [""] * len(shape)
        if word == "dim":
            i, d = rest.split(" ")
            about["dims"][name][int(i)] = d
        if word == "attr":
            key, _, value = rest.partition(" ")
            about["attrs"][name][key] = value
        if word == "text":
            fields[name][2].append(unescaped(rest))
        if word == "data":
            form = FORMS[fields[name][0]]
            fields[name][2].extend(map(
                float if form in "fd" else int, rest.split(" ")))
    return records


def by_interface(kind, shape, numbers):
    return Array(kind, shape, numbers)


def by_numpy(kind, shape, numbers):
    """An array that is nowhere contiguous, of the other byte order."""
    import numpy
    a = Array(kind, shape, numbers)
    plain = numpy.frombuffer(a.data, a.__array_interface__["typestr"])
    plain = plain.reshape(shape)
    if not shape:
        return plain[()]
    gaps = numpy.zeros([2 * n + 1 for n in shape],
                       plain.dtype.newbyteorder(">"))
    view = gaps[tuple(slice(1, 2 * n + 1, 2) for n in shape)][::-1]
    view[...] = plain
    return view


def by_memoryview(kind, shape, numbers):
    """As the memory of another library, where its formats allow."""
    if kind[0] == "c" or 0 in shape:
        return by_interface(kind, shape, numbers)
    data = Array(kind, shape, numbers).data
    form = "?" if kind == "bool" else FORMS[kind]
    return memoryview(data).cast(form, shape)


def check_writer(name, data, lines, make):
    records = parsed(lines)
    if records is None:
        return 0
    out = b""
    if lines[0].startswith("banner "):
        out = data[:int(lines[0].split()[2])]
    for fields, about in records:
        values = {}
        for n, (kind, shape, numbers) in fields.items():
            values[n] = None if kind == "none" else \
                numbers[0] if kind == "text" else make(kind, shape, numbers)
        out += aprec.encode(values, **about)
    if out != data:
        at = next((i for i, (a, b) in enumerate(zip(out, data)) if a != b),
                  min(len(out), len(data)))
        fail("%s by %s: %d bytes, wanted %d; the first that differs is %d" %
             (name, make.__name__, len(out), len(data), at))
    return 1


def main():
    warnings.simplefilter("error")
    random.seed(7)
    read = wrote = 0
    makers = [by_interface, by_memoryview]
    if aprec._numpy():
        makers.append(by_numpy)
    for path in sorted(glob.glob(os.path.join(HERE, "vectors/*/*.apr"))):
        name = os.path.relpath(path, os.path.join(HERE, "vectors"))
        with open(path, "rb") as f:
            data = f.read()
        lines = lines_of(path[:-3] + "txt")
        for size in (lambda: 1 << 20, lambda: 1,
                     lambda: random.randint(1, 200)):
            if len(data) > 20000 and size() == 1:
                continue
            try:
                differ(name, events(data, size), lines)
            except Exception as e:
                fail("%s: %r" % (name, e))
        read += 1
        if name.startswith("good"):
            for make in makers:
                wrote += check_writer(name, data, lines, make)
    if read < 150 or wrote < 50:
        fail("only %d vectors read, %d written" % (read, wrote))
    print("# %d vectors read, %d written, %s numpy" %
          (read, wrote, "with" if aprec._numpy() else "without"))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
