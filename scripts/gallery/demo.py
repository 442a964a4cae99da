#!/usr/bin/env python3
"""demo.py - two layers of shear roll up, computed and published

    scripts/gallery/demo.py | aptee | scripts/gallery/image.gp

It publishes what the scripts of this gallery draw.  In a periodic box of one
metre, fluid flows to the right in the middle and to the left elsewhere; the
layers between them are disturbed a little, and roll up.  Solved is

    w_t + u w_x + v w_y = nu (w_xx + w_yy),  (u, v) = (psi_y, -psi_x),
                                             psi_xx + psi_yy = -w

for the vorticity w, by Fourier series without aliasing (the two-thirds rule)
and the classical Runge-Kutta scheme.  What is always true: the energy
E = <u u + v v>/2 falls by viscosity alone, E_t = -2 nu Z with the enstrophy
Z = <w w>/2, so that "lost", E plus the time integral of 2 nu Z less what was
there at first, stays 0 but for the error of the steps.

Under mpirun, or with OMPI_COMM_WORLD_RANK and _SIZE set, rank r takes a
viscosity 4**r times as large: a study, for ranks.gp.
"""
import argparse
import os
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, os.pardir, "format"))
import aprec  # noqa: E402

try:
    import numpy as np
except ImportError:
    sys.exit("demo.py: needs numpy (Debian: apt install python3-numpy; "
             "elsewhere: pip install numpy)")

WIDTH = 0.04            # m, of the layers
DISTURBED = 0.05        # m/s
NU = 1e-4               # m2/s
BINS = 36               # directions of the flow
KEPT = 240              # moments of the space-time diagram


class Flow:
    """The flow in the box, and how to go on by one step."""

    def __init__(self, n, nu):
        self.nu = nu
        self.x = (np.arange(n) + 0.5) / n                   # m; y is the same
        k = 2 * np.pi * np.fft.fftfreq(n, 1 / n)
        self.kx, self.ky = k[None, :n // 2 + 1], k[:, None]
        self.kx = np.abs(self.kx)
        self.k2 = self.kx ** 2 + self.ky ** 2
        self.inverse = 1 / np.where(self.k2 == 0, np.inf, self.k2)
        most = 2 * np.pi * n / 3
        self.kept = (self.kx < most) & (np.abs(self.ky) < most)
        # s; |u| is near 1, and viscosity must not grow what it damps
        self.dt = min(0.4 / n, 1 / (2 * nu * most ** 2))
        y, x = self.x[:, None], self.x[None, :]
        u = np.where(y < 0.5, np.tanh((y - 0.25) / WIDTH),
                     np.tanh((0.75 - y) / WIDTH)) + 0 * x
        v = DISTURBED * np.sin(2 * np.pi * x) + 0 * y
        self.w = self.kept * (1j * self.kx * np.fft.rfft2(v) -
                              1j * self.ky * np.fft.rfft2(u))
        self.t, self.supplied, self.first = 0.0, 0.0, None
        self.first = self.energy()

    def velocity(self, w):
        psi = w * self.inverse
        return (np.fft.irfft2(1j * self.ky * psi),
                np.fft.irfft2(-1j * self.kx * psi))

    def rate(self, w):
        u, v = self.velocity(w)
        turn = (u * np.fft.irfft2(1j * self.kx * w) +
                v * np.fft.irfft2(1j * self.ky * w))
        return -np.fft.rfft2(turn) * self.kept - self.nu * self.k2 * w

    def step(self):
        w, h = self.w, self.dt
        before = self.enstrophy()
        a = self.rate(w)
        b = self.rate(w + h / 2 * a)
        c = self.rate(w + h / 2 * b)
        self.w = w + h / 6 * (a + 2 * b + 2 * c + self.rate(w + h * c))
        self.t += h
        self.supplied += h * self.nu * (before + self.enstrophy())

    def mean(self, a):
        """The mean over the box of |a|^2, of a half spectrum."""
        weight = np.full(a.shape[1], 2.0)
        weight[0] = 1
        if a.shape[0] % 2 == 0:
            weight[-1] = 1
        return float((weight * np.abs(a) ** 2).sum()) / a.shape[0] ** 4

    def energy(self):
        return self.mean(self.w * np.sqrt(self.inverse)) / 2

    def enstrophy(self):
        return self.mean(self.w) / 2

    def spectrum(self):
        """Energy by the number of waves in the box: k and E(k)."""
        n = self.w.shape[0]
        e = np.abs(self.w) ** 2 * self.inverse / n ** 4
        e[:, 0] /= 2
        k = np.rint(np.sqrt(self.k2) / (2 * np.pi)).astype(int)
        sums = np.bincount(k.ravel(), e.ravel())[1:n // 3]
        return np.arange(1.0, len(sums) + 1), sums


def describe(out):
    for name, units, label, dims in (
            ("x", "m", "x", "x"), ("y", "m", "y", "y"),
            ("w", "1/s", "vorticity", "y x"),
            ("psi", "m2/s", "stream function", "y x"),
            ("speed", "m/s", "speed", "y x"),
            ("u", "m/s", "velocity along x", "y x"),
            ("v", "m/s", "velocity along y", "y x"),
            ("mean", "m/s", "mean velocity along x", "y"),
            ("least", "m/s", "least velocity along x", "y"),
            ("greatest", "m/s", "greatest velocity along x", "y"),
            ("k", "1/m", "waves", "k"), ("E", "m3/s2", "energy", "k"),
            ("angle", "rad", "direction", "angle"),
            ("rose", "1", "share of the energy", "angle"),
            ("past", "s", "time", "past"),
            ("middle", "1/s", "vorticity at y = 1/4 m", "past x"),
            ("t", "s", "time", ""), ("energy", "m2/s2", "energy", ""),
            ("enstrophy", "1/s2", "enstrophy", ""),
            ("across", "m/s", "fastest across", ""),
            ("lost", "m2/s2", "energy that got lost", "")):
        out.describe(name, units=units, label=label,
                     **({"dims": tuple(dims.split())} if dims else {}))


def stage(across):
    return ("the layers are smooth" if across < 0.15 else
            "the layers roll up" if across < 0.6 else "vortices turn")


def publish(out, flow, step, past, **more):
    u, v = flow.velocity(flow.w)
    w, psi = np.fft.irfft2(flow.w), np.fft.irfft2(flow.w * flow.inverse)
    past.append((flow.t, w[w.shape[0] // 4]))
    del past[:-KEPT]
    energy = u ** 2 + v ** 2
    rose = np.histogram(np.arctan2(v, u), BINS, (-np.pi, np.pi), False,
                        energy)[0] / energy.sum()
    k, e = flow.spectrum()
    across = float(np.abs(v).max())
    out.publish(step=step, t=flow.t, w=w, psi=psi, u=u, v=v,
                speed=np.sqrt(energy), mean=u.mean(1), least=u.min(1),
                greatest=u.max(1), k=k, E=e, rose=rose,
                past=np.array([t for t, _ in past]),
                middle=np.array([row for _, row in past]),
                energy=flow.energy(), enstrophy=flow.enstrophy(),
                across=across, stage=stage(across),
                lost=flow.energy() + flow.supplied - flow.first, **more)


def main():
    p = argparse.ArgumentParser(
        description="Shear layers that roll up; publishes records.")
    p.add_argument("-e", type=int, default=4, metavar="steps",
                   help="publish every so many steps")
    p.add_argument("-n", type=int, default=100000, metavar="steps",
                   help="how many to compute")
    p.add_argument("-x", type=int, default=128, metavar="points",
                   help="along each side of the box")
    args = p.parse_args()
    if args.e < 1 or args.n < 1 or args.x < 16 or args.x % 2:
        p.error("steps are at least 1, points at least 16 and even")
    rank = int(os.environ.get("OMPI_COMM_WORLD_RANK", 0))
    flow, past = Flow(args.x, NU * 4 ** rank), []
    edge = np.pi / BINS
    with aprec.open() as out:
        signal.signal(signal.SIGTERM, lambda *_: out.stop())
        describe(out)
        publish(out, flow, 0, past, x=flow.x, y=flow.x, nu=flow.nu,
                angle=np.linspace(edge - np.pi, np.pi - edge, BINS))
        for step in range(1, args.n + 1):
            flow.step()
            if step % args.e == 0:
                publish(out, flow, step, past)
            if out.stopped:
                break


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
