"""Whether a picture of what help-spikes wrote shows all of it, and no more.

    python3 spikes.py picture.ppm count spikes

The picture has the steps from 0 to count between tenths 1 and 9 of its width,
the values from -1 to 1 between tenths 1 and 9 of its height; the file spikes
is what help-spikes said.  Prints what is wrong, a line each.
"""
import math
import sys


def read(name):
    """A PPM of 8 bits as width, height, bytes."""
    with open(name, "rb") as f:
        data = f.read()
    words = data.split(None, 4)
    width, height = int(words[1]), int(words[2])
    return width, height, data[-3 * width * height:]


def main():
    width, height, pixels = read(sys.argv[1])
    count = int(sys.argv[2])
    with open(sys.argv[3]) as f:
        spikes = [tuple(map(float, line.split())) for line in f]

    def x_of(step):
        return (width - 1) * (0.1 + 0.8 * step / count)

    def y_of(value):
        return (height - 1) * (0.5 - 0.4 * value)

    def drawn(x):
        """The rows of a column that the curve has coloured."""
        at = [3 * (y * width + x) for y in range(height)]
        return [y for y, k in enumerate(at) if pixels[k + 2] >
                pixels[k] + 40]

    def base(x):
        step = (x / (width - 1) - 0.1) / 0.8 * count
        return y_of(0.5 * math.sin(math.pi * step / count))

    near = set()
    for seq, value in spikes:
        x = round(x_of(seq))
        near.update(range(x - 3, x + 4))
        if not any(abs(y - y_of(value)) <= 1.5 for i in (x - 1, x, x + 1)
                   for y in drawn(i)):
            print("step %d: %g is not seen" % (seq, value))
    if not spikes:
        print("no spikes")
    for x in range(round(x_of(0)) + 2, round(x_of(count)) - 1):
        rows = drawn(x)
        if not rows:
            print("column %d: no curve" % x)
        elif x not in near and max(abs(y - base(x)) for y in rows) > 4:
            print("column %d: more than the curve" % x)


main()
