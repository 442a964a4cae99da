#!/bin/sh
# Goal: complex numbers are seen as modulus and phase, pairs of fields as
# arrows, whole numbers at whole tics, what is empty is said; and gnuplot draws
# all of it without a word.
. "${0%/*}/lib.sh"
need gnuplot
export PYTHONPATH="$TOP/format"

# draws name [option ...] [plot ...]: into out.png, with nothing said
draws() {
	name=$1
	shift
	run help-gnuplot -T 'png size 1200,900' -o out.png "$@" <stream.apr
	err_is '' "$name: nothing to complain of"
}
# has regex name; lacks regex name: the last frame
has() {
	grep -aEq -e "$1" frame.gp
	_verdict $? "$2" "wanted a line like /$1/ in frame.gp"
}
lacks() {
	! grep -aEq -e "$1" frame.gp
	_verdict $? "$2" "wanted no line like /$1/ in frame.gp"
}
# values n file: the doubles of frame.dat, n a line
values() {
	"$PYTHON" - "$1" <<'END'
import struct, sys
n, p = int(sys.argv[1]), open("frame.dat", "rb").read()
for i in range(0, len(p) - len(p) % (8 * n), 8 * n):
    print(*("%.4g" % v for v in struct.unpack("=%dd" % n, p[i:i + 8 * n])))
END
}

"$PYTHON" - >stream.apr <<'END'
import aprec, math
with aprec.open(1, source="qm@host") as out:
    out.describe("psi", units="m", label="wave")
    out.describe("part", draw="imag")
    psi = [complex(-2, -0.0), 0j, complex(0, 1), complex(-1, -1), complex(3, 4)]
    out.publish(psi=psi, part=psi, plane=[psi, psi[::-1]])
END
draws 'modulus and phase'
is "$(grep -ac '^plot' frame.gp)" 5 \
    'two panels each, but for a part that the field says'
has "ylabel .*'.wave. .m.'" 'the modulus has the units'
has "ylabel .*'arg wave .rad.'" 'the phase is in radians'
has "ylabel .*'Im part'" 'a part that the field says'
has "set cblabel .*'arg plane .rad.'" 'of a plane, too'
has 'set cbrange \[-3.14159[0-9]*:3.14159' 'with colours from -pi to pi'
has "set ytics .'-π' -pi" 'and tics of it'
draws 'a phase by name' psi@phase
is "$(values 2 | head -n 7 | tr '\n' ' ')" \
    '0 3.142 1 nan 2 1.571 nan nan 3 -2.356 nan nan 4 0.9273 ' \
    'in (-pi, pi], none where the modulus is 0, a gap where it jumps'
draws 'real by name' psi@real
is "$(values 2 | head -n 5 | tr '\n' ' ')" \
    '0 -2 1 0 2 0 3 -1 4 3 ' 'is the real part'
draws 'one name is both' psi
has "ylabel .*'arg wave" 'one panel after the other'
draws 'its modulus alone' psi@abs
lacks "arg wave" 'is one'
draws 'against a part' psi:psi

# A vector in every kind of place; (swapped) has x as its rows.
"$PYTHON" - >stream.apr <<'END'
import aprec
dims = {"vx": "m/s", "vy": "m/s", "u": "m/s", "v": "m/s", "sxx": "Pa",
        "sxy": "Pa", "a": "N", "b": "N", "hx": "m", "hy": "K"}
with aprec.open(1, source="flow@host") as out:
    for name, units in dims.items():
        out.describe(name, units=units, dims=("y", "x"))
    for name in ("wx", "wy"):
        out.describe(name, dims=("x", "y"))
    for name in ("gx", "gy"):
        out.describe(name, coordinates="cx cy")
    for name in ("fx", "fy"):
        out.describe(name, coordinates="px py")
    out.describe("a", vector="f", component="y")
    out.describe("b", vector="f", component="x")
    one = [[1.0] * 6 for j in range(4)]
    two = [[2.0] * 6 for j in range(4)]
    hole = [[float("nan")] * 3 + [2.0] * 3 for j in range(4)]
    f = {name: one for name in list(dims) + ["wx", "gx"]}
    f.update(vy=hole, v=two, b=two, wy=two, gy=two, fx=[1.0] * 5, fy=[2.0] * 5,
             cx=[[i + j / 2 for i in range(6)] for j in range(4)],
             cy=[[float(j) for i in range(6)] for j in range(4)],
             px=[0.0, 1, 2, 3, 4], py=[0.0, 1, 4, 9, 16])
    out.publish(f)
END
run help-gnuplot -n <stream.apr
is "$(grep -Eo "'[|].*[|]( .[A-Za-z/]*.)?'" "$OUT" | sort | tr '\n' ' ')" \
    "'|(b, a)| (N)' '|(fx, fy)|' '|(gx, gy)|' '|(u, v)| (m/s)' \
'|(vx, vy)| (m/s)' '|(wy, wx)|' " \
    'pairs by name, attribute and unit; across first; tensors and others not'
out_has "cblabel .*'sxy" 'those are images'
for plot in vx,vy u; do
	run help-gnuplot -n "$plot" <stream.apr
	out_lacks 'with vectors' "$plot has no arrows"
done
draws 'arrows over a grid' cx:cy:gx:gy
has 'using 1:2:3:4:5:6 noautoscale with vectors' 'by name, over a grid'
"$PYTHON" - >stream.apr <<'END'
import aprec
with aprec.open(1, source="flow@host") as out:
    for name in ("vx", "vy"):
        out.describe(name, dims=("y", "x"), units="m/s")
    out.publish(vx=[[3.0] * 40] * 20, vy=[[float("nan") if i < 20 else 4.0
                for i in range(40)]] * 20)
END
draws 'half a vector field'
has "set label 9005 .*'5 m/s'" 'the length of an arrow'
# Behind the image: tail and vector, of one length each.
"$PYTHON" - >got <<'END'
import re, struct
text, data = open("frame.gp").read(), open("frame.dat", "rb").read()
m = re.search(r"skip=(\d+) record=(\d+)[^,]* using 1:2:3:4 noauto", text)
skip, n = int(m[1]), int(m[2])
rows = [struct.unpack("=4d", data[skip + 32 * i:skip + 32 * i + 32])
        for i in range(n)]
print(all(r[0] + r[2] / 2 > 19 for r in rows),
      all(abs(r[3] / r[2] - 4 / 3) < 0.2 for r in rows), 20 < n <= 750)
END
is "$(cat got)" 'True True True' 'no arrow where a component is missing'
run help-gnuplot -T dumb -o - -c 0 <stream.apr
out_has '(vx, vy)' 'characters show the length alone'

# Whole numbers and nothing.
"$PYTHON" - >stream.apr <<'END'
import aprec, array
with aprec.open(1, source="n@host") as out:
    out.publish(u=[0.5, 1, 2, 1.5], n=array.array("i", [0, 1, 3, 2]), none=[])
END
run help-gnuplot -T 'png size 900,400' -o out.png <stream.apr
err_is 'help-gnuplot: told: n@host: none is empty' 'what is empty is told'
is "$(grep -ac '^set xtics 1.$' frame.gp)" 2 'indices are whole'
is "$(grep -ac '^set ytics 1.$' frame.gp)" 1 'so are whole numbers'
draws 'an index' -e 'set xtics 0.5' u
lacks 'set xtics 1' "but for the user's own tics"
"$PYTHON" - >stream.apr <<'END'
import aprec
with aprec.open(1, source="n@host") as out:
    out.publish(none=[])
END
run help-gnuplot -n <stream.apr
out_has "label 9003 'none is empty'" 'alone it is all there is to say'
draws 'it is said' -e 'set xrange [20:30]' none u
has "label 9003 'none is empty'" "whatever the user's range"
# Where all values are nearly the same, tics say by how much they are not.
"$PYTHON" - >stream.apr <<'END'
import aprec
with aprec.open(1, source="sim@host") as out:
    out.publish(energy=[1 + i * 1e-9 for i in range(50)],
                count=[159000000 + i for i in range(50)])
END
for plot in energy count; do
	run help-gnuplot -T 'dumb size 79,24' -o out.txt "$plot" <stream.apr
	err_is '' "$plot: nothing to complain of"
	sed -E 's/.\[[0-9;]*m//g' out.txt |
	    sed -nE 's/^ *([0-9][-+.e0-9]*) [+|].*/\1/p' >tics
	ok "$plot: there are tics" test "$(wc -l <tics)" -ge 4
	is "$(sort tics | uniq -d)" '' "$plot: each says something else"
done

# An image a little larger than its area is reduced, too: @max misses none.
"$PYTHON" - >stream.apr <<'END'
import array, aprec
cells = array.array("f", [0.0]) * 1000000
cells[345678] = 7.0
with aprec.open(1, source="sim@host") as out:
    out.publish(im=memoryview(cells).cast("B").cast("f", [1000, 1000]))
END
draws 'an image' im@max
lacks 'array=\(1000,1000\)' 'that is larger than its area is reduced'
ok 'its greatest cell stands out' "$PYTHON" -c 'import struct
data = open("frame.dat", "rb").read()
assert (7.0,) in struct.iter_unpack("<d", data)'

# A grid alone, as a run may publish it first.
"$PYTHON" - >stream.apr <<'END'
import aprec
with aprec.open(1, source="sim@host") as out:
    out.describe("x", dims=("x",), units="m")
    out.publish(x=[0.0, 1.0, 4.0, 9.0])
END
draws 'coordinates of nothing'
is "$(grep -ac '^plot' frame.gp)" 1 'are drawn themselves'
is "$(values 2 | head -n 4 | tr '\n' ' ')" '0 0 1 1 2 4 3 9 ' \
    'over their index'
end
