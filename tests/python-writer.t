#!/bin/sh
# Goal: from a computation in Python whole records come out, or nothing does,
# with numpy and without; nothing that happens to the output ends it.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need python3
cases=$("$PYTHON" "$TOP/tests/writer.py" list) || exit 1
[ "$(printf '%s\n' "$cases" | wc -l)" -ge 35 ]
ok 'there are cases' test $? -eq 0

# each python: runs all cases with it.
each()
{
	while read -r name about; do
		mkdir "$T/$name"
		cd "$T/$name" || exit 1
		ok "$2$about" "$1" "$TOP/tests/writer.py" "$name"
		cd "$T" || exit 1
		[ "$STATUS" -ne 0 ] || rm -rf "${T:?}/$name"
	done <<END
$cases
END
}

each "$PYTHON" ''
if "$PYTHON" -c 'import numpy' 2>/dev/null; then
	printf '#!/bin/sh\nPYTHONPATH=%s exec %s "$@"\n' "$T/none" "$PYTHON" \
	    >plain
	chmod +x plain
	mkdir none
	echo 'raise ImportError("hidden")' >none/numpy.py
	each "$T/plain" 'without numpy: '
else
	skip 1 'numpy is not here'
fi
end
