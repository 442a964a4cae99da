#!/bin/sh
# Goal: what the user zoomed stays zoomed over the next frames of a panel
# alone, and does not show in the others afterwards; ranges hold still.
. "${0%/*}/lib.sh"
need gnuplot
export PYTHONPATH="$TOP/format"
"$PYTHON" "$TOP/tests/fields.py" wave >wave.apr
"$PYTHON" "$TOP/tests/fields.py" noise 100000 >noise.apr

# frame name [arg ...]: its commands and data under another name
frame() {
	frame=$1
	shift
	run help-gnuplot -T png -o x.png "$@"
	sed "s/frame\.dat/$frame.dat/" frame.gp >"$frame.gp"
	mv frame.dat "$frame.dat"
}
frame one -a 1 <wave.apr
frame two -a 2 <wave.apr
frame both <wave.apr
frame noise <noise.apr

for f in one two noise; do
	not_ok "a panel alone sets no range ($f)" \
	    grep -Eq 'set (xr|yr|auto)|reset|\] *\[' $f.gp
done

# A mouse zooms by these commands.
zoom='set xr[0.2:0.4]; set yr[0.5:1]; replot'
where='print GPVAL_X_MIN, GPVAL_X_MAX, GPVAL_Y_MIN, GPVAL_Y_MAX'
help-gnuplot -n <wave.apr | awk '/^APLOT_answer/ && n++ { exit } { print }' \
    >begin.gp
for f in one two noise; do
	run gnuplot -e "set term png; set out 'x.png'; set print 'shown';
	    load 'begin.gp'; load '$f.gp'; $zoom; load '$f.gp'; $where"
	err_is '' "$f: frames follow a zoom"
	is "$(cat shown)" '0.2 0.4 0.5 1.0' "$f: it is as it was"
done
run gnuplot -e "set term png; set out 'x.png'; set print 'shown';
    load 'begin.gp'; load 'two.gp'; $zoom; load 'both.gp'; $where"
is "$(cat shown)" '0.0 10.0 2.0 4.0' 'all panels again: without the zoom'

sed '/^plot/q' both.gp >first.gp
ok 'in the first of them too' grep -q 'set xrange \[\*:\*\]' first.gp

# The field swings from -1 to 1 and through less: its colours hold still.
for k in 50 60 73 81 99; do
	help-gnuplot -T png -k $k -o x.png <wave.apr >/dev/null
	grep 'set cbrange' frame.gp
done | sort -u >ranges
is "$(wc -l <ranges)" 1 'the colours of a swinging field hold still'
end
