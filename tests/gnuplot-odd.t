#!/bin/sh
# Goal: whatever a field holds, the picture is drawn and gnuplot has nothing
# to complain of: no values, no number but NaN, all the same, too great, one
# point, every type, more dimensions than can be drawn.
. "${0%/*}/lib.sh"
need gnuplot
export PYTHONPATH="$TOP/format"

# draws name what [arg ...] <stream: a picture, and not a word but of what is
# empty
draws() {
	name=$1 out=$2
	shift 2
	rm -f "$out"
	run help-gnuplot -o "$out" "$@"
	if [ "$STATUS" -eq 0 ] && [ -s "$out" ] && ! grep -qv \
	    '^help-gnuplot: told: odd@host: empty is empty$' "$ERR"; then
		pass "$name"
	else
		fail "$name" "$(cat "$ERR")"
	fi
}

fields='empty nanline nanimage constline constimage one oneone infinite
infimage huge tiny close wide ints bytes flags cplx cplane cube row column
plane nan infinity big number whole truth text u64'
for field in $fields; do
	"$PYTHON" "$TOP/tests/fields.py" odd "$field" >"$field.apr"
	draws "$field as png" out.png -T png <"$field.apr"
	draws "$field as text" out.txt -T dumb <"$field.apr"
	draws "$field, named" out.png -T png "$field" <"$field.apr"
done
"$PYTHON" "$TOP/tests/fields.py" odd >all.apr
for t in png pngcairo svg dumb 'dumb size 40,10' 'dumb size 200,60'; do
	draws "all of them with $t" out -T "$t" <all.apr
done
draws 'an image with a logarithmic y axis elsewhere' out.png -T png \
    -e 'set logscale y' plane wide <all.apr

# Self-contained commands draw the same anywhere.
run help-gnuplot -n <all.apr
cp "$OUT" all.gp
mkdir elsewhere && cd elsewhere || exit 1
run gnuplot -e 'set terminal png; set output "n.png"' ../all.gp
err_is '' 'self-contained commands run by themselves'
ok 'and give a picture' test -s n.png
cd ..

: >none.apr
draws 'an empty stream' out.png -T png <none.apr
draws 'a field that is not there' out.txt -T dumb -c 0 nothing,u x:y:T \
    <all.apr
ok 'is told in its panel' grep -q 'nothing is not there yet' out.txt
end
