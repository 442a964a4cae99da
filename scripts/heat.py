#!/usr/bin/env python3
"""heat.py - heat spreading in a rod, computed and published

    python3 scripts/heat.py | aptee | aplot

    APREC_CONTROL=rod python3 scripts/heat.py | aptee -l rod | aplot
    aptee -c rod set power 500          # and from elsewhere: heat it

A rod of half a metre, copper on its left and steel on its right, is
insulated all around.  Three pieces of it start hot.  While it runs, "power"
(kW/m2) may be led into its left end, and its right end may lose heat to the
room by "loss" (W/(m2 K)); both are 0 at first.  Solved is

    rho c T_t = (k T_x)_x,  -k T_x = power on the left,
                            -k T_x = loss (T - room) on the right

on cells of width h, with the heat that flows through each face from one cell
to the next,

    q[i+1/2] = K[i+1/2] (T[i] - T[i+1]) / h,        K harmonic mean of k
    T[i] += dt / (rho c[i] h) (q[i-1/2] - q[i+1/2])

It is stable, and keeps T between its first extremes, for

    dt <= min rho c[i] h^2 / (K[i-1/2] + K[i+1/2]),

of which a "fraction" is taken, four fifths at first.  What is always true:
what leaves a cell enters the next, so "heat" less what has come in through
the ends, "supplied", stays the same to rounding, and tells whether the solver
is right.  Both are published.
"""
import argparse
import math
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                os.pardir, "format"))
import aprec  # noqa: E402

try:
    import numpy as np
except ImportError:
    sys.exit("heat.py: needs numpy (Debian: apt install python3-numpy; "
             "elsewhere: pip install numpy)")

LENGTH = 0.5                    # m
ROOM = 20.0                     # degC
COPPER = 401.0, 3.45e6          # k in W/(m K), rho c in J/(m3 K)
STEEL = 50.0, 3.76e6


class Rod:
    """The temperatures of the cells, and how to go on by one step."""

    def __init__(self, cells):
        self.h = LENGTH / cells                         # m
        self.x = (np.arange(cells) + 0.5) * self.h      # m
        left = self.x < LENGTH / 2
        k = np.where(left, COPPER[0], STEEL[0])
        self.capacity = np.where(left, COPPER[1], STEEL[1])
        self.K = 2 * k[:-1] * k[1:] / (k[:-1] + k[1:])  # W/(m K), of faces
        both = np.append(self.K, 0) + np.insert(self.K, 0, 0)
        self.most = np.min(self.capacity * self.h**2 / both)    # s
        self.dt = 0.8 * self.most
        self.t = self.supplied = 0.0                    # s, kJ/m2
        self.T = np.full(cells, ROOM)                   # degC
        for middle, width, T in ((0.08, 0.04, 500), (0.23, 0.02, 300),
                                 (0.40, 0.06, 400)):
            self.T[np.abs(self.x - middle) < width / 2] = T
        self.q = np.zeros(cells + 1)                    # W/m2, of faces

    def step(self, power=0.0, loss=0.0):
        self.q[0] = 1e3 * power
        self.q[-1] = loss * (self.T[-1] - ROOM)
        self.q[1:-1] = self.K * (self.T[:-1] - self.T[1:]) / self.h
        self.T += self.dt / self.h * (self.q[:-1] - self.q[1:]) / \
            self.capacity
        self.t += self.dt
        self.supplied += self.dt * (self.q[0] - self.q[-1]) / 1e3

    def heat(self):
        """Above room temperature, in kJ for each m2 of cross section."""
        return math.fsum(self.capacity * (self.T - ROOM)) * self.h / 1e3


def describe(out):
    """What is known of the fields, said once."""
    out.describe("x", units="m", label="position", dims="x")
    out.describe("T", units="degC", label="temperature", dims="x")
    out.describe("t", units="s", label="time")
    out.describe("hottest", units="degC", label="highest temperature")
    out.describe("heat", units="kJ/m2", label="heat")
    out.describe("supplied", units="kJ/m2", label="heat that has come in")


class Steered:
    """What may be set while it runs."""

    def __init__(self, out, rod):
        self.power = out.param("power", 0.0, 0, 1e4, units="kW/m2",
                               label="power into the left end")
        self.loss = out.param("loss", 0.0, 0, 1e3, units="W/(m2 K)",
                              label="loss at the right end")

        def shorten(fraction):
            rod.dt = fraction * rod.most
        out.param("fraction", 0.8, 0.01, 1, label="time step, of the "
                  "largest that is stable", on_change=shorten)


def publish(out, rod, step, **more):
    out.publish(step=step, t=rod.t, T=rod.T, hottest=rod.T.max(),
                heat=rod.heat(), supplied=rod.supplied, **more)


def run(rod, out, options):
    """Until all steps are made or somebody asks to stop.

    The clock decides when to publish, unless a number of steps was given:
    60 pictures a second are all that eyes want, and cost next to nothing.
    """
    begun = told = shown = time.monotonic()
    first = rod.heat()
    steered = Steered(out, rod)
    step = 0
    # The coordinate never changes: only the first record has it.
    publish(out, rod, 0, x=rod.x)
    try:
        while step < options.n and not out.stopped:
            rod.step(steered.power.value, steered.loss.value)
            step += 1
            now = time.monotonic()
            if (step == options.n or (
                    step % options.e == 0 if options.e else
                    now - shown >= 1 / 60)):
                publish(out, rod, step)
                shown = now
            if not options.q and now - told >= 2:
                print("step %d, t = %.1f s, hottest %.1f degC, heat off by "
                      "%.1e" % (step, rod.t, rod.T.max(),
                                (rod.heat() - rod.supplied) / first - 1))
                told = now
    finally:
        took = time.monotonic() - begun
        print("heat.py: %d steps, t = %.1f s, %.0f steps/s" %
              (step, rod.t, step / took if took else 0),
              file=sys.stderr)


def count(text):
    n = int(text)
    if n < 1:
        raise ValueError
    return n


def main():
    p = argparse.ArgumentParser(
        description="Heat spreading in a rod; publishes records.")
    p.add_argument("-e", metavar="every", type=count,
                   help="publish every so many steps (60 times a second)")
    p.add_argument("-n", metavar="steps", type=count, default=2000000,
                   help="steps to compute (2000000)")
    p.add_argument("-q", action="store_true", help="print no progress")
    p.add_argument("-x", metavar="cells", type=count, default=500,
                   help="cells of the rod (500)")
    options = p.parse_args()
    if options.x < 20:
        p.error("at least 20 cells")
    # What a batch system sends ends it in good order, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with aprec.open() as out:
        describe(out)
        try:
            run(Rod(options.x), out, options)
        except KeyboardInterrupt:
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
