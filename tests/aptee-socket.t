#!/bin/sh
# Goal: a run can be joined through its socket: viewers that come late or early
# end with the whole state, publishers and commands get through, and nobody
# else gets in or has a file of his touched.
. "${0%/*}/lib.sh"
need socat perl

# connect name line: what the server says, until it closes.
connect()
{
	(printf '%s\n' "$2"; exec cat "${3:-/dev/null}") |
	    socat -t60 - "UNIX-CONNECT:$APTEE_DIR/$1"
}

# view name file: a viewer in the background, with its line sent.
view()
{
	bg "$2" sh -c "echo view | socat -t60 - UNIX-CONNECT:'$APTEE_DIR/$1' >$2.apr"
}

serves()
{
	test "$(aptee -c "$1" stat 2>/dev/null | head -c 3)" = 'ok '
}

# Who is stopped: asked now, looked at in the end.
bg frozen sh -c 'exec aptee -q -l ./frozen </dev/null >/dev/null'
frozen=$BG
eventually 'another serves' 'test "$(aptee -c ./frozen stat | head -c 2)" = ok' 10
kill -s STOP "$frozen"
bg asks aptee -c ./frozen stat
asks=$BG

# Joining: before the end, in the middle, after it.
bg run sh -c 'help-emit crc 1 array grid 3000 7 publish none gone publish pace 1000 steps 200 100 touch mid wait go steps 50 100 final |
    aptee -l wave -t 4 out.apr >/dev/null 2>told; echo $? >status'
run_pid=$BG
eventually 'the socket is there' 'serves wave' 10
is "$(stat -c '%a %F' "$APTEE_DIR/wave")" '600 socket' 'it is its user'"'"'s alone'
is "$(stat -c %a "$APTEE_DIR")" 700 'as the folder is'
view wave early
early=$BG
wait_for 'test -e mid' 20
view wave mid
mid=$BG
eventually 'a viewer gets what there is' \
    'test "$(help-state <mid.apr 2>/dev/null | grep -c " grid ")" = 1' 10
touch go
bg_wait "$early" 20
status_is 0 'viewers see the end'
bg_wait "$mid" 20
connect wave view >late.apr
help-state <out.apr >want
for v in early mid late; do
	help-state <$v.apr >got
	same want got "the $v viewer has the last state, bit for bit"
done
ok 'the late one in the fewest records' test "$(help-state -c <late.apr)" -le 6
connect wave publish >closed
is "$(cat closed)" 'error the run has ended' 'nobody publishes then'
bg_wait "$run_pid" 20
is "$(cat status)" 0 'it ends after -t'
is "$(ls "$APTEE_DIR")" '' 'and leaves nothing'

# -r, and more: a burst comes when it is asked for.
bg slow sh -c 'help-emit crc 1 pace 500 steps 8000 100 final | aptee -q -r 5 -l slow >/dev/null'
wait_for 'serves slow' 10
view slow rated
rated=$BG
perl -MIO::Socket::UNIX -e '
	my $s = IO::Socket::UNIX->new(Peer => "$ENV{APTEE_DIR}/slow") or die $!;
	my ($n, $came, $set) = (0, 0, "");
	open my $f, ">", "asked.apr";
	sub take { my $k = sysread($s, my $b, 65536) or return 0;
	    $n += $k; syswrite($f, $b); return $k; }
	syswrite($s, "view\nmore 0\n");
	vec($set, fileno($s), 1) = 1;
	take();
	while (select(my $r = $set, undef, undef, 0.6)) {
		last if ++$came > 30;	# its bursts do not end
		take();
	}
	open my $o, ">", "came"; print $o $came > 30 ? "on" : "once"; close $o;
	do { syswrite($s, "more $n\n"); } while (take());'
is "$(cat came)" once 'without more there is no second burst'
bg_wait "$rated" 20
is "$(help-state <asked.apr)" "$(help-state <rated.apr)" 'both end with the last state'
ok '-r holds for viewers' test "$(help-state -c <rated.apr)" -lt 400

# Publishing, with nobody on stdin.
bg pure sh -c 'exec aptee -q -l pure -t 1 >pure.apr'
pure=$BG
wait_for 'serves pure' 10
help-emit crc 1 source a run 5 steps 20 10 final >a.in
help-emit crc 1 source b run 6 steps 30 10 final >b.in
connect pure publish b.in >/dev/null &
connect pure publish a.in >/dev/null
wait $!
bg_wait "$pure" 20
status_is 0 'it serves until the last publisher has gone'
cat a.in b.in | help-state >want
help-state <pure.apr >got
same want got 'what they published is there'
bg ends sh -c 'exec aptee -q -l ends </dev/null >/dev/null'
wait_for 'serves ends' 10
kill -s TERM "$BG"
bg_wait "$BG" 10
status_is 143 'without an input the first signal ends it'
ok 'and the socket is gone' test ! -e "$APTEE_DIR/ends"

# Commands.
bg ruled sh -c 'help-emit source wave pace 1000 num q 2.5 array big 5000 0 publish steps 5 3 wait stop final |
    aptee -q -l ruled >/dev/null'
wait_for 'serves ruled' 10
eventually 'get gives values' 'test "$(aptee -c ruled get step | tail -n 1)" = "wave step 5"' 10
run aptee -c ruled get
status_is 0 'all of them'
out_has '^wave q 2.5$' 'numbers'
out_has '^wave u \[5000015,5000016,5000017\]$' 'small arrays'
out_has '^wave big:f64\[x=5000\] min 0 max 4999$' 'what large ones are'
run aptee -c ruled keys
out_has '^wave u:f64\[x=3\]$' 'keys tells types and shapes'
run aptee -c ruled get nosuch
status_is 1 'a field that is not there is an error'
for c in 'at x stop' 'at 5' 'at 5 at 6 stop' 'set' 'set 1x 2' 'step x' 'pause now' nonsense ''; do
	run aptee -c ruled $c
	status_is 1 "refused: $c"
done
run aptee -c ruled params
out_is 'error no parameters are published' 'no parameters'
run aptee -c ruled pause
status_is 1 'an order needs who obeys'
out_has '^error nobody is listening' 'and that is said'
bg obeys sh -c "echo control | socat -t60 - UNIX-CONNECT:'$APTEE_DIR/ruled' >orders"
eventually 'a control connection' 'aptee -c ruled stat | grep -q "controls 1 "' 10
for c in pause step 'step 3' continue 'set nu 0.5 x' 'at 9 set nu 1' 'at 10 stop' stop pause; do
	run aptee -c ruled $c
	status_is 0 "an order: $c"
done
out_is 'ok told, and does not answer' 'its answer'
eventually 'orders arrive' 'test "$(wc -l <orders)" -eq 9' 10
is "$(paste -sd, orders)" 'pause,step 1,step 3,resume,set nu 0.5 x,at 9 set nu 1,at 10 stop,stop,pause' 'as they are to be obeyed'
bg joins sh -c "echo control | socat -t60 - UNIX-CONNECT:'$APTEE_DIR/ruled' >joined"
eventually 'who joins is told of the pause' 'test "$(cat joined)" = pause' 10
bg above sh -c 'exec aptee -q -i ruled -l above </dev/null >/dev/null'
eventually 'an aptee above it has the state' \
    'test "$(aptee -c above get q 2>/dev/null | tail -n 1)" = "wave q 2.5"' 10
eventually 'and passes orders down' 'aptee -c above step 7 | grep -q "^ok step 7: accepted by 2 of 2$"' 10
eventually 'to who obeys' 'grep -q "^step 7$" orders' 10
kill -s TERM "$BG"
bg_wait "$BG" 10
run aptee -L
out_has '^NAME +SOURCE +STEP +AGE +VIEWERS$' 'aptee -L has a heading'
out_has '^ruled +wave +5 +[0-9.]+ +0$' 'and the runs'
touch stop
eventually 'which end' 'test ! -e "$APTEE_DIR/ruled"' 10
run aptee -L
status_is 0 'then there is none'
out_is '' 'to list'
err_is 'aptee: no run can be joined on this host (aptee -l name serves one)' \
    'which is said'
run aptee -c ruled stat
status_is 1 'nor to ask'
err_has 'no run of that name' 'which is said'

# Names and locks.
served()	# name pattern text
{
	run aptee -q -l "$1"
	status_is 1 "$3"
	err_has "$2" 'with the reason'
}
echo precious >precious
ln -s "$T/precious" "$APTEE_DIR/link"
served link 'symbolic link' 'a symbolic link is not followed'
ln -s "$T/nowhere" "$APTEE_DIR/dangling"
served dangling 'symbolic link' 'nor one that leads nowhere'
ok 'and makes nothing' test ! -e nowhere
echo mine >"$APTEE_DIR/file"
served file 'not a socket' 'a file is not overwritten'
is "$(cat precious "$APTEE_DIR/file")" 'precious
mine' 'what was there is there'
ln -s "$T/precious" "$APTEE_DIR/held.lock"
served held 'symbolic link' 'nor is a lock that is a link followed'
ln "$T/precious" "$APTEE_DIR/hard.lock"
served hard 'not a lock' 'nor a file that is no lock written'
is "$(cat precious)" precious 'it is as it was'
served "$(printf '%0200d' 1)" 'at most [0-9]+' 'a path may be too long'
served .hidden 'no name' 'a name has rules'
echo elsewhere 12 >"$APTEE_DIR/far.lock"
served far 'process 12 on elsewhere' 'what another host serves is left alone'
perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "$ENV{APTEE_DIR}/odd", Listen => 1)'
served odd 'without a lock' 'a socket of somebody else is left alone'
chmod 755 "$APTEE_DIR"
served any 'open to other users' 'the folder must be private'
chmod 700 "$APTEE_DIR"
rm -f "$APTEE_DIR"/*

bg first sh -c 'exec aptee -q -l held >/dev/null </dev/null'
wait_for 'serves held' 10
served held "process [0-9]+ on .* serves it" 'a name that is served is taken'
kill -s KILL "$BG"
bg_wait "$BG" 10
ok 'killed, it leaves its socket' test -S "$APTEE_DIR/held"
run aptee -c held stat
err_has 'nobody serves it' 'which is known to be dead'
for i in 1 2 3 4 5 6; do
	bg race$i sh -c 'exec aptee -q -l held </dev/null >/dev/null'
	eval "race$i=\$BG"
done
won=0
eventually 'of six that start at once' 'serves held' 10
eventually 'five are refused' 'test "$(cat race?.err | grep -c "serves it")" -eq 5' 10
for i in 1 2 3 4 5 6; do
	pid=$(eval "echo \$race$i")
	_gone "$pid" || won=$((won + 1))
	kill -s TERM "$pid" 2>/dev/null
done
is "$won" 1 'and one wins'
eventually 'it cleans up' 'test ! -e "$APTEE_DIR/held"' 10

# Another user.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null 2>&1; then
	chmod 755 "$T"
	mkdir -m 777 open
	bg open sh -c 'exec aptee -q -l ./open/s </dev/null >/dev/null'
	eventually 'a path serves' 'test "$(aptee -c ./open/s stat | head -c 2)" = ok' 10
	other='setpriv --reuid 65534 --regid 65534 --clear-groups'
	for c in view publish stat; do
		sh_run "echo $c | $other socat -t1 - UNIX-CONNECT:$T/open/s"
		status_is 1 "another user cannot connect to $c"
		out_is '' 'and gets nothing'
	done
	chmod 777 open/s
	sh_run "$other socat -u UNIX-CONNECT:$T/open/s -"
	out_is 'error another user serves it' 'not even when he may connect'
	eventually 'which is told' 'grep -q "another user was refused" open.err' 10
	not_ok 'nor read the folder' $other ls "$APTEE_DIR"
else
	skip 9 'another user needs root and setpriv'
fi

bg_wait "$asks" 60
status_is 1 'who is stopped does not answer'
is "$(cat asks.err)" \
    'aptee: ./frozen: does not answer: nothing came for 10 s (is its aptee stopped?)' \
    'which is said'
kill -s CONT "$frozen"
end
