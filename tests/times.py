"""Streams over time, for tests of its axis: python3 times.py kind span [...]

    over SPAN UNITS [FROM]   a number e over t, 200 records
    clock SPAN [FROM]        e without t and step, by the clock of the headers,
                             from so many seconds since 1970 on
    array SPAN UNITS [FROM]  a field u over its coordinate t
    named SPAN               as clock, with a number named wall

SPAN and FROM are in the units.
"""
import math
import sys

import aprec

N = 200
NOON = 1764504000       # 2025-11-30 12:00:00 UTC
RUN = {"run": 1, "source": "times@test"}


def put(*args, **kwargs):
    sys.stdout.buffer.write(aprec.encode(*args, **kwargs, **RUN))


def main():
    kind, span = sys.argv[1], float(sys.argv[2])
    units = sys.argv[3] if kind in ("over", "array") else None
    rest = sys.argv[4 if units else 3:]
    start = float(rest[0]) if rest else 0 if units else NOON
    at = [start + span * i / (N - 1) for i in range(N)]
    e = [math.sin(i / 20) for i in range(N)]
    attrs = {"t": {"units": units}}
    if kind == "array":
        put({"t": at, "u": e}, seq=1, wall=NOON * 10 ** 9, attrs=attrs,
            dims={"t": ("t",), "u": ("t",)}, final=True)
        return
    for i in range(N):
        fields = {"e": e[i]}
        wall = NOON * 10 ** 9 + i
        if kind == "over":
            fields["t"] = at[i]
        else:
            wall = int(at[i] * 1e9)
        if kind == "named":
            fields["wall"] = float(i)
        put(fields, seq=i + 1, wall=wall, attrs=attrs if kind == "over" else
            None, final=i == N - 1)


main()
