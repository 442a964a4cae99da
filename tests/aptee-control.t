#!/bin/sh
# Goal: who tells a run to do something learns what became of it, from each
# that obeys, in a bounded time; and whatever those do or leave undone, no
# answer is taken for another's and nothing else is held up.
# Long under: address thread
. "${0%/*}/lib.sh"
need socat perl python3

serves()
{
	test "$(aptee -c "$1" stat 2>/dev/null | head -c 3)" = 'ok '
}

# serve name [option ...]: an aptee that serves it until the end
serve()
{
	served=$1
	shift
	bg "$served" aptee -q -l "$served" "$@"
	wait_for "serves $served" 20
}

# controls name n: so many are connected
controls()
{
	wait_for "aptee -c '$1' stat 2>/dev/null | grep -q ' controls $2 '" 20
}

# engine socket name=how ...: those that obey, connected when it returns
engine()
{
	before=$(aptee -c "$1" stat | sed -n 's/.* controls \([0-9]*\) .*/\1/p')
	bg "engine$before.$1" "$PYTHON" "$TOP/tests/engine.py" "$@"
	controls "$1" $((before + $# - 1)) || note "not connected: $*"
}

# publish socket file: what is in the file, from who stays
publish()
{
	bg "publish.$1" sh -c "(echo publish; cat $2; exec sleep 200) |
	    socat -u - 'UNIX-CONNECT:$APTEE_DIR/$1'"
}

# What one run answers.
serve one
run aptee -c one set c 3
status_is 1 'nobody obeys'
out_is 'error nobody is listening: start the run with APREC_CONTROL=one (see SOCKETS in aptee(1))' \
    'and how somebody would is said'
engine one wave@host=ok
run aptee -c one set c 3
status_is 0 'it is obeyed'
out_is 'ok at step 1' 'the answer says when'
sh_run 'echo step | socat -t20 - "UNIX-CONNECT:$APTEE_DIR/one"'
out_is 'ok at step 2' 'and the same comes to socat'
is "$(paste -sd, wave_host.told)" 'set c 3,step 1' 'what it was told'
kill -s TERM "$BG"
controls one 0
for how in error gone; do
	engine one "$how=$how"
	run aptee -c one set c 7
	status_is 1 "refused: $how"
	cp "$OUT" "$how.out"
	kill -s TERM "$BG" 2>/dev/null
	controls one 0
done
is "$(cat error.out gone.out)" 'error c: no
error the connection is gone' 'with the reason'

# Who does not answer, and since when it has published nothing.
engine one silent=silent
silent=$BG
run aptee -c one set c 3
status_is 0 'who does not answer may obey later'
out_is 'ok waits; nothing was published yet' 'which is said'
help-emit source silent steps 1 3 >pub.apr
publish one pub.apr
eventually 'it has published' 'aptee -c one get step | grep -q silent' 10
run aptee -c one at 5 set c 3
out_has '^ok waits; nothing was published for [0-9]+ s$' \
    'and then since when'
kill -s TERM "$silent"
controls one 0
help-emit source ends steps 1 3 final >ends.apr
serve ends -t 60
(echo publish; cat ends.apr) | socat -u - "UNIX-CONNECT:$APTEE_DIR/ends"
eventually 'a run that has ended' 'aptee -c ends stat | grep -q " final$"' 10
run aptee -c ends pause
status_is 1 'obeys no more'
out_is 'error the run has ended' 'which is said'
serve lower -i ends
run aptee -c lower pause
out_has '^error nobody is listening: ends: the run has ended$' 'also from above'

# Answers that are none, or another's.
serve odd
engine odd wrong=wrong twice=twice long=long huge=huge early=early \
    hostile=hostile split=split
engine odd late=late 'a\x1b]0;x\x07: ok\xff=ok' 'two words=ok' -=ok
engine odd flood=flood
run aptee -c odd set c 1
status_is 0 'with all kinds of others'
sort "$OUT" >sorted
LC_ALL=C grep -c "$(printf '[\001-\010\013-\037\177\377]')\|$(
    printf '\302[\200-\237]')" sorted >unsafe
is "$(cat unsafe)" 0 'nothing of it does anything to a terminal'
for line in '"two words": at step 1' 'split: at step 1' \
    'late: waits; nothing was published yet' \
    'wrong: told, and does not answer' 'early: told, and does not answer' \
    'client [0-9]*: told, and does not answer'; do
	ok "$line" grep -q "^ok $line\$" sorted
done
ok 'a name is made safe' grep -q '^ok "a.*0;x.*: ok.*": at step 1$' sorted
ok 'so is an answer' grep -q '^ok hostile: .*0;t' sorted
not_ok 'one of 4,000 bytes is cut' grep -q 'y\{400\}' sorted
eventually 'who says what nobody asked for is not listened to' \
    'test "$(grep -c "is not listened to any more" odd.err)" -ge 5' 10
eventually 'and cut off where it does not end' \
    'test "$(grep -c "nobody wants to know: cut off" odd.err)" -eq 2' 10
# On a slow machine the second order may be over, too, before it is answered.
for i in 1 2 3 4; do
	bg second aptee -c odd set c "2$i"
	second=$BG
	wait_for "grep -q 'set c 2$i' late.told" 10
	touch late.go			# now it answers both
	bg_wait "$second" 20
	at=$(sed -n 's/^ok late: at step //p' second.out)
	[ -z "$at" ] || break
	rm late.go
	aptee -c odd set c 1 >first.out
done
is "$at" "$(wc -l <late.told)" 'a late answer is not taken for the next one'
ok 'nor one too many' grep -q '^ok twice: told, and does not' second.out
run aptee -c odd set c 3
out_has "^ok late: at step $(wc -l <late.told)\$" 'and then all is well'
sh_run 'printf "control %065d\n" 1 | socat -t20 - "UNIX-CONNECT:$APTEE_DIR/odd"'
out_is 'error the name of a source is at most 64 bytes' 'a name may be too long'

# Who asks goes away; who obeys stands still.
serve still
engine still silent=silent wave=ok
(echo 'set c 5'; exec sleep 20) | help-client -k "$APTEE_DIR/still" >asked &
asker=$!
wait_for 'grep -q "set c 5" wave.told' 10
kill -s KILL "$asker"
run aptee -c still set c 6
status_is 0 'who asks may go'
is "$(paste -sd, wave.told)" 'set c 5,set c 6' 'and what it asked is done'
serve quits
engine quits silent=silent
bg waits aptee -c quits set c 77
waits=$BG
eventually 'somebody waits for an answer' 'grep -q "set c 77" silent.told' 10
quits=$(ps -eo pid=,args= | awk '/aptee -q -l quits$/ { print $1 }')
kill -s TERM "$quits"
bg_wait "$waits" 20
status_is 0 'a signal ends it'
is "$(cat waits.out)" 'ok waits; nothing was published yet' 'with the answer'
eventually 'and all is removed' 'test ! -e "$APTEE_DIR/quits"' 10
serve stopped
bg sleeper sh -c "echo control s | exec help-client -k '$APTEE_DIR/stopped'"
controls stopped 1
kill -s STOP -- "-$BG"
perl -MIO::Socket::UNIX -e '
	my $n = 0;
	for (1 .. 2000) {
		my $s = IO::Socket::UNIX->new(Peer => "$ENV{APTEE_DIR}/stopped")
		    or die $!;
		print $s "set text ", "x" x 1000, "\n";
		push @s, $s;
		next if @s < 200;
		$n += defined readline($_) for splice @s;
	}
	open F, ">", "answers"; print F $n; close F;'
is "$(cat answers)" 2000 'who takes nothing is told thousands of lines'
eventually 'and cut off' 'grep -q "takes nothing: cut off" stopped.err' 10
kill -s CONT -- "-$BG"

# A pause is remembered for who joins, as long as it lasts.
serve rest
joins()	# socket n: what who joins n others is told at once
{
	: >joined.told
	bg joins "$PYTHON" "$TOP/tests/engine.py" "$1" joined=ok
	controls "$1" $(($2 + 1))
	aptee -c "$1" 'at 9 stop' >/dev/null
	wait_for 'grep -q "at 9" joined.told' 10
	head -n 1 joined.told | sed 's/at 9 stop/nothing/'
	kill -s TERM "$BG"
	controls "$1" "$2"
}
engine rest one=ok
first=$BG
is "$(joins rest 1)" nothing 'who joins is told nothing'
for step in 'pause pause' 'resume nothing' 'step pause' 'stop nothing' \
    'pause pause' 'continue nothing' 'pause pause'; do
	aptee -c rest "${step% *}" >/dev/null
	is "$(joins rest 1)" "${step#* }" "after ${step% *}: ${step#* }"
done
kill -s TERM "$first"
controls rest 0
is "$(joins rest 0)" nothing 'the last one has gone: nothing'
engine rest no=error
first=$BG
run aptee -c rest pause
status_is 1 'a pause that is refused'
is "$(joins rest 1)" nothing 'is not remembered'
kill -s TERM "$first"

# What the run says of itself.
serve says
help-emit source wave run 1 num c 2.5 attr role parameter attr valid_min 0 \
    attr valid_max 5 attr label 'wave speed' publish string title 'a "b"' \
    attr role parameter publish num d 1 attr role parameter attr valid_min \
    "$(printf '\302\255\342\200\256')1" publish num e 7 attr role other publish \
    steps 5 3 string control 'at 5 pause' attr state paused publish >says.apr
publish says says.apr
eventually 'a run says that it is paused' \
    'aptee -c says stat | grep -q "^source wave step 5 .* paused$"' 10
run aptee -L
out_has '^says +wave +5 +paused ' 'which aptee -L lists'
engine says obeys=ok
obeys=$BG
aptee -c says pause >/dev/null
is "$(joins says 1)" pause 'who joins it pauses, too'
kill -s TERM "$obeys"
controls says 0
is "$(joins says 0)" nothing 'who lost the connection in its pause goes on'
run aptee -c says params
status_is 0 'it has parameters'
same - "$OUT" 'with values, limits and labels' <<END
ok 3 parameters
wave c:f64 2.5 from 0 to 5: wave speed
wave title:text(5) "a \"b\""
wave d:f64 1 from $(printf '\302\255')�1
END

# Trees: 1 and 2 below left, 2 and 3 below right, which are below top.
for i in 1 2 3; do
	serve "leaf$i"
	engine "leaf$i" "leaf$i=ok"
done
serve left -i leaf1 -i leaf2
serve right -i leaf2 -i leaf3
serve top -i left -i right
engine top here=error
eventually 'orders go down' 'aptee -c top set c 0 | grep -c ": at step" | grep -q 3' 20
run aptee -c top set c 1
out_has '^ok set c 1: accepted by 3 of 4$' 'the answers come up'
is "$(tail -n +2 "$OUT" | sed 's/step [0-9]*/step/' | sort | paste -sd,)" \
    'error here: c: no,ok leaf1: at step,ok leaf2: at step,ok leaf3: at step' \
    'of each one once'
is "$(grep -c 'set c 1' leaf2.told)" 1 'who can be reached twice is told once'
kill -s TERM "$BG"
controls top 0
run aptee -c top pause
status_is 0 'pause'
is "$(cat leaf?.told | grep -c pause)" 3 'all pause'
is "$(joins top 0)" nothing 'nobody there says that it is paused'
publish leaf1 says.apr
eventually 'one says so' \
    'aptee -c top stat | grep -q "^source wave step 5 .* paused$"' 10
run aptee -c top pause
is "$(joins top 0)" pause 'then who joins above is told'
run aptee -c right step 2
out_has '^ok step 2: accepted by 2 of 2$' 'from the middle'
# One that is stopped does not cost what the others say, at any level.
leaf1=$(ps -eo pid=,args= | awk '/aptee -q -l leaf1$/ { print $1 }')
engine top above=silent
kill -s STOP "$leaf1"
run aptee -c top set c 2
status_is 0 'with one that stands still'
out_has '^ok set c 2: accepted by 3 of 4$' 'the others count'
out_has '^error leaf1: does not answer$' 'and that one is told'
kill -s CONT "$leaf1"

# In a circle.
bg round aptee -q -l round -i "$APTEE_DIR/[b]ack"
wait_for 'serves round' 20
serve back -i round
engine back back=ok
eventually 'round is above back' 'aptee -c round set c 1 | grep -q "^ok at step"' 20
: >back.told
run aptee -c round set c 2
out_has '^ok at step [0-9]+$' 'a circle of aptees'
is "$(grep -c 'set c 2' back.told)" 1 'tells it once'

# Many: 100 that obey, of whom 10 do not answer, thousands of orders at once.
serve many
set --
for i in $(seq 1 90); do
	set -- "$@" "e$i=ok"
done
for i in $(seq 1 10); do
	set -- "$@" "s$i=silent"
done
engine many "$@"
controls many 100
cat >many.py <<'END'
import os, resource, socket, sys
name, n, controls = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_NOFILE,
                   (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
path = os.path.join(os.environ["APTEE_DIR"], name)
counts = {}
socks = []
for i in range(n):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.sendall(b"set c %d\n" % i)
    socks.append(s)
for i, s in enumerate(socks):
    text = b"".join(iter(lambda: s.recv(65536), b"")).decode()
    first = text.split("\n")[0]
    lines = text.count("\n") - 1
    wanted = f"ok set c {i}: accepted by {controls} of {controls}"
    if first == wanted and lines == controls:
        first = "all"
    counts[first] = counts.get(first, 0) + 1
print(*(f"{k}={v}" for k, v in sorted(counts.items())), sep="\n")
END
eventually 'a thousand orders may wait at once, and no more' \
    '"$PYTHON" many.py still 1500 2 | grep -q "^error too many orders at once"' 60
run timeout 100 "$PYTHON" many.py many 3000 100
note "$(paste -sd, "$OUT")"
out_has '^all=[0-9]{3,}$' 'orders by the thousand'
is "$(grep -vc '^all=\|^error too many orders at once: try again=' "$OUT")" 0 \
    'and each is answered in full, or refused'
all=$(sed -n 's/^all=//p' "$OUT")
eventually 'who obeys gets each one that was accepted' \
    'test "$(sort -u e1.told | wc -l)" -eq "$all"' 20
if [ -z "${SAN:-}" ]; then
	rss=$(ps -o rss= -p "$(ps -eo pid=,args= |
	    awk '/aptee -q -l many$/ { print $1 }')")
	ok "in bounded memory ($rss K)" test "$rss" -lt 120000
fi
run aptee -c many stat
status_is 0 'and it goes on'

# Real ones.
serve real real.apr
bg wave sh -c 'exec env APREC_OUT=real wave -q -e 10 -n 100000000'
eventually 'a computation that publishes here obeys' \
    'aptee -c real step 2 | grep -q "^ok at step [0-9]*$"' 30
run aptee -c real pause
out_has '^ok at step [0-9]+$' 'pause'
eventually 'it says so' 'aptee -L | grep -q "^real .* paused "' 10
run aptee -c real params
out_has '^wave@.* tension:f64 [0-9.]+ from .*: .+$' 'its parameters'
run aptee -c real set tension 0.5
out_has '^ok at step [0-9]+$' 'one is changed in the pause'
eventually 'it is' 'aptee -c real get tension | grep -q " tension 0.5$"' 10
run aptee -c real set tension x
status_is 1 'but not to anything'
out_is 'error tension: "x" is not a number' 'it says what is wrong'
run aptee -c real set nosuch 1
status_is 1 'it knows its parameters'
out_has '^error there is no parameter "nosuch" \(.*tension' 'and tells them'
run aptee -c real step 3
status_is 0 'some steps with it'
eventually 'which it does' 'aptee -L | grep -q "^real .* paused "' 10
run aptee -c real at 100000000 stop
out_is 'ok waits for step 100000000' 'what it keeps'
run aptee -c real stop
status_is 0 'stop'
bg_wait "$BG" 20
status_is 0 'ends it'
eventually 'the recording is whole' 'test ! -e "$APTEE_DIR/real"' 20
run aprec control real.apr
status_is 0 'what it obeyed is in the recording'
out_has '^# at [0-9]+ pause$' 'each'
out_has '^at [0-9]+ set tension 0.5$' 'of them'
is "$(tail -n 1 "$OUT" | sed 's/[0-9][0-9]*/N/')" 'at N stop' 'to the end'
cp "$OUT" run.ctl
APREC_OUT=again.apr APREC_CONTROL=run.ctl run wave -q -e 10 -n 100000000
status_is 0 'which repeats the run'
help-state <real.apr | grep ' [tu] \|final' >want
help-state <again.apr | grep ' [tu] \|final' >got
same want got 'bit for bit'
ok 'of something' test "$(wc -l <want)" -eq 3
end
