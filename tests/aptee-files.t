#!/bin/sh
# Goal: recordings hold every record whole, nothing that exists is harmed, and
# a torn tail is cut off before a recording goes on.
. "${0%/*}/lib.sh"

help-emit crc 1 steps 50 100 final >in.apr
help-emit steps 50 100 final >bare.apr
help-emit run 2 crc 1 steps 5 100 final >more.apr

# What goes in comes out, to all kinds of places.
run aptee -q <in.apr
status_is 0 'a file is forwarded'
err_is '' 'without a word with -q'
same in.apr "$OUT" 'byte for byte'
sh_run 'cat in.apr | aptee -q a.apr -o b.apr c.apr >d.apr'
status_is 0 'to three files and stdout'
for f in a b c d; do
	same in.apr $f.apr "$f.apr has all of it"
done
sh_run 'cat in.apr | aptee a2.apr >/dev/null'
err_has '^aptee: a2.apr: in 51 = out 51 \+ dropped 0, duplicates 0, [0-9]+ bytes$' \
    'the closing line of a recording'
is "$(sed -n 's/.*a2.apr: .* \([0-9]*\) bytes/\1/p' "$ERR")" \
    "$(wc -c <a2.apr | tr -d ' ')" 'tells the bytes that are in the file'
run aptee -i in.apr
same in.apr "$OUT" '-i reads a file'
err_has 'stdout.: in 51 = out 51 \+ dropped 0' 'the closing line of stdout'

# A recording adds what is missing.
sh_run 'cat bare.apr | aptee -q crc.apr >/dev/null'
help-state -l <crc.apr >crc.list
is "$(grep -c ' ok$' crc.list)" 51 'each record of a recording has a data CRC'
help-state <bare.apr >want
help-state <crc.apr >got
same want got 'and the same contents'
sh_run 'cat bare.apr | aptee -q | cat >piped.apr'
same bare.apr piped.apr 'stdout to a pipe gets the bytes as they came'

# A record whose data are wrong: forwarded, not recorded.
perl -e 'local $/; $_ = <STDIN>; my $n = length() / 3;
    substr($_, 1000, 1) ^= "\x10"; print' <in.apr >flipped.apr
sh_run 'aptee good.apr <flipped.apr | help-state -c'
out_is 51 'a forwarder does not look at the data'
err_has 'good.apr: emit@test: seq 1: wrong data CRC; not recorded' 'a recorder does'
err_has 'good.apr: in 51 = out 50 \+ dropped 1' 'and counts it'

# What exists is refused before anything is touched.
cp in.apr keep.apr
sh_run 'help-emit steps 3 1 | aptee new.apr keep.apr >out.apr'
status_is 1 'an existing recording is refused'
err_is 'aptee: keep.apr: exists (-a appends to it, -F replaces it)' 'saying the ways out'
same in.apr keep.apr 'it is as it was'
ok 'and the other is not made' test ! -e new.apr
: >empty.apr
run aptee -q empty.apr <in.apr
status_is 0 'an empty file harms nobody'
same in.apr empty.apr 'and is written to'
run aptee -q -F keep.apr <more.apr
status_is 0 '-F replaces'
same more.apr keep.apr 'all of it'
echo 'int main(void);' >main.c
for o in '' -a; do
	run aptee $o main.c <in.apr
	status_is 1 "a file that is no recording is refused (${o:-no option})"
	is "$(cat main.c)" 'int main(void);' 'and is as it was'
done
run aptee -S main.c <in.apr
status_is 1 '-S replaces no other file'
err_is 'aptee: main.c: not a recording (-F replaces it)' 'and says so'
run aptee -a -F x.apr <in.apr
status_is 1 '-a with -F is refused'
mkdir dir
run aptee dir <in.apr
err_is 'aptee: dir: is a directory' 'a directory is refused'
run aptee -i dir
err_is 'aptee: dir: is a directory' 'as an input too'
run aptee none/x.apr <in.apr
status_is 1 'a folder that is not there'
err_has 'none/x.apr: No such file' 'is named'
run aptee -i none.apr
status_is 1 'an input that is not there'
err_has 'none.apr: No such file' 'is named'
cp in.apr same.apr
run aptee -F -i same.apr same.apr
status_is 1 'the output must not be the input'
same in.apr same.apr 'which is as it was'
sh_run 'aptee <same.apr >>same.apr'
status_is 1 'nor through the shell'
same in.apr same.apr 'which is as it was'
ln same.apr hard.apr
run aptee -F -i same.apr hard.apr
status_is 1 'nor by another name'
run aptee -F twice.apr -o twice.apr <in.apr
status_is 1 'nor two outputs one file'
run aptee -i in.apr -i in.apr
status_is 1 'nor one file two inputs'

# -a repairs and goes on.
cat in.apr more.apr >both.apr
cp in.apr go.apr
run aptee -q -a go.apr <more.apr
status_is 0 '-a appends'
same both.apr go.apr 'at the end'
run aptee -q -a fresh.apr <in.apr
same in.apr fresh.apr '-a makes what is not there'
size=$(wc -c <in.apr | tr -d ' ')
last=$(help-state -l <in.apr | awk 'END { print $3 }')
for cut in 1 7 64 "$((last - 8))" "$((last - 1))"; do
	head -c "$((size - cut))" in.apr >torn.apr
	run aptee -a torn.apr <more.apr
	status_is 0 "a tail torn by $cut bytes"
	err_has "torn.apr: byte $((size - last)): torn record: $((last - cut)) bytes cut off" \
	    'is told'
	(head -c "$((size - last))" in.apr && cat more.apr) >want
	same want torn.apr 'and cut off'
done
(cat in.apr && head -c 5000 /dev/zero) >zeros.apr
run aptee -q -a zeros.apr <more.apr
same both.apr zeros.apr 'zeros that a crash left are cut off'
(head -c 20000 in.apr && printf junk && tail -c +20001 in.apr) >mid.apr
cp mid.apr want
cat more.apr >>want
run aptee -q -a mid.apr <more.apr
same want mid.apr 'damage in the middle stays where it is'
help-emit crc 1 steps 20 100 >>app.apr
cat in.apr | aptee -q >>app.apr
(help-emit crc 1 steps 20 100 && cat in.apr) >want
is "$(wc -c <app.apr)" "$(wc -c <want)" 'the shell appends too'

# -n
sh_run 'cat in.apr | aptee -n 10 n.apr | cat >all.apr'
same in.apr all.apr '-n leaves stdout alone'
help-state -l <n.apr | cut -d' ' -f2 | tr '\n' ' ' >got
is "$(cat got)" '1 11 21 31 41 50 51 ' '-n keeps every tenth, and the last'
err_has 'n.apr: in 51 = out 7 \+ dropped 44 \(44 by -n\)' 'and counts'
sh_run 'help-emit steps 4 5 num g 1 publish steps 4 5 | aptee -q -n 100 t.apr >/dev/null'
is "$(help-state -l <t.apr | cut -d' ' -f2 | tr '\n' ' ')" '1 4 5 9 ' \
    '-n keeps what brings new fields, and what was newest then'

# -S
sh_run 'help-emit array grid 100 1 publish steps 500 10 | aptee -q -S s.apr >/dev/null'
status_is 0 '-S'
help-emit array grid 100 1 publish steps 500 10 | help-state >want
help-state <s.apr >got
same want got 'has the newest state'
is "$(help-state -c <s.apr)" 2 'in the fewest records'
ok 'and leaves nothing beside it' test "$(echo s.apr*)" = s.apr
sh_run 'umask 027; aptee -q -S perm.apr <in.apr >/dev/null; stat -c %a perm.apr 2>/dev/null || stat -f %Lp perm.apr'
out_is 640 'its permissions are those of umask'
mkdir real
aptee -q -S real/s.apr <more.apr >/dev/null
ln -s real/s.apr link.apr
run aptee -q -S link.apr <in.apr
ok 'a symbolic link stays one' test -h link.apr
is "$(help-state <real/s.apr)" "$(help-state <in.apr)" 'and what it points to is replaced'
run aptee -S /dev/null <in.apr
status_is 1 '-S does not replace a device'
ok 'which is still one' test -c /dev/null
bg live sh -c 'help-emit steps 10 5 touch begun wait go steps 10 5 final | aptee -q -S live.apr >/dev/null'
eventually '-S is there while the run goes on' 'test -s live.apr' 10
ok 'whole' help-state -c <live.apr
touch go
bg_wait "$BG" 10
status_is 0 'it ends'
is "$(help-state <live.apr | tail -n 1)" 'emit@test step 20 final' 'with the last state'

# A device that is full, here without a file to cut.
if [ -c /dev/full ]; then
	sh_run 'cat in.apr | aptee /dev/full f.apr | cat >o.apr'
	err_has 'aptee: /dev/full: No space left on device' 'a full device is told'
	is "$(grep -c 'No space' "$ERR")" 1 'once'
	err_has '/dev/full: in 51 = out 0 \+ dropped 51' 'and counted'
	same in.apr f.apr 'the recording goes on'
	same in.apr o.apr 'and stdout'
	run sh -c 'aptee -q /dev/full <in.apr >/dev/null'
	status_is 1 'the exit status tells it'
else
	skip 6 'no /dev/full here'
fi
end
