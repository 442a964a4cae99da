#!/bin/sh
# Goal: from a computation in Python whole records come out, or nothing does,
# and nothing that happens to the output ends it; what reads records gets all
# that is whole, and is told of the rest; with numpy and without.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need python3
export PYTHONDONTWRITEBYTECODE=1

cases "$PYTHON" writer 14
cases "$PYTHON" reader 14
if "$PYTHON" -c 'import numpy' 2>/dev/null; then
	printf '#!/bin/sh\nPYTHONPATH=%s exec %s "$@"\n' "$T/none" "$PYTHON" \
	    >plain
	chmod +x plain
	mkdir none
	echo 'raise ImportError("hidden")' >none/numpy.py
	REMARK=', without numpy'
	cases "$T/plain" writer 14
	cases "$T/plain" reader 14
else
	skip 1 'numpy is not here'
fi
end
