#!/bin/sh
# Goal: in a script numbers are variables, texts are TEXT_name, arrays are
# macros with the columns that the page says, of one source or of several;
# whole numbers are exact; names that gnuplot has taken are given with F_;
# errors tell file and line.
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
                    pi=4.0, GPVAL_x=3.0, F_a=2.0, S=8.0, plot=9.0, u_2=1.0,
                    most=(1 << 63) - 1, odd=(1 << 53) + 1, least=-(1 << 63),
                    yes=True, whole=3.0)
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

# What a script prints, one line for each of its lines here, is gathered:
#	says wanted name [command ...]
# after a last command "print ..." of which wanted is the output.
says() {
	echo "$1" | plain >>wanted
	echo "$2" >>names
	shift 2
	printf '%s\n' "$@" >>s.gp
}

begin() {
	rm -f wanted names
	echo "set print 'shown'" >s.gp
}

# shows stream what: all of it in one script, drawn and self-contained
shows() {
	echo 'set print' >>s.gp
	paste -d : names wanted >named
	rm -f shown
	run help-gnuplot -T dumb -f s.gp -o /dev/null <"$1"
	cat shown "$ERR" | plain | paste -d : names - >came
	same named came "$2"
	run help-gnuplot -T dumb -n -f s.gp <"$1"
	rm -f shown
	cp "$OUT" n.gp
	run gnuplot -e 'set terminal dumb; set output "/dev/null"' n.gp
	cat shown "$ERR" | plain | paste -d : names - >came
	same named came "$2, self-contained"
}

begin
says '40.0 4 0.4' 'numbers' 'print energy, step, t'
says '9223372036854775807 9007199254740993 -9223372036854775808' \
    'whole numbers, exactly' 'print most, odd, least'
says '1 1 1.5' 'a whole number divides as such, another does not' \
    'print yes, 3 / (yes + 1), whole / 2'
says "calm it's" 'a text' 'print TEXT_mode'
says '4.0 3.0 2.0 8.0 9.0 1.0' 'names that are taken' \
    'print F_pi, F_GPVAL_x, F_F_a, F_S, plot, u_2'
says '1 one@host one@host' 'the source' 'print NSRC, " ", SRC(1), " ", SRC(S)'
says '3.0 3.0 1.0' '1-D: coordinate and value, and stats works' \
    'stats @u nooutput' 'print STATS_records, STATS_max_y, STATS_max_x'
says '4 3 2' 'without a coordinate: the index' 'stats @n nooutput' \
    'print STATS_records, STATS_max_x, STATS_max_y'
says '1.0 3.0 5.0 7.0' 'u__v: pairs of fields' 'stats @u__v nooutput' \
    'print STATS_min_x, STATS_max_x, STATS_min_y, STATS_max_y'
says '5.0 0.4 40.0' 't__energy: numbers over their past' \
    'stats @t__energy nooutput' \
    'print STATS_records, STATS_max_x, STATS_max_y'
says '5.0 0.4 40.0' 'energy_past: a number over its past' \
    'stats @energy_past using 1:2 nooutput' \
    'print STATS_records, STATS_max_x, STATS_max_y'
says '4.0 1' 'by step and by wall time, too' \
    'stats @energy_past using 3:4 nooutput' \
    'print STATS_max_x, STATS_min_y > 1e9 && STATS_max_y < time(0.) + 1'
says '1 1 6' '2-D: x, y, value' 'plot @w using 1:3 with points' \
    'print GPVAL_DATA_X_MAX, GPVAL_DATA_Y_MIN, GPVAL_DATA_Y_MAX'
says '10 20' 'with the coordinate along y' 'plot @w using 2:3 with points' \
    'print GPVAL_DATA_X_MIN, GPVAL_DATA_X_MAX'
says '-0.25 1.25 5.0 25.0 6.0' 'as an image' 'set autoscale fix' \
    'plot @w with image' 'print GPVAL_X_MIN, GPVAL_X_MAX, GPVAL_Y_MIN, '\
'GPVAL_Y_MAX, GPVAL_CB_MAX'
says '6.0' 'as a surface' 'splot @w with lines' 'print GPVAL_DATA_Z_MAX'
says '7.0' 'three columns: coloured points' \
    'plot @x__u__v using 1:2:3 with points palette' 'print GPVAL_DATA_CB_MAX'
says '3.0' 'thinned' 'plot @u_thin with lines' 'print GPVAL_DATA_Y_MAX'
says '3.0 5.0' 'in blocks, lines that go on, and data of its own' \
    '$own << END' '1 5' '2 4' 'END' 'do for [i = 1:2] {' '	plot @u \' \
    '	    with lines, \' '	$own with points' '}' \
    'stats $own using 2 nooutput' \
    'print GPVAL_DATA_Y_MAX - 2, STATS_max'
says 'one@host step 4 t = 0.4' 'the title' 'print APLOT_TITLE'
shows one.apr 'of one source'

begin
says '12.0 12.0 22.0 32.0' 'numbers of several sources' \
    'print energy, energy_1, energy_2, energy_3'
says 'm1 m3' 'their texts' 'print TEXT_mode, " ", TEXT_mode_3'
says '3 rank2@host' 'their names' 'print NSRC, " ", SRC(2)'
says '1.0 3.0 3.0' 'the field of all sources that have it' \
    'plot @u with lines title SRC(S)' \
    'print GPVAL_DATA_Y_MIN, GPVAL_DATA_Y_MAX, GPVAL_DATA_X_MAX'
says '4.0 3.0' 'of one of them' 'stats @u_3 nooutput' \
    'print STATS_records, STATS_max_y'
says '4.0 3.0' 'thinned, too' 'stats @u_3_thin nooutput' \
    'print STATS_records, STATS_max_y'
says '32.0' 'pairs of all sources' 'plot @step__energy with linespoints' \
    'print GPVAL_DATA_Y_MAX'
says '3 21' 'the past of one of them' 'stats @energy_past_2 using 2 nooutput' \
    'print STATS_records, STATS_mean'
shows three.apr 'of several sources'
rm -f s.gp

# Sizes of other terminals, also where the user says it.
printf 'set print "shown"\nprint APLOT_WIDTH, APLOT_HEIGHT, APLOT_TEXT\n' >s.gp
for t in 'dumb 79 24 1' 'png 1280 960 0' 'png_size_320,200 320 200 0' 'svg 1000 750 0' \
    'pdfcairo 720 540 0'; do
	# shellcheck disable=SC2086 # into words
	set -- $t
	run help-gnuplot -T "$(echo "$1" | tr _ ' ')" -o x -f s.gp <one.apr
	is "$(cat shown)" "$2 $3 $4" "the size of $1"
done

# Settings that are made once: until a frame was drawn to its end.
cat >s.gp <<'END'
if (!exists("n")) { n = 0; APLOT_unset = missing }
n = APLOT_FIRST ? 100 : n + 1
set print 'shown' append
print n
plot @u_thin with lines
END
rm shown
help-gnuplot -T dumb -k 2 -o x -f s.gp <one.apr >/dev/null 2>&1
is "$(tr '\n' ' ' <shown)" '100 101 102 103 ' \
    'what is to be set once is, also after an error'

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
