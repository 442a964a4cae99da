"""Streams of tiles: python3 tiles.py kind

    whole    u(y,x), l(x), s(c), w(z,y,x), g over px, py, by one source
    tiles    the same in tiles of six ranks, on two nodes
    global   the same, where rank 0 alone has the coordinates, of the whole
    index    the same without coordinates
    missing  without ranks 1 and 5
    left     of ranks 0 and 3 alone
    holes    like index, without ranks 1 and 5
    halo     over older tiles, which overlap
    wrong    tiles whose attributes cannot be true, beside two that are right;
             with a number, only that one
    each     two sources, of which each has a tile that is the whole
    huge     tiles that claim to be of arrays that nobody has
    jobs     the tiles of two jobs
    one      a single tile, and a field that is its own only tile
"""
import math
import sys

import aprec

NX, NY, NZ, PX, PY = 60, 40, 3, 3, 2
LX, LY = NX // PX, NY // PY
LEFT_OUT = dict(missing=(1, 5), holes=(1, 5), left=(1, 2, 4, 5))


def u(i, j):
    return math.sin(i / 9) * math.cos(j / 7)


def x(i):
    return i * (1 + i / 90) / 20


def describe(out, j0, i0, tile):
    """Names, and for a tile its place."""
    def at(extents, offset):
        return dict(tile_extents=extents, tile_offset=offset) if tile else {}

    out.describe("x", units="m", dims=("x",))
    out.describe("y", units="m", dims=("y",))
    out.describe("u", units="K", dims=("y", "x"),
                 **at((NY, NX), (j0, i0)))
    out.describe("w", units="K", dims=("z", "y", "x"),
                 **at((NZ, NY, NX), (0, j0, i0)))
    out.describe("g", coordinates="px py", **at((NY, NX), (j0, i0)))


def fields(j0, i0, ny, nx, old=0.0):
    ii, jj = range(i0, i0 + nx), range(j0, j0 + ny)
    return dict(
        u=[[u(i, j) + old for i in ii] for j in jj],
        w=[[[u(i, j) + k + old for i in ii] for j in jj] for k in range(NZ)],
        g=[[u(i, j) + old for i in ii] for j in jj],
        px=[[i + j / 3 + 0.5 for i in ii] for j in jj],
        py=[[j - i / 9 + 0.5 for i in ii] for j in jj])


def whole():
    with aprec.open(1, source="whole@node") as out:
        describe(out, 0, 0, False)
        out.describe("l", dims=("c",))
        f = fields(0, 0, NY, NX)
        f.update(x=[x(i) for i in range(NX)], y=[x(j) for j in range(NY)],
                 c=[x(i) for i in range(NX * PX * PY)],
                 l=[u(i, 0) for i in range(NX * PX * PY)])
        out.publish(f, step=10)
    with aprec.open(1, source="other@node") as out:
        out.publish(step=10, number=1.0)


def rank(r, kind, job=""):
    j0, i0 = r // PX * LY, r % PX * LX
    with aprec.open(1, source="heat.%d@node%d%s" % (r, r // 3, job)) as out:
        describe(out, j0, i0, True)
        out.describe("l", dims=("c",), tile_extents=(NX * PX * PY,),
                     tile_offset=(r * NX,))
        f = fields(j0, i0, LY, LX)
        f["l"] = [u(i, 0) for i in range(r * NX, (r + 1) * NX)]
        if kind == "global":
            if r == 0:
                f.update(x=[x(i) for i in range(NX)],
                         y=[x(j) for j in range(NY)],
                         c=[x(i) for i in range(NX * PX * PY)])
        elif kind not in ("index", "holes"):
            f.update(x=[x(i) for i in range(i0, i0 + LX)],
                     y=[x(j) for j in range(j0, j0 + LY)],
                     c=[x(i) for i in range(r * NX, (r + 1) * NX)])
        out.publish(f, step=10 + (r if kind == "tiles" else 0))


def old(r):
    """A tile with a border, that is older than what lies over it."""
    j0, i0 = r // PX * LY, r % PX * LX
    j1, i1 = min(j0 + LY + 2, NY), min(i0 + LX + 2, NX)
    j0, i0 = max(j0 - 2, 0), max(i0 - 2, 0)
    with aprec.open(1, source="old.%d@node" % r) as out:
        describe(out, j0, i0, True)
        out.publish(fields(j0, i0, j1 - j0, i1 - i0, 0.25))


def wrong(only=""):
    bad = [("4 4", "0 0 0"), ("4", "0 0"), ("4 4", ""), ("4 x", "0 0"),
           ("4 4", "3 0"), ("1 1", "0 0"), ("4 4", "-1 0"), ("4  4", "0 0"),
           ("99999999999999999999 4", "0 0"),
           ("9000000000000000000 9000000000000000000", "0 0"),
           ("4 4", "18446744073709551615 0")]
    for k, (extents, offset) in enumerate(bad):
        if only and k != int(only):
            continue
        with aprec.open(1, source="bad.%d@host" % k) as out:
            out.describe("u", tile_extents=extents)
            out.describe("u", tile_offset=offset)
            out.publish(u=[[1.0, 2.0], [3.0, k]])
    for k in range(0 if only else 2):
        with aprec.open(1, source="good.%d@host" % k) as out:
            out.describe("u", tile_extents="4 2", tile_offset="%d 0" % (2 * k))
            out.publish(u=[[1.0, 2.0], [3.0, 4.0]])


def huge():
    for k, extents in enumerate(("4000000000 2000000000", "2 1000000000",
                                 "1073741824 1073741824", "600 600")):
        with aprec.open(1, source="huge.%d@host" % k) as out:
            out.describe("u", dims=("y", "x"), tile_extents=extents,
                         tile_offset="0 7")
            out.publish(u=[[1.0, 2.0], [3.0, 4.0]], x=[7.0, 8.0])


def one():
    with aprec.open(1, source="one@host") as out:
        out.describe("u", dims=("y", "x"), tile_extents=(4, 4),
                     tile_offset=(2, 2))
        out.describe("v", tile_extents=(2, 2), tile_offset=(0, 0))
        out.publish(u=[[1.0, 2.0], [3.0, 4.0]], v=[[1.0, 2.0], [3.0, 4.0]])


def each():
    for k in range(2):
        with aprec.open(1, source="each.%d@host" % k) as out:
            out.describe("u", tile_extents=(2, 2), tile_offset=(0, 0))
            out.publish(u=[[1.0, 2.0], [3.0, k]])


def main(kind, *words):
    if kind in ("whole", "wrong", "huge", "one", "each"):
        globals()[kind](*words)
    elif kind == "jobs":
        for r in range(PX * PY):
            rank(r, kind, ":1")
            rank(r, kind, ":2")
    else:
        for r in range(PX * PY if kind == "halo" else 0):
            old(r)
        for r in range(PX * PY):
            if r not in LEFT_OUT.get(kind, ()):
                rank(r, kind)


main(*sys.argv[1:])
