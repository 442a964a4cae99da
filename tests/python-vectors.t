#!/bin/sh
# Goal: the Python module takes from every vector what the page says, and
# makes the good ones, with numpy and without; the vectors stored are those
# that generate makes from the page.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need python3
export PYTHONDONTWRITEBYTECODE=1
run "$PYTHON" "$VECTORS/generate" -n
out_is '' 'what is stored is what generate makes'
status_is 0 'and nothing else is there'
ok 'the vectors' "$PYTHON" -W error "$TOP/tests/vectors.py"
ok 'the vectors without numpy' "$PYTHON" -W error "$TOP/tests/vectors.py" \
    without

# The README names each of them.
for f in "$VECTORS"/*/*.apr; do
	n=${f##*/}
	grep -q "^    ${n%.apr} " "$VECTORS/README" || echo "$n"
done >"$T/unnamed"
is "$(cat "$T/unnamed")" '' 'each vector is described'
end
