#!/bin/sh
# Goal: the sources look as if one had written them: KNF, 80 columns,
# and no file exports what its header does not declare.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need git expand nm clang-format
cd "$TOP" || exit 1
git rev-parse --git-dir >/dev/null 2>&1 || skip_all 'this is no checkout'

c=$(git ls-files '*.[ch]')
all="$c $(git ls-files '*.py' '*.f90' tests/lib.sh scripts/check scripts/demo \
    scripts/bench Makefile README)"

# wide file ...
wide()
{
	expand "$@" | awk -v f="$1" 'length > 80 { print f ":" NR ": " $0 }'
}
# shellcheck disable=SC2086
wide $all >"$T/wide"
[ ! -s "$T/wide" ] || for f in $all; do
	wide "$f"
done >"$T/wide"
is "$(cat "$T/wide")" '' 'no line is wider than 80 columns'

# shellcheck disable=SC2086
grep -n '[ 	]$' $all >"$T/ends"
is "$(cat "$T/ends")" '' 'no line ends in space'

# shellcheck disable=SC2086
grep -nE '^	*( {8}| {1,3}[^ *])' $c >"$T/indent"
is "$(cat "$T/indent")" '' 'tabs indent, four spaces continue a line'

# Where a line is broken, and columns of declarations and comments, are left
# to the writer; clang-format cannot keep them.
words()
{
	tr -s '[:space:]' ' ' | sed 's/( /(/g; s/; )/;)/g; s/) /)/g
	    s/ \[/[/g; s/\[ /[/g; s/ \././g; s/ ->/->/g; s/ \\ / /g' |
	    tr ' ' '\n'
}
# spaced file ...: as clang-format would
spaced()
{
	cat "$@" | words >"$T/mine"
	clang-format "$@" | words >"$T/theirs"
	cmp -s "$T/mine" "$T/theirs"
}
: >"$T/format"
# shellcheck disable=SC2086
spaced $c || for f in $c; do
	spaced "$f" || diff "$T/mine" "$T/theirs" | sed "s,^,$f: ,"
done >"$T/format"
is "$(cat "$T/format")" '' 'clang-format would space nothing otherwise'

cat format/*.h | tr -cs '[:alnum:]_' '\n' | sort -u >"$T/declared"
nm -A -g "$BUILD"/format/*.o | awk '$2 ~ /[TDBRC]/ && $3 != "main" {
	sub(/^_/, "", $3)
	sub(/:.*/, "", $1)
	print $3, $1
}' | sort | join -v 1 - "$T/declared" >"$T/names"
is "$(cat "$T/names")" '' 'nothing is exported that a header does not declare'
end
