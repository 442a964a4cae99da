#!/bin/sh
# Goal: pictures made of characters show images too, in colours where the
# terminal has them and in shades where not, and fit the terminal.
. "${0%/*}/lib.sh"
need gnuplot
export PYTHONPATH="$TOP/format"
"$PYTHON" "$TOP/tests/fields.py" wave >wave.apr

# fits file columns rows: no line of it is too long
fits() {
	"$PYTHON" - "$@" <<-'END'
	import sys
	with open(sys.argv[1], encoding="utf-8") as f:
	    lines = f.read().replace("\f", "").split("\n")
	sys.exit(max(map(len, lines)) > int(sys.argv[2]) or
	         len(lines) > int(sys.argv[3]) + 2)
	END
}
# chars file regex: how many there are
chars() {
	grep -Eo "$2" "$1" | wc -l
}

run help-gnuplot -T 'dumb size 100,30' -c 0 -o out u <wave.apr
ok 'no colours: fits' fits out 100 30
for c in ░ ▒ ▓ █; do
	ok "no colours: the shade $c is there" test "$(chars out $c)" -gt 50
done
ok 'the axes have their names' grep -q 'length (m)' out
ok 'and so has the field' grep -q 'displacement (mm)' out
not_ok 'no escape sequences' grep -q "$(printf '\033')" out

run help-gnuplot -T 'dumb size 100,30' -c 16777216 -o out u <wave.apr
ok 'colours: blocks' test "$(chars out █)" -gt 1000
ok 'colours: many of them' test "$(grep -Eo '38;2;[0-9;]*m' out | sort -u |
    wc -l)" -gt 50

for size in 40,12 79,24 200,60; do
	run help-gnuplot -T "dumb size $size" -c 0 -o out <wave.apr
	err_is '' "$size: drawn without a word"
	ok "$size: fits" fits out "${size%,*}" "${size#*,}"
	ok "$size: the title" grep -q 'wave@host *step 99' out
done

# A shade that nothing has would have gnuplot 5.4 crash.
"$PYTHON" - >point.apr <<'END'
import sys, aprec
sys.stdout.buffer.write(aprec.encode({"x": [1.0], "y": [1.0], "T": [1.0]},
    attrs={"T": {"coordinates": "x y"}}, source="a", run=1, seq=1, wall=1))
END
run help-gnuplot -T 'dumb size 60,16' -c 0 -k 1 -o out <point.apr
err_is '' 'one coloured point: drawn without a word'
is "$(chars out '[░▒▓█]')" 1 'and in a shade'

# What there is no room for stands beside the quiet line, not below it.
"$PYTHON" - >many.apr <<'END'
import sys, aprec
sys.stdout.buffer.write(aprec.encode({"field%d" % i: [1.0, 2.0]
    for i in range(30)}, source="a", run=1, seq=1, wall=1))
END
for size in 60,24 100,30; do
	run help-gnuplot -T "dumb size $size" -c 0 -o out -q \
	    '<0.1 s old   30 frames/s   1 record in 2, the newest' <many.apr
	sed 's/\f//g' out | sed -n "${size#*,}p" >line
	ok "$size: what is left out" grep -q '^ *no room for [0-9]* more' line
	ok "$size: and the quiet line" grep -q ' <0\.1 s old   30 f' line
done
end
