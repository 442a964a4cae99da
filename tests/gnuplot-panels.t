#!/bin/sh
# Goal: the picture that nobody asked for is the right one: what is drawn, as
# what, against what, with which names; and named plots draw what they say.
. "${0%/*}/lib.sh"
need gnuplot
export PYTHONPATH="$TOP/format"

# has name regex [plot ...]: the frame of stream.apr has it
has() {
	name=$1 regex=$2
	shift 2
	run help-gnuplot -n "$@" <stream.apr
	out_has "$regex" "$name"
}
lacks() {
	name=$1 regex=$2
	shift 2
	run help-gnuplot -n "$@" <stream.apr
	out_lacks "$regex" "$name"
}
# panels n name [plot ...]
panels() {
	n=$1 name=$2
	shift 2
	run help-gnuplot -n "$@" <stream.apr
	is "$(grep -Ec '^(plot|splot) ' "$OUT")" "$n" "$name"
}

"$PYTHON" - >stream.apr <<'END'
import aprec
with aprec.open(1, source="sim@host") as out:
    out.describe("x", units="m", label="length", dims=("x",))
    out.describe("y", units="m", dims=("y",))
    out.describe("u", units="K", label="temperature", dims=("y", "x"))
    out.describe("p", units="m/s", dims=("x",))
    out.describe("q", units="m/s", dims=("x",))
    out.describe("r", units="Pa", dims=("x",))
    out.describe("w", dims=("z", "y", "x"))
    out.describe("s", units="1", coordinates="px py")
    out.describe("energy", units="J")
    out.describe("work", units="J")
    out.describe("t", units="s")
    x, y = [0.0, 0.5, 1.0, 1.5], [0.0, 0.5, 1.0]
    for k in range(4):
        out.publish(step=10 * k, t=k / 4, x=x, y=y, p=[1.0, 2, 3, 4],
                    q=[4.0, 3, 2, 1], r=[1.0, 2, 1, 2],
                    u=[[300.0 + i * j for i in range(4)] for j in range(3)],
                    w=[[[float(i + j * 10 + m * 100) for i in range(4)]
                        for j in range(3)] for m in range(5)],
                    px=[0.0, 1, 2], py=[1.0, 0, 1], s=[5.0, 6, 7],
                    energy=float(k), work=2.0 * k, note="text",
                    residual=10.0 ** -k)
END
panels 7 'an image, a slice, points, two lines, two histories'
has 'the title: source, step and time' "'sim@host    step 30    t = 0.75 s'"
has 'the image by its label and units' "set cblabel.*'temperature \(K\)'"
has 'against its coordinates' "set xlabel 'length \(m\)'"
has 'lines of one unit together' "title 'q'"
has 'under that unit' "set ylabel 'm/s'"
has 'numbers of one unit together' "title 'work'"
has 'over time' "set xlabel 't \(s\)'"
has 'the middle of more dimensions, and which' "'w \[z=2\]'"
has 'points where coordinates say so' 'lc palette'
lacks 'coordinates, step and texts are not drawn for themselves' \
    "ylabel '(length|step|note|t|px)"
has 'the status ends the title' 'paused at step 3' -s 'paused at step 3'

panels 1 'one named' u
panels 1 'two in one' p,q
has 'against another' "set xlabel 'q \(m/s\)'" q:p
has 'coloured points; the unit 1 is not shown' "set cblabel.*'s'" px:py:s
panels 1 'numbers over time' t:energy,residual
has 'over step' "set xlabel 'step'" step:energy
has 'one number over another' "set xlabel 'energy \(J\)'" energy:work
has 'a slice by name' "'w \[z=4\]'" 'w[z=4]'
has 'by place' "'w \[z=1\]'" 'w[0=1]'
has 'two slices leave a line' "set ylabel 'w \[z=1,y=2\]'" 'w[z=1,y=2]'
has 'no such slice' "'w has no such slice'" 'w[z=5]'
has 'no such dimension' "'u has no such dimension'" 'u[z=1]'
has 'not there yet' "'later is not there yet'" u later
has 'what does not fit together' "'p:u cannot be drawn together'" p:u
for wrong in '' 'u,' ',u' 'u:' a:b:c:d:e 'u[' 'u[z]' 'u[z=]' 'u[z=-1]' '1u' \
    'u v' 'u[z=1' a:b:c,d "u'" a:b:c:d,e a:b:c,d:e 'u+' 'u+-' 'u+-1' 'u±' \
    'u@' 'u@points@' 'u@lines,' 'u@Points' 'u@points@lines' 'u@log@linear' \
    'u@points[z=1]' 'u@points+-du' 'x@points:u' 'x+-dx:u' 'x:y@abs:u'; do
	run help-gnuplot -n "$wrong" <stream.apr
	status_is 1 "'$wrong' is no plot"
done

# How things are drawn.
"$PYTHON" - >stream.apr <<'END'
import aprec
with aprec.open(1, source="sim@host") as out:
    out.describe("u", error="du", draw="log dotted points mean")
    out.describe("e", error="de")
    out.describe("v", error="d3")
    out.describe("im", error="dim", draw="points")
    u, im = [1.0, 2.0, 4.0], [[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]]
    for k in range(3):
        out.publish(u=u, du=[0.1] * 3, v=u, d3=[1.0] * 4, e=float(k), de=0.1,
                    im=im, dim=im)
END
panels 6 'what is the error of another is not drawn for itself'
err_has 'sim@host: the attribute draw of u says dotted' 'an odd word is told'
err_has 'sim@host: d3, the error of v, has other extents' 'an odd error, too'
for plot in u+-du u±du v@log:u+-du@log 'im[0=1]+-du@dots' v@points@log im@max \
    im@log@nearest e@steps e+-de du@lines@linear,u u@abs u@phase u@real \
    e+-de@points im:im:im:im v:v:v:v v:v:u@points; do
	lacks "$plot is drawn" 'label 9003' "$plot"
done
while read -r plot why; do
	has "$plot is not: $why" "set label 9003 '$why" "$plot"
done <<'END'
u+-d3 d3, the error of u, has other extents
u+-later later, the error of u, is not there yet
im+-dim dim, the error of im, is not drawn: there are error bars for lines
u+-e e, the error of u, has other extents
u@max u is a line: @mean, @max and @nearest are for images
im@points im is drawn as an image, which has no style
v:v:u@steps u is drawn as points: of styles, @points and @dots
e@phase e is a number, for which there are styles and scales
im:im:im:u u does not go with the other component: it has other extents
im:im:im:later later is not there yet
END
lacks 'one of two is drawn' 'label 9003' u,im@points
err_has 'told: im is drawn as an image' 'and the other told'

# Four sources, one of which has not all.
"$PYTHON" - >stream.apr <<'END'
import aprec
for i in (1, 2, 3, 10):
    with aprec.open(1, source="rank %d" % i) as out:
        for k in range(3):
            f = dict(step=k + i, loss=1.0 / i)
            if i != 2:
                f["u"] = [float(i), 2.0, 3.0]
                f["image"] = [[1.0, 2.0], [3.0, 4.0]]
            out.publish(f)
END
panels 5 'an image for each source, curves together'
has 'a curve for each source, by its name' "title 'rank 10'"
is "$(grep -o "title[^']*'rank [0-9]*'" "$OUT" | grep -o 'rank.*' | tr -dc '0-9\n' | tr '\n' ' ')" \
    '1 3 10 1 3 10 1 2 3 10 ' 'in order'
has 'steps of all' "'rank 1 to 10 .4 sources.    steps 3 to 12'"

"$PYTHON" - >stream.apr <<'END'
import aprec
with aprec.open(1, source="much") as out:
    out.publish({"f%d" % i: [1.0, 2.0, i] for i in range(40)})
END
has 'what there is no room for is said' 'no room for 28 more.*: f12, f13'
panels 12 'as many as can be read'
end
