#!/bin/sh
# Goal: whatever comes in, the good records go on, the rest is told and
# counted, memory is bounded, and the exit status is the documented one.
# Long under: address thread
. "${0%/*}/lib.sh"

# emitted words: what help-emit writes, through aptee into got.apr
emitted()
{
	_words=$1
	shift
	sh_run "help-emit $_words | (aptee $* 2>told; echo \$? >st) | cat >got.apr"
	# shellcheck disable=SC2034
	STATUS=$(cat st)
	cp told "$ERR"
}

# What is no record.
emitted 'text "1 2 3" text "
4 5 6
"'
status_is 2 'text alone'
err_has '^aptee: \(stdin\): byte 0: not a record \(text\? try "aprec text"\)$' 'is told'
err_has '^aptee: \(stdin\): text: 1 2 3$' 'and shown'
sh_run 'head -c 30M /dev/urandom | aptee -m 8M | cat >got.apr'
err_has '^aptee: \(stdin\): byte 0: not a record' '30 MB of noise are told'
err_has '^aptee: \(stdin\): 31457280 bytes passed over' 'and counted'
ok 'in few lines' test "$(wc -l <"$ERR")" -lt 12
ok 'nothing comes out' test ! -s got.apr
emitted ''
status_is 2 'an empty stream'
err_has '^aptee: \(stdin\): ended without a record$' 'is told'
printf 'Welcome to \033]0;evil\007cluster\nmail: \033[31m7\n' >motd
sh_run '(cat motd; help-emit crc 1 steps 5 10 final) | (aptee 2>told; echo $? >st) | help-state'
out_has 'step 5 final' 'a banner is passed over'
is "$(cat st)" 0 'is no error'
is "$(sed -n 's/.*: text: //p' told)" 'Welcome to ?]0;evil?cluster
mail: ?[31m7' 'and shown, safe for a terminal'
emitted 'random 5000 crc 1 steps 3 10 random 100 steps 3 10 zeros 64 steps 3 10 final'
status_is 2 'garbage between records'
is "$(help-state -c <got.apr)" 10 'the records come out'
err_has 'byte 5000?|byte 0: not a record' 'the first place is told'
err_has '5164 bytes passed over, 3 places' 'and all are counted'
emitted "claim $((1 << 60)) crc 1 steps 3 10 final"
status_is 2 'a record that claims 2^60 bytes'
is "$(help-state -c <got.apr)" 4 'hides nothing behind it'
emitted "claim $((1 << 39)) crc 1 steps 300 1000 final"
status_is 2 'one that claims 2^39, which is allowed'
is "$(help-state -c <got.apr)" 301 'neither'
emitted "claim $((64 << 20)) crc 1 steps 300 1000 final" -m 512M
status_is 2 'one that claims 64 MB'
err_has 'in 301 = out' 'hides nothing once its input has ended'
is "$(help-state <got.apr | tail -n 1)" 'emit@test step 300 final' 'and the last state arrives'

# A writer that is killed within a record; another one in the same pipe.
emitted 'crc 1 steps 9 100 array u 100 1 torn 500 source next run 9 crc 1 steps 9 50'
status_is 2 'a torn record is told'
err_has 'byte [0-9]+: cut short' 'as such'
is "$(help-state -c <got.apr)" 18 'all whole ones come out'
help-emit crc 1 steps 9 100 source next run 9 steps 9 50 | help-state >want
help-state <got.apr >got
same want got 'and no value of the torn one'
mkfifo pipe
(help-emit crc 1 steps 20 10 touch begun wait never >pipe & echo $! >writer.pid
    help-emit wait next run 2 source second crc 1 steps 5 10 final >pipe) 2>/dev/null &
second=$!
bg fifo sh -c 'aptee -i pipe >fifo.apr 2>fifo.told; echo $? >fifo.status'
wait_for 'test -e begun' 10
kill -s KILL "$(cat writer.pid)"
touch next
wait "$second"
eventually 'a FIFO ends with its last writer' 'test -s fifo.status' 10
is "$(cat fifo.status)" 0 'well'
is "$(help-state -c <fifo.apr)" 26 'with the records of both'
emitted 'crc 1 steps 5 100 array u 100 1 torn 200'
status_is 2 'a torn end is told'
err_has 'byte [0-9]+: cut short' 'as such'
err_has '200 bytes passed over' 'and counted'

# Records of other kinds are named, and passed over.
if [ -d "$VECTORS/unsupported" ]; then
	for f in "$VECTORS"/unsupported/*.apr; do
		run aptee -q -i "$f"
		status_is 2 "unsupported: ${f##*/}"
	done
	for f in "$VECTORS"/good/*.apr; do
		sh_run "aptee -q -i $f | help-state"
		help-state <"$f" >want 2>/dev/null
		same want "$OUT" "good: ${f##*/}"
	done
fi

# Limits.
emitted 'names 4096 names 4096 num more 1 publish num n5 2 publish'
status_is 2 'more than 4,096 names'
err_has 'emit@test: more than 4096 names; records refused' 'are refused'
err_has 'in 3 = out' 'the others go on'
emitted 'sources 1030'
status_is 2 'more than 1,024 sources'
err_has 'more than 1024 sources; records refused' 'are refused'
err_has '6 records refused' 'and counted'
err_has 'in 1024 = out 1024' 'the others go on'
emitted 'crc 1 steps 3 10 again again steps 3 10'
status_is 0 'duplicates are no error'
err_has 'in 6 = out 6 \+ dropped 0, duplicates 2,' 'but counted apart'

# Memory: what cannot be had is told, the others go on.
emitted 'crc 1 array huge 500000 1 publish steps 3 10 final' -m 8M
status_is 2 'a record of half the memory'
err_has 'byte 0: record above the limit' 'is told'
is "$(help-state -c <got.apr)" 4 'and passed over'
many='crc 1'
i=0
while [ $i -lt 40 ]; do
	many="$many array a$i 60000 $i publish"
	i=$((i + 1))
done
emitted "$many steps 100 10 final" -m 8M
status_is 2 'a state of twice the memory'
err_has '\(stdin\): memory is full \(-m 8388608\)' 'is told'
is "$(help-state <got.apr | tail -n 1)" 'emit@test step 100 final' 'the last record arrives'
if [ -z "${SAN:-}" ] && [ -e /proc/self/status ]; then
	sh_run "help-pipe write 1048576 0.5 2>/dev/null | help-pipe rss aptee -q -m 16M | cat >/dev/null"
	kib=$(sed -n 's/^rss //p' "$ERR")
	ok "a stream of 1 MiB records with -m 16M takes $kib KiB" test "$kib" -lt 40000
	sh_run "help-pipe write 16777216 1 2>/dev/null | help-pipe rss aptee -q | cat >/dev/null"
	kib=$(sed -n 's/^rss //p' "$ERR")
	ok "one of 16 MiB records $kib KiB" test "$kib" -lt 102400
else
	skip 2 'no memory to measure here'
fi

# Several inputs.
help-emit source a run 1 crc 1 steps 30 10 final >a.apr
help-emit source b run 2 crc 1 steps 40 20 final >b.apr
help-emit source c run 3 crc 1 steps 50 5 final >c.apr
cat a.apr b.apr c.apr | help-state >want
sh_run 'cat c.apr | aptee -i a.apr -i - -i b.apr | help-state'
same want "$OUT" 'three inputs are merged'
err_has 'in 123 = out 123 \+ dropped 0' 'with nothing lost'
mkfifo f1 f2
(cat a.apr >f1; cat b.apr >f2) &
sh_run 'aptee -i f1 -i f2 | help-state -c'
out_is 72 'two FIFOs, one after the other'
sh_run '(cat a.apr; head -c 300 c.apr) >bad.apr; aptee -i bad.apr -i b.apr | help-state -c'
out_is 72 'a broken one does not hurt the other'
err_has 'bad.apr: byte [0-9]+: cut short' 'and is named'
sh_run 'aptee -i a.apr -i a.apr'
status_is 1 'a file twice is refused'
cp a.apr a2.apr
sh_run 'aptee -i a.apr -i a2.apr | help-state -c'
err_has 'in 31 = out 31 \+ dropped 0, duplicates 31,' 'a stream that arrives twice counts once'
emitted 'source x run 1 steps 3 10 run 2 steps 3 10 run 3 steps 3 10'
is "$(help-state <got.apr | grep -c ' step [0-9]*$')" 3 'runs that have not ended stay apart'
emitted 'source x run 1 steps 3 10 final run 2 steps 3 10'
is "$(help-state <got.apr | grep -c '#')" 0 'a run that has is replaced'

# Descriptors: closed, or used up.
help-emit crc 1 steps 10 10 final >in.apr
sh_run 'aptee r1.apr <in.apr >&-'
status_is 1 'stdout closed'
err_has '^aptee: \(stdout\): Bad file descriptor$' 'is told'
same in.apr r1.apr 'and nothing of it comes into the recording'
sh_run 'aptee r2.apr <in.apr 2>&- >o2.apr'
status_is 0 'stderr closed'
same in.apr r2.apr 'and nothing of it comes into the recording'
same in.apr o2.apr 'or stdout'
sh_run '(help-emit crc 1 steps 10 10 wait gone steps 10 10; touch done) |
    (aptee -v e.apr >/dev/null; echo $? >st) 2>&1 | (exec <&-; touch gone)
    while [ ! -s st ]; do sleep 0.02; done'
is "$(cat st)" 0 'who reads stderr may go'
is "$(help-state -c <e.apr)" 20 'the recording goes on'
sh_run 'aptee r3.apr <&- >o3.apr'
status_is 2 'stdin closed is an empty stream'
if [ -n "${SAN:-}" ]; then
	skip 3 'a sanitizer needs files of its own'
else
	sh_run 'exec <in.apr >o4.apr; ulimit -n 9
	    exec aptee 4.apr 5.apr 6.apr 7.apr 8.apr 9.apr 10.apr'
	status_is 1 'too many files'
	err_has 'Too many open files' 'are told'
	is "$(cat o4.apr)" '' 'before anything is written'
fi

# Options.
for o in '-b x' '-b -1' '-b 1T' '-m 1' '-m 99999999999G' '-n 0' '-n x' '-r 0' \
    '-r 1.5' '-z 0' '-z 99' '-z x' '-t 0' '-o' '-?'; do
	# shellcheck disable=SC2086
	run aptee $o <in.apr
	status_is 1 "aptee $o is refused"
	err_has . 'with words'
	out_is '' 'and without output'
done
run aptee -h
status_is 0 '-h'
out_has '^usage: aptee ' 'prints the usage on stdout'
err_is '' 'and nothing else'
end
