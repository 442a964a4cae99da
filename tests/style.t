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

for f in $all; do
	[ -f "$f" ] || continue
	expand "$f" | awk -v f="$f" 'length > 80 { print f ":" NR ": " $0 }'
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
for f in $c; do
	[ -f "$f" ] || continue
	words <"$f" >"$T/mine"
	clang-format "$f" | words >"$T/theirs"
	cmp -s "$T/mine" "$T/theirs" ||
	    diff "$T/mine" "$T/theirs" | sed "s,^,$f: ,"
done >"$T/format"
is "$(cat "$T/format")" '' 'clang-format would space nothing otherwise'

for o in "$BUILD"/format/*.o; do
	for s in $(nm -g "$o" | awk '$2 ~ /[TDBRC]/ { print $3 }'); do
		s=${s#_}
		[ "$s" = main ] || grep -qw "$s" format/*.h || echo "$o: $s"
	done
done >"$T/names"
is "$(cat "$T/names")" '' 'nothing is exported that a header does not declare'
end
