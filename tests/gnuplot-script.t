#!/bin/sh
# Goal: in a script numbers are variables, texts are TEXT_name, arrays are
# macros with the columns that the page says, of one source or of several;
# names that gnuplot has taken are given with F_; errors tell file and line.
. "${0%/*}/lib.sh"
need gnuplot
export PYTHONPATH="$TOP/format"

"$PYTHON" - >one.apr <<'END'
import aprec
with aprec.open(1, source="one@host") as out:
    out.describe("x", units="m", dims=("x",))
    out.describe("y", dims=("y",))
    for name in ("u", "v"):
        out.describe(name, dims=("x",))
    out.describe("w", dims=("y", "x"))
    for k in range(5):
        out.publish(step=k, t=k / 10, energy=10.0 * k, mode="calm it's",
                    x=[0.0, 0.5, 1.0], y=[10.0, 20.0],
                    u=[1.0, 2.0, 3.0], v=[5.0, 6.0, 7.0], n=[1, 2, 1, 1],
                    w=[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
                    pi=4.0, GPVAL_x=3.0, F_a=2.0, S=8.0, plot=9.0, u_2=1.0)
END
"$PYTHON" - >three.apr <<'END'
import aprec
for i in (1, 2, 3):
    with aprec.open(1, source="rank%d@host" % i) as out:
        out.describe("u", dims=("x",))
        for k in range(3):
            f = dict(step=k, energy=float(i * 10 + k), mode="m%d" % i)
            if i != 2:
                f["u"] = [float(i)] * (i + 1)
            out.publish(f)
END

# plain: one way of writing numbers and blanks
plain() {
	tr -s ' ' | sed 's/\.0\>//g; s/^ *//; s/ *$//'
}

# shows stream script wanted name: what the script prints to "shown"
shows() {
	wanted=$(echo "$3" | plain)
	printf "set print 'shown'\n%s\nset print\n" "$2" >s.gp
	rm -f shown
	run help-gnuplot -T dumb -f s.gp -o /dev/null <"$1"
	is "$(cat shown "$ERR" | plain)" "$wanted" "$4"
	run help-gnuplot -n -f s.gp <"$1"
	rm -f shown
	cp "$OUT" n.gp
	run gnuplot -e 'set terminal dumb; set output "/dev/null"' n.gp
	is "$(cat shown "$ERR" | plain)" "$wanted" "$4, self-contained"
}
shows one.apr 'print energy, step, t' '40.0 4.0 0.4' 'numbers'
shows one.apr 'print TEXT_mode' "calm it's" 'a text'
shows one.apr 'print F_pi, F_GPVAL_x, F_F_a, F_S, plot, u_2' \
    '4.0 3.0 2.0 8.0 9.0 1.0' 'names that are taken'
shows one.apr 'print NSRC, " ", SRC(1), " ", SRC(S)' '1 one@host one@host' \
    'the source'
shows one.apr "stats @u nooutput
print STATS_records, STATS_max_y, STATS_max_x" '3.0 3.0 1.0' \
    '1-D: coordinate and value, and stats works'
shows one.apr "stats @n nooutput
print STATS_records, STATS_max_x, STATS_max_y" '4 3 2' \
    'without a coordinate: the index'
shows one.apr "stats @u__v nooutput
print STATS_min_x, STATS_max_x, STATS_min_y, STATS_max_y" \
    '1.0 3.0 5.0 7.0' 'u__v: pairs of fields'
shows one.apr "stats @t__energy nooutput
print STATS_records, STATS_max_x, STATS_max_y" '5.0 0.4 40.0' \
    't__energy: numbers over their past'
shows one.apr "plot @w using 1:3 with points
print GPVAL_DATA_X_MAX, GPVAL_DATA_Y_MIN, GPVAL_DATA_Y_MAX" '1 1 6' \
    '2-D: x, y, value'
shows one.apr "plot @w using 2:3 with points
print GPVAL_DATA_X_MIN, GPVAL_DATA_X_MAX" '10 20' \
    'with the coordinate along y'
shows one.apr "set autoscale fix; plot @w with image
print GPVAL_X_MIN, GPVAL_X_MAX, GPVAL_Y_MIN, GPVAL_Y_MAX, GPVAL_CB_MAX" \
    '-0.25 1.25 5.0 25.0 6.0' 'as an image'
shows one.apr "splot @w with lines
print GPVAL_DATA_Z_MAX" '6.0' 'as a surface'
shows one.apr "plot @x__u__v using 1:2:3 with points palette
print GPVAL_DATA_CB_MAX" '7.0' 'three columns: coloured points'
shows one.apr "plot @u_thin with lines
print GPVAL_DATA_Y_MAX" '3.0' 'thinned'

shows three.apr 'print energy, energy_1, energy_2, energy_3' \
    '12.0 12.0 22.0 32.0' 'numbers of several sources'
shows three.apr 'print TEXT_mode, " ", TEXT_mode_3' 'm1 m3' 'their texts'
shows three.apr 'print NSRC, " ", SRC(2)' '3 rank2@host' 'their names'
shows three.apr "plot @u with lines title SRC(S)
print GPVAL_DATA_Y_MIN, GPVAL_DATA_Y_MAX, GPVAL_DATA_X_MAX" '1.0 3.0 3.0' \
    'the field of all sources that have it'
shows three.apr "stats @u_3 nooutput
print STATS_records, STATS_max_y" '4.0 3.0' 'of one of them'
shows three.apr "plot @step__energy with linespoints
print GPVAL_DATA_Y_MAX" '32.0' 'pairs of all sources'

printf 'plot @u with lines\n\nplot sin(nothing\n' >wrong.gp
run help-gnuplot -T dumb -o /dev/null -f wrong.gp <one.apr
err_has '"wrong.gp" line 3' "an error tells the script's own file and line"
printf 'load "inner.gp"\n' >outer.gp
printf 'plot @v with lines\nset print "shown"; print GPVAL_DATA_Y_MAX\n' \
    >inner.gp
rm -f shown
run help-gnuplot -T dumb -o /dev/null -f outer.gp <one.apr
is "$(cat shown)" 7.0 'scripts that run others have all arrays'
end
