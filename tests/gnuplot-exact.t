#!/bin/sh
# Goal: whatever the data, the style, the axes and the zoom, the picture of what
# was kept is, to the last pixel, the picture of all points.  EXACT=500 tries
# so many data sets, of up to 800,000 points; SEED begins elsewhere.
# Not under: address
. "${0%/*}/lib.sh"
need gnuplot

if [ -n "${EXACT:-}" ]; then
	run help-exact -s "${SEED:-1}" "$EXACT"
else
	run help-exact -m 50000 -s "${SEED:-3}" 40
fi
cp "$OUT" sets
status_is 0 'all were drawn'
err_is '' 'without a word'
is "$(grep -v '^same' sets)" '' \
    "$(grep -c ^same sets) data sets: 0 pixels differ"
ok 'thinned they were' awk '{ n += $(NF - 3); kept += $(NF - 1) }
    END { exit !(kept < n / 2) }' sets
for style in lines points dots steps fsteps histeps impulses filled errors; do
	ok "$style are among them" grep -q "^same [0-9]* $style " sets
done
# A zoom's edge within a pixel of points that it leaves out, as in that set.
run help-exact -s 2026 -n 252 252
out_has '^same 252 .* zoom x' 'what lies outside by less than a pixel is drawn'
# Of histeps gnuplot sorts the points by x first.
run help-exact -s 2026 -n 296 296
out_has '^same 296 histeps .* wandering' 'histeps whose x goes to and fro'
end
