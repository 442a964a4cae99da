#!/bin/sh
# Goal: whatever is behind aptee, the computation goes on at once, and every
# reader that lives ends with the last state; in = out + dropped.
# Long under: address
. "${0%/*}/lib.sh"

# counts file name: sets in, out and dropped from its closing line
counts()
{
	_line=$(grep "^aptee: $2: in " "$1" | tail -n 1)
	in=$(echo "$_line" | sed -n 's/.* in \([0-9]*\) .*/\1/p')
	out=$(echo "$_line" | sed -n 's/.* out \([0-9]*\) .*/\1/p')
	dropped=$(echo "$_line" | sed -n 's/.* dropped \([0-9]*\)[ ,].*/\1/p')
}

# A grid once, 10,000 fast updates, a field withdrawn, a field that changes
# its type, and a viewer that takes nothing before the run has ended.
update='array grid 20000 7 num gone 1 publish steps 5000 100 none gone '
update="$update"'publish num odd 1 publish array odd 3 3 publish steps 5000 100 final'
help-emit $update >whole.apr
help-state <whole.apr >want
is "$(grep -c gone want)" 0 'the writer has withdrawn a field'
bg slow sh -c "help-emit $update touch ended | aptee -b 1M 2>slow.told | (while [ ! -e go ]; do sleep 0.02; done
    cat >slow.apr)"
eventually 'the run ends though nobody reads' 'test -e ended' 20
touch go
bg_wait "$BG" 20
status_is 0 'then the viewer reads'
help-state <slow.apr >got
same want got 'its last state is that of the writer, bit for bit'
ok 'with nothing torn' help-state -l <slow.apr
cp "$OUT" slow.list
counts slow.told '.stdout.'
is "$in" "$(help-state -c <whole.apr)" 'in is what the writer wrote'
is "$out" "$(wc -l <slow.list | tr -d ' ')" 'out is what came'
is "$((out + dropped))" "$in" 'in = out + dropped'
ok 'much of it was dropped' test "$dropped" -gt 1000

# The same for a reader that is stopped, with a recording beside it.
bg stop sh -c "help-emit wait go2 $update touch ended2 | aptee stop.apr 2>stop.told |
    sh -c 'echo \$\$ >pid; exec cat >stopped.apr'"
wait_for 'test -s pid' 10
kill -s STOP "$(cat pid)"
touch go2
eventually 'the run ends though its reader is stopped' 'test -e ended2' 20
kill -s CONT "$(cat pid)"
bg_wait "$BG" 20
status_is 0 'which then goes on'
help-state <stopped.apr >got
same want got 'and ends with the last state'
help-state <stop.apr >got
same want got 'so does the recording'
for f in '.stdout.:stopped.apr' stop.apr:stop.apr; do
	counts stop.told "${f%%:*}"
	is "$in" "$(help-state -c <whole.apr)" "in is what was written (${f%%:*})"
	is "$out" "$(help-state -c <"${f#*:}")" "out is what came (${f%%:*})"
	is "$((out + dropped))" "$in" "in = out + dropped (${f%%:*})"
done
is "$dropped" 0 'the recording has dropped nothing'

# A reader that is stopped from the first byte while much goes by: memory.
bg big sh -c "help-emit steps 600 131072 touch ended3 | aptee -m 16M 2>big.told | (while [ ! -e go3 ]; do sleep 0.02; done
    cat >big.apr)"
eventually '600 MB pass with 16 MB of memory' 'test -e ended3' 60
touch go3
bg_wait "$BG" 20
status_is 0 'nothing is missed'
is "$(help-state <big.apr | tail -n 1)" 'emit@test step 600' 'the last one arrives'
counts big.told '.stdout.'
is "$((out + dropped)) $in" '600 600' 'in = out + dropped'

# A reader that reads nothing and goes; one that is killed.
sh_run 'help-emit steps 2000 1000 touch ended4 | tee all.apr | aptee left.apr | :'
cp "$ERR" left.told
ok 'a reader that has gone does not end the run' test -e ended4
is "$(help-state -c <left.apr)" 2000 'nor the recording'
is "$(grep 'has gone' left.told)" 'aptee: (stdout): its reader has gone' \
    'it is told once'
counts left.told '.stdout.'
is "$((out + dropped)) $in" '2000 2000' 'in = out + dropped'
bg killed sh -c "(help-emit steps 5 10 touch begun5 wait go5 steps 5 10 touch ended5 |
    aptee 2>killed.told; echo \$? >killed.status) |
    sh -c 'echo \$\$ >pid5; exec cat >/dev/null'"
wait_for 'test -s pid5 && test -e begun5' 10
kill -s KILL "$(cat pid5)"
touch go5
eventually 'a killed reader does not end the run' 'test -e ended5' 10
eventually 'the exit status tells it' 'test -s killed.status' 10
is "$(cat killed.status)" 1 'with 1'
counts killed.told '.stdout.'
is "$((out + dropped)) $in" '10 10' 'in = out + dropped'

# -x
bg left sh -c "(help-emit pace 1000 steps 100000 10; touch broken) |
    (aptee -x 2>left.told; echo \$? >left.status) | head -c 1000 >/dev/null"
eventually '-x ends without an output' 'test -s left.status' 10
is "$(cat left.status)" 1 'with 1'
eventually 'and so does the writer' 'test -e broken' 10
bg left2 sh -c "help-emit pace 1000 steps 50 10 wait go6 steps 50 10 |
    (aptee -x left2.apr 2>left2.told; echo \$? >left2.status) | :"
eventually 'not while a recording goes on' 'grep -q "has gone" left2.told' 10
touch go6
bg_wait "$BG" 10
is "$(help-state -c <left2.apr)" 100 'which gets everything'

# -w, and files: nothing is dropped, however slow the reader.
bg waits sh -c "help-emit steps 3000 10000 touch ended7 |
    aptee -w -m 32M 2>waits.told | (while [ ! -e go7 ]; do sleep 0.02; done
    cat >waits.apr)"
wait_for 'test -e waits.told' 10
touch go7
bg_wait "$BG" 60
is "$(help-state -c <waits.apr)" 3000 '-w drops nothing'
counts waits.told '.stdout.'
is "$in $out $dropped" '3000 3000 0' 'and says so'
rm -f go7
bg files sh -c "aptee -m 32M -i waits.apr 2>files.told |
    (while [ ! -e go7 ]; do sleep 0.02; done; cat >files.apr)"
wait_for 'test -e files.told' 10
touch go7
bg_wait "$BG" 60
same waits.apr files.apr 'from a file nothing is dropped'

# -b and -r
bg backlog sh -c "help-emit steps 3000 1000 touch ended8 |
    aptee -b 100M 2>b.told | (while [ ! -e ended8 ]; do sleep 0.02; done
    cat >b.apr)"
bg_wait "$BG" 20
is "$(help-state -c <b.apr)" 3000 '-b keeps so much'
bg newest sh -c "help-emit steps 3000 1000 touch ended9 |
    aptee -b 0 2>b0.told | (while [ ! -e ended9 ]; do sleep 0.02; done
    cat >b0.apr)"
bg_wait "$BG" 20
ok '-b 0 only what is newest' test "$(help-state -c <b0.apr)" -lt 300
is "$(help-state <b0.apr | tail -n 1)" 'emit@test step 3000' 'which arrives'
begun=$(date +%s)
sh_run 'help-emit array grid 1000 1 publish pace 1000 steps 1500 100 | aptee -r 5 r.apr | cat >rate.apr'
took=$(($(date +%s) - begun + 1))
cp "$ERR" rate.told
n=$(help-state -c <rate.apr)
ok '-r writes at most so often' test "$n" -le "$((5 * took + 2))"
ok 'and not much less' test "$n" -ge 5
is "$(help-state <rate.apr)" "$(help-state <r.apr)" 'and the last state'
is "$(help-state -c <r.apr)" 1501 'a recording gets all'
counts rate.told '.stdout.'
is "$((out + dropped)) $in" '1501 1501' 'in = out + dropped'
end
