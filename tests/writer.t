#!/bin/sh
# Goal: the writer puts records where aprec(3) says, whole and undamaged,
# whatever the program prints, however slow the reader is; and never ends it.
# Also under: thread valgrind
. "${0%/*}/lib.sh"

# Everything in order, in a pipe.
sh_run 'help-writer open steps 20 1000 close 2>said | cat >pipe.apr'
is "$(cat said)" 'stopped 0 error - closed 0' 'a pipe is taken'
is "$(help-state -c <pipe.apr)" 21 'every publish and the end'
help-state -l <pipe.apr >list
is "$(sed -n 1p list | cut -d' ' -f1,2)" 'test 1' 'the source is named'
is "$(sed -n '$p' list | grep -c final)" 1 'the last record is final'
is "$(help-state <pipe.apr | grep -c 'step 20')" 1 'with the last state'

# Prints.
sh_run 'help-writer stdio open print steps 3 10 print stdio steps 2 5 close \
    2>said | cat >prints.apr'
run help-state -c <prints.apr
out_is 6 'prints before, between and behind do no harm'
err_is '' 'to any byte'
is "$(grep -c printed said)" 4 'and are on stderr'
run sh -c 'help-writer open print steps 3 10 close 2>said >file.apr'
is "$(help-state -c <file.apr)" 4 'a file is taken'
is "$(aprec json file.apr | grep -c '"seq"')" 4 'which reads back'
is "$(grep -c printed said)" 1 'prints leave it alone'
run sh -c 'help-writer open print steps 3 10 close 2>&- >file.apr'
is "$(help-state -c <file.apr)" 4 'also without a stderr'

# What is not taken.
tty_run 'help-writer open steps 3 10 close'
out_has 'nothing is published, since stdout is a terminal' 'a terminal is told'
is "$(tr -dc '\211' <"$OUT" | wc -c | tr -d ' ')" 0 'and gets no record'
run sh -c 'help-writer open steps 3 10 close >/dev/null'
err_has 'neither a pipe nor a file' 'nor does /dev/null'
is "$(wc -l <"$ERR" | tr -d ' ')" 2 'in one line'
run sh -c 'help-writer open steps 3 10 close >&-'
err_has 'stdout is closed' 'nor what is closed'
run env SLURM_JOB_ID=7 sh -c 'help-writer open steps 3 10 close >job.out'
err_has "batch job's file" 'nor the file of a batch job'
is "$(wc -c <job.out | tr -d ' ')" 0 'which stays empty'
run env PMI_SIZE=4 PMI_RANK=0 sh -c 'help-writer open steps 3 10 close | cat'
out_is '' 'nor a pipe that ranks share'
err_has 'APREC_OUT=run\.%r\.apr' 'which are told how'
run env PMI_SIZE=4 PMI_RANK=2 sh -c 'help-writer open steps 3 10 close | cat'
err_is 'stopped 0 error - closed 0' 'by one of them'
run env PMI_SIZE=4 PMI_RANK=2 APREC_OUT=run.apr help-writer open steps 3 1 close
not_ok 'nor a file that they share' test -e run.apr
run env PMI_SIZE=4 PMI_RANK=2 APREC_OUT=run.%r.%j.%%.apr SLURM_JOB_ID=9 \
    help-writer open steps 3 1 close
is "$(help-state -c <run.2.9.%.apr)" 4 'but each its own'
run env APREC_OUT="$T/run-%p.apr" help-writer open steps 3 1 close
ok '%p is the process' test -s run-*.apr

# Real ranks.
if command -v mpirun >/dev/null 2>&1; then
	mpi="mpirun -n 4 --oversubscribe --allow-run-as-root"
	sh_run "$mpi help-writer open print steps 3 1 close 2>said | cat >mpi.out"
	is "$(grep -c 'nothing is published' said)" 1 'mpirun: one line says how'
	is "$(grep -c . mpi.out)" 4 'prints are whole, and no record is there'
	sh_run "APREC_OUT=mpi.%r.apr $mpi help-writer open steps 5 100 close"
	for r in 0 1 2 3; do
		is "$(help-state -c <mpi.$r.apr)" 6 "rank $r has its file"
	done
else
	skip 6 'no mpirun'
fi

# Names and environment.
run env APREC_SOURCE='wave %r' help-writer open ./named.apr steps 1 1 close
ok 'APREC_SOURCE wins' sh -c 'help-state -l <named.apr | grep -q "wave 0"'
run env APREC_POLICY=some APREC_RATE=x help-writer open ./x.apr steps 1 1 close
err_has 'APREC_POLICY is all or newest' 'a policy that is none is told'
err_has 'APREC_RATE is a number' 'and a rate'
run env APREC_RATE=0.001 help-writer open ./rate.apr once g 1 steps 50 1000 \
    once h 2 close
help-state -l <rate.apr >list
is "$(cut -d' ' -f2 <list | tr '\n' ' ')" '1 2 52 53 ' \
    'a rate skips what repeats, and seq counts it'
run env APREC_RATE=0.001 help-writer open ./skip.apr steps 50 1000 close
err_has 'the last state was skipped.*put it again' 'a skipped end is told'
run env APREC_RATE=0.001 help-writer open ./alt.apr once g 1 once h 2 once g 3 \
    once h 4 once g 5 close
is "$(help-state -l <alt.apr | cut -d' ' -f2 | tr '\n' ' ')" '1 4 5 6 ' \
    'of names that take turns, too'
run env APREC_RATE=0.001 help-writer open ./last.apr steps 50 1000 last 1000 close
is "$(help-state <last.apr | grep -c '^test step 51 final')" 1 \
    'what is put before the close arrives'

# Errors.
run help-writer open ./err.apr steps 1 1 bad 9x steps 5 5 close
status_is 0 'a bad name does not end the run'
err_has '9x: not a field name' 'it is told'
is "$(grep -c 'nothing more is published' "$ERR")" 1 'once'
err_has 'closed -1' 'and remembered'
is "$(help-state -c <err.apr)" 1 'what came before is kept'
run help-writer open ./none/x.apr steps 3 1 close
err_has 'none/x.apr: No such file' 'a path that is not there'
sh_run 'help-writer open steps 100000 100 close 2>said | head -c 3000 >/dev/null'
is "$(cat said)" 'stopped 0 error - closed 0' \
    'a reader that goes ends the output, not the run'
sh_run 'APREC_EPIPE=stop help-writer open stop 20000 close 2>said | :'
is "$(cat said)" 'stopped 1 error - closed 0' 'APREC_EPIPE=stop asks to stop'
sh_run 'SSH_CONNECTION=x help-writer open stop 20000 close 2>said | :'
is "$(sed -n 's/stopped \(.\).*/\1/p' said)" 1 'as does ssh without a terminal'
sh_run 'APREC_EPIPE=go SSH_CONNECTION=x help-writer open stop 200 close \
    2>said | :'
is "$(sed -n 's/stopped \(.\).*/\1/p' said)" 0 'unless APREC_EPIPE=go'
mkdir small
if mount -t tmpfs -o size=1m tmpfs small 2>/dev/null; then
	run help-writer open ./small/run.apr steps 100 10000 close
	run help-state -c <small/run.apr
	cp "$ERR" damage
	umount small
	is "$(cat damage)" '' 'a full disk leaves whole records'
else
	skip 1 'mounting takes root'
fi

# A recording has one writer, and who looks is no writer.
run help-writer open ./l.apr steps 2 2 open ./l.apr steps 2 2 close
err_has 'l\.apr: is being recorded by another process' 'a second is refused'
is "$(help-state -c <l.apr)" 2 'and leaves it alone'
run help-writer open ./l.apr steps 3 2 close
is "$(help-state -c <l.apr)" 4 'the lock goes with its writer'
run help-writer open ./l.apr fork steps 3 2 close open ./l.apr steps 1 2 close
is "$(help-state -c <l.apr)" 2 'also where a child has been'
if command -v flock >/dev/null 2>&1; then
	bg looks flock -s l.apr sh -c 'echo x; exec sleep 100'
	wait_for '[ -s looks.out ]' 10
	run help-writer open ./l.apr steps 1 1 close
	err_has 'is being recorded' 'a lock that stays is one'
else
	skip 1 'no flock(1)'
fi

# Sockets of aptee -l.
run env APTEE_DIR="$T/none" APREC_OUT=wave help-writer open steps 2 2 close
is "$(help-state -c <wave)" 3 'a name that nobody serves is a file'
rm wave
export APTEE_DIR="$T/runs"
mkdir -m 700 runs
# serve name: takes one publisher, what it sends is in the file name.
serve()
{
	rm -f "$1"
	bg "$1" socat -u "UNIX-LISTEN:runs/$1" "CREATE:$1.got"
	wait_for "[ -S runs/$1 ]" 10
}
if command -v socat >/dev/null 2>&1; then
	for policy in all newest; do
		serve $policy
		run env APREC_POLICY=$policy APREC_OUT=$policy \
		    help-writer open steps 20 1000 last 1000 close
		bg_wait "$BG" 10
		is "$(head -n 1 $policy.got)" publish "$policy: says what for"
		tail -c +9 $policy.got >got
		is "$(help-state <got | grep -c '^test step 21 final$')" 1 \
		    'and its last state arrives'
	done
	serve path
	run env PMI_SIZE=4 PMI_RANK=2 help-writer open ./runs/path steps 1 1 close
	bg_wait "$BG" 10
	is "$(tail -c +9 path.got | help-state -c)" 2 'ranks may share a socket'
	bg refuse socat UNIX-LISTEN:runs/refuse \
	    SYSTEM:'echo error no; head -c 100000 >/dev/null'
	wait_for '[ -S runs/refuse ]' 10
	run env APREC_OUT=refuse help-writer open steps 100000 100 close
	err_has 'refuse: no; nothing more' 'a refusal is told'
	serve mine
	chmod 755 runs
	run env APREC_OUT=mine help-writer open steps 1 1 close
	err_has 'not a folder that is yours alone' 'an open folder is refused'
	chmod 700 runs
	kill -s KILL "$BG"
	eventually 'the server is gone' "! kill -s 0 $BG" 10
	run env APREC_OUT=mine help-writer open steps 1 1 close
	err_has 'mine: nobody serves it' 'a dead server is told'
	not_ok 'and is no file' test -e mine
else
	skip 9 'no socat'
fi
mkfifo stays
bg real aptee -q -l wave -i stays all.apr
real=$BG
exec 4>stays
wait_for '[ -S runs/wave ]' 10
cat >writers <<'END'
for r in 0 1 2; do
	for policy in all newest; do
		APREC_POLICY=$policy APREC_OUT=wave APREC_SOURCE=$policy.%r \
		    PMI_SIZE=3 PMI_RANK=$r help-writer open steps 50 1000 \
		    last 1000 close &
	done
done
wait
END
bg writers sh writers
bg_wait "$BG" 30
exec 4>&-
bg_wait "$real" 30
not_ok 'aptee ends behind its writers' test "$STATUS" -eq 124
is "$(help-state <all.apr | grep -c 'step 51 final$')" 6 \
    'six writers, one aptee: the last state of each'
is "$(help-state -l <all.apr | grep -c '^all')" 153 'and all of those that wait'
unset APTEE_DIR

# Strides, withdrawing, forks.
run help-writer open ./v.apr strided close
aprec json v.apr >v.json
ok 'strided views are their packed copies' sh -c "sed -n 1p v.json |
    $PYTHON -c 'import json, sys
r = json.loads(sys.stdin.readline())
f = r.get(\"fields\", r)
for n in \"tebi\":
    assert f[\"v_\" + n] == f[\"p_\" + n], n'"
run help-writer open ./w.apr once a 1 once b 2 withdraw a close
is "$(help-state <w.apr | grep -c ' a ')" 0 'a withdrawn field is gone'
run help-writer open ./f.apr steps 2 2 fork steps 1 2 close
is "$(help-state -c <f.apr)" 4 'a forked child writes nothing'
is "$(help-state -l <f.apr | cut -d' ' -f2 | tr '\n' ' ')" '1 2 3 4 ' \
    'and takes nothing'

# Signals in mid-write.
sh_run 'help-writer open alarm 100 steps 300 100000 close 2>/dev/null |
    (sleep 0.2; cat) >sig.apr'
run help-state -c <sig.apr
out_is 301 'signals break no record'
err_is '' 'nor tear one'

# Newest.
export APREC_POLICY=newest
sh_run 'help-writer open steps 2000 1000 close 2>/dev/null | cat >n.apr'
is "$(help-state <n.apr | grep -c '^test u ')" 1 'newest: a state arrives'
ok 'with the end' sh -c 'help-state -l <n.apr | tail -n 1 | grep -q final'
mkfifo gate
bg slow sh -c 'APREC_LINGER=60 help-writer open ./gate steps 2 30000 once grid 5 \
    steps 600 30000 big mesh 2000 steps 600 30000 last 30000 print close'
exec 3<gate
wait_for '[ -s slow.out ]' 60
cat <&3 >slow.apr
exec 3<&-
bg_wait "$BG" 60
status_is 0 'newest: it does not wait for a reader'
help-state <slow.apr >state
is "$(grep -c ' grid ' state) $(grep -c ' mesh ' state)" '1 1' \
    'what was published once arrives'
is "$(grep -c '^test step 1203 final$' state)" 1 'and what was put before the close'
ok 'though most is skipped' test "$(help-state -c <slow.apr)" -lt 1200
bg stuck sh -c 'APREC_LINGER=0.5 help-writer open ./gate steps 5 1000000 close'
exec 3<gate
bg_wait "$BG" 20
exec 3<&-
status_is 0 'a reader that never reads does not hold up the close for ever'
ok 'which is told' grep -q 'not taken within 0.5 s' stuck.err
end
