#!/bin/sh
# Goal: a run in Python obeys what it is told as one in C does, on one core
# and on several, and a pause, a callback and Ctrl-C do it no harm.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need python3
export PYTHONDONTWRITEBYTECODE=1

cases "$PYTHON" steer 25

if command -v mypy >/dev/null; then
	ok 'the types that it says it has are right' \
	    mypy --strict --ignore-missing-imports --no-incremental \
	    --cache-dir=/dev/null "$TOP/format/aprec.py"
else
	skip 1 'mypy is not here'
fi
end
