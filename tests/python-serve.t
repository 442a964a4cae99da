#!/bin/sh
# Goal: a run in Python serves itself and is steered from Python, from the
# shell and from a notebook, is drawn there, and leaves nothing behind.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need python3 gnuplot
export PYTHONDONTWRITEBYTECODE=1

cases=$("$PYTHON" "$TOP/tests/serve.py" list) || exit 1
[ "$(printf '%s\n' "$cases" | wc -l)" -ge 10 ]
_verdict $? 'there are cases'
while read -r name about; do
	mkdir "$T/$name"
	cd "$T/$name" || exit 1
	ok "$about" "$PYTHON" -W error "$TOP/tests/serve.py" "$name"
	cd "$T" || exit 1
done <<END
$cases
END
end
