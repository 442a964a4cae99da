#!/bin/sh
# Goal: the Fortran module makes every vector that a Fortran program can
# express byte for byte, is warned of by no compiler, copies what it must and
# nothing else, and no print damages what it publishes.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need gfortran cc
# As Fortran 2008, and with all that can be checked while it runs.
fc="gfortran -std=f2008 -pedantic -Wall -Wextra -Werror -fcheck=all -g"
lib="$BUILD/libaprec.a -pthread"

ok 'the module compiles as Fortran 2008 without a warning' \
    $fc -O2 -Wimplicit-interface -c -o aprec.o "$TOP/format/aprec.f90"
ok 'and with the defaults of 8 bytes that some codes need' \
    gfortran -Wall -Wextra -Werror -O3 -fdefault-integer-8 \
    -fdefault-real-8 -J.lib -c -o wide.o "$TOP/format/aprec.f90"

# The vectors.
others=
for type in 'i8 integer(int8)' 'i16 integer(int16)' 'i32 integer(int32)' \
    'i64 integer(int64)' 'f32 real(real32)' 'f64 real(real64)' \
    'c64 complex(real32)' 'c128 complex(real64)' 'bool logical'; do
	sed "s/NAME/${type%% *}/g; s/TYPE/${type#* }/" \
	    "$TOP/tests/vectors-put.f90" >"put_${type%% *}.f90"
done
ok 'the C writer with a clock of the test' \
    cc -I"$TOP" -x c -c -o writer.o "$TOP/tests/vectors-writer.h"
ok 'the program compiles' $fc -fno-backslash -o vectors aprec.o writer.o \
    "$TOP/tests/vectors-words.f90" put_*.f90 "$TOP/tests/vectors.f90" -pthread
for txt in "$VECTORS"/good/*.txt; do
	[ -x vectors ] || break
	name=${txt##*/}
	name=${name%.txt}
	run ./vectors <"$txt"
	if [ "$STATUS" -eq 3 ]; then
		others="$others$name "
		continue
	fi
	same "${txt%txt}apr" "$OUT" "$name is written"
	run ./vectors gaps <"$txt"
	same "${txt%txt}apr" "$OUT" "$name is written from sections"
	err_is '' 'without a word'
done
# Unsigned numbers, ranks above 4, records of recorders alone, a banner.
is "$others" "align-data align-end align-table attributes-most banner dims \
embedded empty extents history names numbers ranks shuffled source-64 types " \
    'the others need what Fortran does not have'
end
