#!/bin/sh
# Goal: the Fortran module makes every vector that a Fortran program can
# express byte for byte, is warned of by no compiler, copies what it must and
# nothing else, steers variables of each kind where they lie, and no print
# damages what it publishes.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need gfortran cc gnuplot
# As Fortran 2008, and with all that can be checked while it runs.
fc="gfortran -std=f2008 -pedantic -Wall -Wextra -Werror -fcheck=all -g"
lib="$BUILD/libaprec.a -pthread"

ok 'the module compiles as Fortran 2008 without a warning' \
    $fc -O2 -Wimplicit-interface -c -o aprec.o "$TOP/format/aprec.f90"
ok 'and with the defaults of 8 bytes that some codes need' \
    gfortran -Wall -Wextra -Werror -O3 -fdefault-integer-8 \
    -fdefault-real-8 -J.lib -c -o wide.o "$TOP/format/aprec.f90"

ok 'so does the example' $fc -o lorenz aprec.o "$TOP/scripts/lorenz.f90" $lib
run ./lorenz -n 2000
err_is 'lorenz: 2000 steps, t = 2.000' 'which runs with all that can be checked'

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
is "$others" "align-data align-end align-table attributes-most banner-frame \
banner dims embedded empty extents history names numbers ranks shuffled \
source-64 types " \
    'the others need what Fortran does not have'

# What is copied at put, and what is not until publish.
cat >copies.f90 <<'END'
program copies
    use aprec
    implicit none
    type(aprec_writer) :: out
    integer, target :: u(2, 3)
    integer, allocatable, target :: gone(:, :)
    integer :: n, i, count, stat
    logical :: m(2)
    character(8) :: text
    type :: state
        integer, allocatable :: v(:, :)
    end type state
    type(state), target :: s
    logical, allocatable, target :: flag

    call get_command_argument(1, text)
    read (text, *) count

    call out%publish(stat)
    print '(a, i0, 2a)', 'before open ', stat, ' ', out%error()
    call out%open('copies.apr')
    call out%source('copies')
    call out%attr('u', 'units', 'm ')
    call out%attr('u', 'label', 'removed')
    call out%attr('u', 'label')
    call out%dims('u', ['x', 'y'])
    u = reshape([1, 2, 3, 4, 5, 6], [2, 3])
    n = 1
    m = [.true., .false.]
    text = 'kept'
    call out%put('whole', u)
    call out%put('column', u(:, 2))
    call out%put('row', u(1, :))
    call out%put('back', u(2:1:-1, 3))
    call out%put('n', n)
    call out%put('m', m)
    call out%put('either', m .or. .true.)
    call out%put('text', text)
    u = -u
    n = 9
    m = .false.
    text = 'changed'
    call out%publish(stat)
    print '(a, i0, 2a)', 'published ', stat, out%error()
    do i = 1, count
        allocate (gone(25000, 2))
        gone = i
        call out%put('odd', gone(2:, :))
        deallocate (gone)
        if (mod(i, count / 2) == 0) call out%publish()
    end do
    allocate (s%v(0:1, -1:1))
    s%v = u
    call out%put('v', s%v)
    call out%put('gaps', s%v(:, ::2))
    call pass_on(s%v(:, 0))
    call out%put('u', u(:, 1:0))
    call out%withdraw('odd')
    call out%publish()
    call out%put('u', u)
    if (out%stopped()) print '(a)', 'stopped'
    call out%close(stat)
    print '(a, i0)', 'closed ', stat
    call out%open('error.apr')
    allocate (flag, source=.true.)
    call out%param('flag', flag)
    call out%param('flag')
    deallocate (flag)
    call out%put('9u', 1)
    call out%publish(stat)
    print '(a, i0)', 'after an error ', stat
    print '(a)', out%error()
    call out%close(stat)
    print '(a, i0)', 'closed ', stat
contains
    subroutine pass_on(a)
        integer, intent(in), target :: a(:)

        call out%put('a', a)
    end subroutine pass_on
end program copies
END
ok 'a program compiles' $fc -o copies "$TOP/format/aprec.f90" copies.f90 $lib
run sh -c 'ulimit -v 600000; exec ./copies 10000'
out_is 'before open -1 the writer is not open
published 1
closed 0
after an error -1
9u: not a field name: a C identifier of at most 63 bytes, not beginning with TEXT_ or HISTORY_
closed -1' 'errors are sticky, and told by what returns'
err_has '^aprec: 9u: not a field name' 'and once on stderr'
is "$(grep -vc '^aprec: 9u' "$ERR")" 0 'where there is nothing else'
status_is 0 'they do not end it'
run aprec json copies.apr
sed '1d; s/.*"fields"://' "$OUT" | cut -c 1-99 >rest
sed -n '1s/.*"fields"://p' "$OUT" | sed 's/}$//' >first
is "$(cat first)" '{"whole":[[-1,-2],[-3,-4],[-5,-6]],"column":[-3,-4],'\
'"row":[1,3,5],"back":[6,5],"n":1,"m":[true,false],"either":[true,true],'\
'"text":"kept"}' 'sections with gaps, numbers, logicals and texts are copied'
is "$(sed 's/,.*//' rest)" '{"odd":[[5000
{"odd":[[10000
{"v":[[-1
{"u":[[-1' 'the later put counts, and alone takes memory'
is "$(sed -n 3p rest)" '{"v":[[-1,-2],[-3,-4],[-5,-6]],"gaps":[[-1,-2],[-5,-6]],"a":[-3,-4],"u":[],"odd":null}}' \
    'components are put, whatever their bounds, and what is passed on'
run aprec ls copies.apr
out_has ' u:i32\[y=3,x=2\]' 'C sees the indices, and their names, in reverse'
if command -v valgrind >/dev/null; then
	run valgrind -q --error-exitcode=99 --leak-check=full ./copies 10
	status_is 0 'nothing leaks, and nothing is read that is not there'
else
	skip 1 'valgrind is not here'
fi

cat >temporary.f90 <<'END'
program temporary
    use aprec
    type(aprec_writer) :: out
    real, target :: u(3) = 0

    call out%put('v', 2 * u)
end program temporary
END
run gfortran -fsyntax-only temporary.f90
err_has 'no matching specific|no specific subroutine' \
    'an expression, gone before publish, does not compile'

# Parameters of each kind, steered by a file; waiting; the last record.
cat >steered.f90 <<'END'
module state
    use, intrinsic :: iso_fortran_env
    use aprec
    implicit none
    type(aprec_writer) :: out
    integer(int8), target :: a = 1
    integer(int16), target :: b = 2
    integer(int32), target :: c = 3
    integer(int64), target :: d = 4
    real(real32), target :: e = 5
    real(real64), target :: f = 6
    logical, target :: g = .false., still = .true.
    character(8), target :: h = 'text'
    character(6), target :: gone = 'gone'
contains
    subroutine look(what)
        character(*), intent(in) :: what

        print '(2a, 4(1x, i0), 2(1x, f0.3), 2(1x, l1), 5a)', what, ':', a, &
            b, c, d, e, f, g, still, ' [', h, '] [', gone, ']'
    end subroutine look

    subroutine tell(line)
        character(*), intent(in) :: line

        call execute_command_line("echo '" // line // "' >>steer.ctl")
    end subroutine tell
end module state

program steered
    use state
    implicit none
    integer :: i, stat

    call out%param('a', a)
    call out%open('steered.apr')
    call out%param('a', a, 0_int8, 100_int8, 'a small one')
    call out%param('b', b, min=0_int16)
    call out%param('c', c, max=9, what='at most 9')
    call out%param('d', d)
    call out%param('e', e, -1.0_real32, 10.0_real32)
    call out%param('f', f, what='no limits')
    call out%param('g', g, 'a switch')
    call out%param('still', still)
    call out%param('h', h, 'a text')
    call out%param('gone', gone)
    do i = 1, 8
        call out%put('i', i)
        call out%publish()
        if (i == 1) call look('first')
        if (i == 2) call look('second')
        if (i == 2) gone = 'own'
        if (i == 2) g = .false.
        if (i == 3) call out%param('gone')
        if (i == 3) call out%param('still', f)
        if (i == 4) call out%param('h', h)
        if (i == 6) call look('sixth')
    end do
    call out%wait(0, stat)
    print '(a, i0)', 'nothing to obey ', stat
    call tell('set h while it waits')
    call tell('set h waits')
    call tell('set still 7')
    call out%wait(20.0, stat)
    print '(a, i0, 1x, 2a, f0.3, 1x, l1)', 'obeyed ', stat, h, '|', f, still
    call tell('stop')
    do while (.not. out%stopped())
        call out%wait(1.0_real64)
    end do
    call out%wait(-1, stat)
    print '(a, i0)', 'stopped ', stat
    call out%put('i', 99)
    call out%publish(stat, final=.true.)
    print '(a, i0)', 'the last ', stat
    call out%put('i', 100)
    call out%publish(stat, .false.)
    print '(a, i0)', 'behind it ', stat
    call out%interrupt()
    call out%close(stat)
    print '(a, i0)', 'closed ', stat
end program steered
END
ok 'a program with parameters compiles' $fc -o steered aprec.o steered.f90 $lib
cat >steer.ctl <<'END'
at 1 set a -1
at 2 set a 100
at 2 set b 300
at 2 set c -70000
at 2 set d -9000000000
at 2 set e 2.5
at 2 set f 1e-3
at 2 set g on
at 2 set h two wo
at 2 set gone here
at 3 set h longer than 8
at 5 set h
at 5 set gone x
END
run env APREC_CONTROL=steer.ctl ./steered
out_is 'first: 1 2 3 4 5.000 6.000 F T [text    ] [gone  ]
second: 100 300 -70000 -9000000000 2.500 .001 T T [two wo  ] [here  ]
sixth: 100 300 -70000 -9000000000 2.500 .001 F T [        ] [own   ]
nothing to obey 0
obeyed 1 waits   |7.000 T
stopped 0
the last 1
behind it 0
closed 0' 'each kind is set where it lies, waited for, and ended'
err_has 'a: -1 is not from 0 to 100' 'with its limits'
err_has 'h: longer than 8 bytes' 'its length'
err_has 'no parameter "gone"' 'and what is gone is gone'
run aprec json steered.apr
has()
{
	"$PYTHON" - "$1" "$OUT" <<'END'
import json, sys
print([r["fields"][sys.argv[1]] for r in map(json.loads, open(sys.argv[2]))
       if sys.argv[1] in r["fields"]])
END
}
is "$(has g)" '[False, True, False]' 'a change is published, also its own'
is "$(has gone)" "['gone', 'here', 'own', None]" 'and a text, and its end'
is "$(has i)" '[1, 2, 3, 4, 5, 6, 7, 8, 99]' 'behind the last comes nothing'
run sh -c 'aprec ls steered.apr | tail -n 1'
out_has ' final .* i:i32' 'which is final'

# Prints: buffered, flushed and both, before, between and behind.
cat >prints.f90 <<'END'
program prints
    use aprec
    implicit none
    type(aprec_writer) :: out
    real, target :: u(1000)
    integer :: i
    character(8) :: how

    call get_command_argument(1, how)
    do i = 1, 1000
        print '(a)', 'printed before'
    end do
    if (how == 'flush') flush (6)
    call out%open()
    do i = 1, 10
        u = i
        call out%put('i', i)
        call out%put('u', u)
        call out%publish()
        print '(a)', 'printed between'
        if (how == 'flush') flush (6)
    end do
    write (*, '(a)', advance='no') 'printed '
    call out%close()
    print '(a)', 'behind'
end program prints
END
ok 'a program that prints compiles' $fc -o prints "$TOP/format/aprec.f90" \
    prints.f90 $lib
# prints_are name: the text before the first record and what is on stderr.
prints_are()
{
	run help-state -c <prints.apr
	out_is 11 "$1: every record is there"
	"$PYTHON" - <<'END' >seen
data = open("prints.apr", "rb").read()
at = data.index(b"\x89APR")
records, pos = 0, at
while pos < len(data):
    assert data[pos:pos + 4] == b"\x89APR", pos
    pos += int.from_bytes(data[pos + 24:pos + 32], "little")
    records += 1
all = data[:at] + open("said", "rb").read()
print(records, all.count(b"printed before\n"),
      all.count(b"printed between\n"), all.count(b"printed behind\n"))
END
	is "$(cat seen)" '11 1000 10 1' "$1: every print, and none among them"
}
for how in plain flush; do
	sh_run "./prints $how 2>said | cat >prints.apr"
	prints_are "$how, a pipe"
	sh_run "./prints $how 2>said >prints.apr"
	prints_are "$how, a file"
	sh_run "GFORTRAN_UNBUFFERED_ALL=y ./prints $how 2>said >prints.apr"
	prints_are "$how, without buffers"
done
sh_run './prints flush 2>&- >prints.apr'
is "$(help-state -c <prints.apr 2>/dev/null)" 11 'also without a stderr'

# The example: against another integrator, with steps a quarter as long.
ok 'lorenz is built' test -x "$BUILD/lorenz"
sh_run 'lorenz -n 20000 -e 100 | aptee -q run.apr | aplot -q -o lorenz.png'
status_is 0 'lorenz | aptee | aplot'
err_has '^lorenz: 20000 steps, t = 20.000' 'it says what it did'
cat >check.py <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import aprec


def slope(s):
    x, y, z = s
    return 10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z


def along(s, k, h):
    return [a + h * b for a, b in zip(s, k)]


def later(s, h):
    a = slope(s)
    b = slope(along(s, a, h / 2))
    c = slope(along(s, b, h / 2))
    d = slope(along(s, c, h))
    return along(s, [(i + 2 * j + 2 * k + l) / 6
                     for i, j, k, l in zip(a, b, c, d)], h)


s, n, inside = [1, 1, 1], 0, []
for r in aprec.read(sys.argv[2]):
    if "rho" in r:      # the parameters have a record of their own
        continue
    now = [r["x"], r["y"], r["z"]]
    if r["step"] == 1000:
        for i in range(4000):
            s = later(s, 1 / 4000)
        print("exact", max(abs(a - b) for a, b in zip(s, now)) < 1e-8)
    x, y, z = now
    inside.append(28 * x * x + 10 * y * y + 10 * (z - 56)**2 <=
                  10 * (8 / 3 * 28)**2 / (8 / 3 - 1))
    n += 1
print("inside", all(inside[1:]), "records", n, "final", r.final, r["step"])
f = r.fields
print(f["speed"].attrs["coordinates"], f["x"].attrs["units"],
      f["t"].attrs["label"], *f["trail_x"].shape)
x, z = (list(r["trail_" + c]) for c in "xz")
print("the trail has the state", r["x"] in x and x.index(r["x"]) ==
      z.index(r["z"]))
END
run "$PYTHON" -B check.py "$TOP/format" run.apr
out_is 'exact True
inside True records 201 final True 20000
trail_x trail_z 1 time 4000
the trail has the state True' 'it computes what it says'
# A picture: points of many colours on the left, three curves on the right.
is "$(head -c 8 lorenz.png | od -An -tx1)" ' 89 50 4e 47 0d 0a 1a 0a' 'a picture'
bg slow perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' lorenz -p
eventually 'it publishes' '[ -s slow.out ]' 20
kill -INT "$BG"
bg_wait "$BG" 20
status_is 130 'Ctrl-C ends it'
run aprec ls slow.out
out_has ' final lorenz@' 'with its final record'
run lorenz -n x
status_is 1 'a wrong number'
err_has '^usage: lorenz' 'is told'
end
