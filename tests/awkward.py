"""Streams made to be awkward: python3 awkward.py folder

Each function below that is in STREAMS is one, and its docstring says what
the picture should be.  It gives records, as dicts of fields, or as pairs of
such a dict and what encode() takes besides: attrs, dims, wall, source, run,
history, seq.  Into the folder go

    NAME.apr    the stream
    NAME.gp     a script that uses every name of it
    all.apr     those of one source, one behind the other: as runs of it that
                are final, so that it is another computation again and again

and to stdout for each stream its name and the number of its first and last
record in all.apr, or 0 0.
"""
import array
import math
import os
import sys

import aprec

INF, NAN = float("inf"), float("nan")
WALL = 1_700_000_000_000_000_000
STREAMS = []
ALONE = []      # of several sources: not in all.apr


def stream(function):
    STREAMS.append(function)
    return function


def alone(function):
    ALONE.append(function)
    return function


def doubles(n, f):
    return array.array("d", map(f, range(n)))


def plane(ny, nx, f):
    return [[float(f(i, j)) for i in range(nx)] for j in range(ny)]


class typed:
    """An array of a type of array.array's, of that shape."""

    def __init__(self, code, shape, numbers):
        data = array.array(code, numbers)
        kind = "f" if code in "fd" else "u" if code.isupper() else "i"
        self.__array_interface__ = dict(
            version=3, shape=tuple(shape), data=data.tobytes(),
            typestr="%s%s%d" % ("<" if data.itemsize > 1 else "|", kind,
                                data.itemsize))


def wave(n=60):
    return doubles(n, lambda i: math.sin(i / 5))


def rank(v):
    if isinstance(v, typed):
        return len(v.__array_interface__["shape"])
    return 1 + rank(v[0]) if isinstance(v, list) else isinstance(
        v, array.array)


def bump(i, j):
    return math.exp(-((i - 9) ** 2 + (j - 6) ** 2) / 20)


# Values


@stream
def empty():
    """u and the image are said to be empty; energy is drawn"""
    for i in range(3):
        yield dict(step=i, u=array.array("d"), x=array.array("d"),
                   img=typed("d", [0, 0], []), energy=1.0 + i), dict(
                       dims=dict(u=["x"], x=["x"]))


@stream
def only_empty():
    """all there is is empty, and that is said"""
    yield dict(u=array.array("d"), v=array.array("f"))


@stream
def ones():
    """extents of 1: points, one row, one column"""
    yield dict(u=[3.0], v=[[2.5]], w=[[[7.0]]], row=[[1.0, 4.0, 2.0]],
               col=[[1.0], [4.0], [2.0]], deep=[[[[[1.0, 2.0, 0.5]]]]])


@stream
def two():
    """the smallest that is a line, an image, a cube"""
    yield dict(u=[1.0, 2.0], img=[[1.0, 2.0], [3.0, 4.0]],
               cube=[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]])


@stream
def constant():
    """a level line, an image of one colour, a level number"""
    for i in range(5):
        yield dict(step=i, u=[3.0] * 50, img=[[7.0] * 9] * 5, energy=-4.25,
                   zero=[0.0] * 50, minus=[-1e-9] * 50)


@stream
def not_numbers():
    """nothing but NaN: said, and no axis without meaning"""
    for i in range(3):
        yield dict(step=i, u=[NAN] * 50, img=[[NAN] * 9] * 5, energy=NAN)


@stream
def infinite():
    """nothing but Inf: said"""
    yield dict(u=[INF] * 50, v=[-INF] * 20, img=[[INF] * 9] * 5, energy=INF)


@stream
def gaps():
    """a wave with gaps at both ends and inside; an image with holes"""
    u = wave()
    u[0] = u[1] = u[30] = u[31] = u[58] = u[59] = NAN
    v = wave()
    v[0], v[20], v[59] = INF, -INF, INF
    img = plane(12, 20, bump)
    img[0] = [NAN] * 20
    img[5][5], img[6][7] = INF, -INF
    yield dict(u=u, v=v, single=[NAN, NAN, 2.0, NAN, NAN], img=img,
               dot=[[NAN, NAN, NAN], [NAN, 5.0, NAN], [NAN, NAN, NAN]])


@stream
def denormal():
    """lines and an image of numbers that are almost 0"""
    yield dict(u=doubles(50, lambda i: i * 5e-324),
               v=doubles(50, lambda i: 1e-320 * math.sin(i / 5)),
               w=doubles(50, lambda i: 1e-307 * i),
               img=plane(5, 9, lambda i, j: 5e-324 * (i + j)), energy=5e-324)


@stream
def huge():
    """lines that span all there is; what cannot be drawn is left out"""
    yield dict(u=[1e308, -1e308, 1e307, 0.0], v=[1.7e308] * 20,
               w=doubles(50, lambda i: 1e300 * i),
               img=[[1e308, -1e308], [0.0, 1.0]], energy=-1.7e308)


@stream
def last_bit():
    """values that differ in their last bits"""
    eps = 2.0 ** -52
    yield dict(u=doubles(50, lambda i: 1 + eps * (i % 7)),
               v=doubles(50, lambda i: 1e15 + 0.125 * (i % 5)),
               w=doubles(50, lambda i: 1e9 + 1e-7 * i),
               img=plane(5, 9, lambda i, j: 1 + eps * (i + j)))


@stream
def integers():
    """whole numbers of all types, to their limits"""
    yield dict(u=typed("Q", [4], [0, 2 ** 63, 2 ** 64 - 1, 7]),
               v=typed("q", [3], [-2 ** 63, 0, 2 ** 63 - 1]),
               w=typed("q", [8], [2 ** 53 + i for i in range(8)]),
               img=typed("b", [4, 4], [i * 16 - 128 for i in range(16)]),
               bytes=typed("B", [4, 4], [i * 17 for i in range(16)]),
               most=2 ** 64 - 1, least=-2 ** 63, beyond=2 ** 53 + 1)


@stream
def booleans():
    """steps between 0 and 1, a black and white image"""
    yield dict(u=[i % 7 < 3 for i in range(40)],
               img=[[(i + j) % 2 == 0 for i in range(8)] for j in range(8)],
               on=True, off=False)


@stream
def complexes():
    """magnitudes, with gaps where a part is NaN"""
    u = [complex(math.cos(i / 5), math.sin(i / 9)) for i in range(60)]
    u[3], u[20], u[40] = complex(NAN, 1), complex(1, NAN), complex(INF, -INF)
    yield dict(u=u, img=[[complex(i, j) for i in range(9)]
                         for j in range(5)],
               none=[complex(NAN, NAN)] * 5, z=complex(3, 4), bad=complex(
                   NAN, 0), zero=[0j] * 20)


@stream
def spread():
    """decades between the least and the greatest"""
    yield dict(u=doubles(60, lambda i: 10.0 ** (i / 2 - 15)),
               v=doubles(60, lambda i: (-1) ** i * 10.0 ** (i / 2 - 15)),
               img=plane(9, 20, lambda i, j: 10.0 ** (i - j)))


@stream
def spike():
    """one point a million times the rest"""
    u = doubles(5000, lambda i: math.sin(i / 99))
    u[2500] = 1e6
    yield dict(u=u, img=plane(40, 40, lambda i, j: 1e6 if i == j == 20
                              else bump(i / 2, j / 3)))


@stream
def equal():
    """ten million points that are all the same"""
    yield dict(u=array.array("b", [2]) * 10_000_000)


@stream
def long_images():
    """one row and one column of 100,000, and narrow images"""
    line = list(doubles(100000, lambda i: math.sin(i / 5000)))
    yield dict(u=[line], col=[[v] for v in line],
               img=[line[::100], line[::100]],
               high=[[v, -v] for v in line[::100]])


# Shapes


@stream
def dimensions():
    """a slice through the middle, named, of 3 to 8 dimensions"""
    yield dict(
        u=plane(6, 9, bump), three=typed("d", [4, 6, 9], range(216)),
        five=typed("d", [2, 3, 2, 6, 9], range(648)),
        eight=typed("d", [2, 1, 2, 1, 2, 1, 5, 7], range(280)),
        hollow=typed("d", [3, 0, 5], []),
        flat=typed("d", [1, 1, 30, 1, 1], range(30))), dict(
            dims=dict(five=["time", "level", "z", "y", "x"]))


@stream
def hundred():
    """100 lines: as many as can be read, and the others named"""
    yield {"f%d" % k: doubles(40, lambda i: math.sin(i / 5 + k))
           for k in range(100)}


@stream
def hundred_numbers():
    """100 numbers in few panels"""
    for i in range(4):
        yield dict({"n%d" % k: k + math.sin(i + k) for k in range(100)},
                   step=i)


@stream
def crowd():
    """4,096 fields in a record: told what there is no room for"""
    yield {"field_%04d" % k: [float(k), k + 1.0] for k in range(4096)}


@stream
def one_by_one():
    """30 names, each published once"""
    for k in range(30):
        yield {"only_%d" % k: [1.0, 2.0, float(k)]}


@stream
def turning():
    """fields that change shape, type, rank, units, vanish and return"""
    seen = [wave(), plane(6, 9, bump), 3.5, "a text", [1, 2, 3], None,
            [complex(1, 2)] * 5, [True, False], array.array("d"),
            typed("f", [2, 3, 4], range(24)), wave(600), 7, NAN, [NAN, 1.0],
            wave(), [[1.0]], typed("h", [5], range(5))]
    units = ["m", "", "s", "kg m^2", "m", "", "V"]
    for i, v in enumerate(seen):
        yield dict(step=i, u=v, x=seen[-1 - i], v=seen[(i + 5) % len(seen)],
                   energy=1.0 / (i + 1)), dict(
            attrs={} if v is None else dict(u=dict(units=units[i % 7])))


@stream
def vanished():
    """all that was there is withdrawn again"""
    yield dict(u=wave(), energy=1.0)
    yield dict(u=None, energy=None)


# Names and texts

WORDS = """pi x y z t e E i I S s _ __ NaN Inf Infinity inf nan sin cos exp
log abs real imag set unset plot splot print if else do while for in load
call exit quit system shell reset pause help using with title notitle every
index axes smooth ARG0 ARG1 ARGC ARGV GPVAL_ERRNO GPVAL_TERM_XMIN GPVAL_ERRMSG
MOUSE_X STATS_min FIT_NDF SRC NSRC F_pi APLOT_answer APLOT_1 word words sprintf
column stringcolumn timecolumn valid exists value strlen column rand sum u v w
r th phi dummy dt lt lc step time seq wall source run history true false none
int float double return static long bool""".split()


@stream
def words():
    """names that mean something to gnuplot, as numbers"""
    for i in range(3):
        yield dict({n: k + i * 0.1 for k, n in enumerate(WORDS)
                    if n != "step"})


@stream
def word_arrays():
    """names that mean something to gnuplot, as arrays and as dimensions"""
    few = WORDS[:40]
    yield {n: wave() for n in few}, dict(dims={n: [few[-1 - k]] for k, n in
                                               enumerate(few)})


@stream
def word_texts():
    """names that mean something to gnuplot, as texts"""
    yield dict({n: n for n in WORDS}, u_=wave())


@stream
def long_names():
    """names of 63 characters that differ in the last"""
    yield {"n" * 61 + "_%d" % k: v for k, v in enumerate(
        [wave(), wave(), plane(6, 9, bump), 1.5, 2.5])}


@stream
def alike():
    """names that differ in case, and in underscores"""
    yield dict(u=wave(), U=[1.0, 2.0], u_=[2.0, 1.0], _u=[1.0, 1.5],
               u_2=[3.0, 1.0], u_thin=[3.0, 2.0], x__u=[3.0, 3.5],
               TEXT=[1.0, 4.0], text_u="u", __=[5.0, 4.0])


SIGNS = ["\\{}", "%",
         "%s %d %n", "{}", "{/Symbol a}", "m^2", "m_s", "'", '"', "''",
         "\\", "\\n", "`", "`id`", "@u", "$u", "$1", "#", "m s^{-1}", "{",
         "}", "°C", "µm Ω⁻¹",
         "速度", "é = é", "Z͑ͫ̓ͪ̂ͫ̽͏", "🚀",
         "عدد", "", " ", "  m  ", "1", "-", "~", "a,b", "x:y", "[0:1]",
         "&{m}", "%.3g", "<u>", "&lt;b&gt;", "]]>", "</svg>", "\ufffd",
         "\u200b", "\U0010fffd"]


@stream
def units():
    """units of signs that mean something to gnuplot, svg or printf"""
    for signs in (SIGNS[k:k + 9] for k in range(0, len(SIGNS), 9)):
        yield {"u": wave(), "x": None, **{"n%d" % k: wave()
               for k in range(9)}}, dict(
            attrs={"n%d" % k: dict(units=s) for k, s in enumerate(signs)})


@stream
def labels():
    """labels of signs, on lines, images, numbers and axes"""
    names = ["u", "x", "img", "y", "energy"]
    for i in range(0, len(SIGNS) - 4, 5):
        signs = SIGNS[i:i + 5]
        yield dict(step=i, u=wave(), x=wave(), img=plane(6, 9, bump),
                   y=doubles(6, float), energy=float(i)), dict(
            attrs={n: dict(label=s, units=s) for n, s in zip(names, signs)},
            dims=dict(u=["x"], x=["x"], img=["y", ""], y=["y"]))


@stream
def long_labels():
    """labels and units of 4 KB are cut"""
    long = "a very long label " * 227
    yield dict(u=wave(), img=plane(6, 9, bump), energy=1.0), dict(
        attrs={n: dict(label=long, units=long.upper())
               for n in ("u", "img", "energy")})
    wide = "長" * 1300
    yield dict(u=wave(), img=plane(6, 9, bump), energy=1.0), dict(
        attrs={n: dict(label=wide, units=wide)
               for n in ("u", "img", "energy")})


@stream
def texts():
    """nothing but texts: said"""
    yield dict(u="calm", title="a title", empty="", lines="a\nb\tc\n" * 9,
               bad="\x1b[31m\x07\x08\u2028\u202e")


@stream
def long_text():
    """a text of 1 MB"""
    yield dict(u=wave(), log="line of text\n" * 80000)


@stream
def parameters():
    """nothing but parameters: said; they stand in the title"""
    yield dict(u=1.5, n=3, mode="fast 'n' \"loose\" `x` \\", on=True,
               nan=NAN, long="x" * 900), dict(
        attrs={n: dict(role="parameter", units="%", label="@u")
               for n in ("u", "n", "mode", "on", "nan", "long")})


@stream
def nothing():
    """records without a field"""
    yield {}
    yield {}


# Coordinates


def line_over(x, n=60):
    return dict(u=wave(n), x=x), dict(dims=dict(u=["x"], x=["x"]))


@stream
def coordinates():
    """a wave over constant, falling, turning, holed, far ... coordinates"""
    for x in (
            [1.0] * 60, doubles(60, lambda i: 60.0 - i),
            doubles(60, lambda i: math.cos(i / 9)),
            [NAN if i % 7 == 3 else i for i in range(60)],
            [NAN] * 60, [INF] * 60, [NAN] + list(range(58)) + [INF],
            list(range(50)), "a text", 4.5, [complex(i, 1) for i in range(
                60)], doubles(60, lambda i: 10.0 ** (i / 6)),
            doubles(60, lambda i: 1e15 + i / 8),
            doubles(60, lambda i: 1e-320 * i),
            doubles(60, lambda i: 1e308 * (i / 30 - 1)),
            [i % 2 == 0 for i in range(60)],
            typed("Q", [60], [2 ** 64 - 60 + i for i in range(60)]),
            plane(60, 60, bump), array.array("d"),
            doubles(60, lambda i: WALL / 1e9 + 3600 * i),
            doubles(60, lambda i: float(i // 10))):
        yield line_over(x)


@stream
def image_coordinates():
    """an image over the same"""
    y = doubles(12, lambda i: i * 0.5)
    for x in (
            [1.0] * 20, doubles(20, lambda i: 20.0 - i),
            doubles(20, lambda i: math.cos(i / 3)),
            [NAN if i == 3 else i for i in range(20)], [NAN] * 20,
            [INF] * 20, list(range(19)), "a text",
            [complex(i, 1) for i in range(20)],
            doubles(20, lambda i: 10.0 ** (i / 3)),
            doubles(20, lambda i: 1e15 + i / 8),
            doubles(20, lambda i: 1e-320 * i),
            doubles(20, lambda i: 1e308 * (i / 10 - 1)),
            doubles(20, lambda i: float(i // 5)),
            doubles(20, lambda i: 1e9 + 1e-7 * i),
            doubles(20, lambda i: 1e-9 * i)):
        yield dict(u=plane(12, 20, bump), x=x, y=y), dict(
            dims=dict(u=["y", "x"], x=["x"], y=["y"]))
        y = x if hasattr(x, "__len__") and len(x) == 12 else y


@stream
def named_coordinates():
    """coordinates that are missing, the field itself, of other ranks"""
    u, x = wave(), doubles(60, lambda i: math.sin(i / 7))
    for names in ("nowhere neither", "u u", "x nowhere", "x", "u", "img x",
                  "x img", "", " ", "x x", "y x", "x y z u v", "text x",
                  "n x", "x  y", "x\u00a0y", "cplx x", "empty x"):
        yield dict(u=u, x=x, y=wave(), img=plane(6, 9, bump), text="a", n=1,
                   cplx=[1j] * 60, empty=array.array("d")), dict(
            attrs=dict(u=dict(coordinates=names),
                       img=dict(coordinates=names)))


def scattered(x, y, v):
    return dict(u=v, x=x, y=y), dict(attrs=dict(u=dict(coordinates="x y")))


@stream
def points():
    """scattered points: one, all in one place, on a line, holed, far"""
    turn = doubles(60, lambda i: math.cos(i * 2.4) * i)
    yield scattered([1.0], [2.0], [3.0])
    yield scattered([1.0] * 60, [2.0] * 60, wave())
    yield scattered(doubles(60, float), [0.0] * 60, wave())
    yield scattered(turn, [NAN] * 60, wave())
    yield scattered(turn, [NAN if i % 2 else i for i in range(60)], wave())
    yield scattered(turn, wave(), [NAN] * 60)
    yield scattered(turn, wave(), [5.0] * 60)
    yield scattered(doubles(60, lambda i: 1e308 * math.sin(i)),
                    doubles(60, lambda i: 1e-308 * math.sin(i)), wave())
    yield scattered(array.array("d"), array.array("d"), array.array("d"))
    yield scattered(turn, wave(), [complex(i, NAN) for i in range(60)])


@stream
def curvilinear():
    """curved grids: a ring, folded, one row, holed, flat, far"""
    def grid(ny, nx, fx, fy, fv=bump):
        return scattered(plane(ny, nx, fx), plane(ny, nx, fy),
                         plane(ny, nx, fv))
    yield grid(8, 30, lambda i, j: (j + 3) * math.cos(i / 29 * 6.28),
               lambda i, j: (j + 3) * math.sin(i / 29 * 6.28))
    yield grid(8, 9, lambda i, j: abs(i - 4), lambda i, j: j)
    yield grid(1, 9, lambda i, j: i, lambda i, j: i * i)
    yield grid(2, 2, lambda i, j: i, lambda i, j: j)
    yield grid(8, 9, lambda i, j: NAN if i == 3 else i, lambda i, j: j)
    yield grid(8, 9, lambda i, j: i, lambda i, j: 0)
    yield grid(8, 9, lambda i, j: 5, lambda i, j: 5)
    yield grid(8, 9, lambda i, j: i * 1e307, lambda i, j: j * 1e-307)
    yield grid(8, 9, lambda i, j: i, lambda i, j: j,
               lambda i, j: NAN if i < 8 else 1)


@stream
def self_named():
    """dimensions twice of one name, of a number's, of a 2-D field's"""
    yield dict(u=plane(9, 9, bump), x=doubles(9, lambda i: i * 2.0),
               v=wave(), n=3.0, w=wave(), img=plane(6, 60, bump)), dict(
        dims=dict(u=["x", "x"], x=["x"], v=["n"], w=["img"],
                  img=["w", "v"]))


# Steps and times


@stream
def steps():
    """steps that go back, are huge, negative, no whole numbers"""
    for i, s in enumerate([5, 3, 3, -7, 2 ** 63 - 1, -2 ** 63, 2 ** 64 - 1,
                           0, 1.5, NAN, "text", [1, 2], None, True, 4]):
        yield dict(step=s, u=wave(), energy=float(i))


@stream
def times():
    """simulated time that is NaN, Inf, a text, an array, goes back"""
    for i, t in enumerate([0.0, 1.0, NAN, 2.0, INF, -INF, 1e308, -1e308,
                           "text", [1.0, 2.0], None, 1e-320, 3.0, 2.5, 2.5,
                           True, 1j, 2 ** 63]):
        yield dict(step=i, t=t, u=wave(), energy=float(i % 4))


@stream
def all_nan_times():
    """simulated time is NaN always: curves over the step"""
    for i in range(8):
        yield dict(step=i, t=NAN, energy=math.sin(i))


@stream
def one_time():
    """time stands still"""
    for i in range(8):
        yield dict(step=4, t=2.5, u=wave(), energy=math.sin(i))


@stream
def years():
    """seconds since 1970, and gigayears"""
    for i in range(8):
        yield dict(step=i, t=WALL / 1e9 + 86400 * i, energy=math.sin(i)), \
            dict(attrs=dict(t=dict(units="s")))


@stream
def walls():
    """wall times of 1970, 1677, 2262, all the same, going back"""
    for i, w in enumerate([0, 1, -1, -2 ** 63, 2 ** 63 - 1, WALL, WALL, 0]):
        yield dict(step=i, u=wave(), energy=float(i)), dict(wall=w)


@stream
def far_seq():
    """seq near its limit"""
    for i in range(3):
        yield dict(u=wave(), energy=float(i)), dict(seq=2 ** 64 - 4 + i)


@stream
def numbers():
    """numbers of one unit and of all sizes, one NaN, one seldom there"""
    for i in range(5):
        yield dict({"n%d" % k: 10.0 ** (k - 15) * (1 + i / 30)
                    for k in range(30)}, step=i, nan=NAN,
                   seldom=1.0 if i == 3 else None), dict(
            attrs={"n%d" % k: dict(units="J") for k in range(30)})


@stream
def past_alone():
    """history records and nothing else: said, or their curves"""
    n = 20
    yield dict(HISTORY_seq=typed("Q", [n], range(1, n + 1)),
               HISTORY_wall=typed("q", [n], [WALL + i * 10 ** 9
                                             for i in range(n)]),
               energy=doubles(n, lambda i: math.sin(i / 3)),
               pi=[NAN] * n), dict(history=True, seq=n)


# Several sources


@alone
def tiles():
    """tiles that overlap, contradict each other, and lie"""
    def tile(k, extents, offset, shape=(6, 9), more=None):
        about = dict(tile_extents=extents, tile_offset=offset)
        about.update(more or {})
        return dict(step=1, u=plane(*shape, lambda i, j: k + bump(i, j)),
                    ), dict(source="tile.%d@host" % k,
                            attrs=dict(u=about))
    yield tile(0, "12 18", "0 0")
    yield tile(1, "12 18", "3 4")
    yield tile(2, "12 18", "6 9", more=dict(units="V"))
    yield tile(3, "12 18", "7 10")
    yield tile(4, "13 18", "0 0")
    yield tile(5, "12 18", "99999999999999999999 0")
    yield tile(6, "12", "0")
    yield tile(7, "12 18", "-1 0")
    yield tile(8, "1000000000 1000000000", "5 5")
    yield tile(9, "0 0", "0 0")
    yield tile(10, "a b", "c d")
    yield tile(11, "12 18", "0 9", (3, 3))
    yield tile(12, "12 18", "")


@alone
def few_sources():
    """sources of odd names, overlaid"""
    for k, name in enumerate([
            "π≈3 速度", "n" * 64, "長" * 21, "a/b/../c", " ", "a b  c",
            "'", "\"", "`id`", "$(id)", "@u", "{}", "%s%n", "-", "--help",
            "\\", "e\u0301\u0301\u0301", "#2", "name#2", "a@b@c", "x.0@h:7",
            "🚀"]):
        yield dict(step=k, u=doubles(60, lambda i: math.sin(i / 5) + k),
                   img=plane(6, 9, bump), energy=float(k),
                   x=None), dict(source=name)


@alone
def thousand():
    """1,000 sources: as many as can be told apart, and how many more"""
    for k in range(1000):
        yield dict(u=[float(k), k + 1.0], energy=float(k)), dict(
            source="rank.%d@host" % k)


@alone
def two_runs():
    """two runs of one name that both go on"""
    for i in range(4):
        for run in (1, 2):
            yield dict(step=i, u=doubles(60, lambda k: math.sin(
                k / 5 + run)), energy=float(i * run)), dict(
                    source="twice@host", run=run)


@alone
def disagreeing():
    """one name, of another kind in each source"""
    for k, v in enumerate([wave(), plane(6, 9, bump), 3.5, "text", [1j] * 9,
                           array.array("d"), wave(30), [NAN] * 60,
                           typed("b", [2, 3, 4], range(24))]):
        yield dict(step=k * 1000, t=k * 0.1, u=v), dict(
            source="rank.%d@host" % k,
            attrs=dict(u=dict(units="m" if k % 2 else "s")))


def records(function, run):
    """The records of a stream; each of its runs ends in a final one."""
    seqs, runs, n = {}, {}, 0
    for item in function():
        fields, more = item if isinstance(item, tuple) else (item, {})
        source = more.get("source", "awkward@host")
        runs.setdefault(source, run + len(runs))
        more = dict(dict(source=source, run=runs[source],
                         wall=WALL + n * 10 ** 9), **more)
        n += 1
        key = more["source"], more["run"]
        seqs[key] = more["seq"] = more.get("seq", seqs.get(key, 0) + 1)
        more["attrs"] = {k: a for k, a in more.get("attrs", {}).items()
                         if fields.get(k) is not None}
        more["dims"] = {k: d for k, d in more.get("dims", {}).items()
                        if rank(fields[k]) == len(d)}
        yield aprec.encode(fields, **more)
    for (source, own), seq in seqs.items():
        yield aprec.encode({}, seq=seq + 1, run=own, source=source,
                           wall=WALL + n * 10 ** 9, final=True)


OURS = ("GPVAL_", "GPFUN_", "MOUSE_", "STATS_", "APLOT_", "ARG", "F_")


def script(function):
    """What uses all that the stream ends with, of whatever kind."""
    state, out = {}, ["a = 0; b = ''"]
    for item in function():
        fields, more = item if isinstance(item, tuple) else (item, {})
        if not more.get("history"):
            state.update(fields)
    for name, v in sorted(state.items()):
        # gnuplot takes no macro that begins so, and no longer variables.
        if name[0] == "_" or len(name) > 40:
            continue
        if isinstance(v, str):
            out.append("b = b.TEXT_%s" % name)
            continue
        if name.startswith(OURS) or name in ("pi", "NaN", "I", "S", "SRC",
                                             "NSRC"):
            name = "F_" + name
        if isinstance(v, (int, float)):
            out.append("a = a + %s" % name)
        elif v is not None and len(out) < 50:
            out.append("plot [0:1][0:1] 0.5, @%s with points title SRC(S)" %
                       name)
    out.append("set title b; plot [0:1][0:1] a + 1")
    return "\n".join(out) + "\n"


def main():
    folder, at = sys.argv[1], 0
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "all.apr"), "wb") as every:
        for k, function in enumerate(STREAMS + ALONE):
            path = os.path.join(folder, function.__name__)
            first = at + 1
            with open(path + ".apr", "wb") as f:
                for data in records(function, (k + 1) * 10000):
                    f.write(data)
                    if function in STREAMS:
                        every.write(data)
                        at += 1
            with open(path + ".gp", "w") as f:
                f.write(script(function))
            print(function.__name__, first if at >= first else 0,
                  at if at >= first else 0)


if __name__ == "__main__":
    main()
