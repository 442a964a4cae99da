#!/bin/sh
# Goal: sources are overlaid in the order of their numbers, with a name and a
# colour each, which stay while others come and go; the title tells their range.
. "${0%/*}/lib.sh"
need gnuplot
export PYTHONPATH="$TOP/format"

# engines name ...: what each publishes at 3 steps, in the order given
cat >engines.py <<'END'
import math
import sys
import aprec
outs = [aprec.open("%d.part" % k, source=name)
        for k, name in enumerate(sys.argv[1:])]
for i in range(1, 4):
    for k, out in enumerate(outs):
        out.publish(dict(a=[math.sin(x / 9 + k / 2) for x in range(100)], i=i))
for out in outs:
    out.close()
END
engines()
{
	rm -f ./*.part
	"$PYTHON" engines.py "$@" && cat ./*.part >stream.apr
}
# lines: the line types and names of the curves of a
lines()
{
	run help-gnuplot -n a <stream.apr
	grep -oE "lt [0-9]+[^,]* title '[^']*'" "$OUT" |
	    sed "s/lt \([0-9]*\).*title '\(.*\)'/\1 \2/"
}
unique()
{
	sort | uniq -d
}

# IPython's picture: one labelled curve per engine, its title with the step.
engines engine-7 engine-0 engine-3 engine-1 engine-2 engine-6 engine-5 engine-4
lines >got
is "$(cat got)" "$(for i in 0 1 2 3 4 5 6 7; do
	echo "$((i + 1)) engine-$i"
done)" 'eight engines: a curve, a colour and a name each, in order'
run help-gnuplot -n a <stream.apr
out_has "'engine-0 to 7    step 3'" 'and the step in the title'
is "$(grep -c '^plot ' "$OUT")" 1 'in one panel'

# shellcheck disable=SC2046
engines $(for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
	echo "r.$i@h"
done)
lines >got
is "$(cut -d' ' -f2 got | tr '\n' ' ')" "r.0 r.1 r.2 r.3 r.4 r.5 r.6 r.7 r.8 \
r.9 r.10 r.11 r.12 r.13 r.14 r.15 " 'rank 2 comes before rank 10'
is "$(cut -d' ' -f1 got | unique)" '' 'sixteen look different'
out=$(help-gnuplot -n <stream.apr | grep -c "^set linetype .* dt '-'")
is "$out" 8 'by colours and dashes'

# Hosts are left out where the rest tells all apart, and kept where not.
engines heat.0@a heat.1@a heat.2@b
lines >got
is "$(cat got)" '1 heat.0
2 heat.1
3 heat.2' 'hosts are no part of the names in the key'
run help-gnuplot -n <stream.apr
out_has "'heat.0 to 2    step 3'" 'nor of the title, where they differ'
engines heat@a heat@b heat@c
lines >got
is "$(cut -d' ' -f2 got | tr '\n' ' ')" 'heat@a heat@b heat@c ' \
    'but of names that are the same without them'
run help-gnuplot -n <stream.apr
out_has "'heat@a, heat@b, heat@c    step 3'" 'in the title, too'
engines heat.1@a:7 heat.5@a:7 heat.12@a:7
run help-gnuplot -n <stream.apr
out_has "'heat.1 to 12@a:7 .3 sources.    step 3'" 'gaps in the range are told'

end
