#!/bin/sh
# Goal: from a computation in Python whole records come out, or nothing does,
# and nothing that happens to the output ends it; what reads records gets all
# that is whole, and is told of the rest; with numpy and without.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need python3
export PYTHONDONTWRITEBYTECODE=1

# each python program remark: runs all cases of it.
each()
{
	cases=$("$1" "$TOP/tests/$2.py" list) || exit 1
	[ "$(printf '%s\n' "$cases" | wc -l)" -ge 14 ]
	_verdict $? "$2: there are cases"
	while read -r name about; do
		mkdir "$T/$name"
		cd "$T/$name" || exit 1
		ok "$2: $about$3" "$1" -W error "$TOP/tests/$2.py" "$name"
		cd "$T" || exit 1
		[ "$STATUS" -ne 0 ] || rm -rf "${T:?}/$name"
	done <<END
$cases
END
}

each "$PYTHON" writer ''
each "$PYTHON" reader ''
if "$PYTHON" -c 'import numpy' 2>/dev/null; then
	printf '#!/bin/sh\nPYTHONPATH=%s exec %s "$@"\n' "$T/none" "$PYTHON" \
	    >plain
	chmod +x plain
	mkdir none
	echo 'raise ImportError("hidden")' >none/numpy.py
	each "$T/plain" writer ', without numpy'
	each "$T/plain" reader ', without numpy'
else
	skip 1 'numpy is not here'
fi
end
