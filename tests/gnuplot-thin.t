#!/bin/sh
# Goal: a picture of thinned curves is, pixel by pixel, the picture of the
# whole ones; and it is made for the columns that gnuplot really draws on.
. "${0%/*}/lib.sh"
need gnuplot compare
export PYTHONPATH="$TOP/format"

"$PYTHON" "$TOP/tests/fields.py" noise 1000000 >noise.apr

# Where the field's doubles lie in the only record.
"$PYTHON" - noise.apr >offset <<'END'
import sys, struct
d = open(sys.argv[1], "rb").read()
length, = struct.unpack_from("<Q", d, 24)
print(struct.unpack_from("<Q", d, 128 + 16)[0])
END

# whole file: the picture of frame.gp with all points
whole() {
	(cat begin.gp; sed "s/'frame.dat' binary skip=0 record=[0-9]*\
 format='%float64%float64' using 1:2 with lines/'noise.apr' binary\
 skip=$(cat offset) array=(1000000) format='%float64' using 1 with lines/" \
	    frame.gp) >whole.gp
	grep -q noise.apr whole.gp && gnuplot whole.gp
}

# same_pixels name [arg ...]: as drawn by help-gnuplot and with all points
same_pixels() {
	name=$1
	shift
	run help-gnuplot -T "$term" -o thinned.png "$@" <noise.apr
	err_is '' "$name: drawn without a word"
	help-gnuplot -T "$term" "$@" -n <noise.apr |
	    awk '/^APLOT_answer/ && n++ { exit } { print }' >begin.gp
	(printf 'set terminal %s\nset output "whole.png"\n' "$sized"
	    cat begin.gp; [ -z "$extra" ] || echo "$extra") >b
	mv b begin.gp
	whole
	is "$(compare -metric AE thinned.png whole.png null: 2>&1)" 0 \
	    "$name: 0 pixels differ"
}

term=png sized="png truecolor size 1280,960 font 'Sans,12'" extra=
same_pixels 'png'
ok 'thinned it was' test "$(stat -c %s frame.dat)" -lt 100000
extra='set xrange [300000.5:400000]'
same_pixels 'a range of the user' -e "$extra"
extra='set logscale x; set xrange [10:1000000]'
same_pixels 'a logarithmic axis' -e "$extra"
extra='set lmargin at screen 0.3'
same_pixels 'margins of the user' -e "$extra"

# The columns were not foreseen: the answer has the frame made again, once.
run help-gnuplot -T png -o x.png -e 'set xrange [300000.5:400000]' <noise.apr
out_is 'drawn 2' 'the answer corrects the columns'

# Of what is thinned for all of x, nothing may lie in a range of the user's,
# which gnuplot calls an error.
aplot_too() {
	rm -f few.png
	run aplot -o few.png "$@" <noise.apr
	status_is 0 "$1: points between two that were kept are drawn"
	err_is '' 'without a word'
	ok 'there is the picture' test -s few.png
}
aplot_too -e 'set xrange [300000.5:300003.5]' noise
echo 'set xrange [300000.5:300003.5]; plot @noise_thin with lines' >few.gp
aplot_too -f few.gp
run aplot -o none.png -e 'set xrange [2e6:3e6]' noise <noise.apr
status_is 1 'where there is none'
err_has 'all points y value undefined' 'gnuplot tells'
is "$(grep -c undefined "$ERR")" 1 'once'
end
