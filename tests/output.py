"""What $APREC_FIELDS leaves of known arrays, beside what Python slices.

    output.py [slices | tiles]

Runs help-output and reads what it published.  The slices are Python's own,
of nested lists.
"""
import os
import random
import subprocess
import sys
from typing import Any, Dict, List, Tuple

sys.path.insert(0, os.path.join(os.environ["TOP"], "format"))
import aprec  # noqa: E402

NZ, NY, NX = 6, 8, 10
U = [[[10000 * k + 100 * j + i for i in range(NX)] for j in range(NY)]
     for k in range(NZ)]
V = [[100 * j + i for i in range(NX)] for j in range(NY)]
LON = [[1000 + n for n in row] for row in V]
X, Y, Z = list(range(NX)), list(range(0, 10 * NY, 10)), \
    list(range(0, 100 * NZ, 100))


def publish(fields: str, *words: str) -> Tuple[Any, str]:
    """The first record, and what was said."""
    if os.path.exists("py.apr"):
        os.remove("py.apr")
    done = subprocess.run(
        ["help-output", *words], stderr=subprocess.PIPE, check=True,
        env=dict(os.environ, APREC_OUT="./py.apr", APREC_FIELDS=fields))
    with aprec.read("py.apr") as records:
        return next(iter(records)), done.stderr.decode()


def plain(value: Any) -> Any:
    """Without numpy."""
    return value.tolist() if hasattr(value, "tolist") else value


def python_slice(text: str) -> Any:
    """What the text is in Python."""
    class Taker:
        """Gives back its index."""

        def __getitem__(self, index: Any) -> Any:
            return index
    return eval("taker[%s]" % text, {"taker": Taker()})


def cut(nested: Any, slices: List[Any]) -> Any:
    """Slices of nested lists."""
    if not slices:
        return nested
    if isinstance(slices[0], int):
        return cut(nested[slices[0]], slices[1:])
    return [cut(n, slices[1:]) for n in nested[slices[0]]]


def dims(names: str, slices: List[Any]) -> Tuple[str, ...]:
    """Those that are left."""
    left = slices + [slice(None)] * (len(names) - len(slices))
    return tuple(n for n, s in zip(names, left) if not isinstance(s, int))


def same(got: Any, wanted: Any, what: str) -> None:
    """Both, where they differ.  An empty array has no inner lists."""
    if plain(got) != wanted and not (size(wanted) == size(got) == 0):
        raise SystemExit("%s: wanted %s, got %s" % (what, wanted, got))


def size(nested: Any) -> int:
    """How many numbers."""
    nested = plain(nested)
    return sum(map(size, nested)) if isinstance(nested, list) else 1


def one(rng: random.Random, n: int) -> str:
    """A slice of n."""
    if rng.random() < 0.2:
        return str(rng.randint(-n, n - 1))

    def some() -> str:
        return rng.choice(["", str(rng.randint(-n - 3, n + 3))])
    step = rng.choice(["", "", ":", ":%d" % rng.choice(
        [1, 2, 3, 7, -1, -2, -3, -11])])
    return some() + ":" + some() + step


def check_slices() -> None:
    """u is cut as Python does it, and its coordinates alike."""
    rng = random.Random(4)
    texts = ["::4,10:20,7", "::4", "7:2:-2,-1", "0,0,0", "::-1,::-1,::-1",
             "5:5", " 1 : 4 , : , -1 "]
    texts += [",".join(one(rng, n) for n in
                       (NZ, NY, NX)[:rng.randint(1, 3)]) for _ in range(60)]
    for text in texts:
        got, said = publish("u[%s],x,y,z,lon,v[%s]" %
                            (text, "::2,1:8"), "fields")
        index = python_slice(text)
        slices = list(index) if isinstance(index, tuple) else [index]
        same(got["u"], cut(U, slices), "u[%s]" % text)
        same(got.fields["u"].dims, dims("zyx", slices), "dims of " + text)
        same(got["v"], cut(V, [slice(None, None, 2), slice(1, 8)]), "v")
        same(got["lon"], cut(LON, [slice(None, None, 2), slice(1, 8)]),
             "lon, a coordinate of v")
        for name, values, s in zip("zyx", (Z, Y, X), slices +
                                   [slice(None)] * 3):
            same(got[name], values if isinstance(s, int) else values[s],
                 "%s beside u[%s]" % (name, text))
        same(said, "", "said of " + text)


def check_tiles() -> None:
    """The tiles of what a slice of the whole array is, put together."""
    rng = random.Random(5)
    for _ in range(40):
        extents = rng.randint(3, 9), rng.randint(3, 11)
        at = rng.randint(1, extents[0] - 1), rng.randint(1, extents[1] - 1)
        whole = [[100 * j + i for i in range(extents[1])]
                 for j in range(extents[0])]
        text = ",".join(one(rng, n) for n in extents)
        slices = list(python_slice(text))
        wanted = cut(whole, slices)
        seen: Dict[Tuple[int, ...], Any] = {}
        for y in ((0, at[0]), (at[0], extents[0])):
            for x in ((0, at[1]), (at[1], extents[1])):
                words = [*extents, y[0], x[0], y[1] - y[0], x[1] - x[0]]
                got, said = publish("u[%s],x" % text, "tile",
                                    *map(str, words))
                same(said, "", "said of %s, %s" % (text, words))
                if "u" in got:
                    place(seen, got, slices, text)
        shape = [len(range(n)[s]) for n, s in zip(extents, slices)
                 if isinstance(s, slice)]
        if 0 not in shape:
            same(gather(seen, shape, ()), wanted,
                 "tiles of u[%s] of %s" % (text, extents))


def place(seen: Dict[Tuple[int, ...], Any], got: Any, slices: List[Any],
          text: str) -> None:
    """The tile's numbers where its attributes say."""
    field = got.fields["u"]
    same(field.attrs["units"], "m", "units of u[%s]" % text)
    offset = list(map(int, field.attrs.get("tile_offset", "").split()))
    same(len(offset), len(field.dims), "tile_offset of u[%s]" % text)
    values = plain(got["u"])
    if isinstance(slices[1], slice) and size(values) > 0:
        row = values if isinstance(slices[0], int) else values[0]
        same(got["x"], [n % 100 for n in row], "x beside u[%s]" % text)

    def walk(nested: Any, index: Tuple[int, ...]) -> None:
        if not isinstance(nested, list):
            at = tuple(i + o for i, o in zip(index, offset))
            same(at in seen, False, "a place twice in u[%s]" % text)
            seen[at] = nested
            return
        for i, n in enumerate(nested):
            walk(n, index + (i,))
    walk(values, ())


def gather(seen: Dict[Tuple[int, ...], Any], shape: List[int],
           index: Tuple[int, ...]) -> Any:
    """As nested lists; every place is to be there."""
    if len(index) == len(shape):
        return seen[index]
    return [gather(seen, shape, index + (i,))
            for i in range(shape[len(index)])]


if __name__ == "__main__":
    {"slices": check_slices, "tiles": check_tiles}[sys.argv[1]]()
