#!/bin/sh
# Goal: whatever a stream is made of, there is a sensible picture or a clear
# message in it, and gnuplot has nothing to complain of.  tests/awkward.py
# makes the streams and says what each of them is.
#
# AWKWARD=all draws each by itself on every kind of terminal, too, and keeps
# the pictures in the folder that is printed, to be looked at.
. "${0%/*}/lib.sh"
need gnuplot
export PYTHONPATH="$TOP/format"

"$PYTHON" "$TOP/tests/awkward.py" s >list
count=$(awk '$3 > n { n = $3 } END { print n }' list)
ok 'there are fifty streams at least' test "$(wc -l <list)" -ge 50

# all name args ...: every record of all.apr is drawn, without a complaint.
all() {
	name=$1
	shift
	mkdir "$name"
	run aplot -o "$name/%d" "$@" s/all.apr
	status_is 0 "$name: drawn"
	err_lacks 'gnuplot|line [0-9]|hangs|killed' "$name: and gnuplot is content"
	is "$(find "$name" -size +0 | grep -c /)" "$count" \
	    "$name: a picture of each record"
}
all png -T 'png size 320,240'
all text -T 'dumb size 100,40'
all named -T 'dumb size 100,40' u u,v x:u x:y:u 'u[0=1]' img energy \
    t:energy step:energy energy:u TEXT_u

# shows stream line: the text is in the last picture of the stream.
shows() {
	ok "$1: $2" grep -qF "$2" "text/$(awk -v n="$1" '$1 == n {
		print $3 - 1 }' list)"
}
shows not_numbers 'u has no finite value'
shows infinite 'energy has no finite value'
shows hundred 'no room for'
shows crowd 'no room for'
shows nothing 'nothing to draw yet'
shows texts 'nothing to draw yet'
shows parameters 'n = 3'
shows dimensions '[0=2]'
shows all_nan_times 'step'

# Letters follow the size of a picture, unless the user says how large.
letters() {
	run aplot -n -T "$1" s/two.apr
	out_has "^set terminal $2\$" "letters and lines of $1"
}
letters 'png size 2560,1920' "png .*font 'Sans,24' linewidth 2 .*"
letters 'png size 1280,960' "png .*font 'Sans,12'  size.*"
letters 'svg size 500,375' "svg .*font 'Sans,9.899'  size.*"
letters 'png size 20,20' "png .*font 'Sans,7.2'  size.*"
letters "jpeg size 2560,1920 font 'Serif,9'" \
    "jpeg   size 2560,1920 font 'Serif,9'"

# Tics are as far apart as their labels need, and told apart by them; what the
# mouse zooms is left to gnuplot.
tics() {
	run aplot -n -T "$1" "s/$2.apr"
	"$3" "$4" "tics: $2 in $1"
}
tics 'png size 800,600' long_images out_has '^set xtics 20000[.]$'
tics 'png size 800,600' two out_has '^set ytics 1[.]$'
tics 'qt size 1000,750' equal out_lacks '^set [xy]tics [0-9]'
tics 'qt size 500,375' spike out_has '^set xtics [12]000[.]$'

# Of several sources, and every name in a script.
for s in tiles few_sources thousand two_runs disagreeing; do
	run aplot -q -T 'png size 480,360' -o "$s.png" "s/$s.apr"
	status_is 0 "$s: drawn"
	err_lacks 'gnuplot:|line [0-9]' "$s: and gnuplot is content"
done
: >all.gp
while read -r s _ _; do
	# As text these are too long.
	case $s in
	equal | long_images) continue ;;
	esac
	printf 'reset session\nset terminal png size 200,150\n%s\n' \
	    "set output 'script'; printerr '# $s'" >>all.gp
	help-gnuplot -n -f "s/$s.gp" <"s/$s.apr" >>all.gp 2>>told
done <list
run gnuplot <all.gp
is "$(grep -v '^# ' "$ERR")" '' 'and gnuplot is content with them'
is "$(grep -c '^# ' "$ERR")" "$(($(wc -l <list) - 2))" 'to the last'
is "$(grep -vc 'withheld from the script' told)" 0 \
    'what a script cannot have is told'

if [ "${AWKWARD:-}" = all ]; then
	while read -r s _ _; do
		for t in png pngcairo svg pdfcairo sixelgd 'dumb size 40,12' \
		    'png size 200,150' 'pngcairo size 3840,2160'; do
			run aplot -q -T "$t" -o "$s-$t" "s/$s.apr"
			status_is 0 "$s with $t"
			err_lacks 'gnuplot:|line [0-9]' "$s: not a word"
		done
		run aplot -q -T png -f "s/$s.gp" -o "$s-script" "s/$s.apr"
		status_is 0 "$s by its script"
		err_lacks 'gnuplot:|line [0-9]' "$s: not a word"
	done <list
	note "the pictures: $T"
	KEEP=1
fi
end
