"""Publish the state of a running computation, steer it, and read what was
published.

    import aprec

    with aprec.open() as out:
        out.describe("u", units="m", label="displacement", dims=("y", "x"))
        c = out.param("c", 2.0, 0, 5, label="wave speed")
        while not out.stopped:
            ...
            out.publish(step=step, t=t, u=u)    # c.value may change here

    python3 sim.py | aptee | aplot          # watch it
    APREC_OUT=run.apr python3 sim.py        # or keep it
    APREC_CONTROL=wave python3 sim.py | aptee -l wave | aplot
    aptee -c wave set c 3                   # or steer it

    with aprec.serve("wave") as out:        # or have it serve itself

    for r in aprec.read("run.apr"):         # each record as it was sent
        if "u" in r:
            print(r.step, r["t"], r["u"].max())

    state = aprec.State()                   # or what is known by then
    for r in aprec.read("run.apr"):
        run = state.merge(r)
        print(run.step, run["t"], run["u"].max())

    live = aprec.connect("wave")            # or what it is now: aptee -l wave
    print(live.step, live["u"].max(), live.data[3]["energy"])
    live["c"] = 3

One file, Python 3.8 or later, the standard library alone; what is compressed
takes Python 3.14, the module zstandard, libzstd or the program zstd.  Arrays
of numpy and of everything else that has the buffer protocol,
__array_interface__ or __array__ are taken without importing numpy; read
arrays are numpy's where numpy can be imported, else memoryviews, or nested
lists of what a memoryview cannot hold (complex and empty arrays).  The
records are those of aprec(5).

What is always true: a record is written whole, or what was written of it is
remembered and completed before the next one, or cut off again; no error of
an output ends the computation; nothing that is read is believed unchecked.
"""
import atexit
import errno
import fnmatch
import io
import math
import operator
import os
import queue
import re
import select
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
import warnings
import zlib
from types import MappingProxyType
from typing import (Any, Callable, Dict, Iterable, Iterator, List, Mapping,
                    MutableMapping, NamedTuple, Optional, Sequence, Set, Tuple,
                    TypeVar, Union)

__all__ = ["serve", "read", "connect", "encode", "Writer", "Param",
           "Reader", "Record", "Field", "State", "Source", "Live", "Moment",
           "DamageWarning", "UnsupportedWarning", "CallbackWarning"]
__version__ = "0.1"

# The format, aprec(5).
MAGIC = b"\x89APR\r\n\x1a\n"
VERSION = 1
FINAL, HISTORY, DATA_CRC = 1, 2, 4
HEADER, TRAILER, UNIT, ENTRY = 128, 8, 64, 32
RECORD_MIN, RECORD_MAX = 192, 1 << 40
TABLE_MAX, FIELDS_MAX, RANK_MAX, NAME_MAX = 1 << 20, 4096, 8, 63
ATTRS_MAX, ATTR_MAX, SOURCE_MAX = 64, 4095, 64
NAMES_KEPT, SOURCES_KEPT, BANNER_MAX = 4096, 1024, 65536

_HEADER = struct.Struct("<8sHHIIIQQqQII64s")
_ENTRY = struct.Struct("<IBBBBH6sQQ")
_TRAILER = struct.Struct("<II")
_INT, _FLOAT = struct.Struct("<q"), struct.Struct("<d")

# Codes of the types, each with its name and bytes of an element.
_TYPES = {1: ("i8", 1), 2: ("i16", 2), 3: ("i32", 4), 4: ("i64", 8),
          5: ("u8", 1), 6: ("u16", 2), 7: ("u32", 4), 8: ("u64", 8),
          9: ("f32", 4), 10: ("f64", 8), 11: ("c64", 8), 12: ("c128", 16),
          13: ("bool", 1), 14: ("text", 1), 15: ("none", 0)}
_I64, _U64, _F32, _F64, _C64, _C128, _BOOL, _TEXT, _NONE = (
    4, 8, 9, 10, 11, 12, 13, 14, 15)
# By kind, as in __array_interface__, and bytes of an element.
_CODES = {("i", 1): 1, ("i", 2): 2, ("i", 4): 3, ("i", 8): 4,
          ("u", 1): 5, ("u", 2): 6, ("u", 4): 7, ("u", 8): 8,
          ("f", 4): 9, ("f", 8): 10, ("c", 8): 11, ("c", 16): 12,
          ("b", 1): 13}
# The kind of a buffer's format, as in the module struct.
_KINDS = dict({"Zf": "c", "Zd": "c", "f": "f", "d": "f", "?": "b"},
              **{c: "i" for c in "bhilqn"}, **{c: "u" for c in "BHILQN"})
_FORMATS = {1: "b", 2: "h", 3: "i", 4: "q", 5: "B", 6: "H", 7: "I", 8: "Q",
            9: "f", 10: "d", 13: "?"}
_NUMPY = {1: "i1", 2: "<i2", 3: "<i4", 4: "<i8", 5: "u1", 6: "<u2",
          7: "<u4", 8: "<u8", 9: "<f4", 10: "<f8", 11: "<c8", 12: "<c16",
          13: "?"}
_BIG = sys.byteorder == "big"
_TRUTH = bytes([0]) + bytes([1]) * 255

_IDENTIFIER = re.compile("[A-Za-z_][A-Za-z0-9_]{0,%d}" % (NAME_MAX - 1))
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_BUFFER_FORMAT = re.compile("([@=<>!]?)(Z?[A-Za-z?])")


class DamageWarning(UserWarning):
    """Bytes of a stream were passed over: at, and how many."""

    def __init__(self, text: str, at: int = 0, passed: int = 0) -> None:
        super().__init__(text)
        self.at = at
        self.bytes = passed


class UnsupportedWarning(DamageWarning):
    """A whole record of a version, flag, type or encoding not known here."""


class CallbackWarning(RuntimeWarning):
    """A callback has raised an exception; the run goes on."""


def _call(function: Callable[..., Any], *arguments: Any) -> None:
    """Call what a user gave: its exceptions are told, whatever filters the
    program has for warnings."""
    try:
        function(*arguments)
    except Exception as e:
        at = e.__traceback__
        while at is not None and at.tb_next is not None:
            at = at.tb_next
        text = "callback %s: %s: %s (%s, line %d)" % (
            getattr(function, "__name__", function), type(e).__name__, e,
            at.tb_frame.f_code.co_filename if at else "?",
            at.tb_lineno if at else 0)
        try:
            warnings.warn(CallbackWarning(text), stacklevel=3)
        except CallbackWarning:
            _say(text)


def _round_up(n: int, unit: int) -> int:
    return -(-n // unit) * unit


def _data_offset(end: int, length: int) -> int:
    return _round_up(end, UNIT if length >= UNIT else 8)


def _is_identifier(name: Any) -> bool:
    return isinstance(name, str) and bool(_IDENTIFIER.fullmatch(name))


def _is_field_name(name: Any, history: bool) -> bool:
    return (_is_identifier(name) and not name.startswith("TEXT_") and
            (history or not name.startswith("HISTORY_")))


#
# Values into bytes
#

class _Value(NamedTuple):
    """A field's value, ready to be written."""
    code: int
    shape: Tuple[int, ...]
    data: Any               # bytes, or a memoryview of them
    nbytes: int
    # Of what it is cut from, the dimensions that are left, and as a tile.
    cut: Optional[Tuple[Tuple[int, ...], str, str]] = None


def _refuse(name: str, what: str) -> TypeError:
    return TypeError("field %r: %s cannot be sent; numbers, bools, texts, "
                     "arrays of numbers and None can" % (name, what))


def _pack(name: str, code: int, form: str, items: Sequence[Any],
          shape: Tuple[int, ...]) -> _Value:
    try:
        data = struct.pack("<%d%s" % (len(items), form), *items)
    except (struct.error, OverflowError):
        raise _refuse(name, "a number out of range") from None
    return _Value(code, shape, data, len(data))


def _integers(name: str, items: Sequence[Any],
              shape: Tuple[int, ...]) -> _Value:
    if items and max(items) >= 1 << 63:
        return _pack(name, _U64, "Q", items, shape)
    return _pack(name, _I64, "q", items, shape)


def _complexes(name: str, items: Sequence[Any],
               shape: Tuple[int, ...]) -> _Value:
    parts = [p for z in map(complex, items) for p in (z.real, z.imag)]
    return _pack(name, _C128, "d", parts, shape)


def _numbers(name: str, items: Sequence[Any],
             shape: Tuple[int, ...]) -> _Value:
    """Python's own numbers, of the least type that holds all of them."""
    for item in items:
        if not isinstance(item, (int, float, complex)):
            what = type(item).__name__
            raise _refuse(name, "a list of %s" % what if shape else what)
    if items and all(isinstance(i, bool) for i in items):
        return _pack(name, _BOOL, "?", items, shape)
    if items and all(isinstance(i, int) for i in items):
        return _integers(name, items, shape)
    if any(isinstance(i, complex) for i in items):
        return _complexes(name, items, shape)
    return _pack(name, _F64, "d", items, shape)


def _plain(item: Any) -> Any:
    """A list element without numpy: its scalars and arrays know how."""
    return item.tolist() if hasattr(item, "tolist") else item


def _nested(name: str, value: Any) -> _Value:
    """Lists and tuples of numbers, nested as an array is."""
    shape: List[int] = []
    items = [value]
    while items and isinstance(items[0], (list, tuple)):
        if len(shape) == RANK_MAX:
            raise _refuse(name, "a list nested deeper than %d" % RANK_MAX)
        n = len(items[0])
        for item in items:
            if not isinstance(item, (list, tuple)) or len(item) != n:
                raise _refuse(name, "a ragged list")
        shape.append(n)
        items = [_plain(i) for item in items for i in item]
    if any(isinstance(i, (list, tuple)) for i in items):
        raise _refuse(name, "a ragged list")
    return _numbers(name, items, tuple(shape))


def _swapped(data: bytes, size: int) -> bytes:
    """The bytes of each number of so many turned round."""
    out = bytearray(len(data))
    for i in range(size):
        out[i::size] = data[size - 1 - i::size]
    return bytes(out)


def _array(name: str, kind: Optional[str], size: int, big: bool,
           shape: Tuple[int, ...], data: Any, what: str) -> _Value:
    """Elements that lie packed in data, as the format wants them."""
    code = _CODES.get((kind or "", size))
    if code is None:
        raise _refuse(name, "an array of " + what)
    if len(shape) > RANK_MAX:
        raise _refuse(name, "an array of more than %d dimensions" % RANK_MAX)
    if kind == "b":
        data = bytes(data).translate(_TRUTH)
    elif big and size > 1:
        data = _swapped(bytes(data), size // 2 if kind == "c" else size)
    return _Value(code, shape, data, len(data))


# The codes of formats that buffers have had, where nothing is converted.
_as_is: Dict[str, int] = {}


def _buffer(name: str, view: memoryview) -> _Value:
    form = view.format
    data: Any = b""
    if view.nbytes > 0:
        data = view.cast("B") if view.c_contiguous else view.tobytes()
    code = _as_is.get(form)
    if code is not None and view.ndim <= RANK_MAX:
        return _Value(code, view.shape or (), data, view.nbytes)
    found = _BUFFER_FORMAT.fullmatch(form)
    order, char = found.groups() if found else ("", "")
    big = order in (">", "!") or (_BIG and order != "<")
    value = _array(name, _KINDS.get(char), view.itemsize, big,
                   view.shape or (), data, "format " + repr(form))
    if not big and value.code != _BOOL:
        _as_is[form] = value.code
    return value


def _interface(name: str, value: Any, about: Mapping[str, Any]) -> _Value:
    """The array interface of numpy, version 3, of arrays that are packed."""
    typestr, shape = about["typestr"], tuple(about["shape"])
    size = int(typestr[2:]) if typestr[2:].isdigit() else 0
    packed: List[int] = []
    nbytes = size
    for n in reversed(shape):
        packed.insert(0, nbytes)
        nbytes *= n
    strides = about.get("strides")
    if nbytes and strides is not None and list(strides) != packed:
        raise _refuse(name, "an array that is not contiguous, by "
                            "__array_interface__ alone,")
    data = about.get("data")
    if not nbytes:
        data = b""
    elif isinstance(data, tuple):
        import ctypes
        data = ctypes.string_at(data[0], nbytes)
    else:
        data = memoryview(value if data is None else data).cast("B")
        start = about.get("offset", 0)
        data = data[start:start + nbytes]
    if len(data) != nbytes:
        raise _refuse(name, "an array shorter than its shape")
    return _array(name, typestr[1], size, typestr[0] == ">", shape, data,
                  "type " + repr(typestr))


def _text(name: str, value: str) -> _Value:
    try:
        data = value.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("field %r: a text with half a surrogate pair" %
                         name) from None
    if b"\0" in data:
        raise ValueError("field %r: a text with NUL" % name)
    return _Value(_TEXT, (), data, len(data))


def _value(name: str, value: Any) -> _Value:
    """Any value that can be sent; TypeError or ValueError names the field."""
    kind = type(value)
    if kind is float:
        return _Value(_F64, (), _FLOAT.pack(value), 8)
    if kind is int and -1 << 63 <= value < 1 << 63:
        return _Value(_I64, (), _INT.pack(value), 8)
    if value is None:
        return _Value(_NONE, (), b"", 0)
    if isinstance(value, str):
        return _text(name, value)
    if isinstance(value, (int, float, complex)):
        return _numbers(name, [value], ())
    if isinstance(value, (list, tuple)):
        return _nested(name, value)
    try:
        view = memoryview(value)
    except (TypeError, ValueError, BufferError):
        pass
    else:
        return _buffer(name, view)
    about = getattr(value, "__array_interface__", None)
    if isinstance(about, Mapping):
        return _interface(name, value, about)
    if hasattr(value, "__array__"):
        try:
            array = value.__array__()
        except Exception as e:
            raise _refuse(name, type(value).__name__) from e
        if not hasattr(array, "__array__") or type(array) is type(value):
            raise _refuse(name, type(value).__name__)
        return _value(name, array)
    raise _refuse(name, type(value).__name__)


#
# Records into bytes
#

class _About:
    """What is said of a name beside its value."""

    def __init__(self) -> None:
        self.dims: Optional[Tuple[str, ...]] = None
        self.attrs: Dict[str, str] = {}


class _Layout(NamedTuple):
    table: bytes
    offsets: Tuple[int, ...]
    length: int


def _entry_texts(name: str, value: _Value,
                 about: Optional[_About]) -> Tuple[bytes, int]:
    """Name, dimension names and attributes of a table entry, and how many
    of these."""
    rank = len(value.shape)
    dims: Sequence[str] = ("",) * rank
    attrs: Mapping[str, str] = {}
    if about is not None and value.code != _NONE:
        attrs = about.attrs
        dims = dims if about.dims is None else about.dims
        if value.cut is not None:
            if about.dims is not None:
                dims = [(*dims, *RANK_MAX * ("",))[i] for i in value.cut[0]]
            tile = {"tile_extents": value.cut[1], "tile_offset": value.cut[2]}
            attrs = {k: tile.get(k, text) for k, text in attrs.items()
                     if tile.get(k, "any")}
    if len(dims) != rank:
        raise ValueError("field %r has %d dimensions, %d are described" %
                         (name, rank, len(dims)))
    out = [name.encode()]
    for d in dims:
        out.append(bytes([len(d)]) + d.encode())
    for key, text in attrs.items():
        data = text.encode("utf-8")
        out.append(struct.pack("<BH", len(key), len(data)) + key.encode())
        out.append(data)
    return b"".join(out), len(attrs)


def _lay_out(values: Mapping[str, _Value], about: Mapping[str, _About],
             history: bool = False) -> _Layout:
    """The table, and where the data go."""
    if len(values) > FIELDS_MAX:
        raise ValueError("%d fields, at most %d" % (len(values), FIELDS_MAX))
    texts, sizes = [], []
    for name, v in values.items():
        if not _is_field_name(name, history):
            raise ValueError("field %r: not a name; names are identifiers of "
                             "at most %d letters, digits and _, and do not "
                             "begin with TEXT_ or HISTORY_" % (name, NAME_MAX))
        texts.append(_entry_texts(name, v, about.get(name)))
        sizes.append(_round_up(ENTRY + 8 * len(v.shape) + len(texts[-1][0]),
                               8))
    if sum(sizes) > TABLE_MAX:
        raise ValueError("names and attributes of %d bytes, at most %d" %
                         (sum(sizes), TABLE_MAX))
    table, offsets, end = [], [], HEADER + sum(sizes)
    for (name, v), (text, nattrs), size in zip(values.items(), texts, sizes):
        at = _data_offset(end, v.nbytes)
        end = at + v.nbytes
        offsets.append(at)
        entry = _ENTRY.pack(size, v.code, 0, len(v.shape), len(name), nattrs,
                            bytes(6), at, v.nbytes)
        entry += struct.pack("<%dQ" % len(v.shape), *v.shape) + text
        table.append(entry.ljust(size, b"\0"))
    length = _round_up(end + TRAILER, UNIT)
    if length > RECORD_MAX:
        raise ValueError("a record of %d bytes, at most %d" %
                         (length, RECORD_MAX))
    return _Layout(b"".join(table), tuple(offsets), length)


_COPIED = 8192          # bytes of data up to which copying is cheaper
_PIECES = 512           # that one writev(2) takes everywhere


def _assemble(values: Sequence[_Value], layout: _Layout, flags: int,
              seq: int, wall: int, run: int, source: bytes) -> List[Any]:
    """The record in pieces: the caller's big arrays are not copied."""
    table, offsets, length = layout
    start = at = HEADER + len(table)
    pieces: List[Any] = []
    small = bytearray(start)
    crc = 0
    for v, offset in zip(values, offsets):
        small += bytes(offset - at)
        at = offset + v.nbytes
        if v.nbytes <= _COPIED:
            small += v.data
            continue
        pieces += [small, v.data]
        small = bytearray()
    small += bytes(length - TRAILER - at)
    pieces.append(small)
    if flags & DATA_CRC:
        crc = zlib.crc32(memoryview(pieces[0])[start:])
        for piece in pieces[1:]:
            crc = zlib.crc32(piece, crc)
    head = [MAGIC, VERSION, flags, len(values), len(table), 0, length, seq,
            wall, run, crc, 0, source]
    pieces[0][HEADER:start] = table
    pieces[0][:HEADER] = _HEADER.pack(*head)
    head[5] = zlib.crc32(memoryview(pieces[0])[:start])
    pieces[0][:HEADER] = _HEADER.pack(*head)
    small += _TRAILER.pack(head[5], seq & 0xffffffff)
    return pieces if len(pieces) <= _PIECES else [b"".join(pieces)]


def _describe(about: Dict[str, _About], name: str,
              dims: Optional[Sequence[str]], attrs: Mapping[str, Any]) -> None:
    """Keep what is said of a name, checked."""
    if not _is_identifier(name):
        raise ValueError("field %r: not a name" % (name,))
    new = _About()
    if name in about:
        new.dims = about[name].dims
        new.attrs = dict(about[name].attrs)
    if dims is not None:
        new.dims = (dims,) if isinstance(dims, str) else \
            tuple(d or "" for d in dims)
        if not all(d == "" or _is_identifier(d) for d in new.dims):
            raise ValueError("field %r: dimensions %r: not names" %
                             (name, dims))
    for key, value in attrs.items():
        if value is None:
            new.attrs.pop(key, None)
            continue
        if isinstance(value, (list, tuple)):
            value = " ".join(map(str, value))
        if not isinstance(value, str):
            raise TypeError("field %r: attribute %s: %s, not a text" %
                            (name, key, type(value).__name__))
        if (not _is_identifier(key) or _CONTROL.search(value) or
                len(value.encode("utf-8")) > ATTR_MAX):
            raise ValueError("field %r: attribute %r: not a name, or a text "
                             "with control characters or above %d bytes" %
                             (name, key, ATTR_MAX))
        new.attrs[key] = value
    if len(new.attrs) > ATTRS_MAX:
        raise ValueError("field %r: %d attributes, at most %d" %
                         (name, len(new.attrs), ATTRS_MAX))
    about[name] = new


def _source_bytes(source: str) -> bytes:
    """A source's name as it stands in a header: cleaned and cut."""
    source = _CONTROL.sub("", source).encode("utf-8", "replace").decode()
    data = source.encode()[:SOURCE_MAX]
    return data.decode("utf-8", "ignore").encode() or b"python"


def encode(fields: Mapping[str, Any], *, seq: int, wall: int, run: int,
           source: str, final: bool = False, history: bool = False,
           data_crc: bool = True,
           attrs: Optional[Mapping[str, Mapping[str, str]]] = None,
           dims: Optional[Mapping[str, Sequence[str]]] = None) -> bytes:
    """One record as bytes, for programs that frame records themselves.

    wall is in ns since 1970; run is 64 bits, not 0.  attrs and dims are
    those of the fields by name.
    """
    if not (0 < seq < 1 << 64 and 0 < run < 1 << 64 and
            -1 << 63 <= wall < 1 << 63):
        raise ValueError("seq, run or wall out of range")
    about: Dict[str, _About] = {}
    no_attrs: Mapping[str, str] = {}
    for name in fields:
        _describe(about, name, dims.get(name) if dims else None,
                  attrs.get(name, no_attrs) if attrs else no_attrs)
    values = {name: _value(name, v) for name, v in fields.items()}
    flags = (FINAL * bool(final) | HISTORY * bool(history) |
             DATA_CRC * bool(data_crc))
    return b"".join(_assemble(list(values.values()),
                              _lay_out(values, about, history), flags, seq,
                              wall, run, _source_bytes(source)))


#
# Where records go
#

def _first(*names: str) -> Optional[str]:
    """The first of these variables that is set and not empty."""
    for name in names:
        if os.environ.get(name):
            return os.environ[name]
    return None


def _rank() -> Optional[str]:
    return _first("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
                  "MV2_COMM_WORLD_RANK", "SLURM_PROCID")


def _job() -> Optional[str]:
    return _first("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "COBALT_JOBID",
                  "FLUX_JOB_ID", "OAR_JOB_ID")


def _ranks() -> int:
    """Processes of the parallel run that this one is part of; 1: alone."""
    size = _first("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE",
                  "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS")
    return max(1, int(size)) if size and size.isdigit() else 1


def _host() -> str:
    return socket.gethostname().split(".")[0] or "localhost"


def _program() -> str:
    """What runs: the script, or the package of python -m."""
    path = sys.argv[0] if sys.argv else ""
    if path in ("", "-", "-c", "-m"):
        return "python"
    folder, name = os.path.split(os.path.abspath(path))
    if name == "__main__.py":
        name = os.path.basename(folder)
    return name[:-3] if name.endswith(".py") else name


def _source_name(source: Optional[str]) -> str:
    """$APREC_SOURCE, what the program says, or program.rank@host:job."""
    given = os.environ.get("APREC_SOURCE")
    if given or source:
        return _expand(given) if given else str(source)
    rank = _rank() if _ranks() > 1 else None
    job = _job()
    return "%s%s@%s%s" % (_program(), "." + rank if rank else "", _host(),
                          ":" + job if job else "")


def _expand(text: str) -> str:
    """%h %r %j %p by host, rank, job, process, and %% by %."""
    known = {"h": _host(), "r": _rank() or "0", "j": _job() or "0",
             "p": str(os.getpid()), "%": "%"}
    return re.sub("%([hrjp%])", lambda m: known[m.group(1)], text)


def _by_ssh() -> bool:
    """Started by ssh without a terminal."""
    return bool(os.environ.get("SSH_CONNECTION") and
                not os.environ.get("SSH_TTY"))


def _say(text: str) -> None:
    """One line on stderr, which may be closed."""
    try:
        if sys.stderr is sys.__stderr__:
            os.fstat(2)     # what a closed one keeps, Python's end fails on
        print("aprec: " + text, file=sys.stderr, flush=True)
    except (OSError, ValueError, AttributeError):
        pass


def _say_how(why: str) -> None:
    """Why nothing is published, once in a parallel run."""
    if _ranks() == 1:
        script = os.path.basename(sys.argv[0]) if sys.argv else ""
        _say("nothing is published, since %s: python3 %s | aplot shows it, "
             "APREC_OUT=run.apr keeps it" % (why, script or "..."))
    elif (_rank() or "0") == "0":
        _say("nothing is published, since %d processes share one output: "
             "APREC_OUT=run.%%r.apr gives each its own file" % _ranks())


def _unfit() -> Optional[str]:
    """Why records do not go to stdout unasked, or None."""
    if "ipykernel" in sys.modules:
        return "a notebook's stdout is its page"
    if _ranks() > 1:
        return "it is not alone"
    try:
        mode = os.fstat(1).st_mode
    except OSError:
        return "stdout is closed"
    if stat.S_ISREG(mode):
        return "stdout is a batch job's file" if _job() else None
    if stat.S_ISFIFO(mode) or (stat.S_ISSOCK(mode) and _by_ssh()):
        return None
    if os.isatty(1):
        return "stdout is a terminal"
    return "stdout is neither a pipe nor a file"


def _from_choice(name: str, first: str, second: str, default: bool) -> bool:
    """Whether the environment says the second of two words."""
    text = os.environ.get(name)
    if text in (first, second):
        return text == second
    if text:
        _say("%s is %s or %s, not %.40s" % (name, first, second, text))
    return default


def _from_number(name: str, what: str, default: float) -> float:
    text = os.environ.get(name)
    if not text:
        return default
    try:
        value = float(text)
        if 0 <= value < 1e9:
            return value
    except ValueError:
        pass
    _say("%s is a number of %s, not %.40s" % (name, what, text))
    return default


_stdout: Optional[int] = None   # the private duplicate; kept to the end


def _take_stdout() -> int:
    """Stdout for records alone; what is printed from now on goes to stderr.

    The duplicate outlives its writer, so that a second run in the same
    process is published too.
    """
    global _stdout
    if _stdout is None:
        try:
            sys.stdout.flush()
        except (OSError, ValueError, AttributeError):
            pass
        _stdout = os.dup(1)
        try:
            os.dup2(2, 1)
        except OSError:         # no stderr
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.close(null)
        if os.isatty(1) and hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(line_buffering=True)
    return _stdout


#
# Sockets of aptee -l, and locks
#

def _folder() -> str:
    """The private folder of runs that can be joined, checked; OSError."""
    path = os.environ.get("APTEE_DIR") or "/tmp/aptee-%d" % os.geteuid()
    about = os.lstat(path)
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid() or \
            about.st_mode & 0o077:
        raise PermissionError(
            errno.EPERM, "not a folder that is yours alone (chmod 700 it, or "
            "set APTEE_DIR to one that is)", path)
    return path


def _socket_path(name: str) -> str:
    """Where the socket of that name or path is; OSError, ValueError."""
    path = name
    if "/" not in name:
        if not name or name.startswith(".") or name.endswith(".lock"):
            raise ValueError("%r is not the name of a run" % name)
        path = os.path.join(_folder(), name)
    most = 107 if sys.platform.startswith("linux") else 103
    if len(os.fsencode(path)) > most:
        raise OSError(errno.ENAMETOOLONG, "too long for a socket: %d bytes, "
                      "at most %d (set APTEE_DIR to a shorter folder)" %
                      (len(os.fsencode(path)), most), path)
    return path


def _is_fifo(path: str) -> bool:
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except OSError:
        return False


def _is_word(name: str) -> bool:
    """Whether it names a run, and no regular file: that is ./name."""
    return name != "-" and not re.search("^[|]|[./]", name)


def _socket_at(path: str) -> Optional[str]:
    """The socket that a name means: itself; or a run's, unless it has a
    point and is a file."""
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISSOCK(mode):
            return path
        if stat.S_ISFIFO(mode) or not _is_word(path):
            return None
    except OSError:
        pass
    try:
        found = _socket_path(path) if "/" not in path else ""
        if found and stat.S_ISSOCK(os.lstat(found).st_mode):
            return found
    except (FileNotFoundError, ValueError):
        pass
    return None


def _peer(sock: socket.socket) -> int:
    """The user at the other end."""
    if hasattr(socket, "SO_PEERCRED"):
        about = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        return int(struct.unpack("3i", about)[1])
    import ctypes
    uid, gid = ctypes.c_uint32(), ctypes.c_uint32()
    if ctypes.CDLL(None, use_errno=True).getpeereid(
            sock.fileno(), ctypes.byref(uid), ctypes.byref(gid)):
        raise OSError(ctypes.get_errno(), "who serves it is not known")
    return uid.value


def _dial(name: str, hello: str, patience: float = 5) -> socket.socket:
    """Connect to a run's name or path and say what for; OSError."""
    path = _socket_path(name)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(patience)
        sock.connect(path)
        if _peer(sock) not in (0, os.geteuid()):
            raise PermissionError(errno.EPERM, "another user serves it",
                                  path)
        sock.sendall(hello.encode() + b"\n")
        sock.settimeout(None)
    except BaseException as e:
        sock.close()
        if isinstance(e, ConnectionRefusedError):
            e = ConnectionRefusedError(e.errno, "nobody serves it", path)
        elif isinstance(e, FileNotFoundError):
            e = FileNotFoundError(e.errno, "no run to join (aptee -L lists "
                                  "them)", path)
        elif isinstance(e, socket.timeout):
            e = TimeoutError(errno.ETIMEDOUT, "does not answer", path)
        raise e from None
    return sock


def _ask(name: str, line: str) -> str:
    """What the server of a run answers to a line, behind "ok".

    RuntimeError: it answers that it cannot; OSError: it does not answer.
    """
    if "\n" in line or len(line.encode()) > 4095:
        raise ValueError("a command is one line of at most 4095 bytes")
    answer = b""
    with _dial(name, line) as sock:
        sock.settimeout(60)
        while True:
            data = sock.recv(1 << 16)
            if not data:
                break
            answer += data
    text = answer.decode("utf-8", "replace").rstrip("\n")
    word, _, rest = text.partition("\n")[0].partition(" ")
    if word == "ok":
        return (rest + text[len(text.partition("\n")[0]):]).lstrip("\n")
    if word == "error":
        raise RuntimeError("%s: %s" % (name, text[6:]))
    raise ConnectionError("%s: no answer to %s" % (name, line))


def _readable(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


class _View:
    """What a viewer reads: newest first, since it asks for more only when
    all that came before has been used."""

    def __init__(self, sock: socket.socket,
                 idle: Callable[[], None] = lambda: None) -> None:
        self.sock = sock
        self.idle = idle
        self.got = self.asked = 0

    def read(self, n: int) -> bytes:
        if not _readable(self.sock):
            self.idle()
            self.more()
        try:
            data = self.sock.recv(n)
        except ConnectionResetError:
            data = b""
        if self.got == 0 and data.startswith(b"error "):
            raise ConnectionRefusedError(errno.ECONNREFUSED, data[6:].decode(
                "utf-8", "replace").strip())
        self.got += len(data)
        return data

    def more(self) -> None:
        if self.asked == self.got:
            return
        self.asked = self.got
        try:
            self.sock.sendall(b"more %d\n" % self.got)
        except OSError:
            pass                # what has come is still to be read

    def close(self) -> None:
        self.sock.close()


def _lock(fd: int, path: str) -> bool:
    """Lock a recording for its writer.  False where locks do not work.

    Who follows a file locks it for a moment, to see whether it is recorded.
    """
    import fcntl
    for tries in range(11):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if tries < 10:
                time.sleep(0.05)
        except OSError:
            return False
    raise BlockingIOError(errno.EWOULDBLOCK, "is being recorded by another "
                          "process", path)


def _unlock(fd: int) -> None:
    import fcntl
    try:
        fcntl.flock(fd, fcntl.LOCK_UN)
    except OSError:
        pass


def _is_locked(fd: int) -> Optional[bool]:
    """Whether somebody records into the file; None: locks do not work."""
    import fcntl
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    _unlock(fd)
    return False


# File systems of this machine alone: a lock that is free is held by nobody.
_LOCAL = {"bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs",
          "jfs", "msdos", "ntfs", "ntfs3", "overlay", "ramfs", "reiserfs",
          "squashfs", "tmpfs", "ufs", "vfat", "xfs", "zfs"}


def _is_local(path: str) -> bool:
    """Whether the file lies on such a one, as far as can be known."""
    path, best, kind = os.path.realpath(path), "", ""
    try:
        with io.open("/proc/self/mountinfo", errors="surrogateescape") as f:
            for line in f:
                words = line.split()
                at = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m.group(1), 8)),
                            words[4])
                if (path + "/").startswith(at.rstrip("/") + "/") and \
                        len(at) >= len(best):
                    best, kind = at, words[words.index("-") + 1]
    except (OSError, ValueError, IndexError):
        return False
    return kind in _LOCAL


#
# Steering: parameters, and what a run obeys
#

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_WHOLE_NUMBER = re.compile("[+-]?[0-9]{1,40}")
_STEP = re.compile("[+-]?[0-9]{1,40}")
_SPACES = re.compile("[ \t]+")
_BOOLS = {"0": False, "false": False, "off": False, "no": False,
          "1": True, "true": True, "on": True, "yes": True}
_COMMANDS = ("pause, resume, continue, step [N], stop, set NAME VALUE, "
             "at STEP COMMAND")
_LINE_MAX, _WAITING_MAX, _STEPS_MAX = 4095, 65536, 10 ** 9


def _quoted(text: str) -> str:
    """At most 40 bytes of what somebody has typed."""
    data = text.encode()
    if len(data) <= 40:
        return '"%s"' % text
    return '"%s..."' % data[:40].decode("utf-8", "ignore")


def _number_text(value: float, code: int) -> str:
    """The shortest of a few lengths that reads back as the same."""
    for digits in (6, 7, 8, 9) if code == _F32 else (15, 16, 17):
        text = "%.*g" % (digits, value)
        if float(text) == value or (code == _F32 and
                                    _rounded(float(text)) == value):
            break
    return text


def _rounded(value: float) -> float:
    """As f32; OverflowError."""
    rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return rounded


class Param:
    """A number, bool or text of the run that may be set from outside.

        c = out.param("c", 2.0, 0, 5, units="m s-1", label="wave speed")
        ... c.value ...

    value changes inside publish() and wait() alone, or when the program
    assigns to it: TypeError or ValueError where that does not fit.  name;
    type, as "f64"; min and max, both included, None where there is no limit
    (max of a text: its bytes of UTF-8).
    float(c), int(c), str(c) and the truth of c are those of its value.
    """

    def __init__(self, name: str, value: Any, least: Optional[float],
                 most: Optional[float]) -> None:
        if not _is_field_name(name, False):
            raise ValueError("parameter %r: not a name" % (name,))
        sent = _value(name, value)
        if sent.shape or sent.code in (_NONE, _C64, _C128):
            raise TypeError("parameter %r: %s; it is a number, a bool or a "
                            "text" % (name, type(value).__name__))
        self.name = name
        self.type, size = _TYPES[sent.code]
        self._code = sent.code
        self._sent: Any = None          # the value that was published last
        self._whole = sent.code <= _U64
        self.min, self.max = (
            None if limit is None or abs(limit) == math.inf else limit
            for limit in (least, most))
        self._limits: Tuple[Optional[float], Optional[float]]
        self._limits = self.min, self.max
        if self._whole:
            signed = self.type[0] == "i"
            low = -1 << (8 * size - 1) if signed else 0
            high = (1 << (8 * size - signed)) - 1
            self._limits = (
                low if self.min is None else max(low, math.ceil(self.min)),
                high if self.max is None else min(high,
                                                  math.floor(self.max)))
        self._value: Any = None
        self.value = value

    @property
    def value(self) -> Any:
        """The value now, as Python's own int, float, bool or str."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._value = self._checked(value)

    def _checked(self, value: Any) -> Any:
        """What the program assigns, as it is kept."""
        value = _plain(value)
        if self._code == _TEXT:
            if not isinstance(value, str):
                raise TypeError("parameter %r: %s, not a text" %
                                (self.name, type(value).__name__))
            if self.max is not None and len(value.encode()) > self.max:
                raise ValueError("parameter %r: longer than %d bytes" %
                                 (self.name, self.max))
            if _CONTROL.search(value):
                raise ValueError("parameter %r: a text of several lines, or "
                                 "with control characters" % self.name)
            _text(self.name, value)
            return value
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("parameter %r: %r is not finite" %
                             (self.name, value))
        if not isinstance(value, (int, float)) or \
                (self._whole and value != int(value)):
            raise TypeError("parameter %r: %r is not a %s" % (
                self.name, value, "whole number" if self._whole else
                "number"))
        if self._code == _BOOL:
            return bool(value)
        why = self._outside(value)
        if why:
            raise ValueError("parameter %r: %r %s" % (self.name, value, why))
        if self._whole:
            return int(value)
        try:
            return _rounded(value) if self._code == _F32 else float(value)
        except OverflowError:
            raise ValueError("parameter %r: %r is too large" %
                             (self.name, value)) from None

    def _outside(self, value: float) -> str:
        """Why it is not within the limits, or nothing."""
        least, most = self._limits
        if (least is None or value >= least) and \
                (most is None or value <= most):
            return ""
        if most is None:
            return "is not at least " + self._limit(least)
        if least is None:
            return "is not at most " + self._limit(most)
        return "is not from %s to %s" % (self._limit(least),
                                         self._limit(most))

    def _limit(self, limit: Optional[float]) -> str:
        assert limit is not None
        return str(limit) if self._whole else _number_text(limit, _F64)

    def _parse(self, text: str) -> Any:
        """The value that a line sets; _Wrong says why there is none."""
        if self._code == _TEXT:
            if self.max is not None and len(text.encode()) > self.max:
                raise _Wrong("%s: longer than %d bytes" % (self.name,
                                                           self.max))
            return text
        if not text:
            raise _Wrong(self.name + ": no value")
        if self._code == _BOOL:
            if text not in _BOOLS:
                raise _Wrong("%s: %s is not 0 or 1 (false true, off on, no "
                             "yes)" % (self.name, _quoted(text)))
            return _BOOLS[text]
        value: float
        if self._whole:
            if not _WHOLE_NUMBER.fullmatch(text):
                raise _Wrong("%s: %s is not a whole number" %
                             (self.name, _quoted(text)))
            value = int(text)
        else:
            if not _NUMBER.fullmatch(text):
                raise _Wrong("%s: %s is not a number" %
                             (self.name, _quoted(text)))
            value = float(text)
        why = self._outside(value)
        if self._code == _F32:
            try:
                value = _rounded(value)
            except OverflowError:
                value = math.inf
        if not self._whole and not math.isfinite(value):
            why = "is too large"
        if why:
            raise _Wrong("%s: %.40s %s" % (self.name, text, why))
        return value

    def _shown(self, value: Any) -> str:
        if self._code == _TEXT:
            return str(value)
        if self._whole or self._code == _BOOL:
            return str(int(value))
        return _number_text(value, self._code)

    def _packed(self) -> _Value:
        if self._code == _TEXT:
            return _text(self.name, self._value)
        return _pack(self.name, self._code, _FORMATS[self._code],
                     [self._value], ())

    def __float__(self) -> float:
        return float(self._value)

    def __int__(self) -> int:
        return int(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __str__(self) -> str:
        return str(self._value)

    def __repr__(self) -> str:
        return "<aprec.Param %s %s = %r>" % (self.name, self.type,
                                             self._value)


class _Wrong(Exception):
    """An order that is not obeyed; its text is the answer."""


class _Steering:
    """What a run is told, and what it is by that.

    The same orders at the same steps make the same of it in every process;
    nothing here reads, writes or waits.
    """

    def __init__(self) -> None:
        self.params: Dict[str, Param] = {}
        self.paused = self.stopped = False
        self.left = 0               # publishes until it pauses again
        self.waiting: List[Tuple[int, int, Tuple[str, ...]]] = []
        self.kept = 0               # orders that ever waited
        self.applied: List[str] = []    # and not yet published
        self.changed: List[str] = []    # parameters set, and not yet told

    @property
    def state(self) -> str:
        return "stopping" if self.stopped else \
            "paused" if self.paused else "running"

    def obey(self, data: bytes, step: int) -> str:
        """Do what a line says, at this step or later: the answer."""
        try:
            order = self.parse(data)
            if order[0] != "at":
                self.apply(order, step)
            elif int(order[1]) <= step:
                self.apply(order[2:], step)
            else:
                self.keep(order)
                return "ok waits for step %d" % int(order[1])
            return "ok at step %d" % step
        except _Wrong as e:
            return "error %s" % e

    def parse(self, data: bytes) -> Tuple[str, ...]:
        """Its words, normalized and checked: set NAME VALUE, step N,
        at STEP and the words of another."""
        if len(data) > _LINE_MAX:
            raise _Wrong("a line is longer than %d bytes" % _LINE_MAX)
        try:
            line = data.decode("utf-8")
        except UnicodeDecodeError:
            line = "\0"
        line = line.strip(" \t\r")
        if _CONTROL.search(line.replace("\t", " ")):
            raise _Wrong("a line that is not text")
        return self.words(line, True)

    def words(self, line: str, outer: bool) -> Tuple[str, ...]:
        word, *more = _SPACES.split(line, 1)
        rest = more[0] if more else ""
        if word in ("pause", "resume", "continue", "stop"):
            if rest:
                raise _Wrong(word + " takes no more words")
            return "resume" if word == "continue" else word,
        if word == "step":
            if rest and not (rest.isascii() and rest.isdigit() and
                             0 < int(rest) <= _STEPS_MAX):
                raise _Wrong("step takes a number from 1 to %d, not %s" %
                             (_STEPS_MAX, _quoted(rest)))
            return "step", str(int(rest or 1))
        if word == "set":
            if not rest:
                raise _Wrong("set takes a name and a value")
            name, *value = _SPACES.split(rest, 1)
            param = self.param(name)
            return "set", name, param._shown(
                param._parse(value[0] if value else ""))
        if word == "at":
            if not outer:
                raise _Wrong("at takes no at")
            if not rest:
                raise _Wrong("at takes a step and a command")
            step, *inner = _SPACES.split(rest, 1)
            if not _STEP.fullmatch(step) or \
                    not -1 << 63 <= int(step) < 1 << 63:
                raise _Wrong("not a step: " + _quoted(step))
            if not inner:
                raise _Wrong("at takes a step and a command")
            return ("at", step) + self.words(inner[0], False)
        raise _Wrong("not a command: %s (%s)" % (_quoted(word), _COMMANDS))

    def param(self, name: str) -> Param:
        if not self.params:
            raise _Wrong("this run has no parameters")
        if name not in self.params:
            raise _Wrong("there is no parameter %s (%s)" %
                         (_quoted(name), ", ".join(self.params)))
        return self.params[name]

    def keep(self, order: Tuple[str, ...]) -> None:
        if len(self.waiting) >= _WAITING_MAX:
            raise _Wrong("%d commands wait already" % _WAITING_MAX)
        self.kept += 1
        self.waiting.append((int(order[1]), self.kept, order[2:]))
        self.waiting.sort()

    def apply(self, order: Sequence[str], step: int) -> None:
        word = order[0]
        if self.stopped and word in ("pause", "step"):
            raise _Wrong("the run is stopping")
        if word == "set":
            param = self.param(order[1])
            param._value = param._parse(order[2])
            self.changed.append(order[1])
        elif word == "stop":
            self.stopped, self.paused, self.left = True, False, 0
        else:
            self.paused = word == "pause"
            self.left = int(order[1]) if word == "step" else 0
        self.applied.append("at %d %s" % (step, " ".join(order).rstrip()))

    def due(self, step: int) -> List[Tuple[str, ...]]:
        """The orders that have waited for this step, taken out."""
        n = 0
        while n < len(self.waiting) and self.waiting[n][0] <= step:
            n += 1
        orders = [order for _, _, order in self.waiting[:n]]
        del self.waiting[:n]
        return orders

    def passed(self, step: int) -> None:
        """A publish was made: of some steps, another one is done."""
        if self.left:
            self.left -= 1
            if self.left == 0 and not self.stopped:
                self.apply(("pause",), step)


class _Orders:
    """The lines that come through $APREC_CONTROL: from a socket of aptee -l,
    a FIFO, stdin, or a regular file.

    What is always true: nothing here waits, and what is not there yet, or
    has gone, is looked for again.
    """

    def __init__(self, where: str, source: str) -> None:
        self.where = where
        self.source = source
        self.kind = ""              # "socket", "pipe", "file"; "": look
        self.fd: Optional[int] = None
        self.sock: Optional[socket.socket] = None
        self.rest = b""             # of a line that is not whole yet
        self.at = 0                 # of a file: what was read
        self.look = 0.0             # again for it not before
        self.told = False           # that it is not there
        self.missed = 0.0           # since then
        self.over = False           # no more can come
        self.lost = False           # it was there, and has gone

    def take(self, now: float) -> List[bytes]:
        """The whole lines that have come."""
        if self.over:
            return []
        try:
            if not self.kind and now >= self.look:
                self.look = now + 1
                self.find()
            if self.kind == "file":
                return self.from_file(now)
            return self.from_fd() if self.fd is not None else []
        except OSError as e:
            self.leave()
            self.complain(e.strerror or str(e))
        return []

    def find(self) -> None:
        """See what there is now, and begin with it."""
        if self.where == "-":
            self.kind, self.fd = "pipe", 0
            return
        place = None
        try:
            place = _socket_at(self.where)
            if place is not None:
                self.sock = _dial(place, "control " + self.source, 0)
                self.sock.setblocking(False)
                self.kind, self.fd = "socket", self.sock.fileno()
                self.missed = 0.0
                return
            mode = os.stat(self.where).st_mode
            if _is_word(self.where) and stat.S_ISREG(mode):
                raise FileNotFoundError
        except (OSError, ValueError):
            now = time.monotonic()
            self.missed = self.missed or now
            if now < self.missed + 3:
                self.look = now + 0.1   # it is just being started
            elif place or _is_word(self.where):
                self.complain("nobody serves it yet; tried again")
            return
        if stat.S_ISFIFO(mode):
            # For writing too: so it has no end.
            self.fd = os.open(self.where, os.O_RDWR | os.O_NONBLOCK |
                              os.O_NOCTTY)
            self.kind = "pipe"
        elif stat.S_ISREG(mode):
            self.kind, self.at, self.rest = "file", 0, b""
            self.look = 0.0
        else:
            self.complain("not a socket, a FIFO or a file")

    def complain(self, text: str) -> None:
        if not self.told:
            self.told = True
            _say("%s: %s" % (self.where, text))

    def from_fd(self) -> List[bytes]:
        lines: List[bytes] = []
        poll = select.poll()
        poll.register(self.fd or 0, select.POLLIN)
        while len(lines) < 1000 and poll.poll(0):
            try:
                data = self.sock.recv(65536) if self.sock else \
                    os.read(self.fd or 0, 65536)
            except (BlockingIOError, InterruptedError):
                break
            except ConnectionError:
                data = b""
            if not data:
                self.lost = self.sock is not None or self.where == "-"
                self.over = self.where == "-"
                self.leave()
                break
            lines += self.split(data)
            if self.sock is not None and lines and \
                    lines[0].startswith(b"error "):     # it refuses
                self.leave()
                self.complain(lines[0][6:].decode("utf-8", "replace"))
                return []
        return lines

    def from_file(self, now: float) -> List[bytes]:
        """What was appended: opened each time, as network file systems
        want it."""
        if now < self.look:
            return []
        self.look = now + 1
        try:
            fd = os.open(self.where, os.O_RDONLY | os.O_NONBLOCK |
                         os.O_NOCTTY)
        except FileNotFoundError:
            self.leave()
            return []
        try:
            size = os.fstat(fd).st_size
            if size < self.at:
                self.at, self.rest = 0, b""
            data = os.pread(fd, min(size - self.at, 1 << 20), self.at)
            if size - self.at > len(data):
                self.look = 0.0     # there is more
        finally:
            os.close(fd)
        self.at += len(data)
        return self.split(data)

    def split(self, data: bytes) -> List[bytes]:
        """Whole lines; in files and pipes neither comments nor blank ones.
        Of one that is too long no more is kept than shows that it is."""
        *lines, self.rest = (self.rest + data).split(b"\n")
        if len(self.rest) > _LINE_MAX:
            self.rest = self.rest[:_LINE_MAX + 1]
        if self.sock is not None:
            return lines
        return [line for line in lines if line.strip(b" \t\r") and
                not line.lstrip(b" \t").startswith(b"#")]

    def answer(self, text: str) -> None:
        """One line for each that came, in order."""
        if self.sock is None:
            if text.startswith("error "):
                _say("%s: %s" % (self.where, text[6:]))
            return
        try:
            self.sock.sendall(text.encode("utf-8", "replace") + b"\n")
        except OSError:             # it does not read, or has gone
            self.lost = True
            self.leave()

    def leave(self) -> None:
        """It has gone."""
        if self.sock is not None:
            self.sock.close()
        elif self.fd:
            os.close(self.fd)
        self.kind, self.fd, self.sock, self.rest = "", None, None, b""
        self.look = time.monotonic() + 1


class _Together:
    """Brings what rank 0 obeys to all ranks of a parallel run.

    comm is like one of mpi4py.  Where it has Ibcast, nothing is pickled, and
    who waits sleeps; else what bcast brings is bytes.
    """

    def __init__(self, comm: Any) -> None:
        rank = getattr(comm, "rank", None)
        self.rank: int = comm.Get_rank() if rank is None else rank
        self.comm = comm
        self.owing = False          # the end of a call that was interrupted
        self.begun: Any = None      # a broadcast that was interrupted

    def share(self, data: bytes) -> bytes:
        """What rank 0 gives, on every rank."""
        if not hasattr(self.comm, "Ibcast"):
            return bytes(self.comm.bcast(data if self.rank == 0 else None,
                                         root=0))
        head = self.bring(bytearray(len(data).to_bytes(8, "little")))
        n = int.from_bytes(head, "little")
        return bytes(self.bring(bytearray(data if self.rank == 0 else n))) \
            if n else b""

    def bring(self, buffer: bytearray) -> bytearray:
        request = self.comm.Ibcast(buffer, root=0)
        self.begun = request, buffer
        self.finish()
        return buffer

    def finish(self) -> None:
        """Wait without using the processor."""
        pause = 0.0
        while self.begun is not None:
            if self.begun[0].Test():
                self.begun = None
                break
            time.sleep(pause)
            pause = min(0.01, 1.5 * pause + 1e-6)


class _Woken:
    """Where a signal, also one whose handler raises nothing, ends a wait."""

    def __enter__(self) -> "_Woken":
        self.old: Optional[int] = None
        self.here, self.there = socket.socketpair()
        self.here.setblocking(False)
        self.there.setblocking(False)
        try:
            self.old = signal.set_wakeup_fd(self.there.fileno(),
                                            warn_on_full_buffer=False)
        except ValueError:          # not in the main thread
            pass
        return self

    def __exit__(self, *exc: Any) -> None:
        if self.old is not None:
            signal.set_wakeup_fd(self.old)
        data = self.signals()
        if data and self.old is not None and self.old >= 0:
            try:                    # whose descriptor this was is told, too
                os.write(self.old, data)
            except OSError:
                pass
        self.here.close()
        self.there.close()

    def signals(self) -> bytes:
        try:
            return self.here.recv(4096, socket.MSG_PEEK)
        except OSError:
            return b""


class _Child:
    """A program that the computation has started.

    It has a process group of its own: Ctrl-C is not its.
    """

    def __init__(self, arguments: Sequence[str], **more: Any) -> None:
        if sys.version_info >= (3, 11):
            more["process_group"] = 0
        else:
            more["preexec_fn"] = os.setpgrp
        self.input, end = -1, -1
        try:
            end, self.input = os.pipe()
            self.process = subprocess.Popen(arguments, stdin=end, **more)
        except BaseException:
            if self.input >= 0:
                os.close(self.input)
            raise
        finally:
            if end >= 0:
                os.close(end)

    def kill(self, signum: int) -> None:
        try:
            os.killpg(self.process.pid, signum)
        except OSError:
            pass

    def wait(self, timeout: Optional[float] = None) -> Optional[int]:
        """Its status once it has ended, or None."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def end(self, patience: float, first: float = 1.0) -> None:
        """Whatever it does: ask, and after so many seconds again, as aptee
        and aplot want it; then kill."""
        for seconds in first, patience:
            if self.process.poll() is None:
                self.kill(signal.SIGTERM)
                self.kill(signal.SIGCONT)
            if self.wait(seconds) is not None:
                return
        self.kill(signal.SIGKILL)
        self.wait()

    def forget(self) -> None:
        """In a forked child: it is the parent's."""
        self.process.returncode = 0


class _Item(NamedTuple):
    """A word of $APREC_FIELDS: [!]NAME[SLICE,...]; * and ? in names."""
    pattern: str
    left_out: bool
    parts: Tuple[Any, ...]          # a slice or an index for a dimension


class _Choice:
    """$APREC_FIELDS: the fields to publish, and which part of each.

    The coordinates of what is sliced are sliced with it, and a slice of a
    tile is a tile of the sliced array.
    """

    def __init__(self, text: str, about: Mapping[str, _About]) -> None:
        self.about = about
        self.items: List[_Item] = []
        self.ranks: Dict[str, int] = {}     # of what was published
        self.used: Set[str] = set()         # patterns
        self.told: Set[str] = set()
        for word in re.split(r",(?![^\[]*\])", text):
            found = re.fullmatch(r"\s*(!?)\s*([A-Za-z0-9_*?]+)\s*"
                                 r"(?:\[([^\]]*)\])?\s*", word)
            if not found or (found.group(1) and found.group(3) is not None):
                raise ValueError(word)
            parts = found.group(3)
            self.items.append(_Item(
                found.group(2), bool(found.group(1)), () if parts is None else
                tuple(self.part(p) for p in parts.split(","))))

    @staticmethod
    def part(text: str) -> Any:
        """A slice of one dimension, or the number of an index."""
        words = [w.strip() for w in text.split(":")]
        if any(w and not re.fullmatch("[+-]?[0-9]{1,18}", w) for w in words):
            raise ValueError(text)
        numbers = [int(w) if w else None for w in words]
        if len(words) == 1 and words[0]:
            return numbers[0]
        if not 1 < len(words) < 4 or numbers[2:] == [0]:
            raise ValueError(text)
        return slice(*numbers)

    def wants(self, name: str) -> bool:
        if name in ("step", "t", "time", "control"):
            return True
        meet = [i for i in self.items
                if fnmatch.fnmatchcase(name, i.pattern)]
        self.used.update(i.pattern for i in meet)
        return not any(i.left_out for i in meet) and (
            bool(meet) or all(i.left_out for i in self.items))

    def unused(self) -> List[str]:
        return [i.pattern for i in self.items if i.pattern not in self.used]

    def parts(self, name: str) -> Tuple[Any, ...]:
        """What is said of the dimensions of a name itself."""
        for i in self.items:
            if not i.left_out and fnmatch.fnmatchcase(name, i.pattern):
                fits = self.ranks.get(name, 0) >= len(i.parts)
                return i.parts if fits or not re.search("[*?]", i.pattern) \
                    else ()
        return ()

    def parent(self, name: str) -> str:
        """The sliced array whose coordinate it is, or itself."""
        if not self.parts(name):
            for other, about in self.about.items():
                n = len(self.parts(other))
                if n and (self.ranks.get(name) == 1 and
                          name in (about.dims or ())[:n] or
                          name in about.attrs.get("coordinates", "").split()):
                    return other
        return name

    def dims(self, name: str) -> Optional[Tuple[str, ...]]:
        return self.about[name].dims if name in self.about else None

    def index(self, name: str, rank: int, parent: str, k: int) -> int:
        """The dimension of its parent that is dimension k, or -1."""
        if name == parent:
            return k
        mine, others = self.dims(name), self.dims(parent)
        dim = mine[k] if mine is not None and len(mine) == rank else ""
        dim = dim or (name if rank == 1 else "")
        if dim and dim in (others or ()):
            return (others or ()).index(dim)
        return k if (mine is None or others is None) and \
            self.ranks.get(parent) == rank else -1

    def tile(self, name: str, rank: int) -> Optional[List[List[int]]]:
        """Extents of the array that it is a tile of, and its offset."""
        attrs = self.about[name].attrs if name in self.about else {}
        found = [[int(n) for n in attrs.get(key, "").split()
                  if n.isdigit()] for key in ("tile_extents", "tile_offset")]
        return found if rank and len(found[0]) == len(found[1]) == rank \
            else None

    def cut(self, name: str, value: _Value) -> Optional[_Value]:
        """The part of a value; None where this process has none of it."""
        rank = len(value.shape)
        if value.code in (_NONE, _TEXT):
            return value
        parent = self.parent(name)
        parts = self.parts(parent)
        if not parts:
            return value
        if name == parent and rank < len(parts):
            return self.whole(name, value, "has %d dimensions, not %d" %
                              (rank, len(parts)))
        mine = self.tile(name, rank)
        new: List[List[int]] = [[], []]
        places, kept = [], []
        for k, n in enumerate(value.shape):
            j, tile, at = self.index(name, rank, parent, k), mine, k
            part = parts[j] if 0 <= j < len(parts) else None
            if name != parent and rank == 1 and isinstance(part, int):
                part = None         # others may need it
            if tile is None and name != parent and j >= 0:
                tile, at = self.tile(parent, self.ranks.get(parent, 0)), j
            extent, offset = n, 0
            if part is not None and tile is not None and \
                    tile[1][at] + n <= tile[0][at]:
                extent, offset = tile[0][at], tile[1][at]
            if isinstance(part, int):
                if not -extent <= part < extent:
                    return self.whole(name, value, "has no index %d: "
                                      "dimension %d has %d" %
                                      (part, k + 1, extent))
                if not 0 <= part % extent - offset < n:
                    return None
                places.append(range(part % extent - offset,
                                    part % extent - offset + 1))
                continue
            every = range(extent)[slice(None) if part is None else part]
            here = [i for i, e in enumerate(every) if 0 <= e - offset < n] \
                if offset or extent > n else range(len(every))
            low, high = (here[0], here[-1] + 1) if here else (0, 0)
            first = every.start + low * every.step - offset
            places.append(range(first, first + (high - low) * every.step,
                                every.step) if here else range(0))
            kept.append(k)
            if mine is not None:
                new[0].append(mine[0][k] if part is None else len(every))
                new[1].append(mine[1][k] if part is None else low)
        data = _parts(value, places)
        texts = [" ".join(map(str, numbers)) for numbers in new]
        return value._replace(
            shape=tuple(len(places[i]) for i in kept), data=data,
            nbytes=len(data), cut=(tuple(kept), texts[0], texts[1]))

    def whole(self, name: str, value: _Value, why: str) -> _Value:
        if name not in self.told:
            self.told.add(name)
            _say("APREC_FIELDS: %s %s; it is published whole" % (name, why))
        return value


def _parts(value: _Value, places: Sequence[range]) -> bytes:
    """The elements of an array at these places of each dimension."""
    size = _TYPES[value.code][1]
    numpy = _numpy() if size <= 16 else None
    if numpy:
        array = numpy.frombuffer(value.data, "V%d" % size)
        which = tuple(slice(p.start, p.stop if p.stop >= 0 else None, p.step)
                      for p in places)
        part: bytes = array.reshape(value.shape)[which].tobytes()
        return part
    steps = [size]
    for n in reversed(value.shape[1:]):
        steps.insert(0, steps[0] * n)
    offsets = [0]
    for p, step in zip(places[:-1], steps):
        offsets = [o + i * step for o in offsets for i in p]
    data, last = memoryview(value.data).cast("B"), places[-1]
    if last.step == 1:
        return b"".join(data[o + last.start * size:o + last.stop * size]
                        for o in offsets)
    return b"".join(data[o + i * size:o + (i + 1) * size]
                    for o in offsets for i in last)


#
# The writer
#

_writers: Set["Writer"] = set()     # those not closed


@atexit.register
def _at_exit() -> None:
    for writer in list(_writers):
        try:
            writer.close()
        except (KeyboardInterrupt, Exception) as e:
            _say("%s: at exit: %s" % (writer.source, str(e) or "cut off"))


def _in_child() -> None:
    """A forked child has no part in its parent's streams."""
    global _stdout
    for writer in _writers:
        writer._locked = False              # the lock is the parent's
        writer._abandon()
        if writer._orders is not None:
            writer._orders.leave()
            writer._orders = None
        if writer._child is not None:
            writer._child.forget()
            writer._child = None
        writer._lock = threading.Lock()     # the thread may have had it
    _writers.clear()
    if _stdout is not None:
        os.close(_stdout)
        _stdout = None


os.register_at_fork(after_in_child=_in_child)


class _Flight(NamedTuple):
    """A record on its way.  What write returned is appended to wrote."""
    pieces: List[Any]
    total: int              # bytes of the record, also of those not here
    wrote: List[int]

    def rest(self) -> List[Any]:
        done, left = sum(self.wrote), []
        for piece in self.pieces:
            if done < len(piece):
                left.append(memoryview(piece)[done:] if done else piece)
            done = max(0, done - len(piece))
        return left


def _is_small(fields: Mapping[str, Any]) -> bool:
    """Whether copying these costs nothing to speak of."""
    size = 0
    for v in fields.values():
        n = getattr(v, "nbytes", None)      # of numpy and memoryviews
        size += n or (8 * len(v) if hasattr(v, "__len__") else 8)
    return size <= 4096


class Writer(MutableMapping[str, Any]):
    """Publishes the state of one run, and obeys who steers it; made by
    open().

    It belongs to one thread at a time.  Errors of the output never end the
    run: the first is told once on stderr and kept in error.  What is wrong
    with the caller's values is raised.

    As a mapping it holds what is set by its methods, and the parameters:

        out["u"] = u; out.update(t=t, energy=e)     # nothing is sent yet
        out.publish()                               # all of it, at once
        out.pop("u")                                # withdrawn by the next
    """

    def __init__(self, out: Union[None, int, str, "os.PathLike[str]", Any],
                 source: Optional[str], control: Optional[str] = None,
                 broadcast: Any = None) -> None:
        self.error: Optional[str] = None
        self._source = _source_bytes(_source_name(source))
        self.source = self._source.decode()
        self._run = int.from_bytes(os.urandom(8), "little") or 1
        self._seq = 0
        self._count = 0             # calls of publish
        self._step = 0              # of the last one
        self._about: Dict[str, _About] = {}
        self._closed = False        # the final record is out, or on its way
        self._stop = False
        self._fd: Optional[int] = None
        self._where = ""            # the output, for messages
        self._owned = False         # the descriptor is closed by close()
        self._regular = False
        self._locked = False        # against others who record into it
        self._socket = False
        self._keeper: Any = None    # the caller's file object
        self._end = 0               # of the last whole record of a file
        self._crc_due = 0.0
        self._layouts: Dict[Any, _Layout] = {}
        self._flight: Optional[_Flight] = None
        self._cut = False           # a publish was interrupted
        self._deadline: Optional[float] = None  # of the end
        self._names: Any = None     # those of the last publish
        self._sent: Set[str] = set()
        self._kept: Dict[str, _Value] = {}  # copied, to be sent next
        self._held: Dict[str, Any] = {}     # of the last publish, skipped
        self._kept_seq = 0
        self._framed = 0            # seq of the last record on its way
        self._urgent = False                # what is kept waits for no rate
        self._due = 0.0
        self._rate = _from_number("APREC_RATE", "publishes a second", 0.0)
        self._every = int(_from_number("APREC_EVERY", "publishes", 1)) or 1
        self._choice = _chosen(self._about)
        self._debug = os.environ.get("APREC_DEBUG", "0") not in ("", "0")
        self._spent = self._waited = 0.0    # seconds
        self._skipped = self._written = self._bytes = 0
        self._staged: Dict[str, Any] = {}   # as a mapping
        self._gone: Dict[str, None] = {}    # taken out of it
        self._updated: List[Callable[..., Any]] = []    # callbacks
        self._set: List[Callable[..., Any]] = []
        self._setting: Dict[str, Callable[..., Any]] = {}
        self._steering = _Steering()
        self._orders: Optional[_Orders] = None
        self._together = None if broadcast is None else _Together(broadcast)
        self._look = 0.0            # for orders not before
        self._interrupted = False
        self._child: Optional[_Child] = None
        self._linger = _from_number("APREC_LINGER", "seconds", 5.0)
        self._stops = _from_choice("APREC_EPIPE", "go", "stop", _by_ssh())
        self._lock = threading.Lock()       # guards _job, _kept, _kept_seq
        self._job: Optional[bytes] = None   # the thread's, in flight
        # Both are C's: a signal comes before or behind what they do.
        self._wake: "queue.SimpleQueue[None]" = queue.SimpleQueue()
        self._done: "queue.SimpleQueue[None]" = queue.SimpleQueue()
        self._thread: Optional[threading.Thread] = None
        self._open(out)
        self._newest = _from_choice(
            "APREC_POLICY", "all", "newest", _by_ssh() and
            self._fd is not None and self._fd == _stdout and
            not self._regular)
        if self._newest and self._fd is not None:
            self._thread = threading.Thread(target=self._serve, name="aprec",
                                            daemon=True)
            self._thread.start()
        self._choose_control(control)
        self._log("publishes to %s, policy %s" % (
            self._where if self._fd is not None else "nowhere",
            "newest" if self._newest else "all"))
        _writers.add(self)

    __hash__ = object.__hash__      # of two writers no two are the same

    def __eq__(self, other: object) -> bool:
        return self is other

    def __bool__(self) -> bool:
        return True

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *exc: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<aprec.Writer %s, %d published>" % (self.source, self._seq)

    @property
    def stopped(self) -> bool:
        """Whether the run is asked to end."""
        if self._together is not None:
            return self._steering.stopped       # the same on all ranks
        return self._stop or self._steering.stopped

    @property
    def paused(self) -> bool:
        """Whether the next publish() will wait."""
        return self._steering.paused and not self.stopped

    @property
    def params(self) -> Mapping[str, Param]:
        """The parameters by name."""
        return MappingProxyType(self._steering.params)

    def describe(self, name: str, *, units: Optional[str] = "",
                 label: Optional[str] = "",
                 dims: Union[None, str, Sequence[str]] = None,
                 **attrs: Any) -> None:
        """Say what a field is, for this and every later publish.

        units and label are shown on axes; dims names its dimensions, the
        slowest first ("" for one without); a 1-D field named like a
        dimension is its coordinate.  Other attributes are texts, or
        sequences joined by spaces: coordinates=("x", "y"),
        tile_extents=(512, 512), tile_offset=(0, 256).  None removes one.
        """
        if units != "":
            attrs["units"] = units
        if label != "":
            attrs["label"] = label
        self._describe(name, dims, attrs)

    def _describe(self, name: str, dims: Union[None, str, Sequence[str]],
                  attrs: Mapping[str, Any]) -> None:
        with self._lock:
            _describe(self._about, name, dims, attrs)
            self._layouts.clear()

    def param(self, name: str, value: Any, min: Optional[float] = None,
              max: Optional[float] = None, label: Optional[str] = None, *,
              units: Optional[str] = None,
              on_change: Optional[Callable[[Any], Any]] = None) -> Param:
        """Let a number, bool or text be set from outside: "set NAME VALUE".

        value is what it is now; its type stays (int: i64, float: f64, bool,
        str, numpy's scalars theirs).  min and max are included.  on_change
        is called with the new value when it was set, inside publish() or
        wait().  Parameters are fields: published before the first publish,
        and when they have changed.  A second call of a name replaces it.
        """
        param = Param(name, value, min, max)
        attrs: Dict[str, Any] = {"role": "parameter"}
        if param.type not in ("bool", "text"):
            for key, limit in ("valid_min", param.min), ("valid_max",
                                                         param.max):
                attrs[key] = None if limit is None else _number_text(limit,
                                                                     _F64)
        if label is not None:
            attrs["label"] = label
        if units is not None:
            attrs["units"] = units
        self._describe(name, None, attrs)
        self._steering.params[name] = param
        self._staged.pop(name, None)
        self._setting.pop(name, None)
        if on_change is not None:
            self._setting[name] = on_change
        return param

    def on_change(self, function: Callable[[str, Any], Any]
                  ) -> Callable[[str, Any], Any]:
        """Call function(name, value) when a parameter was set.  It may be
        used as a decorator; an exception in it is told, a CallbackWarning,
        and ends nothing."""
        self._set.append(function)
        return function

    def on_update(self, function: Callable[["Writer"], Any]
                  ) -> Callable[["Writer"], Any]:
        """Call function(out) after each publish, sent or skipped; as
        on_change() else."""
        self._updated.append(function)
        return function

    # As a mapping

    def __getitem__(self, name: str) -> Any:
        if name in self._steering.params:
            return self._steering.params[name].value
        return self._staged[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.update({name: value})

    def __delitem__(self, name: str) -> None:
        if name in self._steering.params:
            raise TypeError("%r is a parameter; it stays" % name)
        del self._staged[name]
        self._gone[name] = None

    def __iter__(self) -> Iterator[str]:
        yield from self._steering.params
        yield from self._staged

    def __len__(self) -> int:
        return len(self._steering.params) + len(self._staged)

    def update(self, *fields: Any, **more: Any) -> None:
        """Set all of these, or none and TypeError or ValueError where one
        cannot be sent.  The next publish() sends them, as they are then."""
        new = dict(*fields, **more)
        params = self._steering.params
        for name, value in new.items():
            if name in params:
                params[name]._checked(value)
            elif not _is_field_name(name, False):
                raise ValueError("field %r: not a name" % (name,))
            else:
                _value(name, value)
        for name, value in new.items():
            if name in params:
                params[name].value = value
            else:
                self._staged[name] = value
                self._gone.pop(name, None)

    def popitem(self) -> Tuple[str, Any]:
        """Take out and withdraw what was set last; KeyError: nothing is."""
        name, value = self._staged.popitem()
        self._gone[name] = None
        return name, value

    def clear(self) -> None:
        """Take out and withdraw all that was set; parameters stay."""
        self._gone.update(dict.fromkeys(self._staged))
        self._staged.clear()

    def publish(self, fields: Optional[Mapping[str, Any]] = None, /, *,
                final: bool = False, **more: Any) -> bool:
        """Send fields as one record; None withdraws one.

        A field that is named final goes into the mapping.  int, float,
        complex, bool and str are sent as i64, f64, c128, bool and text,
        arrays and numpy's scalars as what they are, lists of numbers as
        arrays.  Arrays may be changed as soon as it returns.  What was set
        as in a dictionary is sent with them, out.publish() sends that alone.

        Behind the record the run obeys what it is told: parameters change
        here, and a pause holds it here, until it is let go on, asked to
        stop, or a signal is caught; Ctrl-C raises KeyboardInterrupt as
        everywhere.

        True when the record was written (policy all) or taken (newest),
        False when it was skipped or there is nowhere to write.  final says
        that it is the run's last: then the writer is closed for more.
        TypeError, ValueError: something cannot be sent, and nothing was.
        """
        if self._closed:
            raise ValueError("publish after the final record")
        begun = time.monotonic()
        waited = self._waited
        merged = self._gather(fields, more)
        self._count += 1
        self._step = _whole_step(merged.get("step"), self._count)
        if self._steering.params:
            self._send_params()
        self._seq += 1
        sent = self._publish(merged, final, begun)
        self._gone.clear()
        if not sent:
            self._skipped += 1
        if not final and (self._orders is not None or
                          self._together is not None):
            self._obey({} if sent else merged)
        for function in self._updated:
            _call(function, self)
        if self._debug:
            self._spent += time.monotonic() - begun - self._waited + waited
        return sent

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Obey what comes for at most timeout seconds (None: no limit).

        True as soon as something was obeyed; False when the time is over, a
        signal was caught, the run is asked to end, or nobody can tell it
        anything.  A pause does not make it longer: that is publish()'s.
        """
        until = None if timeout is None else time.monotonic() + timeout
        if self._together is not None:
            return self._obey_together({}, until, False)
        n = len(self._steering.applied)
        while not self.stopped:
            if self._listen():
                self._tell({})
                return True
            if until is not None and time.monotonic() >= until:
                break
            if not self._await(until):
                break
        return len(self._steering.applied) > n

    def interrupt(self) -> None:
        """For a signal handler: end the wait of a pause that the run is in,
        or comes into next, and that of wait().  A signal that comes inside
        the wait ends it without this."""
        self._interrupted = True

    def withdraw(self, *names: str) -> bool:
        """Make readers forget these fields."""
        for name in names:
            self._staged.pop(name, None)
        return self.publish(dict.fromkeys(names))

    def close(self) -> None:
        """End the run: what was not sent yet goes out as final.

        Waits for the reader; under newest, or after an interrupt, at most
        $APREC_LINGER seconds.  Then for the end of a command that it has
        started; Ctrl-C ends that too.  A second call does nothing.
        """
        if self not in _writers:
            return
        if not self._closed and self._fd is not None:
            self._tell({})          # what an interrupt has left
            self._send_params()
            self._seq += 1
            self._finish({})
        self._closed = True
        self._complete()
        self._abandon()
        self._wake.put(None)
        if self._orders is not None:
            self._orders.leave()
            self._orders = None
        try:
            self._reap()
        finally:
            _writers.discard(self)
            self._account()

    def _account(self) -> None:
        """What it was, at the end."""
        if self._choice is not None and self._count and \
                (_rank() or "0") == "0":
            for pattern in self._choice.unused():
                _say("APREC_FIELDS: no field was called " + pattern)
        self._log("%d publishes, %d of them skipped, %d records written, "
                  "%.6g MB" % (self._count, self._skipped, self._written,
                               self._bytes / 1e6))
        self._log("%.6f s in publish, %.1f us each; %.3f s paused" % (
            self._spent, 1e6 * self._spent / (self._count or 1),
            self._waited))

    # Opening

    def _open(self, out: Any) -> None:
        try:
            self._choose(out)
            if self._fd is None:
                return
            self._regular = stat.S_ISREG(os.fstat(self._fd).st_mode)
            if self._regular:
                self._begin_file()
            elif os.isatty(self._fd):
                self._abandon()
                self._fail(self._where + ": a terminal; records go to a "
                           "pipe or a file")
        except OSError as e:
            self._abandon()
            self._fail("%s: %s" % (self._where, e.strerror or e))

    def _choose(self, out: Any) -> None:
        if out is None:
            out = os.environ.get("APREC_OUT") or None
        if out is None:
            why = _unfit()
            if why is None:
                self._take_stdout()
            else:
                _say_how(why)
        elif isinstance(out, int):
            self._where = "descriptor %d" % out
            self._fd = out
        elif hasattr(out, "fileno"):
            self._where = str(getattr(out, "name", "a file"))
            out.flush()
            self._fd, self._keeper = out.fileno(), out
        else:
            self._open_path(os.fsdecode(out))

    def _open_path(self, given: str) -> None:
        self._where = path = _expand(given)
        place = None if path == "-" or path[0] == "|" else _socket_at(path)
        if place is None and _is_word(path) and not _is_fifo(path):
            self._await_run(path)
        elif place is not None:
            self._fd = _dial(place, "publish").detach()
            self._owned = self._socket = True
        elif path.startswith("|") and _ranks() > 1:
            if (_rank() or "0") == "0":
                _say('nothing is published, since each of %d processes would '
                     'start "%.60s": APREC_OUT=run.%%r.apr gives each its '
                     'own file' % (_ranks(), path))
        elif _ranks() > 1 and "%r" not in given and "%p" not in given:
            _say_how("the output is shared")
        elif path == "-":
            if os.isatty(1):
                self._fail("stdout is a terminal; records go to a pipe or a "
                           "file")
            else:
                self._take_stdout()
        elif path.startswith("|"):
            self._start(path[1:])
        else:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOCTTY,
                               0o666)
            self._owned = True

    def _await_run(self, name: str) -> None:
        """A server may be started at the same time."""
        until = time.monotonic() + 5
        while self._fd is None:
            try:
                self._fd = _dial(name, "publish").detach()
                self._owned = self._socket = True
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > until:
                    self._fail("%s: nobody serves it (aptee -l %s does; a "
                               "file is ./%s)" % (name, name, name))
                    break
                time.sleep(0.05)

    def _start(self, command: str) -> None:
        self._child = _Child(["/bin/sh", "-c", command])
        self._fd, self._owned = self._child.input, True

    def _reap(self) -> None:
        """Wait for the command that was started, as a shell does."""
        child, self._child = self._child, None
        if child is None:
            return
        try:
            status = child.wait()
        except BaseException:
            child.end(self._linger)
            raise
        if status == 127:
            self._fail("%s: exited with status 127: is there no such "
                       "command?" % self._where)
        elif status:
            self._fail("%s: %s %d" % (self._where, "exited with status" if
                                      status > 0 else "ended by signal",
                                      abs(status)))

    def _choose_control(self, control: Optional[str]) -> None:
        where = control or os.environ.get("APREC_CONTROL")
        together, self._own = self._together, True
        if together is not None:
            self._own = together.rank == 0
        elif _ranks() > 1:
            if where and (_rank() or "0") == "0":
                _say("not steered, since %d processes would not agree: give "
                     "aprec.open() their communicator, broadcast=comm" %
                     _ranks())
            return
        implied = not where and self._socket
        if implied:
            where = self._where
        if where and self._own:
            self._orders = _Orders(_expand(where), self.source)
            self._orders.told = implied     # of the output it is told anyway
            self._log("obeys " + self._orders.where)

    def _take_stdout(self) -> None:
        self._where = "(stdout)"
        if any(w._fd is not None and w._fd == _stdout for w in _writers):
            self._fail("stdout carries the records of another writer")
        else:
            self._fd = _take_stdout()

    def _begin_file(self) -> None:
        """A recording of its own, or a place in what the caller opened."""
        assert self._fd is not None
        if self._owned or self._fd == _stdout:
            self._locked = _lock(self._fd, self._where)
        if self._owned:
            os.ftruncate(self._fd, 0)
        self._end = self._place()

    def _place(self) -> int:
        """Where the next byte goes in a file, which may be appended to."""
        assert self._fd is not None
        import fcntl
        if fcntl.fcntl(self._fd, fcntl.F_GETFL) & os.O_APPEND:
            return os.fstat(self._fd).st_size
        return os.lseek(self._fd, 0, os.SEEK_CUR)

    # Ending

    def _abandon(self) -> None:
        """Forget the output, without a word to it."""
        fd, self._fd, self._flight = self._fd, None, None
        if self._locked and fd is not None:
            self._locked = False
            _unlock(fd)
        if self._owned and fd is not None:
            self._owned = False
            try:
                os.close(fd)
            except OSError as e:
                self._fail("%s: %s" % (self._where, e.strerror))

    def _fail(self, text: Optional[str]) -> None:
        """Tell the first error; there is no output any more."""
        if self.error is None:
            self.error = text
            _say("%s; nothing more is published" % text)

    def _refusal(self) -> str:
        """What a server has said before it hung up."""
        text = b""
        if self._socket and self._fd is not None:
            try:
                with socket.socket(fileno=os.dup(self._fd)) as sock:
                    text = sock.recv(4096, socket.MSG_DONTWAIT)
            except OSError:
                pass
        return text[6:].decode("utf-8", "replace").strip() \
            if text.startswith(b"error ") else ""

    def _failed(self, e: OSError) -> None:
        """Writing failed: a file is cut back to its last whole record."""
        refusal = self._refusal()
        if self._regular and self._fd is not None:
            try:
                os.ftruncate(self._fd, self._end)
            except OSError:
                pass
        self._abandon()
        if refusal:
            self._fail("%s: %s" % (self._where, refusal))
        elif e.errno in (errno.EPIPE, errno.ECONNRESET):
            self._stop = self._stops
        else:
            self._fail("%s: %s" % (self._where, e.strerror))

    def _finish(self, fields: Mapping[str, Any]) -> bool:
        """The final record: fields, and all that was skipped before."""
        last = dict(self._held)
        last.update(fields)
        values: Dict[str, _Value] = {}
        for name, value in last.items():
            try:
                values.update(self._values({name: value}))
            except (TypeError, ValueError):
                if name in fields:
                    raise           # else it has changed since
        if self._complete():
            self._send(values, FINAL)
        self._closed = True
        self._held = {}
        return self._fd is not None

    def _complete(self) -> bool:
        """Wait for what is on its way, as long as is right."""
        if self._deadline is None:
            self._deadline = time.monotonic() + self._linger
        if self._newest:
            done = self._wait(self._deadline)
        else:
            done = self._drain(self._deadline if self._cut else None)
        if not done:
            self._abandon()
            self._fail("%s: the last state was not taken within %g s" %
                       (self._where, self._linger))
        return done

    # Sending

    def _gather(self, fields: Optional[Mapping[str, Any]],
                more: Dict[str, Any]) -> Dict[str, Any]:
        """What one publish is to send."""
        if self._staged or self._gone:
            merged: Dict[str, Any] = {**self._gone, **self._staged,
                                      **(fields or {}), **more}
        else:
            merged = dict(fields, **more) if fields else more
        for name in self._steering.params:
            if name in merged:
                raise ValueError("field %r is a parameter: out[%r] = value "
                                 "sets it" % (name, name))
        return merged

    def _publish(self, merged: Dict[str, Any], final: bool,
                 now: float) -> bool:
        """Send, skip or refuse."""
        if self._fd is None:
            if self._count == 1:    # a mistake shows without a viewer, too
                self._lay_out(self._values(merged))
            self._closed = final
            return False
        if self._choice is not None:
            wants = self._choice.wants
            merged = {n: v for n, v in merged.items() if wants(n)}
        if final:
            return self._finish(merged)
        if not merged and self._choice is not None:
            return False
        changed = merged.keys() != self._names
        if changed:
            self._names = frozenset(merged)
        if self._job is not None or (
                (now < self._due or (self._count - 1) % self._every) and
                self._sent.issuperset(merged)):
            return self._skip(merged, changed)
        if self._rate:
            self._due = now + 1 / self._rate
        self._send(self._values(merged), 0)
        if self._held:
            for name in merged:
                self._held.pop(name, None)
        return self._fd is not None

    def _values(self, fields: Mapping[str, Any]) -> Dict[str, _Value]:
        values = {name: _value(name, v) for name, v in fields.items()}
        if self._choice is not None:
            for name, v in values.items():
                self._choice.ranks[name] = len(v.shape)
            cut = {name: self._choice.cut(name, v)
                   for name, v in values.items()}
            values = {name: v for name, v in cut.items() if v is not None}
        return values

    def _skip(self, fields: Mapping[str, Any], changed: bool) -> bool:
        """Not now.  What the next publish may not hold is kept, copied."""
        if self._wake.empty():          # an interrupt may have lost one
            self._wake.put(None)
        if not changed and not (self._newest and _is_small(fields)):
            self._held.update(fields)
            return False
        self._keep(self._values(fields), False)
        return False

    def _keep(self, values: Mapping[str, _Value], urgent: bool) -> None:
        """Copy what is to be sent next; if urgent as soon as it can be."""
        copies, alike = {}, "control" not in values
        with self._lock:
            for name, v in values.items():
                old = self._kept.get(name)
                alike = alike and old is not None and \
                    old.code == v.code and old.shape == v.shape
                copies[name] = v if type(v.data) is bytes else _Value(
                    v.code, v.shape, bytes(v.data), v.nbytes, v.cut)
            if alike:
                self._kept.update(copies)
            else:
                kept = _joined(self._kept, copies)
                self._lay_out(kept)     # refuses what cannot be sent
                self._kept = kept
            if self._held:
                for name in copies:
                    self._held.pop(name, None)
            self._kept_seq = self._seq
            self._urgent = self._urgent or urgent
            self._kept_goes()

    def _kept_goes(self) -> None:
        """Give the thread what is kept, if it may go; the lock is held."""
        if not self._newest or self._job is not None or not self._kept or \
                (not self._urgent and (self._rate or self._every > 1)):
            return
        try:
            self._job = b"".join(self._pieces(self._kept, 0, self._kept_seq))
            self._kept, self._urgent = {}, False
        finally:
            self._wake.put(None)

    def _send_own(self, values: Mapping[str, _Value]) -> None:
        """A record of the writer's own: never skipped, whatever the rate."""
        if self._fd is None or self._closed:
            return
        self._seq += 1
        if self._newest:
            self._keep(values, True)
        else:
            self._send(dict(values), 0)

    def _send_params(self) -> None:
        """Those that have changed since they were published."""
        if self._own:
            changed = [p for p in self._steering.params.values()
                       if p._value != p._sent]
            if changed:
                self._send_own({p.name: p._packed() for p in changed})
                for p in changed:
                    p._sent = p._value

    def _lay_out(self, values: Mapping[str, _Value]) -> _Layout:
        """The layout of such values, mostly that of the last ones."""
        key = tuple((n, v.code, v.shape, v.nbytes, v.cut)
                    for n, v in values.items())
        layout = self._layouts.get(key)
        if layout is None:
            layout = _lay_out(values, self._about)
            if len(self._layouts) >= 8:
                self._layouts.clear()
            self._layouts[key] = layout
        return layout

    def _pieces(self, values: Mapping[str, _Value], flags: int,
                seq: int) -> List[Any]:
        layout = self._lay_out(values)
        now = time.monotonic()
        if self._regular or flags & FINAL or now >= self._crc_due:
            flags |= DATA_CRC
            self._crc_due = now + 0.9
        self._sent.update(values)
        self._written += 1
        self._bytes += layout.length
        return _assemble(list(values.values()), layout, flags, seq,
                         time.time_ns(), self._run, self._source)

    def _send(self, values: Dict[str, _Value], flags: int) -> None:
        """Write, or hand to the thread, together with what was kept."""
        if self._newest:
            try:
                with self._lock:
                    values = _joined(self._kept, values)
                    job = b"".join(self._pieces(values, flags, self._seq))
                    self._kept, self._job = {}, job
                    self._urgent = False
            finally:
                self._wake.put(None)
            return
        self._drain()
        if self._fd is None:
            return
        if self._kept:
            values = _joined(self._kept, values)
        pieces = self._pieces(values, flags, self._seq)
        self._kept = {}
        try:
            self._flight = _Flight(pieces, sum(map(len, pieces)), [])
            self._framed = self._seq
            self._drain()
        except BaseException:       # an interrupt, not an error of output
            self._freeze()
            raise

    def _freeze(self) -> None:
        """Own what is left of the record: its arrays may change now."""
        self._cut = True
        flight = self._flight
        if flight is not None:
            self._flight = _Flight([b"".join(flight.rest())],
                                   flight.total, [])

    def _drain(self, deadline: Optional[float] = None) -> bool:
        """Write what is on its way.  False when it is too late.

        An interrupt may come at any place here.  list.extend() stores what
        write returned before Python looks for signals, so how much was
        written is always known.
        """
        flight = self._flight
        while flight is not None and self._fd is not None:
            pieces = flight.rest()
            if not pieces:
                if self._flight is flight:
                    end = self._end + flight.total
                    self._flight, self._end = None, end
                break
            if deadline is not None:
                if not self._ready(deadline):
                    return False
                pieces = [memoryview(pieces[0])[:select.PIPE_BUF]]
            try:
                with _NoSigpipe():
                    flight.wrote.extend(map(os.writev, (self._fd,),
                                            (pieces,)))
            except BlockingIOError:     # somebody else has made it so
                self._ready(deadline)
            except OSError as e:
                self._failed(e)
        return True

    def _ready(self, deadline: Optional[float]) -> bool:
        """Wait until a write of PIPE_BUF bytes does not block."""
        left = None
        if deadline is not None:
            left = max(0, int(1000 * (deadline - time.monotonic())))
        poll = select.poll()
        poll.register(self._fd or 0, select.POLLOUT)
        return bool(poll.poll(left))

    # The thread of the policy newest

    def _serve(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while self._fd is not None:
            self._wake.get()
            job = self._job
            if job is None:
                continue
            self._write(memoryview(job))
            with self._lock:
                self._job = None
                if self._fd is not None:
                    self._kept_goes()
            if self._done.empty():
                self._done.put(None)

    def _write(self, job: memoryview) -> None:
        total = len(job)
        try:
            while job and self._fd is not None:
                try:
                    job = job[os.write(self._fd, job):]
                except BlockingIOError:
                    self._ready(None)
            self._end += total
        except OSError as e:
            self._failed(e)

    def _wait(self, deadline: float) -> bool:
        """Until the thread has nothing to do."""
        while self._job is not None and self._fd is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._wake.put(None)        # an interrupt may have lost one
            try:
                self._done.get(timeout=min(left, 0.5))
            except queue.Empty:
                pass
        return True

    # Steering

    def _log(self, text: str) -> None:
        if self._debug:
            _say("%s: %s" % (self.source, text))

    def _obey(self, behind: Mapping[str, Any]) -> None:
        """Behind a publish: do what has come, and wait while paused.
        behind is what this publish has skipped."""
        if self._together is not None:
            self._obey_together(behind, None, True)
            return
        steering = self._steering
        steering.passed(self._step)
        self._listen()
        self._tell(behind)
        while steering.paused and not self.stopped and self._await(None):
            self._listen()
            self._tell({})

    def _listen(self) -> bool:
        """Apply what is due or has come.  Whether anything was."""
        steering, orders, step = self._steering, self._orders, self._step
        before = len(steering.applied)
        for order in steering.due(step) if steering.waiting else ():
            try:
                steering.apply(order, step)
            except _Wrong as e:
                _say("at %d %s: %s" % (step, " ".join(order), e))
        now = time.monotonic()
        if orders is not None and (now >= self._look or steering.paused):
            self._look = now + 0.005
            for line in orders.take(now):
                answer = steering.obey(line, step)
                orders.answer(answer)
                self._log("%s: %s" % (line.decode("utf-8", "replace")[:80],
                                      answer))
            if orders.lost:
                orders.lost = False
                if steering.paused:
                    _say("%s: has gone while the run was paused; it goes on" %
                         orders.where)
                    steering.apply(("resume",), step)
        return len(steering.applied) > before

    def _tell(self, behind: Mapping[str, Any]) -> None:
        """Publish what was applied, and call who wants to know."""
        steering = self._steering
        n = len(steering.applied)
        if not n:
            return
        if self._own:
            if behind and steering.state != "running":
                self._send_own(self._values(
                    behind if self._choice is None else
                    {n: v for n, v in behind.items()
                     if self._choice.wants(n)}))
            self.describe("control", state=steering.state)
            values = {"control": _text("control",
                                       "\n".join(steering.applied))}
            changed = [p for p in steering.params.values()
                       if p._value != p._sent]
            values.update((p.name, p._packed()) for p in changed)
            try:
                self._send_own(values)
            except BaseException:   # an interrupt: is it on its way?
                if self._seq in (self._framed, self._kept_seq):
                    del steering.applied[:n]
                raise
            for p in changed:
                p._sent = p._value
        del steering.applied[:n]
        names, steering.changed = steering.changed, []
        for name in names:
            value = steering.params[name].value
            if name in self._setting:
                _call(self._setting[name], value)
            for function in self._set:
                _call(function, name, value)

    def _await(self, until: Optional[float]) -> bool:
        """Wait until something may have come, or it is time.  False when a
        signal was caught, or without limit nobody can tell anything."""
        orders = self._orders
        if orders is not None and orders.over:
            orders = None
        poll = select.poll()
        due = [] if until is None else [until]
        if orders is not None and orders.fd is not None:
            poll.register(orders.fd, select.POLLIN)
        elif orders is not None:
            due.append(orders.look)
        elif until is None:
            return False
        begun = time.monotonic()
        left = None
        if due:
            left = max(0, math.ceil(1000 * (min(due) - begun)))
        with _Woken() as woken:
            if not self._interrupted:
                poll.register(woken.here, select.POLLIN)
                poll.poll(left)
            signals = woken.signals()
        self._waited += time.monotonic() - begun
        signalled = self._interrupted or bool(signals)
        self._interrupted = False
        return not signalled

    # Steering of several ranks

    def _obey_together(self, behind: Mapping[str, Any],
                       until: Optional[float], publishing: bool) -> bool:
        """The same, by all ranks: rank 0 reads, and all apply the same."""
        together, steering = self._together, self._steering
        assert together is not None
        if together.begun is not None:  # what an interrupt has left undone
            together.finish()
        if together.owing and together.rank != 0:
            self._follow({})
        together.owing = True
        if publishing:
            steering.passed(self._step)
        if together.rank != 0:
            applied = self._follow(behind)
        else:
            try:
                applied = self._lead(behind, until, publishing)
            except BaseException:
                if together.begun is None:
                    self._share(False, b"")
                together.owing = False
                raise
        together.owing = False
        return applied

    def _share(self, hold: bool, lines: bytes, alone: bool = False) -> None:
        assert self._together is not None
        if self._stop:
            self._steering.stopped = True
        self._together.share(struct.pack(
            "<???q", hold, self._steering.stopped, alone, self._step) + lines)
        if alone:
            self._together = None

    def _lead(self, behind: Mapping[str, Any], until: Optional[float],
              publishing: bool) -> bool:
        """Rank 0: whether anything was applied."""
        steering = self._steering
        if self._orders is None and not self._stops:
            self._share(False, b"", True)
            return False
        while True:
            begun = len(steering.applied)
            self._listen()
            lines = "\n".join(line.split(" ", 2)[2] for line in
                              steering.applied[begun:]).encode()
            applied = bool(steering.applied)
            self._tell(behind)
            behind = {}
            hold = publishing and steering.paused and not self._stop and \
                not steering.stopped
            if not publishing:
                hold = not applied and not self.stopped and (
                    until is None or time.monotonic() < until)
            if lines or not hold:
                self._share(hold, lines)
            if not hold:
                return applied
            if not self._await(until):
                self._share(False, b"")
                return False

    def _follow(self, behind: Mapping[str, Any]) -> bool:
        """Another rank: whether anything was applied."""
        assert self._together is not None
        steering, applied = self._steering, False
        hold = True
        while hold and self._together is not None:
            data = self._together.share(b"")
            hold, stopped, alone, step = struct.unpack_from("<???q", data)
            for line in data[struct.calcsize("<???q"):].split(b"\n"):
                if line:
                    steering.obey(line, step)
                    applied = True
            steering.stopped = steering.stopped or stopped
            self._tell(behind)
            behind = {}
            if alone:
                self._together = None
        return applied


def _joined(kept: Mapping[str, _Value],
            values: Mapping[str, _Value]) -> Dict[str, _Value]:
    """Of two records one.  The commands of both were obeyed."""
    joined = dict(kept, **values)
    if "control" in kept and "control" in values and \
            kept["control"].code == values["control"].code == _TEXT:
        joined["control"] = _text("control", "%s\n%s" % tuple(
            bytes(v["control"].data).decode() for v in (kept, values)))
    return joined


def _chosen(about: Mapping[str, _About]) -> Optional[_Choice]:
    text = os.environ.get("APREC_FIELDS")
    if not text:
        return None
    try:
        return _Choice(text, about)
    except ValueError as e:
        _say('APREC_FIELDS: "%.60s" is not NAME, !NAME or '
             "NAME[START:STOP:STEP,...]; all fields are published whole" % e)
        return None


def _whole_step(step: Any, count: int) -> int:
    """The field step where it is a whole number, else the count."""
    if isinstance(step, float) and step.is_integer():
        return int(step)
    if step is None or isinstance(step, bool):
        return count
    try:
        return operator.index(step)
    except TypeError:
        return count


class _NoSigpipe:
    """A write to a broken pipe is an error, not the end of the process.

    Python ignores SIGPIPE unless the program has asked for something else.
    """

    def __enter__(self) -> None:
        self._mask: Any = None
        if signal.getsignal(signal.SIGPIPE) is not signal.SIG_IGN:
            self._mask = signal.pthread_sigmask(signal.SIG_BLOCK,
                                                [signal.SIGPIPE])

    def __exit__(self, *exc: Any) -> None:
        if self._mask is None or signal.SIGPIPE in self._mask:
            return
        if signal.SIGPIPE in signal.sigpending():
            signal.sigwait([signal.SIGPIPE])
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)


def open(out: Union[None, int, str, "os.PathLike[str]", Any] = None,
         source: Optional[str] = None, *, control: Optional[str] = None,
         broadcast: Any = None) -> Writer:
    """Begin a run.

    out says where its records go: a path; a word without "." and "/", the
    name of a run that aptee -l serves, for which it waits 5 seconds (a file
    of that name is ./name); "-" for stdout; "|command" that is
    started; a descriptor or binary file that stays the caller's; None follows
    $APREC_OUT (the same texts; %h %r %j %p are host, rank, job and process),
    and then takes stdout if it is a pipe, or a file outside a batch job, and
    the process is alone.  Otherwise nothing is published, and a line on
    stderr says how it would be.  Where records go to stdout, what is printed
    goes to stderr.

    source names the run, by default program@host; $APREC_SOURCE wins.
    $APREC_RATE: at most so many records a second.  $APREC_EVERY: only every
    so manieth publish.  $APREC_FIELDS: only these fields and parts of them,
    as step,t,u[::4,::4]; parameters always.  $APREC_POLICY: all waits
    for the reader, newest never does: what comes while a record is on its
    way is skipped, but never a name's only value nor the last state (of
    arrays that have changed since the last publish, as they are at close).
    $APREC_LINGER: seconds that the end is waited for (5).  $APREC_EPIPE:
    stop makes stopped true when the reader goes, go does not.
    $APREC_DEBUG=1 tells what is done, and at the end what it has cost.

    control, or else $APREC_CONTROL, says who steers the run: the name or
    socket of an aptee -l, a FIFO, a file that is looked at once a second, or
    "-" for stdin; by default it is the socket that records go to.  broadcast
    is the communicator of a parallel run, as of mpi4py: then publish() and
    wait() are collective calls, rank 0 is steered, and all ranks obey at the
    same call.
    """
    return Writer(out, source, control, broadcast)


#
# A run that serves itself
#

def _beside(program: str) -> str:
    """Where one of our programs is: beside this file, as it was installed
    or built, or in PATH; OSError."""
    folder = os.path.dirname(os.path.abspath(__file__))
    places = [folder, os.path.join(os.path.dirname(folder), "build")]
    for _ in range(5):
        folder = os.path.dirname(folder)
        places.append(os.path.join(folder, "bin"))
    for place in places + os.get_exec_path():
        path = os.path.join(place, program)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    raise FileNotFoundError(
        errno.ENOENT, "is not here: neither beside %s nor in PATH (make "
        "install puts it there)" % __file__, program)


class _Served(Writer):
    """A run with an aptee -l of its own; made by serve()."""

    def __init__(self, name: str, timeout: float, source: Optional[str],
                 recording: Optional[str]) -> None:
        if _ranks() > 1:
            raise RuntimeError(
                "%d processes cannot each serve %s: start aptee -l %s, and "
                "the run with APREC_OUT=%s" % (_ranks(), name, name, name))
        self.name = name
        self.timeout = timeout
        self._before = (0, 0)       # viewers, then and ever, at the end
        arguments = [_beside("aptee"), "-q", "-l", name]
        if timeout > 0:
            arguments += ["-t", str(math.ceil(timeout))]
        if recording is not None:
            arguments += ["-o", os.fsdecode(recording)]
        import tempfile
        self._heard = tempfile.TemporaryFile()
        try:
            child = _Child(arguments, stdout=subprocess.DEVNULL,
                           stderr=self._heard)
            try:
                self._await_server(child)
                super().__init__(child.input, source, name)
            except BaseException:
                os.close(child.input)
                child.end(2)
                raise
        except BaseException:
            self._heard.close()
            raise
        self._child, self._owned = child, True
        self._where = name

    def _await_server(self, child: _Child) -> None:
        until = time.monotonic() + 10
        while True:
            try:
                if "pid %d " % child.process.pid in self.stat():
                    return          # it is ours
            except (OSError, ValueError, RuntimeError):
                pass
            if child.wait(0.02) is not None or time.monotonic() > until:
                raise OSError(errno.EADDRINUSE, self._said() or
                              "aptee does not serve it", self.name)

    def _said(self) -> str:
        """What aptee has said."""
        self._heard.seek(0)
        return self._heard.read().decode("utf-8", "replace").strip()

    def stat(self) -> str:
        """What the server says of itself, its sources and its viewers."""
        return _ask(self.name, "stat")

    def __exit__(self, *exc: Any) -> None:
        if exc and exc[0] is not None:
            self.timeout = 0        # a run that failed waits for nobody new
        self.close()

    def close(self) -> None:
        """Publish the final state; wait until viewers have taken it and have
        left, at most timeout seconds; end the server.  Ctrl-C ends the wait.
        """
        super().close()

    def _finish(self, fields: Mapping[str, Any]) -> bool:
        self._count_viewers()       # those that will have the final state
        return super()._finish(fields)

    def _count_viewers(self) -> None:
        try:
            self._before = _census(self.stat())
        except (OSError, ValueError, RuntimeError):
            pass

    def _reap(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        try:
            self._await_viewers(child)
        except KeyboardInterrupt:
            pass                    # it has ended what it should
        finally:
            child.end(2, 0.2)
            text = self._said()
            self._heard.close()
            if text:
                _say(text)

    def _await_viewers(self, child: _Child) -> None:
        """Until the server has all, somebody has come, and all have left.
        Without a timeout nobody need come; it ends then by itself, but
        where it was given one at first."""
        there, seen = self._before
        begun = time.monotonic()
        until = begun + max(self.timeout, self._linger)
        while time.monotonic() < until and child.wait(0.05) is None:
            try:
                about = self.stat()
            except (OSError, ValueError, RuntimeError):
                continue
            taken = re.search("^source .* (final|ended)$", about, re.M)
            now, ever = _census(about)
            late = time.monotonic() > begun + self.timeout
            if taken and now == 0 and (there or ever > seen or late):
                return


def _census(about: str) -> Tuple[int, int]:
    """The viewers of a server that are there, and those that ever were."""
    found = re.search(r"^clients viewers (\d+) .*seen (\d+)", about, re.M)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


def serve(name: str, timeout: float = 0.0, *, source: Optional[str] = None,
          recording: Union[None, str, "os.PathLike[str]"] = None) -> Writer:
    """Begin a run that can be joined by its name, and steered.

        with aprec.serve("wave", timeout=600) as out:
            c = out.param("c", 2.0, 0, 5, label="wave speed")
            while not out.stopped:
                ...
                out.publish(step=step, u=u)

    Starts an aptee -l of that name (or path, with a slash) in a process group
    of its own, publishes through it and obeys what it is told: aplot -i wave,
    aptee -c wave set c 3 and aprec.connect("wave") find it.  With recording
    it keeps a file, too.

    The close publishes the final state, and waits until at least one viewer
    has taken it and all have left, or for timeout seconds; with timeout 0,
    or when the with statement is left by an exception, only those that are
    there are waited for.  Ctrl-C ends the wait.  Then neither process nor
    socket is left.  A run that is killed leaves aptee to serve its last
    state for timeout seconds.

    OSError: there is no aptee, or it cannot serve that name (somebody else
    does).  RuntimeError: this is one of several processes of a parallel run.
    """
    return _Served(name, timeout, source, None if recording is None else
                   os.fsdecode(recording))


#
# Bytes into records
#

class _Bad(Exception):
    """Not a record, or a damaged one."""


class _Unsupported(Exception):
    """A record of a kind not known here."""


class _Again(Exception):
    """The file was cut back: what stands here is to be read anew."""


class Field:
    """What a record says of one of its fields.

    name; type, as "f64"; shape, dims (a name or "" for each dimension) and
    attrs; encoding, "plain" or "shuffled".
    """
    __slots__ = ("name", "type", "shape", "dims", "attrs", "encoding",
                 "_code", "_size", "_offset", "_nbytes")

    name: str
    type: str
    shape: Tuple[int, ...]
    dims: Tuple[str, ...]
    attrs: Dict[str, str]
    encoding: str
    _code: int
    _size: int              # bytes of an element
    _offset: int
    _nbytes: int

    def __repr__(self) -> str:
        return "<aprec.Field %s %s%s>" % (self.name, self.type,
                                          list(self.shape) or "")


def _is_text(data: bytes) -> bool:
    """As the page has it: no control characters."""
    try:
        return not _CONTROL.search(data.decode("utf-8"))
    except UnicodeDecodeError:
        return False


class _Head:
    """A header, checked as far as is said in each method."""

    def __init__(self, data: bytes) -> None:
        """The limits, of any version.  May raise _Bad."""
        (_, self.version, self.flags, self.nfields, self.table, self.crc,
         self.length, self.seq, self.wall, self.run, self.data_crc,
         self.rest, self.source) = _HEADER.unpack(data)
        if not (RECORD_MIN <= self.length <= RECORD_MAX and
                self.length % UNIT == 0):
            raise _Bad("length outside the limits")
        if (self.table > TABLE_MAX or self.table % 8 or
                self.table > self.length - HEADER - TRAILER):
            raise _Bad("table outside the limits")
        if self.version == VERSION and self.nfields > FIELDS_MAX:
            raise _Bad("too many fields")

    def check_crc(self, data: memoryview) -> None:
        crc = zlib.crc32(data[:20])
        crc = zlib.crc32(bytes(4), crc)
        if zlib.crc32(data[24:HEADER + self.table], crc) != self.crc:
            raise _Bad("header CRC is wrong")

    def check(self) -> None:
        """The rest of a header of this version."""
        if self.version != VERSION:
            raise _Unsupported("version %d" % self.version)
        if self.flags & ~(FINAL | HISTORY | DATA_CRC):
            raise _Unsupported("unknown flag")
        if self.seq == 0 or self.run == 0:
            raise _Bad("seq or run is 0")
        if self.rest or (self.data_crc and not self.flags & DATA_CRC):
            raise _Bad("unused header bytes are not 0")
        self.source = self.source.rstrip(b"\0")
        if not self.source or not _is_text(self.source):
            raise _Bad("bad source name")


def _take(data: bytes, at: int, n: int) -> bytes:
    if n > len(data) - at:
        raise _Bad("bad table entry")
    return data[at:at + n]


def _name(data: bytes) -> str:
    try:
        name = data.decode("ascii")
    except UnicodeDecodeError:
        name = ""
    if not _is_identifier(name):
        raise _Bad("bad name")
    return name


def _parse_texts(field: Field, entry: bytes, name: int, nattrs: int,
                 history: bool) -> None:
    """Name, dimension names and attributes, and that no more is there."""
    at = ENTRY + 8 * len(field.shape)
    field.name = _name(_take(entry, at, name))
    if not _is_field_name(field.name, history):
        raise _Bad("a name that fields must not have")
    at += name
    dims = []
    for _ in field.shape:
        n = _take(entry, at, 1)[0]
        dims.append(_name(_take(entry, at + 1, n)) if n else "")
        at += 1 + n
    field.dims = tuple(dims)
    field.attrs = {}
    for _ in range(nattrs):
        nkey, ntext = struct.unpack("<BH", _take(entry, at, 3))
        key = _name(_take(entry, at + 3, nkey))
        text = _take(entry, at + 3 + nkey, ntext)
        if ntext > ATTR_MAX or key in field.attrs or not _is_text(text):
            raise _Bad("bad attribute")
        field.attrs[key] = text.decode("utf-8")
        at += 3 + nkey + ntext
    if len(entry) - at >= 8 or any(entry[at:]):
        raise _Bad("bad table entry")


def _parse_shape(field: Field, shuffled: bool, nattrs: int) -> None:
    """That type, extents, encoding and bytes of the data agree."""
    size = field._size
    if field._code == _TEXT:
        right = not field.shape
    elif field._code == _NONE:
        right = not field.shape and not field._nbytes and not nattrs
    else:
        nbytes = size           # Python's integers do not overflow
        for n in field.shape:
            nbytes *= n
        right = nbytes == field._nbytes
    if shuffled:
        number = size // 2 if field.type in ("c64", "c128") else size
        right = right and field._code != _TEXT and number >= 2
    if not right:
        raise _Bad("bad table entry")


def _parse_entry(entry: bytes, history: bool) -> Field:
    (_, code, encoding, rank, name, nattrs, zero, offset,
     nbytes) = _ENTRY.unpack_from(entry)
    if code not in _TYPES or encoding > 1:
        raise _Unsupported("unknown type or encoding")
    if any(zero) or nattrs > ATTRS_MAX:
        raise _Bad("bad table entry")
    field = Field()
    field._code = code
    field.type, field._size = _TYPES[code]
    field.encoding = "shuffled" if encoding else "plain"
    field.shape = struct.unpack_from("<%dQ" % rank, entry, ENTRY)
    field._offset, field._nbytes = offset, nbytes
    _parse_shape(field, bool(encoding), nattrs)
    _parse_texts(field, entry, name, nattrs, history)
    return field


def _parse_table(table: bytes, nfields: int, length: int,
                 history: bool) -> Dict[str, Field]:
    fields: Dict[str, Field] = {}
    if nfields > len(table) // (ENTRY + 8):
        raise _Bad("more fields than the table has")
    at, end = 0, HEADER + len(table)
    for _ in range(nfields):
        left = len(table) - at
        size = int.from_bytes(table[at:at + 4], "little")
        if (left < ENTRY + 8 or size > left or size % 8 or
                table[at + 6] > RANK_MAX or
                size < ENTRY + 8 * table[at + 6]):
            raise _Bad("bad table entry")
        field = _parse_entry(table[at:at + size], history)
        at += size
        if field.name in fields:
            raise _Bad("two fields of one name")
        end = _data_offset(end, field._nbytes)
        if field._offset != end or field._nbytes > length - TRAILER - end:
            raise _Bad("data outside its place")
        end += field._nbytes
        fields[field.name] = field
    if at != len(table):
        raise _Bad("bytes behind the table's entries")
    if length != _round_up(end + TRAILER, UNIT):
        raise _Bad("length is not that of the data")
    return fields


def _check_end(head: _Head, data: memoryview,
               fields: Mapping[str, Field]) -> None:
    """The trailer and the padding."""
    if data[-TRAILER:] != _TRAILER.pack(head.crc, head.seq & 0xffffffff):
        raise _Bad("cut short")
    end = HEADER + head.table
    for field in fields.values():
        if any(data[end:field._offset]):
            raise _Bad("padding is not 0")
        end = field._offset + field._nbytes
    if any(data[end:-TRAILER]):
        raise _Bad("padding is not 0")


_numpy_found: Any = None


def _numpy() -> Any:
    """The module, or False."""
    global _numpy_found
    if _numpy_found is None:
        try:
            import numpy
            _numpy_found = numpy
        except ImportError:
            _numpy_found = False
    return _numpy_found


def _unshuffled(data: Any, size: int) -> bytearray:
    """Byte b of number i lies at b n + i."""
    n = len(data) // size
    out = bytearray(len(data))
    numpy = _numpy()
    if numpy:
        planes = numpy.frombuffer(data, numpy.uint8).reshape(size, n)
        numpy.frombuffer(out, numpy.uint8).reshape(n, size)[:] = planes.T
        return out
    for b in range(size):
        out[b::size] = data[b * n:(b + 1) * n]
    return out


def _nest(items: List[Any], shape: Tuple[int, ...]) -> Any:
    """A flat list as lists in lists."""
    for n in reversed(shape[1:]):
        count = len(items) // n if n else 0
        items = [items[i * n:(i + 1) * n] for i in range(count)]
    return items


def _empty(shape: Tuple[int, ...]) -> List[Any]:
    if not shape or shape[0] == 0 or shape[0] > 1 << 20:
        return []
    return [_empty(shape[1:]) for _ in range(shape[0])]


def _as_array(field: Field, data: Any) -> Any:
    """Plain data as the best that there is for an array."""
    numpy, code, shape = _numpy(), field._code, field.shape
    if field.type == "bool":
        data = bytes(data).translate(_TRUTH)
    if numpy:
        array = numpy.frombuffer(data, _NUMPY[code])
        try:
            return array.reshape(shape)
        except ValueError:      # no element, and extents beyond numpy
            return array
    if not data:
        return _empty(shape)
    if field.type in ("c64", "c128"):
        parts = struct.unpack("<%d%s" % (len(data) * 2 // field._size, "f" if
                                         field.type == "c64" else "d"), data)
        return _nest([complex(*z) for z in zip(parts[::2], parts[1::2])],
                     shape)
    if _BIG:
        data = _swapped(bytes(data), field._size)
    return memoryview(data).cast("B").cast(_FORMATS[code], list(shape))


def _as_number(field: Field, data: Any) -> Any:
    if field.type == "c64":
        return complex(*struct.unpack("<2f", data))
    if field.type == "c128":
        return complex(*struct.unpack("<2d", data))
    return struct.unpack("<" + _FORMATS[field._code], data)[0]


class Record(Mapping[str, Any]):
    """One update: a mapping of names to values, in the writer's order.

    A withdrawn field is None.  Numbers and texts are Python's own, arrays
    share the record's memory.  seq; wall and wall_ns, seconds and ns since
    1970; source; run; final; history; fields, what is said of each name.
    """

    def __init__(self, head: _Head, fields: Dict[str, Field],
                 data: Any) -> None:
        self.fields: Mapping[str, Field] = fields
        self.seq: int = head.seq
        self.wall_ns: int = head.wall
        self.source: str = head.source.decode("utf-8")
        self.run: int = head.run
        self.final = bool(head.flags & FINAL)
        self.history = bool(head.flags & HISTORY)
        self.checked = bool(head.flags & DATA_CRC)  # by a CRC of the data
        self._data = data

    def __getitem__(self, name: str) -> Any:
        field = self.fields[name]
        if field._code == _NONE:
            return None
        data: Any = memoryview(self._data)
        data = data[field._offset:field._offset + field._nbytes]
        if field._code == _TEXT:
            return bytes(data).decode("utf-8", "replace")
        if field.encoding == "shuffled":
            half = field.type in ("c64", "c128")
            data = _unshuffled(data, field._size // (2 if half else 1))
        if field.shape:
            return _as_array(field, data)
        return _as_number(field, data)

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __repr__(self) -> str:
        return "<aprec.Record %s, step %d%s: %s>" % (
            self.source, self.step, ", final" if self.final else "",
            " ".join(self.fields))

    @property
    def wall(self) -> float:
        """When it was published, in seconds since 1970."""
        return self.wall_ns / 1e9

    @property
    def step(self) -> int:
        """The whole number step, else seq."""
        return _step(self, self.seq)

    @property
    def time(self) -> Optional[float]:
        """Simulated time: the number t, else time, else None."""
        return _time(self)


def _step(values: Mapping[str, Any], seq: int) -> int:
    step = values.get("step")
    if isinstance(step, float) and step.is_integer():
        step = int(step)
    if isinstance(step, int) and not isinstance(step, bool):
        return step
    return seq


def _time(values: Mapping[str, Any]) -> Optional[float]:
    for name in ("t", "time"):
        t = values.get(name)
        if isinstance(t, (int, float)):
            return float(t)
    return None


class _Event(NamedTuple):
    """What comes out of a stream: a record, or bytes that are none.

    kind is "record", "damaged" (only its data: the place is not lost),
    "lost", "banner" or "unsupported".
    """
    kind: str
    at: int
    length: int
    why: str
    record: Optional[Record]
    text: bytes


#
# Compressed streams
#

_ZSTD = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
_BEGIN = re.compile(re.escape(MAGIC) + b"|" + re.escape(_ZSTD))
_CHUNK = 1 << 18
_WHOLE = 1 << 28        # contents of a frame up to which it is checked first
_BLOCK = 1 << 17        # bytes of a block, compressed or not
_SKIPPED = 1 << 27      # of a skippable frame that is believed


class _LibraryDecoder:
    """libzstd by ctypes: the contents of one frame, its checksum checked."""
    zstd: Any = None

    def __init__(self) -> None:
        self.eof = False
        library = self.zstd
        self.stream = library.ZSTD_createDStream()
        if not self.stream:
            raise MemoryError
        library.ZSTD_initDStream(self.stream)
        import ctypes
        self.out = ctypes.create_string_buffer(_BLOCK)

    def __del__(self) -> None:
        if getattr(self, "stream", None):
            self.zstd.ZSTD_freeDStream(self.stream)

    def decompress(self, data: bytes) -> bytes:
        import ctypes
        given = self.buffer(ctypes.cast(ctypes.c_char_p(data),
                                        ctypes.c_void_p), len(data), 0)
        pieces = []
        full = True
        while given.pos < given.size or full:
            out = self.buffer(ctypes.addressof(self.out), _BLOCK, 0)
            left = self.zstd.ZSTD_decompressStream(
                self.stream, ctypes.byref(out), ctypes.byref(given))
            if self.zstd.ZSTD_isError(left):
                raise _Bad(self.zstd.ZSTD_getErrorName(left).decode())
            pieces.append(self.out.raw[:out.pos])
            full = out.pos == _BLOCK
            if left == 0:
                self.eof = True
                break
        return b"".join(pieces)

    buffer: Any = None

    @classmethod
    def load(cls) -> None:
        """The library with its prototypes; ImportError."""
        import ctypes
        import ctypes.util

        class Buffer(ctypes.Structure):
            _fields_ = [("at", ctypes.c_void_p), ("size", ctypes.c_size_t),
                        ("pos", ctypes.c_size_t)]

        try:
            cls.zstd = ctypes.CDLL("libzstd.so.1")
        except OSError:         # this runs programs, and takes its time
            name = ctypes.util.find_library("zstd")
            if name is None:
                raise ImportError("no libzstd") from None
            cls.zstd = ctypes.CDLL(name)
        pointer, size = ctypes.c_void_p, ctypes.c_size_t
        for name, result, arguments in (
                ("createDStream", pointer, []),
                ("initDStream", size, [pointer]),
                ("freeDStream", size, [pointer]),
                ("decompressStream", size, [pointer, ctypes.POINTER(Buffer),
                                            ctypes.POINTER(Buffer)]),
                ("isError", ctypes.c_uint, [size]),
                ("getErrorName", ctypes.c_char_p, [size])):
            function = getattr(cls.zstd, "ZSTD_" + name)
            function.restype, function.argtypes = result, arguments
        cls.buffer = Buffer


class _ProgramDecoder:
    """The program zstd: takes the frame, and gives its contents at the end.
    """
    program = ""

    def __init__(self) -> None:
        import tempfile
        self.eof = False
        self.given = tempfile.TemporaryFile()

    def __del__(self) -> None:
        self.given.close()

    def decompress(self, data: bytes) -> bytes:
        self.given.write(data)
        return b""

    def finish(self) -> Iterator[bytes]:
        import subprocess
        self.given.seek(0)
        with self.given, subprocess.Popen(
                [self.program, "-dcq"], stdin=self.given,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
            assert child.stdout is not None
            try:
                while True:
                    data = child.stdout.read(_CHUNK)
                    if not data:
                        break
                    yield data
            except GeneratorExit:
                child.kill()
                raise
            if child.wait():
                raise _Bad("zstd cannot decompress it")
        self.eof = True


def _standard_decoder() -> Callable[[], Any]:
    from compression import zstd                # Python 3.14
    decoder: Callable[[], Any] = zstd.ZstdDecompressor
    return decoder


def _module_decoder() -> Callable[[], Any]:
    import zstandard
    return lambda: zstandard.ZstdDecompressor().decompressobj()


def _library_decoder() -> Callable[[], Any]:
    _LibraryDecoder.load()
    return _LibraryDecoder


def _program_decoder() -> Callable[[], Any]:
    import shutil
    program = shutil.which("zstd")
    if program is None:
        raise ImportError("no zstd")
    _ProgramDecoder.program = program
    return _ProgramDecoder


_decoders = [_standard_decoder, _module_decoder, _library_decoder,
             _program_decoder]
_decoder_found: Optional[Callable[[], Any]] = None


def _decoder() -> Any:
    """A new decoder of one frame, by the first way that there is."""
    global _decoder_found
    if _decoder_found is None:
        for find in _decoders:
            try:
                _decoder_found = find()
                break
            except (ImportError, AttributeError):
                continue
        else:
            raise ValueError(
                "compressed, and there is nothing here to decompress it: "
                "install zstd (the library or the program) or the Python "
                "module zstandard, or pipe the output of zstd -dc in")
    return _decoder_found()


class _Frames:
    """The contents of a compressed stream, frame by frame.

    What is always true: buf is what was read and not yet given or told of,
    at the place of its first byte in the stream.  A frame is given when all
    of it is right; one of more than _WHOLE bytes, unless it is that of one
    record, as it comes.
    """

    def __init__(self, read: Callable[[int], Optional[bytes]],
                 begun: bytearray, at: int, max_record: int) -> None:
        self.raw = read
        self.buf = begun
        self.at = at
        self.max = max_record
        self.ended = False
        self.fed = at               # to here the decoder has it
        self.verified = False       # what was given last
        self.plain = False          # a record follows that is not compressed
        self.given = 0              # bytes of contents
        self.places: List[Tuple[int, int]] = []     # contents, stream
        self.chunks = self.frames()

    def read(self, _: int) -> Union[bytes, _Event]:
        """Some contents, b"" at the end, or what was lost in between."""
        return next(self.chunks, b"")

    def place(self, at: int) -> int:
        """Where the frame begins that has byte at of the contents."""
        before = [begun for given, begun in self.places if given <= at]
        return before[-1] if before else self.places[0][1]

    def need(self, n: int) -> bool:
        while len(self.buf) < n and not self.ended:
            more = self.raw(max(_CHUNK, min(n - len(self.buf), 1 << 24)))
            if more is None:
                raise BlockingIOError("the stream must not be non-blocking")
            self.ended = not more
            self.buf += more
        return len(self.buf) >= n

    def drop(self, n: int) -> None:
        del self.buf[:n]
        self.at += n

    def seek(self) -> None:
        """Go to the next frame, behind the bad one that stands here."""
        self.drop(1)
        while True:
            n = self.buf.find(_ZSTD)
            if n >= 0:
                self.drop(n)
                return
            self.drop(max(0, len(self.buf) - len(_ZSTD) + 1))
            try:
                if not self.need(len(_ZSTD)):
                    self.drop(len(self.buf))
                    return
            except _Again:
                continue

    def frames(self) -> Iterator[Union[bytes, _Event]]:
        lost, why = self.at, ""
        while self.need(1):
            begun = self.at
            try:
                if lost == begun and self.need(len(MAGIC)) and \
                        self.buf.startswith(MAGIC):
                    self.plain = True
                    return
                for chunk in self.frame():
                    if lost < begun:
                        yield _Event("lost", lost, begun - lost, why, None,
                                     b"")
                    lost, why = self.at, ""
                    if chunk:
                        self.places.append((self.given, begun))
                        del self.places[:-64]
                        self.given += len(chunk)
                        yield chunk
            except _Bad as bad:
                why = why or str(bad)
                self.seek()
            except _Again:
                continue
        if lost < self.at:
            yield _Event("lost", lost, self.at - lost, why, None, b"")

    def frame(self) -> Iterator[bytes]:
        """The contents of the frame here, in one piece if they are checked
        first; at least one.  _Bad when it is not right."""
        if self.need(4) and _SKIPPABLE.match(self.buf):
            self.skip()
            yield b""
            return
        pieces: List[bytes] = []
        size, limit, checked = 0, _WHOLE, self.head()[1]
        self.verified = checked
        for piece in self.pieces():
            if size == 0 and piece.startswith(MAGIC) and len(piece) >= 32:
                length = int.from_bytes(piece[24:32], "little")
                limit = max(limit, length if length <= self.max else 0)
            pieces.append(piece)
            size += len(piece)
            if max(size, self.fed - self.at) > limit:
                self.verified = False
                self.drop(self.fed - self.at)
                yield b"".join(pieces)
                pieces = []
        self.drop(self.fed - self.at)
        yield b"".join(pieces)

    def pieces(self) -> Iterator[bytes]:
        """What the decoder makes of it, block by block."""
        decoder, (end, checked) = _decoder(), self.head()
        last, self.fed = False, self.at
        while not last:
            end, last = self.block(end, checked)
            data = bytes(self.buf[self.fed - self.at:end - self.at])
            self.fed = end
            yield self.decoded(decoder, data)
        if hasattr(decoder, "finish"):
            yield from decoder.finish()
        if not getattr(decoder, "eof", True):
            raise _Bad("a compressed frame that is cut short")

    def decoded(self, decoder: Any, data: bytes) -> bytes:
        try:
            result: bytes = decoder.decompress(data)
        except (OSError, MemoryError):
            raise
        except Exception as e:      # of a kind of the decoder's own
            raise _Bad("a damaged compressed frame (%s)" % e) from None
        return result

    def skip(self) -> None:
        """A skippable frame; its end must be that of the stream, or of what
        stands before a frame, since nothing else checks its length."""
        if not self.need(8):
            raise _Bad("cut short")
        n = 8 + int.from_bytes(self.buf[4:8], "little")
        if n > _SKIPPED or not self.need(n):
            raise _Bad("a skippable frame that is cut short")
        self.need(n + 4)
        if len(self.buf) > n and not (
                self.buf.startswith((_ZSTD, MAGIC[:4]), n) or
                _SKIPPABLE.match(self.buf, n)):
            raise _Bad("a damaged skippable frame")
        self.drop(n)

    def head(self) -> Tuple[int, bool]:
        """The place of the first block, and whether there is a checksum."""
        if not self.need(5) or not self.buf.startswith(_ZSTD):
            raise _Bad("cut short" if len(self.buf) < 5 else
                       "not a compressed frame")
        about = self.buf[4]
        single = about >> 5 & 1
        size = (single, 2, 4, 8)[about >> 6] + (0, 1, 2, 4)[about & 3]
        return self.at + 6 - single + size, bool(about >> 2 & 1)

    def block(self, at: int, checked: bool) -> Tuple[int, bool]:
        """Where the block ends, the last one's with the checksum."""
        begun = at - self.at
        if not self.need(begun + 3):
            raise _Bad("a compressed frame that is cut short")
        about = int.from_bytes(self.buf[begun:begun + 3], "little")
        last, kind, size = about & 1, about >> 1 & 3, about >> 3
        if kind == 3 or size > _BLOCK:
            raise _Bad("a damaged compressed frame")
        n = 3 + (1 if kind == 1 else size) + (4 if last and checked else 0)
        if not self.need(begun + n):
            raise _Bad("a compressed frame that is cut short")
        return at + n, bool(last)


class _Stream:
    """Finds the records of a stream.

    What is always true: buf is what was read and not yet told of, at the
    place of its first byte in the stream.
    """

    def __init__(self, read: Callable[[int], Any], max_record: int) -> None:
        self.read = read            # bytes, or an _Event of what was lost
        self.max = max_record
        self.buf = bytearray()
        self.at = 0
        self.ended = False
        self.frames: Optional[_Frames] = None   # of a compressed stream
        self.gap: Optional[_Event] = None       # what was lost of them here
        self.behind: Optional[_Frames] = None   # they begin behind damage
        self.sure = True
        self.runs: Dict[int, None] = {}     # those that have counted
        self.tables: Dict[Any, Dict[str, Field]] = {}

    def need(self, n: int) -> bool:
        """Whether there are n bytes; reads no further than it must."""
        while len(self.buf) < n and not self.ended:
            more = self.read(max(_CHUNK, min(n - len(self.buf), 1 << 24)))
            if more is None:
                raise BlockingIOError("the stream must not be non-blocking")
            if isinstance(more, _Event):
                self.gap, more = more, b""
            if not self.buf and self.frames and self.frames.verified:
                self.sure = True        # as by a data CRC
            self.ended = not more
            self.buf += more
        return len(self.buf) >= n

    def drop(self, n: int) -> None:
        del self.buf[:n]
        self.at += n

    def cut(self, n: int) -> None:
        """The last n bytes that were read are not there any more."""
        buf = self.buf if self.frames is None else self.frames.buf
        if buf:
            del buf[max(0, len(buf) - n):]
            raise _Again

    def event(self, kind: str, at: int, length: int, why: str = "",
              record: Optional[Record] = None, text: bytes = b"") -> _Event:
        """At a place of the contents: in a compressed stream the frame's."""
        if self.frames is not None:
            at = self.frames.place(at)
        return _Event(kind, at, length, why, record, text)

    def events(self) -> Iterator[_Event]:
        yield from self.banner()
        while True:
            yield from self.records()
            if self.behind is not None:
                self.decompress(self.behind)
            elif self.frames is None:
                return
            elif self.frames.plain:
                self.read, self.buf = self.frames.raw, self.frames.buf
                self.at, self.ended = self.frames.at, self.frames.ended
                self.frames = None
            elif self.gap is not None:
                yield self.gap
                self.gap, self.ended, self.sure = None, False, False
            else:
                return

    def records(self) -> Iterator[_Event]:
        """What there is up to the end, a gap, or where what is compressed
        begins or ends."""
        lost, why = self.at, ""
        while self.need(1):
            begun = self.at
            try:
                if lost == begun and self.sure and self.meets_frame():
                    return
                event = self.examine()
            except _Bad as bad:
                self.sure = False
                why = why or str(bad)
                self.seek()
                continue
            except _Again:
                continue
            if lost < begun:
                yield self.event("lost", lost, begun - lost, why)
            lost, why = self.at, ""
            yield event
        if lost < self.at:
            yield self.event("lost", lost, self.at - lost, why)

    def meets_frame(self) -> bool:
        """Whether a compressed frame follows; then go on with it."""
        if self.frames is not None or not (
                self.buf.startswith(_ZSTD[:1]) or 0x50 <= self.buf[0] < 0x60):
            return False
        if self.need(len(_ZSTD)) and (self.buf.startswith(_ZSTD) or
                                      _SKIPPABLE.match(self.buf)):
            self.behind = _Frames(self.read, self.buf, self.at, self.max)
            self.behind.ended = self.ended
            return True
        return False

    def banner(self) -> Iterator[_Event]:
        """Text before the first record, or compressed frame."""
        found = None
        while found is None and len(self.buf) <= BANNER_MAX + len(MAGIC):
            try:
                if not self.need(len(self.buf) + 1):
                    break
            except _Again:
                continue
            found = _BEGIN.search(self.buf)
        n = found.start() if found else len(self.buf)
        text = bytes(self.buf[:n])
        if 0 < n <= BANNER_MAX and _is_text(
                text.translate(None, b"\t\n\r\b\a\x1b")):
            yield _Event("banner", self.at, n, "", None, text)
            self.drop(n)

    def decompress(self, frames: "_Frames") -> None:
        """Go on with the contents of frames."""
        self.frames, self.read, self.behind = frames, frames.read, None
        self.buf, self.at, self.ended = bytearray(), 0, False

    def seek(self) -> None:
        """Go to the next magic, 8 bytes behind one that stands here."""
        self.drop(len(MAGIC) if self.buf.startswith(MAGIC) else 1)
        while True:
            n = self.buf.find(MAGIC)
            if not self.runs and self.frames is None and self.begins(n):
                return
            if n >= 0:
                self.drop(n)
                return
            kept = len(MAGIC) - 1
            while not self.buf.endswith(MAGIC[:kept]):
                kept -= 1
            self.drop(len(self.buf) - kept)
            try:
                if not self.need(kept + 1):
                    self.drop(len(self.buf))
                    return
            except _Again:
                continue

    def begins(self, before: int) -> bool:
        """Whether a right frame of records stands here, before so many bytes
        (-1: anywhere): the damage was in a compressed stream."""
        n = -1
        while True:
            n = self.buf.find(_ZSTD, n + 1, before if before >= 0 else None)
            if n < 0:
                return False
            frames = _Frames(self.read, self.buf[n:], self.at + n, self.max)
            frames.ended = self.ended
            first = b""
            try:
                for piece in frames.pieces():
                    first = first or piece[:len(MAGIC)]
            except (_Bad, _Again, ValueError):
                first = b""
            self.buf[n:], self.ended = frames.buf, frames.ended
            if first == MAGIC:
                self.drop(len(self.buf))
                self.at, self.ended, self.behind = frames.at, True, frames
                return True

    def examine(self) -> _Event:
        """What stands here; _Bad when it does not count."""
        if not self.need(len(MAGIC)) or not self.buf.startswith(MAGIC):
            raise _Bad("not a record")
        if not self.need(HEADER):
            raise _Bad("cut short")
        head = _Head(bytes(self.buf[:HEADER]))
        if not self.need(HEADER + head.table):
            raise _Bad("cut short")
        with memoryview(self.buf) as view:
            head.check_crc(view)
        if head.length > self.max:
            raise _Bad("record above the limit of %d bytes" % self.max)
        try:
            head.check()
            fields = self.table(head)
        except _Unsupported as e:
            return self.foreign(head, str(e))
        if not self.need(head.length):
            raise _Bad("cut short")
        with memoryview(self.buf) as view:
            with view[:head.length] as whole:
                _check_end(head, whole, fields)
            right = not head.flags & DATA_CRC or head.data_crc == zlib.crc32(
                view[HEADER + head.table:head.length - TRAILER])
        if not self.sure and head.run not in self.runs and not (
                head.flags & DATA_CRC and right):
            raise _Bad("of an unknown run, behind damage")
        return self.take(head, fields, right)

    def table(self, head: _Head) -> Dict[str, Field]:
        """The fields: parsed, or those of an equal table met before."""
        history = bool(head.flags & HISTORY)
        table = bytes(self.buf[HEADER:HEADER + head.table])
        key = (table, head.nfields, head.length, history)
        fields = self.tables.get(key)
        if fields is None:
            fields = _parse_table(*key)
            if len(self.tables) >= 64 or len(table) > 65536:
                self.tables.clear()
            self.tables[key] = fields
        return fields

    def foreign(self, head: _Head, why: str) -> _Event:
        """A record not known here: passed over whole, if it is whole."""
        if not self.need(head.length):
            raise _Bad("cut short")
        end = head.length - TRAILER
        if self.buf[end:end + 4] != self.buf[20:24]:
            raise _Bad("cut short")
        event = self.event("unsupported", self.at, head.length, why)
        self.drop(head.length)
        return event

    def take(self, head: _Head, fields: Dict[str, Field],
             right: bool) -> _Event:
        """The record that stands here, in memory of its own."""
        self.sure = True
        self.runs.pop(head.run, None)
        self.runs[head.run] = None
        if len(self.runs) > SOURCES_KEPT:
            del self.runs[next(iter(self.runs))]
        begun = self.at
        if len(self.buf) == head.length:
            data, self.buf = self.buf, bytearray()
            self.at += head.length
        else:
            data = self.buf[:head.length]
            self.drop(head.length)
        if not right:
            return self.event("damaged", begun, head.length,
                              "data CRC is wrong")
        return _Event("record", begun, head.length, "",
                      Record(head, fields, data), b"")


class _Growing:
    """A file that is read while it is written: its end is waited for.

    No notification is used, so that it works on network file systems.
    """

    def __init__(self, file: Any, name: str) -> None:
        self.file = file
        self.at = 0
        self.local = _is_local(name)
        self.ended: Callable[[], bool] = lambda: False
        self.cut: Callable[[int], None] = lambda n: None
        self.grown = time.monotonic()
        self.pause = 0.1

    def read(self, n: int) -> bytes:
        while True:
            data: bytes = self.file.read(n)
            if not data and self.over():
                data = self.file.read(n)    # what came before the lock went
                if not data:
                    return data
            if data:
                self.at += len(data)
                self.grown, self.pause = time.monotonic(), 0.1
                return data
            time.sleep(self.pause)
            self.pause = min(1.0, 1.5 * self.pause)

    def over(self) -> bool:
        """Whether nothing more will come, at the end of the file."""
        if self.ended():
            return True
        about = os.fstat(self.file.fileno())
        if about.st_size < self.at:
            gone, self.at = self.at - about.st_size, about.st_size
            self.file.seek(self.at)
            self.cut(gone)
            return False
        still = max(time.monotonic() - self.grown,
                    time.time() - about.st_mtime)
        locked = _is_locked(self.file.fileno())
        if locked is False and self.local:
            return still > 2
        return not locked and still > 600

    def close(self) -> None:
        self.file.close()


class Reader:
    """The records of a stream, one after the other; made by read().

    passed and duplicates count bytes that were passed over and records that
    had come before.  text is what stood before the first record (what a
    login printed): make it safe before you show it.
    """

    def __init__(self, stream: Any, name: str, history: bool,
                 max_record: int, owned: bool) -> None:
        self.name = name
        self.passed = 0
        self.duplicates = 0
        self.text = b""
        self._file = stream
        self._owned = owned
        self._history = history
        self._seen: Dict[Tuple[int, bool], int] = {}
        self._runs: Dict[int, bool] = {}    # and whether they are final
        read_some = getattr(stream, "read1", stream.read)
        self._stream = _Stream(read_some, max_record)
        self._events = self._stream.events()
        if isinstance(stream, _Growing):
            stream.ended = self._all_final
            stream.cut = self._stream.cut

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *exc: Any) -> None:
        self.close()

    def __iter__(self) -> Iterator[Record]:
        return self

    def __next__(self) -> Record:
        while True:
            try:
                event = next(self._events)
            except StopIteration:
                self.close()
                if self.text and not self.passed and not self._seen:
                    self.passed = len(self.text)
                    warnings.warn(DamageWarning(
                        '%s: no record in it (text? try "aprec text")' %
                        self.name, 0, self.passed), stacklevel=2)
                raise
            except ValueError as e:
                raise ValueError("%s: %s" % (self.name, e)) from None
            except OSError:
                self.close()
                raise
            record = event.record
            if record is None:
                self._told(event)
            elif self._is_new(record) and (self._history or
                                           not record.history):
                return record

    def close(self) -> None:
        """Close a file that read() has opened; may be called again."""
        if self._owned:
            self._owned = False
            self._file.close()

    def _all_final(self) -> bool:
        return bool(self._runs) and all(self._runs.values())

    def _is_new(self, record: Record) -> bool:
        if not record.history:
            self._runs[record.run] = record.final or \
                self._runs.pop(record.run, False)
            if len(self._runs) > SOURCES_KEPT:
                del self._runs[next(iter(self._runs))]
        key = record.run, record.history
        if record.seq <= self._seen.get(key, 0):
            self.duplicates += 1
            return False
        self._seen.pop(key, None)
        self._seen[key] = record.seq
        if len(self._seen) > SOURCES_KEPT:
            del self._seen[next(iter(self._seen))]
        return True

    def _told(self, event: _Event) -> None:
        if event.kind == "banner":
            self.text = event.text
            return
        self.passed += event.length
        place = "%s: byte %d: " % (self.name, event.at)
        if event.kind == "unsupported":
            warnings.warn(UnsupportedWarning(
                place + "a record not known here (%s), %d bytes; a newer "
                "aprec may read it" % (event.why, event.length),
                event.at, event.length), stacklevel=3)
            return
        hint = ""
        if event.at == 0 and event.why == "not a record":
            hint = ' (text? try "aprec text")'
        warnings.warn(DamageWarning(
            place + "%s%s; %d bytes passed over" %
            (event.why, hint, event.length), event.at, event.length),
            stacklevel=3)


def read(source: Union[str, int, "os.PathLike[str]", Any] = "-", *,
         follow: bool = False, history: bool = False,
         max_record: int = 1 << 34) -> Reader:
    """The records of a recording or stream, as an iterator.

    source is a path, "-" for stdin, a descriptor, a binary file or a socket
    object; the path of a socket of aptee -l, or the name of a run that can
    be joined (a file of that name is ./name), is read as a viewer does:
    newest first, records that are superseded left out.  What the caller
    opened stays the caller's.  Compressed streams (.zst) are known by their
    first bytes.

    A record has what was published at once; a run's last one is often empty.
    Records that came before (recordings repeat some for late readers) are
    left out.  history=True gives the records that carry the past of the
    numbers, too: Record.history is true, they are no part of the state.

    follow=True goes on at the end of a file that is being written, until the
    last record of every source is final; or nobody holds the file's lock, on
    a file system of this machine, and nothing came for 2 seconds; or, where
    a lock says nothing, for 10 minutes.

    What is damaged is passed over with a DamageWarning that says where (in
    a compressed file where its frame begins), what is of a later version
    with an UnsupportedWarning.  Frames are checked before their records are
    given, but one of more than 256 MiB that has several records: it is given
    as it comes.  A record that claims to have more than max_record bytes is
    not believed.  OSError: the file or socket cannot be opened or read;
    ValueError: stdin is a terminal, or nothing here can decompress it.
    """
    if isinstance(source, socket.socket):
        source = source.makefile("rb", buffering=0)
        return Reader(source, "socket", history, max_record, True)
    if hasattr(source, "read"):
        name = str(getattr(source, "name", "stream"))
        return Reader(source, name, history, max_record, False)
    if source == "-":
        if os.isatty(0):
            raise ValueError("stdin is a terminal; give a file, or pipe "
                             "records in")
        stream: Any = io.FileIO(0, closefd=False)
        return Reader(stream, "stdin", history, max_record, True)
    if isinstance(source, int):
        stream = io.FileIO(source, closefd=False)
        return Reader(stream, str(source), history, max_record, True)
    name = os.fsdecode(source)
    place = _socket_at(name)
    if place is not None:
        stream = _View(_dial(place, "view"))
    else:
        stream = io.FileIO(name)
        if follow and stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            stream = _Growing(stream, name)
    return Reader(stream, name, history, max_record, True)


#
# The state of sources
#

class Source(Mapping[str, Any]):
    """The newest value of each name of one source, withdrawn ones left out.

    name; run; seq and wall of the last record; final; fields, as of Record.
    """

    def __init__(self, name: str, number: int, run: int) -> None:
        self._source = name
        self.name = name if number == 1 else "%s#%d" % (name, number)
        self.number = number
        self.run = run
        self.seq = 0
        self.wall = 0.0
        self.final = False
        self._ended = False         # or its input has
        self._records: Dict[str, Record] = {}
        self._last: Optional[Record] = None     # if final

    def __getitem__(self, name: str) -> Any:
        return self._records[name][name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __repr__(self) -> str:
        return "<aprec.Source %s, step %d: %s>" % (self.name, self.step,
                                                   " ".join(self))

    @property
    def fields(self) -> Dict[str, Field]:
        return {n: r.fields[n] for n, r in self._records.items()}

    @property
    def step(self) -> int:
        """The whole number step, else seq."""
        return _step(self, self.seq)

    @property
    def time(self) -> Optional[float]:
        """Simulated time: the number t, else time, else None."""
        return _time(self)

    def _merge(self, record: Record) -> None:
        for name, field in record.fields.items():
            if field._code == _NONE:
                self._records.pop(name, None)
            elif name in self._records or len(self._records) < NAMES_KEPT:
                self._records[name] = record
        self.seq, self.wall = record.seq, record.wall
        self.final = record.final
        self._ended = record.final
        self._last = record if record.final else None

    def copy(self) -> "Source":
        """One that does not change; it shares the records."""
        new = Source(self._source, self.number, self.run)
        new.seq, new.wall, new.final = self.seq, self.wall, self.final
        new._records, new._last = dict(self._records), self._last
        return new


class State(Mapping[str, Source]):
    """The sources of a stream, each with the newest of its values.

        state = aprec.State()
        for r in aprec.read("run.apr"):
            state.merge(r)
        for source in state.values():
            print(source.name, source.step, source.get("energy"))

    A new run of a source's name replaces the old one once that is final, or
    its input has ended; until then it is shown as name#2.  Ranks are in the
    order of numbers.
    """

    def __init__(self) -> None:
        self._sources: Dict[int, Source] = {}       # by run

    def merge(self, record: Record) -> Optional[Source]:
        """The source that the record changes; None for a duplicate."""
        if record.history:
            return None
        source = self._sources.get(record.run)
        if source is None:
            source = self._begin(record)
        if source is None or record.seq <= source.seq:
            return None
        source._merge(record)
        return source

    def input_ended(self) -> None:
        """What has come so far comes no further: a new run of a source's
        name takes its place."""
        for source in self._sources.values():
            source._ended = True

    def _begin(self, record: Record) -> Optional[Source]:
        """A run not seen before, in the place of a final one of its name."""
        taken = set()
        for run, old in list(self._sources.items()):
            if old._source == record.source:
                if old._ended:
                    del self._sources[run]
                else:
                    taken.add(old.number)
        if len(self._sources) >= SOURCES_KEPT:
            return None
        number = 1
        while number in taken:
            number += 1
        new = Source(record.source, number, record.run)
        self._sources[record.run] = new
        self._sources = dict(sorted(self._sources.items(),
                                    key=lambda i: (_numeric(i[1]._source),
                                                   i[1].number)))
        return new

    def __getitem__(self, name: str) -> Source:
        for source in self._sources.values():
            if source.name == name:
                return source
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (s.name for s in self._sources.values())

    def __len__(self) -> int:
        return len(self._sources)


def _numeric(name: str) -> List[Tuple[int, int]]:
    """Names in an order in which digits count as numbers."""
    return [(48, int(p)) if "0" <= p[0] <= "9" else (ord(p), 0)
            for p in re.findall("[0-9]+|[^0-9]", name)]


#
# Runs that are joined
#

class Moment(Mapping[str, Any]):
    """What is known of a run's sources at one moment; it does not change.

    As a mapping it has the newest values of all names: m["u"] is that of
    the one source that has a u; LookupError names them where several have.
    data holds the sources: where they are ranks of one program, as in
    wave.3@node1, that of rank 3 is m.data[3], and a rank that has published
    nothing is an empty mapping; else they are in the order of their names,
    in which digits count as numbers.  sources has them by name,
    m.sources["wave.3@node1"]["u"].  step, t (None: none), seq and wall
    (seconds since 1970) are those of the source that published last; final:
    all have ended.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self.data: Tuple[Source, ...] = _by_rank(sources)
        self.sources: Dict[str, Source] = {s.name: s for s in sources}
        self.final = bool(sources) and all(s.final for s in sources)
        newest = max(sources, key=lambda s: s.wall, default=None)
        self.step = newest.step if newest else 0
        self.t = newest.time if newest else None
        self.seq = newest.seq if newest else 0
        self.wall = newest.wall if newest else 0.0

    def __getitem__(self, name: str) -> Any:
        having = [s for s in self.data if name in s]
        if len(having) > 1:
            raise LookupError(
                "%s: %d sources have it (%s%s): data[0][%r] is that of the "
                "first" % (name, len(having), ", ".join(
                    s.name for s in having[:3]),
                    ", ..." if len(having) > 3 else "", name))
        if not having:
            raise KeyError(name)
        return having[0][name]

    def __contains__(self, name: object) -> bool:
        return any(name in s for s in self.data)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(n for s in self.data for n in s))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        return "<aprec.Moment of %s, step %d: %s>" % (
            _sources(self), self.step, " ".join(self))

    def _repr_html_(self) -> str:
        """The values as a table, for a notebook."""
        import html
        rows = []
        for source in self.sources.values():
            for name, field in source.fields.items():
                about = field.attrs.get("label", "")
                if field.shape or field._nbytes > 200:
                    text = "%s %s" % (field.type, list(field.shape))
                else:
                    text = "%s %s" % (source[name],
                                      field.attrs.get("units", ""))
                rows.append("<tr>%s</tr>" % "".join(
                    "<td>%s</td>" % html.escape(_CONTROL.sub(" ", cell))
                    for cell in (source.name, name, text, about)))
        return ("<table><caption>step %d%s%s</caption>%s</table>" % (
            self.step, "" if self.t is None else ", t = %.6g" % self.t,
            ", final" if self.final else "", "".join(rows)))


def _sources(of: Any) -> str:
    n = len(of.sources)
    return "%d source%s" % (n, "" if n == 1 else "s")


_RANKED = re.compile(r"(.*)\.([0-9]{1,4})(@.*)?")


def _by_rank(sources: Sequence[Source]) -> Tuple[Source, ...]:
    """Each at the index of its rank, if they are ranks of one program."""
    ranks: Dict[int, Source] = {}
    programs = set()
    for s in sources:
        found = _RANKED.fullmatch(s._source) if s.number == 1 else None
        if found and int(found.group(2)) < SOURCES_KEPT:
            ranks[int(found.group(2))] = s
            programs.add(found.group(1))
    if not ranks or len(ranks) < len(sources) or len(programs) > 1:
        return tuple(sources)
    return tuple(ranks[i] if i in ranks else Source("", 1, 0)
                 for i in range(max(ranks) + 1))


def _picture(arguments: Sequence[str], records: Sequence[Record]
             ) -> Optional[bytes]:
    """What aplot draws, as PNG: of the records, or of the run that the
    arguments say, as soon as it has drawn once."""
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "picture.png")
        try:
            child = _Child([_beside("aplot"), "-q", "-o", path, *arguments],
                           stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, cwd=folder)
        except OSError:
            return None
        try:
            with io.FileIO(child.input, "wb") as f:
                try:
                    for record in records:
                        rest = memoryview(record._data)
                        while rest:
                            rest = rest[f.write(rest):]
                except OSError:
                    pass            # it has not wanted all
            until = time.monotonic() + 20
            while child.wait(0.02) is None and time.monotonic() < until and (
                    records or not os.path.exists(path)):
                pass
            with io.FileIO(path) as f:
                return f.read()
        except OSError:
            return None
        finally:
            child.end(2)


class Live(MutableMapping[str, Any]):
    """The newest state of a run that was joined; made by connect().

        with aprec.connect("wave") as live:
            print(live.step, live["u"].max(), live.data[3]["energy"])
            for m in live.updates(timeout=10):
                print(m.step, m["u"].max())
            live["c"] = 3           # sets a parameter: RuntimeError if it
            print(live.answer)      # cannot be; else what was answered

    A notebook shows it as the picture that aplot draws of the run, or else
    as a table.  now is the newest Moment; the mapping, data, sources, step,
    t, seq, wall and final are its.  Two look-ups may see two moments: take
    now once where values must belong together.  Arrays are this process's
    own.

    A thread takes what comes, and joins again when the server has gone,
    until all sources have ended; error says why there is no connection now
    (None: there is one, or the end is known).  passed counts bytes that were
    damaged.
    """

    def __init__(self, name: str, max_record: int) -> None:
        self.name = name
        self.now = Moment(())
        self.error: Optional[str] = None
        self.answer = ""            # to the last command
        self.passed = 0
        self._max = max_record
        self._callbacks: List[Callable[[Moment], Any]] = []
        self._drawn: Tuple[int, Optional[bytes]] = -1, None
        self._past: Dict[int, Record] = {}
        self._state = State()
        self._frozen: Dict[int, Source] = {}
        self._changed: Set[int] = set()
        self._version = self._seen = 0      # of now
        self._over = False                  # now is the last
        self._closing = threading.Event()
        self._news = threading.Condition()  # guards now, _version, _over
        self._sock = _dial(name, "view")
        self._thread = threading.Thread(target=self._run, daemon=True,
                                        name="aprec " + name)
        self._thread.start()

    # The newest state

    def __getitem__(self, name: str) -> Any:
        return self.now[name]

    def __contains__(self, name: object) -> bool:
        return name in self.now

    def __iter__(self) -> Iterator[str]:
        return iter(self.now)

    def __len__(self) -> int:
        return len(self.now)

    def __repr__(self) -> str:
        return "<aprec.Live %s, %s, step %d%s: %s>" % (
            self.name, _sources(self), self.step,
            ", final" if self.final else "", " ".join(self))

    def __setitem__(self, name: str, value: Any) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        raise TypeError("%r is the run's own: only it can withdraw a field"
                        % (name,))

    def pop(self, name: str, *default: Any) -> Any:
        """TypeError: fields are the run's own."""
        del self[name]

    def popitem(self) -> Tuple[str, Any]:
        """TypeError: fields are the run's own."""
        raise TypeError("fields are the run's own: only it can withdraw them")

    def clear(self) -> None:
        """TypeError: fields are the run's own."""
        self.popitem()

    def _repr_png_(self) -> Optional[bytes]:
        """The run as aplot draws it, or None without aplot."""
        version, now = self._version, self.now
        if self._drawn[0] != version:
            if self.error is None and not now.final:
                picture = _picture(["-i", self.name], [])
            else:
                records = {id(r): r for s in now.sources.values()
                           for r in [*s._records.values(), s._last]
                           if r is not None}
                picture = _picture([], [*self._past.values(), *sorted(
                    records.values(), key=lambda r: r.seq)])
            self._drawn = version, picture
        return self._drawn[1]

    def _repr_html_(self) -> Optional[str]:
        """A table, where there is no picture."""
        return None if self._repr_png_() else self.now._repr_html_()

    @property
    def data(self) -> Tuple[Source, ...]:
        """The sources by rank, or else in the order of their names."""
        return self.now.data

    @property
    def sources(self) -> Dict[str, Source]:
        """The sources by name."""
        return self.now.sources

    @property
    def step(self) -> int:
        """The whole number step of who published last, else its seq."""
        return self.now.step

    @property
    def t(self) -> Optional[float]:
        """Simulated time of who published last, or None."""
        return self.now.t

    @property
    def seq(self) -> int:
        """Counts the calls of publish of who published last."""
        return self.now.seq

    @property
    def wall(self) -> float:
        """When that was, in seconds since 1970 by the clock of the run."""
        return self.now.wall

    @property
    def final(self) -> bool:
        """Whether all sources have ended."""
        return self.now.final

    @property
    def terminated(self) -> bool:
        """The same: nothing more will come."""
        return self.now.final

    @property
    def age(self) -> float:
        """Seconds since the last publish; inf before the first."""
        wall = self.now.wall
        return max(0.0, time.time() - wall) if wall else float("inf")

    # Waiting

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Wait until something newer has come than the last wait saw.

        True when there is; False after timeout seconds (None: no limit), or
        when nothing more can come.  Ctrl-C interrupts it.
        """
        if self._thread is threading.current_thread():
            raise RuntimeError("a callback cannot wait for what comes next")
        until = None if timeout is None else time.monotonic() + timeout
        with self._news:
            while self._version == self._seen and not self._over:
                left = 1.0 if until is None else until - time.monotonic()
                if left <= 0:
                    return False
                self._news.wait(min(left, 1.0))
            newer = self._version != self._seen
            self._seen = self._version
        return newer

    def updates(self, timeout: Optional[float] = None) -> Iterator[Moment]:
        """What is known now, then each newest moment, without those that
        came while the last was used, until the end; or until nothing came
        for timeout seconds."""
        with self._news:
            now, self._seen = self.now, self._version
        if self._seen:
            yield now
        while self.wait(timeout):
            yield self.now

    def on_update(self, function: Callable[[Moment], Any]
                  ) -> Callable[[Moment], Any]:
        """Call function(moment) for each newest moment, until the end.

        It may be used as a decorator.  It runs in a thread of its own: what
        comes meanwhile is left out but for the newest, and a program that
        plots in its main thread takes updates() instead.  An exception in
        it is told, a CallbackWarning, and ends nothing.
        """
        self._callbacks.append(function)
        return function

    def close(self) -> None:
        """Leave the run; what is known stays.  May be called again."""
        self._closing.set()
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        if self._thread is not threading.current_thread():
            self._thread.join(10)

    def __enter__(self) -> "Live":
        return self

    def __exit__(self, *exc: Any) -> None:
        self.close()

    # Commands

    def command(self, line: str) -> str:
        """Have the server do what a line says, as aptee -c does.

        What it answers behind "ok", all lines of it.  RuntimeError: it
        answers that it cannot; OSError: it does not answer.
        """
        self.answer = _ask(self.name, line)
        return self.answer

    def pause(self) -> str:
        """Hold the run at its next publish."""
        return self.command("pause")

    def resume(self) -> str:
        """Let it go on."""
        return self.command("resume")

    def advance(self, n: int = 1) -> str:
        """Let a run that pauses go on for n publishes: the command step."""
        return self.command("step %d" % n)

    def stop(self) -> str:
        """Ask the run to end itself."""
        return self.command("stop")

    terminate = stop

    def set(self, name: str, value: Any) -> str:
        """Change a parameter of the run: a number, bool or text.

        Returns as soon as the new value is seen here, after a second at most.
        """
        if not _is_identifier(name):
            raise ValueError("%r is not a name" % (name,))
        value = _plain(value)
        if not isinstance(value, (bool, int, float, str)):
            raise TypeError("%s: %s cannot be set; numbers, bools and texts "
                            "can" % (name, type(value).__name__))
        if isinstance(value, bool):
            value = int(value)
        answer = self.command("set %s %s" % (name, value))

        def seen() -> bool:
            return self._over or any(
                name in s and (s[name] == value or _nearly(s[name], value))
                for s in self.now.sources.values())
        if self._thread is not threading.current_thread():
            with self._news:
                self._news.wait_for(seen, 1)
        return answer

    def params(self) -> str:
        """The run's parameters, a line for each."""
        return self.command("params")

    def stat(self) -> str:
        """What the server says of itself, its sources and its viewers."""
        return self.command("stat")

    # The thread

    def _run(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            self._join_again()
        finally:
            with self._news:
                self._over = True
                self._news.notify_all()

    def _join_again(self) -> None:
        pause = 0.1
        while True:
            try:
                if self.error is not None:
                    self._sock = _dial(self.name, "view")
                    self.error, pause = None, 0.1
                if not self._closing.is_set():
                    self._take()
                self.error = "the server has gone"
            except (OSError, ValueError) as e:
                self.error = str(e)
            finally:
                self._sock.close()
            if self.now.final:
                self.error = None
            if self.now.final or self._closing.is_set():
                return
            self._state.input_ended()
            self._closing.wait(pause)
            pause = min(2.0, 2 * pause)

    def _take(self) -> None:
        """Merge what comes until the server hangs up."""
        view = _View(self._sock, self._show)
        for event in _Stream(view.read, self._max).events():
            if event.record is not None:
                if event.record.history:
                    self._past[event.record.run] = event.record
                source = self._state.merge(event.record)
                if source is not None:
                    self._changed.add(source.run)
            elif event.kind != "banner":
                self.passed += event.length
        self._show()

    def _show(self) -> None:
        """Make what is known the newest moment: nothing more waits."""
        if not self._changed:
            return
        for run in self._changed:
            self._frozen.pop(run, None)
        self._changed.clear()
        frozen = {s.run: self._frozen.get(s.run) or s.copy()
                  for s in self._state.values()}
        self._frozen = frozen
        with self._news:
            self.now = Moment(list(frozen.values()))
            self._version += 1
            self._news.notify_all()
        for function in list(self._callbacks):
            _call(function, self.now)


def _nearly(a: Any, b: Any) -> bool:
    """As a number of fewer digits."""
    return isinstance(a, float) and isinstance(b, (int, float)) and \
        abs(a - b) <= 1e-6 * abs(b)


def connect(name: str, *, timeout: float = 2.0,
            max_record: int = 1 << 34) -> Live:
    """Join a run that aptee -l serves, to see its newest state and steer it.

    name is that of the run, or the path of a socket (with a slash).  Waits
    at most timeout seconds for the first state; a run that has not published
    has none.  OSError: nobody serves it, or another user does.
    """
    live = Live(name, max_record)
    live.wait(timeout)
    return live
