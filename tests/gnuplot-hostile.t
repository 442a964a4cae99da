#!/bin/sh
# Goal: no name, label, unit, text, source or number of a record can make
# gnuplot run anything, whatever of it a script uses where gnuplot takes a
# file; and the picture stands.
# Long under: address
. "${0%/*}/lib.sh"
need gnuplot
export PYTHONPATH="$TOP/format"
"$PYTHON" "$TOP/tests/fields.py" hostile >hostile.apr
"$PYTHON" "$TOP/tests/fields.py" turning >turning.apr

# The attacks touch PWNED, and some write files of their own names.
mkdir here && cd here || exit 1
nothing_ran() {
	ok "$1: nothing was run" test ! -e PWNED
	rm -f -- * 2>/dev/null
	rm -rf ../here2
}
quiet() {
	ok "$1: gnuplot has no complaint" test ! -s "$ERR"
	[ ! -s "$ERR" ] || note "$(head -5 "$ERR")"
}

# The test must be able to see an attack succeed.
echo 'T = "<touch PWNED"
plot T' >naive.gp
run gnuplot -e 'set terminal dumb' naive.gp
ok 'a text as it comes would run' test -e PWNED
rm -f -- *

for t in png pngcairo svg dumb; do
	run help-gnuplot -T $t -k 5 -o out -s "\`touch PWNED\`" <../hostile.apr
	quiet "the picture with $t"
	ok "the picture with $t is there" test -s out
	nothing_ran "the picture with $t"
	run help-gnuplot -T $t -k 3 -o out <../turning.apr
	quiet "fields that turn into others with $t"
	nothing_ran "fields that turn into others with $t"
done
run help-gnuplot -T dumb -c 0 -o out <../hostile.apr
not_ok 'no escape sequence of a text reaches the terminal' \
    grep -q "$(printf '\033')" out
run help-gnuplot -n <../hostile.apr
cp "$OUT" n.gp
run gnuplot -e 'set terminal png; set output "n.png"' n.gp
err_is '' 'self-contained commands'
ok 'and their picture' test -s n.png
nothing_ran 'self-contained commands'

# Every text of every source, where a file is expected.
cat >../files.gp <<'END'
do for [i=0:60] {
	name = sprintf('TEXT_c%d', i)
	# A name that no file can have is an error of the script.
	size = exists(name) ? strlen(value(name)) : 0
	if (size > 0 && size < 100 && strstrt(value(name), '/') == 0) {
		set output value(name)
		set output
		set print value(name)
		set print
		set table value(name)
		unset table
		save value(name)
	}
}
set output 'out'
plot @u with lines title SRC(S)
END
run help-gnuplot -T png -f ../files.gp -o out <../hostile.apr
ok 'set output TEXT_name, and the plot stands' test -s out
nothing_ran 'set output, set print, set table, save'
# Each of these by itself, for an error ends a script: in one gnuplot, which
# goes on with the next.
: >../none.gp
help-gnuplot -n -f ../none.gp <../hostile.apr >../variables.gp
n=0
{
	echo "set terminal png"
	echo "set output 'out'"
	echo "load '../variables.gp'"
	for i in 0 1 2 5 6 7 8 9 10 17 22 23; do
		for what in "plot TEXT_c$i" "stats TEXT_c$i" "splot TEXT_c$i" \
		    "fit x TEXT_c$i via a" "plot [0:1] x title TEXT_c${i}_3" \
		    "plot SRC($i + 1)"; do
			n=$((n + 1))
			echo "$what" >../one.$n
			echo "load '../one.$n'"
		done
	done
	echo "set print '../ran'"
	echo "print TEXT_c9"
} >../each.gp
# shellcheck disable=SC2016
sh_run 'gnuplot -d <../each.gp'
ok 'texts in plot, stats, splot, fit, titles: all were tried' test -s ../ran
nothing_ran 'texts in plot, stats, splot, fit, titles'

# Numbers and arrays that become texts.
cat >../turning.gp <<'END'
plot @u with lines, [0:1] energy with lines, TEXT_mode eq '' ? 1 : 2
END
run help-gnuplot -T png -f ../turning.gp -k 1 -o out <../turning.apr
err_has 'told: u is a text now, and was an array: withheld' \
    'a field that turns into another is told'
err_has 'told: energy is a text now' 'each of them'
is "$(grep -c 'told: u ' "$ERR")" 1 'once'
ok 'and the plot stands' test -s out
nothing_ran 'fields that turn into others in a script'
cat >../turned.gp <<'END'
plot energy
END
run help-gnuplot -T png -f ../turned.gp -k 1 -o out <../turning.apr
nothing_ran 'plot energy'
end
