#!/bin/sh
# Goal: make static gives one aptee that runs where nothing is installed.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need make cc
[ "$(uname)" != Darwin ] || skip_all 'macOS has no static programs'
ok 'make static' make -s -C "$TOP" BUILD="$BUILD" static
aptee=$BUILD/static/aptee
not_ok 'it needs no library' sh -c "ldd '$aptee' | grep '=>'"
wave -q -n 50 -e 10 2>/dev/null | cat >in
sh_run "'$aptee' -w <in | cat >out"
status_is 0 'it forwards a stream'
same in out 'which arrives unchanged'
end
