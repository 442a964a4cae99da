#!/bin/sh
# Goal: a run that is steered keeps to it through signals, forks, lost readers
# and errors, as several processes, and repeats itself bit for bit.
# Also under: thread
# Long under: thread
. "${0%/*}/lib.sh"

# applied FILE: what it was told, comments too.
applied()
{
	aprec control "$1" 2>/dev/null | sed -n 's/^# at /at /; /^at /p'
}

# steps FILE: the computation's own records, without what differs between runs.
steps()
{
	aprec json "$1" 2>/dev/null | sed -n 's/.*"fields":\({"step.*\)/\1/p'
}

# at FILE: the last step that it published.
at()
{
	steps "$1" | sed -n '$s/.*"step":\([0-9]*\).*/\1/p'
}

is_paused()
{
	applied "$1" | sed -n '$p' | grep -q 'pause$'
}

mkfifo ctl
# steer FILE option ...: a run steered by the FIFO, in the background; $run.
steer()
{
	_file=$1
	shift
	bg steer env APREC_CONTROL=./ctl APREC_OUT="$_file" help-steer "$@"
	run=$BG
}
tell()
{
	printf '%s\n' "$@" >ctl
}

# Signals.
steer ./s.apr -i -d 2
tell pause
eventually 'a pause' 'is_paused s.apr' 10
kill -s INT "$run"
bg_wait "$run" 10
is "$STATUS $(sed 's/steps [0-9]* //; s/ x.*//' steer.err)" \
    '0 stopped 0 interrupted 1' 'a signal that is caught ends its wait'
is "$(help-state -l <s.apr | grep -c final)" 1 'and the run ends in order'
steer ./s.apr -i -d 2
tell pause
eventually 'another' 'is_paused s.apr' 10
n=$(at s.apr)
kill -s USR1 "$run"
eventually 'where it does not end the run' '[ "$(at s.apr)" -eq $((n + 1)) ]' 10
kill -s USR1 "$run"
eventually 'this goes on by one publish' '[ "$(at s.apr)" -eq $((n + 2)) ]' 10
is_paused s.apr
is $? 0 'for it is still paused'
tell stop
bg_wait "$run" 10
is "$STATUS $(applied s.apr | sed 's/at [0-9]* //' | tr '\n' ' ')" \
    '0 pause stop ' 'and says no more than it was told'
for signal in INT TERM; do
	bg deaf perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' \
	    env APREC_CONTROL=./ctl APREC_OUT=./s.apr help-steer -d 2
	tell pause
	eventually 'a pause, and a program without handler' \
	    'is_paused s.apr' 10
	kill -s "$signal" "$BG"
	bg_wait "$BG" 10
	ok "$signal kills it as ever" [ "$STATUS" -gt 128 ]
done
printf 'at 5 pause\n' >at5
run env APREC_CONTROL=./at5 APREC_OUT=./s.apr help-steer -a -R 5
is "$STATUS $(sed 's/ x.*//' "$ERR")" '0 steps 6 stopped 0 interrupted 1' \
    'a handler that ran before the pause keeps it from waiting'
steer ./s.apr -i -W -1
tell 'set c 2'
eventually 'a wait' 'applied s.apr | grep -q "c 2"' 10
kill -s INT "$run"
bg_wait "$run" 10
is "$(sed -n '1,2p' steer.err)" 'wait 1
wait -1 EINTR' 'ends with a signal, and tells'

# Waiting.
run env APREC_OUT=./w.apr help-steer -W 0.01 -n 3
is "$(grep -c '^wait 0$' "$ERR")" 3 'time passes'
run env APREC_OUT=./w.apr help-steer -W -1 -n 1
err_has '^wait -1 ENOTCONN$' 'nobody is not waited for'
steer ./w.apr -W -1
tell 'set c 2' 'set c 3' pause
eventually 'it obeys before the first publish' 'is_paused w.apr' 10
tell stop
bg_wait "$run" 10
is "$(applied w.apr)" 'at 0 set c 2
at 0 set c 3
at 0 pause
at 0 stop' 'at step 0'
is "$(tail -n 2 steer.err | sed 's/ x.*//; s/steps [0-9]*/steps/')" 'wait 1
steps stopped 1 interrupted 0' 'and returns with the last of them'

# The final publish.
run env APREC_OUT=./f.apr help-steer -F -n 5
err_has '^final 1 then 0$' 'a final publish is the last'
is "$(help-state -l <f.apr | grep -c .) $(help-state -l <f.apr |
    sed -n '$s/.* final .*/final/p') $(at f.apr)" '6 final 4' 'in the stream'

# What was skipped, and is looked at in a pause.
export APREC_RATE=0.001
steer ./r.apr -d 1 -b 1000
eventually 'a rate' '[ -s r.apr ]' 10
is "$(applied r.apr)" '' 'of one publish for ever'
tell 'set c 2' 'set n 9' pause
eventually 'lets a pause through' 'is_paused r.apr' 10
is "at $(at r.apr) pause" "$(applied r.apr | tail -n 1)" \
    'and the state at which it waits'
tell stop
bg_wait "$run" 10
is "$(help-state <r.apr | grep -c ' n ')" 1 'with the parameters'
unset APREC_RATE
mkfifo gate
export APREC_POLICY=newest
exec 4<>gate
bg server "$PYTHON" "$TOP/tests/control.py" ./sock hello sets 40 say stop eof
server=$BG
wait_for '[ -S sock ]' 20
bg still env APREC_CONTROL=./sock APREC_OUT=./gate help-steer -d 1 -b 30000
run=$BG
eventually 'newest: a run whose reader stands still is steered' \
    "grep -q 'stopped 1' still.err" 60
cat <&4 >gate.apr &
catpid=$!
bg_wait "$run" 20
status_is 0 'to its end'
bg_wait "$server" 20
status_is 0 'with an answer to each line'
exec 4>&-
unset APREC_POLICY
wait_for 'help-state -l <gate.apr | grep -q final' 10
kill "$catpid"
wait "$catpid" 2>/dev/null
applied gate.apr | sed -n 's/.*set n //p' >got
i=0
while [ $i -lt 40 ]; do echo $((i += 1)); done >wanted
same wanted got 'and no line of what it obeyed is lost'
ok 'in fewer records' test "$(aprec json gate.apr | grep -c control)" -lt 30
is "$(aprec json gate.apr | sed -n 's/.*control.*\("n":[0-9]*\).*/\1/p' |
    tail -n 1)" '"n":40' 'and its last value arrives'

# A child obeys nothing.
steer ./k.apr -f -d 1
i=0
while [ $i -lt 30 ]; do
	tell "set n $((i + 1))"
	i=$((i + 1))
done
tell stop
bg_wait "$run" 60
status_is 0 'children of fork'
head -n 30 <wanted >wanted30
applied k.apr | sed -n 's/.*set n //p' >got
same wanted30 got 'take nothing from it'

# Errors, and nowhere to write to.
echo 'at 20 stop' >stop.ctl
run env APREC_CONTROL=./stop.ctl APREC_OUT=./e.apr help-steer -e
is "$STATUS $(sed -n '$s/ x.*//p' "$ERR")" \
    '0 steps 21 stopped 1 interrupted 0' 'a writer that failed is steered'
run env APREC_CONTROL=./stop.ctl help-steer
is "$STATUS $(sed -n '$s/ x.*//p' "$ERR")" \
    '0 steps 21 stopped 1 interrupted 0' 'as is one with nowhere to write to'
echo 'at 5 set c 2' >set.ctl
run env APREC_CONTROL=./set.ctl APREC_OUT=./e.apr help-steer -s -n 30
is "$(applied e.apr)" 'at 5 set c 2' 'without a step'
is "$(aprec json e.apr | grep -n control | cut -d: -f1)" 7 \
    'publishes are counted, the own records of the writer not'
yes 'at 1000000 set c 1' | head -n 65540 >many.ctl
run env APREC_CONTROL=./many.ctl APREC_OUT=./m.apr help-steer -n 10
is "$(cat "$ERR" | sed '$d')" "$(yes 'aprec: ./many.ctl: 65536 commands wait'\
' already' | head -n 4)" 'so much waits, and no more'

# Bit for bit.
steer ./live.apr -d 1
i=0
while [ $i -lt 25 ]; do
	tell "set c $i.$i" "set dt 0.0$i" "at $((i * 15)) set low -0.$i"
	tell "set title $i" "set u $((i * 7919))" pause "set i $i" step resume
	i=$((i + 1))
done
eventually 'a run that is steered' '[ "$(at live.apr)" -gt 400 ]' 20
tell stop
bg_wait "$run" 30
aprec control live.apr >live.ctl
ok 'much' test "$(grep -c '^at' live.ctl)" -gt 50
run env APREC_CONTROL=./live.ctl APREC_OUT=./again.apr help-steer
steps live.apr >live
steps again.apr >again
same live again 'is repeated, bit for bit'
is "$(sed -n 's/.* x //p' "$ERR")" "$(sed -n 's/.* x //p' steer.err)" \
    'to the end'
run env APREC_OUT=./plain.apr help-steer -n "$(grep -c . live)"
steps plain.apr >plain
not_ok 'and would be another without' cmp -s live plain
aprec control again.apr | grep -v '^#' >again.ctl
grep -v '^#' live.ctl >told
same told again.ctl 'the repetition tells of itself what the run did'

# Several processes.
ranks()
{
	for _r in 1 2 3; do
		same rank.0 "rank.$_r" "rank $_r did what rank 0 did"
	done
}
steer ./p.%r.apr -r 4 -d 1
tell 'set c 2'
eventually 'ranks: one obeys' 'applied p.0.apr | grep -q "c 2"' 10
tell pause
eventually 'and all pause' 'is_paused p.0.apr' 10
n=$(at p.0.apr)
for r in 1 2 3; do
	eventually "rank $r is there" "[ \"\$(at p.$r.apr)\" = $n ]" 10
done
tell 'set c 3' 'set title paused' 'step 5'
eventually 'all step' "applied p.0.apr | grep -q 'at $((n + 5)) pause'" 10
for r in 1 2 3; do
	eventually "rank $r too" "[ \"\$(at p.$r.apr)\" = $((n + 5)) ]" 10
done
tell "at $((n + 50)) set c 4" "at $((n + 60)) stop" resume
bg_wait "$run" 20
status_is 0 'all stop'
is "$(grep -c . rank.0) $(sed -n 's/steps \([0-9]*\) .*/\1/p' rank.0)" \
    "4 $((n + 61))" 'when they were told to'
ranks
is "$(aprec json p.1.apr | grep -c -e control -e '"fields":{"c"')" 0 \
    'rank 0 alone publishes what they were told'
steer ./q.%r.apr -r 4 -x 2
i=0
while [ $i -lt 60 ]; do
	tell pause "set c 0.$i" "set n $i" step 'step 2'
	tell resume "at $((i * 20)) set dt 0.$i"
	i=$((i + 1))
done
tell stop
bg_wait "$run" 60
status_is 0 'a rank that fails holds up nobody'
is "$(grep -c 'not a field name' steer.err)" 1 'and says so'
ranks
bg nowhere env APREC_CONTROL=./ctl help-steer -r 4 -d 1
tell 'at 30 set c 2' 'at 40 stop'
bg_wait "$BG" 20
status_is 0 'nor does one that has nowhere to write to'
ranks
printf 'at 20 set c 2\nat 50 set c 3\nat 60 pause\n' >break.ctl
run env APREC_CONTROL=./break.ctl help-steer -r 4 -n 100 -B 30
is "$STATUS $(grep -c 'the broadcast has failed' "$ERR")" '0 4' \
    'a broadcast that fails is told, and no end'
is "$(sed 's/ x .*//' rank.0)" 'at 20 c 2
steps 100 stopped 0 interrupted 0' 'but that of steering'
ranks
mkfifo out.0
bg gone env APREC_EPIPE=stop APREC_OUT=./out.%r help-steer -r 4 -d 1 -b 1000
head -c 100000 <out.0 >/dev/null
bg_wait "$BG" 20
status_is 0 'all stop when the reader of rank 0 has gone'
ranks
is "$(sed -n 's/.*\(stopped 1\).*/\1/p' rank.1)" 'stopped 1' 'and know it'
run env APREC_CONTROL=./ctl APREC_OUT=./u.%r.apr help-steer -r 3 -X -n 20
is "$(cat "$ERR")" 'aprec: not steered, since 3 processes would not agree: '\
'give aprec_mpi() the communicator' 'without a broadcast nobody is steered'
run env PMI_SIZE=4 PMI_RANK=1 APREC_CONTROL=./ctl APREC_OUT=./u.%r.apr \
    help-steer -n 20
err_lacks 'not steered' 'which one of them says'

# A real aptee.
mkfifo stays
exec 5<>stays
bg aptee aptee -q -l wave -i stays all.apr
aptee=$BG
wait_for '[ -S "$APTEE_DIR/wave" ]' 10
bg run env APREC_OUT=wave APREC_CONTROL='' help-steer -d 2
run=$BG
eventually 'through aptee: a parameter is set' \
    'aptee -c wave set c 2.5 >said 2>&1' 10
is "$(sed -n '1s/step [0-9]*/step N/p' said | grep -c '^ok .*step N')" 1 \
    'it says at which step'
run aptee -c wave set c 7
status_is 1 'what cannot be is refused'
cat "$OUT" >>"$ERR"
err_has 'c: 7 is not from 0 to 5' 'with the reason'
ok 'a pause' aptee -c wave pause
eventually 'stands in the recording' 'is_paused all.apr' 10
ok 'a step' aptee -c wave step 2
ok 'the parameters are known' aptee -c wave params
out_has 'c = 2.5|2\.5.*0.*5' 'with value and range'
ok 'and so is the state' aptee -c wave get c
ok 'and the end' aptee -c wave stop
bg_wait "$run" 10
status_is 0 'comes'
is "$(applied all.apr | sed 's/at [0-9]* //' | tr '\n' ' ')" \
    'set c 2.5 pause step 2 pause stop ' 'all of it is in the recording'
bg run env APREC_OUT="$APTEE_DIR/wave" help-steer -d 2 -n 400
run=$BG
wait_for 'aptee -c wave pause >/dev/null 2>&1' 10
kill -s KILL "$aptee"
bg_wait "$run" 20
status_is 0 'an aptee that is killed leaves no run paused'
ok 'which is told' grep -q 'could end the pause; the run goes on' run.err
exec 5>&-
end
