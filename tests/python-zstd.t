#!/bin/sh
# Goal: Python reads compressed recordings as aprec does, whole and damaged,
# by whatever can decompress them; with numpy and without.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need python3 zstd
export PYTHONDONTWRITEBYTECODE=1

cases=$("$PYTHON" "$TOP/tests/zstd.py" list) || exit 1
[ "$(printf '%s\n' "$cases" | wc -l)" -ge 12 ]
_verdict $? 'there are cases'
while read -r name about; do
	[ "$name" = agree ] ||
	    ok "$about" "$PYTHON" -W error "$TOP/tests/zstd.py" "$name"
done <<END
$cases
END

# agree file remark: with aprec on what is in it.
agree()
{
	ok "$2" env FILE="$1" "$PYTHON" -W error "$TOP/tests/zstd.py" agree
}

mkdir none
echo 'raise ImportError("hidden")' >none/numpy.py
for i in 1 2 3 4 5; do
	help-writer open ./$i.apr once g $i steps 9 300 once h 1 steps 3 9 \
	    close 2>/dev/null
	zstd -q --check $i.apr
	zstd -q -1 --check -c $i.apr >>one.zst
	cat $i.apr >>plain.apr
done
agree plain.apr 'the same as aprec of a plain recording'
agree one.zst 'of frames of one run each'
export PYTHONPATH=none
agree one.zst 'without numpy'
unset PYTHONPATH
cat one.zst plain.apr one.zst >mixed
for i in 1 2 3 4 5; do
	head -c $((2000 * i)) plain.apr >head.apr
	zstd -q -f --check -c head.apr >>mixed
done
agree mixed 'of frames and records in turns'
end
