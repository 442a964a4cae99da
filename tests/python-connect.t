#!/bin/sh
# Goal: a program in Python that joins a run sees its newest state, whole and
# to the end, of every rank in order, and steers it; with numpy and without.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need python3
export PYTHONDONTWRITEBYTECODE=1

# A server that does what a test wants.
cases=$("$PYTHON" "$TOP/tests/connect.py" list) || exit 1
[ "$(printf '%s\n' "$cases" | wc -l)" -ge 12 ]
_verdict $? 'there are cases'
while read -r name about; do
	mkdir "$T/$name"
	cd "$T/$name" || exit 1
	ok "$about" "$PYTHON" -W error "$TOP/tests/connect.py" "$name"
	cd "$T" || exit 1
done <<END
$cases
END
end
