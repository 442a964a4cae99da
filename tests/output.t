#!/bin/sh
# Goal: without recompiling, the user says which publishes and which fields of
# a run are sent, and to what command; a command never holds up the run's end
# against the user's will, and nothing is left of it.
# Also under: thread valgrind
# Long under: address thread
. "${0%/*}/lib.sh"

seqs()
{
	help-state -l <"$1" | cut -d' ' -f2 | tr '\n' ' '
}

# Every so many publishes.
run env APREC_EVERY=3 help-writer open ./e.apr steps 8 1000 close
is "$(seqs e.apr)" '1 4 7 9 ' 'each third, from the first, and the end'
err_has 'the last state was skipped' 'a skipped end is told'
run env APREC_EVERY=3 help-writer open ./e.apr once g 1 steps 10 1000 once h 2 close
is "$(seqs e.apr)" '1 4 7 10 12 13 ' 'what nothing supersedes is not lost'
run env APREC_EVERY=4 help-writer open ./e.apr steps 7 3 close
is "$(seqs e.apr)" '1 5 7 8 ' 'nor is a small last state'
run env APREC_EVERY=4 help-writer open ./e.apr steps 3 1000 last 1000 close
is "$(help-state <e.apr | grep -c '^test step 4 final')" 1 'the end is sent'
for n in 0 -1 x 2.5 ''; do
	run env APREC_EVERY="$n" help-writer open ./e.apr steps 4 1000 close
	is "$(help-state -c <e.apr)" 5 "\"$n\" is ignored"
	[ -z "$n" ] ||
	    err_has "APREC_EVERY is a whole number from 1 on, not $n" 'and told'
done
run env APREC_EVERY=2 APREC_RATE=0.001 \
    help-writer open ./e.apr steps 9 1000 close
is "$(seqs e.apr)" '1 10 ' 'a rate counts as well'
export APREC_POLICY=newest APREC_EVERY=5
sh_run 'help-writer open steps 50 1000 once g 3 last 1000 close 2>said |
    cat >e.apr'
unset APREC_POLICY APREC_EVERY
is "$(help-state <e.apr | grep -c ' g ')" 1 'newest: what is alone arrives'
is "$(help-state <e.apr | grep -c '^test step 51 final')" 1 'and the end'

# Fields.
names()
{
	aprec json "$1" | sed -n 1p | tr ',{' '\n\n' |
	    sed -n 's/^"\([a-z]*\)":.*/\1/p' |
	    grep -v -e source -e run -e seq -e wall -e fields | tr '\n' ' '
}
# left fields names remark
left()
{
	run env APREC_FIELDS="$1" APREC_OUT=./f.apr help-output fields
	is "$(names f.apr)" "$2" "$3"
	err_is '' 'and nothing is said'
}
left u 'step u amp ' 'step and parameters stay'
left 'x,n, what ' 'step x n amp what ' 'a list'
left '!u,!v' 'step x y z lon p c none n amp what ' 'all but some'
left '?,!u,!v' 'step x y z p c n amp ' 'a pattern, but not all of it'
left '*' 'step x y z u v lon p c none n amp what ' 'all'
left '!*' 'step amp ' 'none'
left '!step,w*' 'step amp what ' 'the step cannot be left out'
left 'c[::5]' 'step c amp ' 'a slice does not bring its coordinate'
left '*[::2,::2,::3]' 'step x y z u v lon p c none n amp what ' \
    'a pattern with slices is for what has as many dimensions'
is "$(aprec json f.apr | grep -o '"x":[^]]*')" '"x":[0,3,6,9' \
    'and its coordinates are cut alike'
# told fields regex remark: all else is published whole.
told()
{
	run env APREC_FIELDS="$1" APREC_OUT=./f.apr help-output fields
	err_has "$2" "$3"
	is "$(wc -l <"$ERR" | tr -d ' ')" 1 'in one line'
}
for f in 'u[::0]' 'u[' 'u[1' '!u[1]' 'u[]' 'u,,v' 'u[1,2,3,4,5,6,7,8,9]' \
    'u[a]' 'u]' 'u v' 'u[1:2:3:4]' 'u[1,]' '!' '[1]' 'u.v'; do
	told "$f" 'is not NAME, !NAME or NAME\[' "\"$f\" is told"
	is "$(names f.apr)" 'step x y z u v lon p c none n amp what ' \
	    'and all is published'
done
told 'x[1:,2]' 'APREC_FIELDS: x has 1 dimensions, not 2; it is published whole' \
    'a slice too many'
told 'u[1,8]' 'u has no index 8: dimension 2 has 8; it is' 'an index that is not'
told 'n[1]' 'n has 0 dimensions, not 1' 'a slice of a number'
told 'u,nn' 'no field was called nn' 'a name that no field has'
run env APREC_FIELDS='x[3]' APREC_OUT=./f.apr help-output late
is "$(grep -c . "$ERR")" 0 'no slice, no complaint'
run env APREC_FIELDS='u[50]' APREC_OUT=./f.apr help-output late
is "$(grep -c 'has no index 50' "$ERR")" 1 'a complaint comes once'
run env APREC_FIELDS='v,?[::3]' APREC_OUT=./f.apr help-output late
is "$(aprec json f.apr | grep -c '"u":\[0,3,6,9,12,15,18,21,24,27,30,33,36,39\]')" \
    3 'slices of a pattern'
is "$(aprec json f.apr | sed -n 2p | tr -dc , | wc -c | tr -d ' ')" 17 'of each'
run env APREC_FIELDS='u[::3],x' APREC_OUT=./f.apr help-output late
ok 'a coordinate whose dimension was named before is cut alike' \
    sh -c 'aprec json f.apr | sed -n 2p | grep -q "\"x\":\[0,3,6,9,12"'
is "$(aprec ls f.apr | wc -l | tr -d ' ')" 4 'each publish counts'
run env APREC_FIELDS='v' APREC_OUT=./f.apr help-output late
is "$(seqs f.apr)" '4 ' 'but one of which nothing is left is not sent'
run env APREC_FIELDS='*[1::2]' APREC_OUT=./f.apr help-output types
aprec json f.apr >types.json
is "$(tr '{' '\n' <types.json | sed -n '3s/}}*$//p')" "$(tr -d '\n\t' <<'END'
"i8":[1,3,5],"i16":[1,3,5],"i32":[1,3,5],"i64":[1,3,5],
"u8":[1,3,5],"u16":[1,3,5],"u32":[1,3,5],"u64":[1,3,5],
"f32":[1,3,5],"f64":[1,3,5],
"c64":[[1,1],[3,1],[5,1]],"c128":[[1,1],[3,1],[5,1]],
"bool":[true,true,true]
END
)" 'every type is sliced'
if command -v python3 >/dev/null 2>&1; then
	export PYTHONDONTWRITEBYTECODE=1
	ok 'slices are those of Python' python3 "$TOP/tests/output.py" slices
	ok 'tiles of a slice are slices of tiles' \
	    python3 "$TOP/tests/output.py" tiles
	unset PYTHONDONTWRITEBYTECODE
else
	skip 2 'no python3'
fi
# 1000 numbers are skipped, 10 of them are kept and arrive.
run env APREC_RATE=0.001 APREC_FIELDS='u[::100]' \
    help-writer open ./f.apr steps 20 1000 close
is "$(seqs f.apr)" '1 20 21 ' 'small is what is left'
mkfifo gate
bg slow sh -c 'APREC_POLICY=newest APREC_LINGER=60 APREC_FIELDS="u[::-2],g*" \
    help-writer open ./gate steps 3 60000 once grid 5 once huge 1 \
    steps 300 60000 once nil 2 last 60000 close'
exec 5<gate
cat <&5 >slow.apr
exec 5<&-
bg_wait "$BG" 60
help-state <slow.apr >state
is "$(grep -c ' grid ' state) $(grep -c -e ' huge ' -e ' nil ' state)" '1 0' \
    'newest: fields that are chosen arrive, others do not'
is "$(grep -c '^test step 304 final$' state)" 1 'and so does the end'
is "$(aprec json slow.apr | tail -n 1 | tr ',[' '\n\n' |
    sed -n '/"u":/,$p' | wc -l | tr -d ' ')" 30001 'cut'

# A log.
run env APREC_DEBUG=1 APREC_EVERY=4 APREC_FIELDS='u[::2],!what' \
    help-writer open ./d.apr steps 8 4000 once what 3 close
err_has '^aprec: .*: run [0-9a-f]{16} goes to ./d.apr, policy all; APREC_RATE -, APREC_EVERY 4, APREC_FIELDS u\[::2\],!what$' 'APREC_DEBUG tells where records go'
err_has '^aprec: test: record 1: u: f64 \[2000\], by APREC_FIELDS$' 'what is sent'
err_has '^aprec: test: record 9: what: f64, left out by APREC_FIELDS$' 'what is not'
err_has '^aprec: test: record 2 is skipped: APREC_EVERY' 'what is skipped'
err_has '^aprec: test: 9 publishes, 3 records written, 0\.03[0-9]* MB; skipped: 0 by newest, 0 by APREC_RATE, 6 by APREC_EVERY, 1 by APREC_FIELDS; superseded before they were sent: 0$' 'and what it was in all'
err_has '^aprec: test: 0\.[0-9]{6} s in publish, [0-9.]+ us each, [0-9.]+ us the longest; 0\.000 s paused$' 'and its cost'
is "$(grep -c '^aprec:' "$ERR")" 10 'in a few lines'
echo 'at 2 stop' >d.ctl
run env APREC_DEBUG=1 APREC_CONTROL=./d.ctl \
    help-writer open ./d.apr steps 8 4000 close
err_has '^aprec: test: at 2 stop$' 'what is obeyed'
run env APREC_DEBUG=0 help-writer open ./d.apr steps 8 4000 close
err_is 'stopped 0 error - closed 0' '0 is off'
run env APREC_DEBUG=1 APREC_RATE=0.001 help-writer open ./d.apr steps 8 4 close
err_has '8 publishes, 3 records .* superseded before they were sent: 6$' \
    'small records that give way are counted'
sh_run 'APREC_DEBUG=1 help-writer open steps 1 200000 steps 1 20000 close 2>said |
    head -c 100000 >/dev/null'
ok 'that nobody reads any more' grep -q 'stdout): Broken pipe' said
is "$(sed -n '$p' said)" 'stopped 0 error - closed 0' \
    'a reader that goes in the middle of a record ends no run'

# Commands.
run env APREC_OUT='|aptee -q c.apr >/dev/null' \
    help-writer open print steps 20 1000 print close
out_is 'printed
printed' 'a command: prints go where they went'
err_is 'stopped 0 error - closed 0' 'nothing is said'
is "$(help-state -c <c.apr)" 21 'and the command has all when the run ends'
run env APREC_OUT='|cat >%h.%r.%j.apr' help-output late
ok 'names are replaced' sh -c 'test -s *.0.0.apr'
run env APREC_POLICY=newest APREC_OUT='|cat >c.apr' \
    help-writer open steps 20 10000 last 10000 close
is "$(help-state <c.apr | grep -c '^test step 21 final')" 1 'newest: so it is'
run env APREC_OUT='|echo out; cat >/dev/null' help-output late
out_is out 'a command prints where the run does'
sh_run 'APREC_OUT="|echo out; cat >/dev/null" help-writer open print close | cat'
out_is printed 'but not into the pipe of another'
err_has '^out$' 'there it prints to stderr'
tty_run 'APREC_OUT="|test -t 1 && echo term; cat >/dev/null" help-output late'
out_has '^term' 'and it has the terminal'
run sh -c 'APREC_OUT="|cat >c.apr; echo x" exec help-output late <&- >&- 2>&-'
ok 'also with nothing open' test -s c.apr
status_is 0 'a command that ends is no error'
run env APREC_OUT='|ps -o pgid= -p $$ >group; echo $$ >pid; cat >/dev/null' \
    help-output late
is "$(tr -d ' ' <group)" "$(cat pid)" 'it has a process group of its own'
run sh -c 'trap "" INT PIPE TERM
    APREC_OUT="|kill -s INT \$\$; touch lives; cat >/dev/null" \
    exec help-writer open steps 2 2 close'
err_has 'ended by signal 2; nothing more' 'and the default for signals'
err_has 'closed -1' 'how it ends is told'
not_ok 'and lives no longer' test -e lives
run sh -c 'trap "" HUP
    APREC_OUT="|kill -s HUP \$\$; touch lives; cat >/dev/null" \
    exec help-writer open steps 2 2 close'
ok 'but a hang-up stays ignored' test -e lives
run env APREC_OUT='|no-such-command 2>/dev/null' \
    help-writer open steps 200 1000 close
err_has '\|no-such-command.*: exited with status 127: is there no such command' \
    'a command that is not there is told'
run env APREC_OUT='|exit 3' help-writer open steps 20 1000 close
err_has 'exited with status 3; nothing more' 'one that fails, too'
run env APREC_OUT='|exit 0' help-writer open steps 20 1000 close
err_is 'stopped 0 error - closed 0' 'one that has seen enough is not'
run env APREC_OUT='| ' help-writer open steps 2 1 close
err_has 'there is no command' 'nor is none'
run env PMI_SIZE=4 PMI_RANK=0 APREC_OUT='|touch started; cat >/dev/null' \
    help-writer open steps 2 1 close
err_has 'nothing is published, since each of 4 processes would start "\|touch' \
    'not in a parallel run'
not_ok 'nothing is started' test -e started
run env PMI_SIZE=4 PMI_RANK=1 APREC_OUT='|touch started.%r' \
    help-writer open steps 2 1 close
err_is 'stopped 0 error - closed 0' 'and it is told once'
not_ok 'by no process' test -e started.1
bg child env APREC_OUT='|cat >child.apr' help-output child
bg_wait "$BG" 20
status_is 0 'what the run has started does not keep the pipe open'
is "$(help-state -c <child.apr)" 2 'so it ends'
for policy in all newest; do
	bg fork env APREC_POLICY=$policy APREC_OUT='|cat >fork.apr' \
	    help-output fork
	bg_wait "$BG" 20
	status_is 0 "$policy: nor does a child that has closed its writer"
	is "$(help-state -c <fork.apr)" 2 'without a word in the stream'
done
run env APREC_OUT='|cat >thread.' APREC_POLICY=newest help-output threads
status_is 0 'four writers in four threads'
run env APREC_OUT=./thread. help-output threads
status_is 0 'and to files'
is "$(for i in 0 1 2 3; do help-state <thread.$i | grep -c 'step 50 final$'
    done | tr '\n' ' ')" '1 1 1 1 ' 'each with its end'

# Signals.  The commands are known by what they sleep.
asleep()
{
	ps -eo args= | grep -q "^sleep $1\$"
}
# started name command [arg ...]: in the background, publishing.
started()
{
	bg "$@"
	wait_for "grep -q begun $1.err" 10
}
long=$((100000 + $$ % 10000))
started waits env APREC_OUT="|cat >waits.apr; exec sleep $long" \
    help-output until waits.file
kill -s INT "$BG"
wait_for "asleep $long" 20
kill -s INT "$BG"
bg_wait "$BG" 20
status_is 0 'a signal at the close ends a command that does not'
not_ok 'nothing is left' asleep "$long"
is "$(aprec ls waits.apr | sed -n '$s/.* final .*/final/p')" final \
    'nor is anything lost'
started deaf env APREC_OUT="|trap '' INT TERM; cat >/dev/null; \
    touch deaf; while :; do sleep $long; done" help-output until deaf.file
kill -s TERM "$BG"
wait_for '[ -e deaf ]' 20
wait_for "kill -s TERM $BG; _gone $BG" 20
bg_wait "$BG" 1
not_ok 'the third kills one that is deaf' test "$STATUS" -eq 124
not_ok 'with all it has started' asleep "$long"
started full env APREC_OUT="|exec sleep $long" help-output until full.file
wait_for "asleep $long" 10
wait_for "kill -s INT $BG; _gone $BG" 20
bg_wait "$BG" 1
ok 'the run gets the signal that a command which reads nothing held up' \
    test -e full.file
not_ok 'and nothing is left' asleep "$long"
bg stuck env APREC_POLICY=newest APREC_LINGER=0.2 \
    APREC_OUT="|trap '' TERM; exec sleep $long" \
    help-writer open steps 5 1000000 close
bg_wait "$BG" 20
status_is 0 'newest: it does not hold up the close'
ok 'that is told' grep -q 'was not taken within 0.2 s' stuck.err
not_ok 'nor stays' asleep "$long"
sh_run "APREC_OUT='|cat >/dev/null; kill -s INT \$PPID; exec sleep $long' \\
    help-writer open steps 5 1000 close; echo \$?"
out_is 130 'a run without a handler dies of the signal at the close'
not_ok 'its command first' asleep "$long"

# C++.
if command -v g++ >/dev/null 2>&1; then
	cat >main.cc <<'END'
#include <vector>
#include "aprec.h"

int
main()
{
	std::vector<double> u(100, 2.5);
	std::size_t n = u.size();
	aprec_writer *w = aprec_open("./cc.apr");

	aprec_put_i64(w, "step", 1);
	aprec_put(w, "u", APREC_F64, u.data(), 1, &n);
	aprec_publish(w);
	return aprec_close(w) == -1;
}
END
	san=
	case ${SAN:-} in
	address) san='-fsanitize=address,undefined' ;;
	thread) san='-fsanitize=thread' ;;
	esac
	cc=g++
	[ -z "$san" ] || cc=clang++
	# shellcheck disable=SC2086
	run $cc -Wall -Wextra -pedantic -Wold-style-cast -Werror -std=c++11 \
	    $san -I"$TOP/format" -o cc main.cc "$BUILD/libaprec.a" -pthread
	err_is '' 'C++ takes the header without a warning'
	run ./cc
	is "$(help-state -c <cc.apr)" 2 'and publishes'
else
	skip 2 'no g++'
fi
end
