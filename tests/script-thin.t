#!/bin/sh
# Goal: lines of @u_thin in a script are, pixel by pixel, those of @u, on any
# axis and in any panel; where that cannot be known all points are drawn.
# Not under: address
. "${0%/*}/lib.sh"
need gnuplot compare
export PYTHONPATH="$TOP/format"

# A line with a gap, one that is never negative, and a path that turns back.
"$PYTHON" - >line.apr <<'END'
import math, random
import aprec
random.seed(7)
n = 20000
x = sorted(1 + 9 * random.random() for _ in range(n))
walk = [0.0]
for _ in range(n - 1):
    walk.append(walk[-1] + random.gauss(0, 1))
u = [w / 10 for w in walk]
u[5000:5040] = [math.nan] * 40
with aprec.open(1, source="one@host") as out:
    for name in "xuv":
        out.describe(name, dims=("x",))
    for name in "ps":
        out.describe(name, dims=("s",))
    out.publish(step=0, t=0.0, x=x, u=u, p=walk,
                v=[10 ** random.gauss(0, 1) for _ in range(n)],
                s=[5 + 5 * math.sin(i / 2e4) * math.cos(i / 4000)
                   for i in range(n)])
END

# same_lines name thinned script: the script's lines, each a line
same_lines() {
	name=$1 thinned=$2
	shift 2
	printf '%s\n' "$@" >thin.gp
	sed 's/_thin//g' thin.gp >all.gp
	run help-gnuplot -T "$term" -o thin.png -f thin.gp <line.apr
	err_is '' "$name: without a word"
	size=$(wc -c <frame.dat)
	help-gnuplot -T "$term" -o all.png -f all.gp <line.apr >"$OUT"
	is "$(compare -metric AE thin.png all.png null: 2>&1)" 0 \
	    "$name: 0 pixels differ"
	is "$(($(wc -c <frame.dat) > 2 * size))" "$thinned" \
	    "$name: thinned or not"
}
term='png size 640,480'
same_lines 'thick, of two, clipped' 1 \
    'plot [2.0001:8.9] [-5:3] @u_thin using 1:2 w l lw 3, @v_thin w l'
same_lines 'logarithmic axes' 1 'set logscale xy' 'plot @v_thin w lines'
same_lines 'a logarithmic axis among others' 1 'set multiplot layout 2, 1' \
    'unset logscale' 'plot @u_thin w l' 'set logscale x 2' \
    'plot [10:2] @u_thin w l'
same_lines 'panels' 1 'set multiplot layout 2, 2' 'set style data lines' \
    'plot @u_thin' 'plot [3:4] @v_thin title "v"' 'plot @s w p' \
    'plot [][0:3] @u_thin, @p_thin' 'unset multiplot'
same_lines 'a path that turns back' 1 'plot @p_thin w l'
same_lines 'the second x axis' 1 'set x2range [0:4]' 'set x2tics' \
    'plot @u_thin w l axes x2y1'
same_lines 'a panel that tells nothing' 0 'set multiplot layout 2, 1' \
    'plot @u_thin w l' 'plot [0:1] sin(x)'
same_lines 'another x, another y, smooth, points' 0 \
    'set multiplot layout 2, 2' 'plot @u_thin using ($1 * 1000):2 w l' \
    'plot @v_thin using 1:($2 * $2) w l' 'plot @s_thin smooth bezier w l' \
    'plot @p_thin w p' 'unset multiplot'
same_lines 'round' 0 'set polar' 'plot @u_thin w l'

# What follows a zoom: the frame after it has its columns, and is redrawn when
# it was made for others.
printf 'if (APLOT_FIRST) { a = 1; b = 10 } else { a = 3; b = 3.1 }\n%s\n' \
    'plot [a:b] @u_thin w l' >thin.gp
run help-gnuplot -T "$term" -k 1 -o thin.png -f thin.gp <line.apr
sed 's/_thin//' thin.gp >all.gp
help-gnuplot -T "$term" -k 1 -o all.png -f all.gp <line.apr >/dev/null
is "$(compare -metric AE thin.png all.png null: 2>&1)" 0 'after a zoom as well'
out_is 'drawn 3
drawn 1
drawn 1' 'drawn again until it is right, and then no more'
end
