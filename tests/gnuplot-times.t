#!/bin/sh
# Goal: an axis of time is read as clocks and calendars are: by gnuplot's own
# tics, in panel after panel, after a zoom, where there is little room; what
# the user sets stays.
# Not under: address
. "${0%/*}/lib.sh"
need gnuplot
export PYTHONPATH="$TOP/format"

stream() {
	"$PYTHON" "$TOP/tests/times.py" "$@" >in.apr
}

# frame name [arg ...]: a picture of the stream, and its frame kept
frame() {
	frame=$1
	shift
	run help-gnuplot -T svg -o "$frame.svg" "$@" <in.apr
	err_is '' "$frame: gnuplot has no complaint"
	sed "s/frame\.dat/$frame.dat/" frame.gp >"$frame.gp"
	mv frame.dat "$frame.dat"
}

# texts name: what stands in the picture, a line each
texts() {
	sed -n 's|.*<text[^>]*>\(.*\)</text>.*|\1|p' "$1.svg" |
	    sed 's|<[^>]*>||g; s|^ *||'
}

# has name text test: it does
has() {
	texts "$1" >texts
	ok "$3" grep -Fqx -e "$2" texts
}

stream over 5 s
frame short
has short 't (s)' 'a few seconds are seconds'
has short '5' 'with numbers'
stream over 8000 s
frame long
has long 't (h:min)' 'hours are h:min'
has long '1:30' 'with round tics'
has long 'times@test    step 200    t = 8000 s' 'the title tells seconds'
stream over 300000 ms
frame ms
has ms 't (min:s)' 'so are milliseconds'
has ms '02:30' 'of minutes'
stream over 2600000 s
frame month
has month 't (d)' 'a month is days'
stream array 9000 s
frame array
has array '1:30' 'a coordinate, too'
stream over 2 'days since 2000-01-01 06:00'
frame cf
has cf 't from 01 Jan 2000 (UTC)' 'what counts from a date is dates'
has cf 'Sat 12:00' 'with tics of days and hours'

stream clock 20000
TZ=America/New_York frame clock
has clock 'wall time, 30 Nov 2025 (EST)' 'without time and step, the clock'
has clock '08:00' 'of the viewer'
frame step step:e
has step 'step' 'step:e is over the step'
stream over 500 s
frame wall wall:e
has wall 'wall time, s since 12:00:00 (UTC)' 'wall:e is over the clock'
stream named 500
frame named wall:e
has named '150' 'a number named wall comes first'

# All in one gnuplot: each panel its own, and numbers after times.
stream clock 20000
frame several step:e wall:e e
texts several >texts
is "$(grep -c 'wall time' texts)" 2 'panels of a clock'
ok 'beside one of steps' grep -qx 200 texts

stream over 8000 s
frame mine -e "set format x 'T%g'"
has mine 'T5000' 'a format of the user stays'
has mine 't (s)' 'and so do the units'
stream over 8000 s
frame ranged -e 'set xrange [1000:3000]'
has ranged '2000' 'a range of the user is in the units'
stream over 8000 s
frame y -e "set format y 'Y%g'"
has y '1:30' 'a format of y leaves x alone'

# What is zoomed by the mouse is shown by gnuplot alone, without a new frame.
for f in long clock; do
	not_ok "$f: no range is set" grep -Eq 'set (xr|auto)|\] *\[' $f.gp
	run gnuplot -e "set term svg; set out 'first.svg'; load '$f.gp';
	    set xrange [GPVAL_X_MIN:GPVAL_X_MIN + 3000];
	    set out 'zoomed.svg'; replot"
	err_is '' "$f: zoomed without complaint"
done
has zoomed '07:10' 'the tics of what was zoomed are round ones'

# Where there is little room tics are few, in characters too.
stream clock 100000
frame narrow -T 'svg size 300,200'
texts narrow | grep -Ec ':00$|Dec' >n
ok 'few tics' test "$(cat n)" -ge 1 -a "$(cat n)" -le 5
stream over 8000 s
run help-gnuplot -T dumb -o long.txt <in.apr
ok 'in a terminal of characters' grep -q ' 0:30  .* 1:00  .* 2:00 ' long.txt
not_ok 'few, too' grep -q ' 0:10 ' long.txt
stream clock 50000000
run help-gnuplot -T 'dumb size 45,20' -o years.txt <in.apr
ok 'months there' grep -q 'Jan 2026   Jul 2026   Jan 2027   Jul 2027' \
    years.txt
end
