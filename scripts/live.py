"""live.py - two fields of a live run, drawn by matplotlib

    python3 scripts/heat.py | aptee -l heat >/dev/null &
    PYTHONPATH=format python3 scripts/live.py heat x T
"""
import sys, aprec, matplotlib.pyplot as plt  # noqa: E401
live = aprec.connect(sys.argv[1])
for m in live.updates():
    plt.cla()
    plt.plot(m[sys.argv[2]], m[sys.argv[3]])
    plt.title("step %d" % m.step), plt.pause(0.02)
