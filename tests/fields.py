"""Streams for the tests of the picture: python3 fields.py kind [name ...]

    odd      every kind of field, one record; names: only these
    noise    20 x count points of noise around a curve, with gaps
    hostile  names, labels, units, texts and sources that attack
    wave     a 2-D field with coordinates, and numbers over 100 steps
    turning  fields whose kinds change from record to record
"""
import array
import math
import random
import sys

import aprec

INF, NAN = float("inf"), float("nan")

# What must be nothing but text, wherever it stands.
EVIL = [
    "`touch PWNED`", "$(touch PWNED)", "';system('touch PWNED');'",
    "'.system('touch PWNED').'", '";system("touch PWNED");"',
    "<touch PWNED", "|touch PWNED", " <touch PWNED", "\t|touch PWNED",
    "\n<touch PWNED", "\r\n|touch PWNED", "'\nsystem('touch PWNED')\n'",
    "'", "''", "'''", "\\", "\\'", "\\';system('touch PWNED')#", "@evil",
    "@TEXT_evil", "%s%n%d%c", "\x1b]0;title\x07\x1b[2J", "!touch PWNED",
    "-", " - ", "+", "++", "$APLOT_1", "{/=99 x}", "#", "a\vb\fc\bd",
    "\u202eturned", "\u2028system('touch PWNED')",
    "\x85system('touch PWNED')", "x" * 1000000, "\n" * 1000, "",
]


def odd():
    plane = [[float(i * j) for i in range(6)] for j in range(5)]
    return {
        "empty": array.array("d"), "nanline": [NAN] * 50,
        "nanimage": [[NAN] * 6] * 5, "constline": [3.0] * 100,
        "constimage": [[7.0] * 6] * 5, "one": [4.0], "oneone": [[4.0]],
        "infinite": [1.0, INF, 2.0, -INF, 3.0, NAN, 1.0, 2.0],
        "infimage": [[INF, 1.0, 2.0], [3.0, -INF, NAN]],
        "huge": [1e308, -1e308, 1.0, 2.0], "tiny": [0.0, 5e-324],
        "close": [1e9 + i * 1e-7 for i in range(10)],
        "wide": [10.0 ** i for i in range(-12, 13)],
        "ints": array.array("h", range(-10, 20)),
        "bytes": array.array("B", range(200)),
        "flags": [i % 3 == 0 for i in range(30)],
        "cplx": [complex(math.cos(i), math.sin(i)) for i in range(40)],
        "cplane": [[complex(i, j) for i in range(6)] for j in range(5)],
        "cube": [[[float(i + j * k) for i in range(6)] for j in range(5)]
                 for k in range(4)],
        "row": [[float(i) for i in range(40)]],
        "column": [[float(i)] for i in range(40)],
        "plane": plane, "nan": NAN, "infinity": INF, "big": 1e308,
        "number": 2.5, "whole": 7, "truth": True, "text": "hello",
        "u64": 2 ** 64 - 1,
    }


def publish_odd(names):
    fields = odd()
    with aprec.open(1, source="odd@host") as out:
        out.publish({n: fields[n] for n in names or fields})


def publish_noise(names):
    count = int(names[0])
    rng = random.Random(1)
    with aprec.open(1, source="noise@host") as out:
        out.publish(noise=array.array("d", (
            NAN if i % 30011 < 20 else math.sin(i * 9 / count) +
            rng.random() for i in range(count))))


def publish_wave(names):
    nx, ny = 90, 60
    with aprec.open(1, source="wave@host") as out:
        out.describe("u", units="mm", label="displacement", dims=("y", "x"))
        out.describe("x", units="m", label="length", dims=("x",))
        out.describe("y", units="m", label="height", dims=("y",))
        out.describe("energy", units="J")
        out.describe("t", units="s")
        for step in range(100):
            fields = dict(step=step, t=step * 0.1,
                          energy=3 + math.sin(step / 5))
            if step == 0:
                fields["x"] = [i / 30 for i in range(nx)]
                fields["y"] = [j / 30 for j in range(ny)]
            fields["u"] = [array.array("d", (
                math.sin(i / 9 + step / 5) * math.cos(j / 7)
                for i in range(nx))) for j in range(ny)]
            out.publish(fields)


def clean(text):
    """What may stand in a source's name or an attribute."""
    return "".join(c if c.isprintable() else " " for c in text)


def publish_hostile(names):
    reserved = ["pi", "sin", "x", "t", "GPVAL_X", "MOUSE_X", "STATS_a",
                "ARG1", "ARGC", "plot", "exit", "system", "NaN", "SRC",
                "NSRC", "F_pi", "APLOT_answer", "if", "do", "set", "S", "I"]
    for k, evil in enumerate(EVIL):
        source = clean(evil).strip()[:40] or "evil"
        with aprec.open(1, source=source) as out:
            label = clean(evil)[:1000]
            for name in ("u", "img", "energy"):
                out.describe(name, units=label, label=label)
            fields = {n: float(i) for i, n in enumerate(reserved)}
            fields.update({"c%d" % i: e for i, e in enumerate(EVIL)})
            fields.update(step=k, u=[1.0, 3.0, 2.0], evil=evil, energy=5.0,
                          img=[[1.0, 2.0], [3.0, 4.0]])
            out.publish(fields)


def publish_turning(names):
    with aprec.open(1, source="turning@host") as out:
        out.publish(step=1, u=[1.0, 3.0, 2.0], energy=5.0, mode="calm")
        for evil in EVIL:
            out.publish(u=evil, energy=evil, mode=4.0)
            out.publish(u=5.0, energy=[1.0, 2.0], mode=[3.0, 4.0])
        out.publish(step=2, u=[1.0, 3.0, 2.0], energy=6.0, mode="last")


globals()["publish_" + sys.argv[1]](sys.argv[2:])
