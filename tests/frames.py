"""frames.py - a field drawn by matplotlib with blitting, as fast as it goes

    python3 tests/frames.py seconds shape png|qt|x11 file ...

The files are the frames, raw doubles, drawn by turns: the axes once, then
only the line or the image over them.  png is by Agg, each frame written as a
PNG; a window by Qt, or for x11 by Tk.  Prints "frames N seconds S" as
help-frames does.
"""

import itertools
import os
import sys
import time

import matplotlib
import numpy as np


def main() -> None:
    seconds, shape, kind = float(sys.argv[1]), sys.argv[2], sys.argv[3]
    matplotlib.use({"png": "Agg", "qt": "QtAgg", "x11": "TkAgg"}[kind])
    # pyplot opens the display.
    import matplotlib.pyplot as plt
    import PIL.Image

    plt.style.use("fast")
    extents = [int(n) for n in shape.split("x")]
    frames = itertools.cycle(
        [np.fromfile(name).reshape(extents) for name in sys.argv[4:]]
    )
    fig, ax = plt.subplots(figsize=(10, 7.5), dpi=100)
    first = next(frames)
    if len(extents) == 1:
        (artist,) = ax.plot(first, animated=True)
        put = artist.set_ydata
    else:
        artist = ax.imshow(first, animated=True, interpolation="nearest")
        put = artist.set_data
    canvas = fig.canvas
    if kind != "png":
        plt.show(block=False)
        plt.pause(0.2)
    canvas.draw()
    behind = canvas.copy_from_bbox(fig.bbox)

    def draw() -> None:
        canvas.restore_region(behind)
        put(next(frames))
        ax.draw_artist(artist)
        canvas.blit(fig.bbox)
        if kind == "png":
            PIL.Image.fromarray(np.asarray(canvas.buffer_rgba())).save(
                os.environ.get("TMPDIR", "/tmp") + "/frames.png"
            )
        else:
            canvas.flush_events()

    draw()
    begun, n = time.monotonic(), 0
    while n == 0 or time.monotonic() - begun < seconds:
        draw()
        n += 1
    print(f"frames {n} seconds {time.monotonic() - begun:.3f}")


main()
