#!/bin/sh
# Goal: a computation obeys, at its publishes alone, what comes through any of
# its channels, says what it did, and repeats it; paused it uses no CPU and is
# still ended by a signal; and nothing that is sent to it does it harm.
# Also under: thread
# Long under: thread
. "${0%/*}/lib.sh"

server()
{
	rm -f "$1.sock"
	# shellcheck disable=SC2086
	bg "$1" "$PYTHON" "$TOP/tests/control.py" "./$1.sock" $2
	wait_for "[ -S $1.sock ]" 20
}

# applied FILE: what it was told, comments too.
applied()
{
	aprec control "$1" 2>/dev/null | sed -n 's/^# at /at /; /^at /p'
}

# steps FILE: the computation's own records, without what differs between runs.
steps()
{
	aprec json "$1" | sed -n 's/.*"fields":\({"step.*\)/\1/p'
}

# ticks PID: of CPU that it has used.
ticks()
{
	sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f12,13
}

table=$TOP/tests/control/table
sed -n 's/^= //p' "$table" >wanted

# table NAME [VARIABLE=VALUE]: every line of it, in an environment.
table()
{
	server answers "hello table $table eof"
	_server=$BG
	run env APREC_CONTROL=./answers.sock APREC_OUT=./t.apr ${2:+"$2"} \
	    ${3:+"$3"} help-steer -P -W -1
	status_is 0 "$1: the run ends when it is told"
	bg_wait "$_server" 30
	is "$(cat answers.out)" "control steered
$(grep -c '^<' "$table") lines, 0 answered otherwise" \
	    'every line has the answer of the table'
	applied t.apr >got
	same wanted got 'and what was applied is in the recording, in order'
}
table 'a socket'
if localedef -i de_DE -f UTF-8 ./de_DE.UTF-8 >/dev/null 2>&1; then
	table 'where numbers have commas' LOCPATH="$T" LC_ALL=de_DE.UTF-8
else
	skip 3 'no localedef'
fi

# Parameters as fields.
run env APREC_OUT=./p.apr help-steer -n 6 -c 3 -w 4
aprec json p.apr >p.json
is "$(sed -n 's/.*"fields"://p' p.json | sed -n 1p)" '{"c":1,"dt":0.125,'\
'"low":0,"f":0.05,"n":3,"i":0,"u":0,"big":0,"on":false,"title":"start"}}' \
    'parameters are published before the first record'
is "$(grep -c '"step"' p.json)" 6 'beside which nothing changes'
is "$(sed -n 's/.*"fields"://p' p.json | grep -v step)" '{"c":1,"dt":0.125,'\
'"low":0,"f":0.05,"n":3,"i":0,"u":0,"big":0,"on":false,"title":"start"}}
{"dt":0.25,"title":"changed"}}
{"c":null}}
{}}' 'then what the program changed, before the step that used it'

# attrs FILE: what the tables of its records say, read without the library.
cat >attrs.py <<'END'
import struct, sys
data = open(sys.argv[1], "rb").read()
at = 0
while at + 128 <= len(data):
    n, table = struct.unpack_from("<II", data, at + 12)
    p = at + 128
    for _ in range(n):
        size, kind, _, rank, name_len, attrs = struct.unpack_from(
            "<IBBBBH", data, p)
        q = p + 32 + 8 * rank
        text = data[q:q + name_len].decode() + " type %d" % kind
        q += name_len
        for _ in range(rank):
            q += 1 + data[q]
        for _ in range(attrs):
            k, v = struct.unpack_from("<BH", data, q)
            q += 3
            text += " %s=%s" % (data[q:q + k].decode(),
                                data[q + k:q + k + v].decode())
            q += k + v
        print(text)
        p += size
    at += struct.unpack_from("<Q", data, at + 24)[0]
END
attrs()
{
	"$PYTHON" attrs.py "$1"
}
is "$(attrs p.apr | sed -n 1,10p)" 'c type 10 role=parameter valid_min=0'\
' valid_max=5 label=speed units=m s-1
dt type 10 role=parameter valid_min=0
low type 10 role=parameter valid_max=1.5
f type 9 role=parameter valid_min=0 valid_max=0.1
n type 3 role=parameter valid_min=1 valid_max=100
i type 1 role=parameter
u type 8 role=parameter
big type 4 role=parameter
on type 13 role=parameter
title type 14 role=parameter' 'with their types and limits'

# states FILE: what the run said of itself.
states()
{
	attrs "$1" | sed -n 's/^control type 14 state=//p' | tr '\n' ' '
}

# A FIFO.
mkfifo run.fifo
bg fifo env APREC_CONTROL=./run.fifo APREC_OUT=./f.apr help-steer -d 2 -b 600
fifo=$BG
printf '# a comment\n\nset c 2\nset d 1\nset n 5\n' >run.fifo
eventually 'a FIFO: it is obeyed' "applied f.apr | grep -q 'set n 5'" 10
is "$(cat fifo.err)" 'aprec: ./run.fifo: there is no parameter "d" (c, dt, '\
'low, f, n, i, u, big, on, title)' 'and what it cannot obey is told'
printf 'pause' >run.fifo
printf '\n' >run.fifo
eventually 'a pause' "states f.apr | grep -q 'paused $'" 10
size=$(wc -c <f.apr)
is "$(applied f.apr | tail -n 1)" "at $(steps f.apr |
    tail -n 1 | sed 's/.*"step":\([0-9]*\).*/\1/') pause" \
    'the last record is that of the step at which it waits'
if [ -r "/proc/$fifo/stat" ]; then
	used=$(ticks "$fifo")
	began=$(date +%s)
	wait_for '[ "$(date +%s)" -ge $((began + 3)) ]' 10
	is "$(ticks "$fifo")" "$used" 'it uses no CPU'
else
	skip 1 'no /proc'
fi
is "$(wc -c <f.apr)" "$size" 'nor publishes'
echo 'set c 3' >run.fifo
eventually 'a parameter can be set' "applied f.apr | grep -q 'set c 3'" 10
is "$(states f.apr | tail -c 7)" 'paused ' 'and the pause goes on'
last=$(steps f.apr | tail -n 1 | sed 's/.*"step":\([0-9]*\).*/\1/')
echo 'step 3' >run.fifo
eventually 'three steps' "applied f.apr | grep -q 'at $((last + 3)) pause'" 10
is "$(steps f.apr | tail -n 1 | sed 's/.*"step":\([0-9]*\).*/\1/')" \
    $((last + 3)) 'and no more'
echo step >run.fifo
eventually 'one' "applied f.apr | grep -q 'at $((last + 4)) pause'" 10
echo continue >run.fifo
eventually 'it goes on' "steps f.apr | grep -q '\"step\":$((last + 9)),'" 10
printf 'pause\nstop\n' >run.fifo
bg_wait "$fifo" 10
status_is 0 'and stops'
is "$(states f.apr | tail -c 9)" 'stopping ' 'as it says'
is "$(help-state -l <f.apr | tail -n 1 | grep -c final)" 1 'with its last state'
is "$(sed -n '$s/steps [0-9]* \(stopped .\).*/\1/p' fifo.err)" 'stopped 1' \
    'the program knows'
bg fifo env APREC_CONTROL=./run.fifo APREC_OUT=./f.apr help-steer -d 2
fifo=$BG
echo pause >run.fifo
eventually 'a paused run' "states f.apr | grep -q 'paused $'" 10
echo stop >run.fifo
bg_wait "$fifo" 10
status_is 0 'is stopped at once'
bg fifo env APREC_CONTROL=./run.fifo APREC_OUT=./f.apr help-steer -d 2 -n 400
fifo=$BG
printf 'step 100\n' >run.fifo
eventually 'steps count while it runs, too' \
    "states f.apr | grep -q 'paused $'" 10
printf 'step 2\nresume\n' >run.fifo
bg_wait "$fifo" 10
status_is 0 'and resume ends their count'

# Standard input.
printf 'set c 2\nat 5 set c 3\n at 5 set n 9\nfoo\n' >in
run env APREC_CONTROL=- APREC_OUT=./i.apr help-steer -n 10 <in
err_has '^aprec: \(stdin\): not a command: "foo"' 'stdin: a line that is wrong'
is "$(applied i.apr)" 'at 0 set c 2
at 5 set c 3
at 5 set n 9' 'the others are obeyed'
echo pause >in
run env APREC_CONTROL=- APREC_OUT=./i.apr help-steer -n 10 <in
status_is 0 'when it has ended, so has the pause'
err_has 'nobody is left who could end the pause; the run goes on' 'it is told'
is "$(applied i.apr) $(states i.apr)" 'at 0 pause
at 0 resume paused running ' 'and published'
if command -v script >/dev/null 2>&1; then
	tty_run 'set -m; APREC_CONTROL=- APREC_OUT=./b.apr help-steer -n 3 &
	wait $!; echo status $?'
	out_has 'status 0' 'a background run leaves the terminal alone'
else
	skip 1 'no script'
fi
mkfifo quiet
exec 6<>quiet
run env APREC_CONTROL=- APREC_OUT=./i.apr help-steer -n 10 <&6
status_is 0 'a stdin that says nothing holds up nothing'
is "$("$PYTHON" -c 'import fcntl, os
print(fcntl.fcntl(6, fcntl.F_GETFL) & os.O_NONBLOCK)')" 0 'and stays as it was'
exec 6>&-
printf 'stop\npause\nset c 3\nstep 2\n' >lines
run env APREC_CONTROL=- APREC_OUT=./i.apr help-steer <lines
is "$STATUS $(head -n 2 "$ERR")" '0 aprec: (stdin): the run is stopping
aprec: (stdin): the run is stopping' 'a run that is stopping is not paused'
is "$(applied i.apr)" 'at 0 stop
at 0 set c 3' 'but can be set'

# A file.
cat >run.ctl <<'END'
# what the run is to do
at 20 set c 0.5
at 10 set c 4

at 10 set title ten
at 20 set n 20
set i 1
END
printf 'at 30 stop' >>run.ctl
bg file env APREC_CONTROL=./run.ctl APREC_OUT=./r.apr help-steer -d 2
file=$BG
eventually 'a file steers from step 0' "applied r.apr | grep -q 'n 20'" 10
is "$(applied r.apr)" 'at 0 set i 1
at 10 set c 4
at 10 set title ten
at 20 set c 0.5
at 20 set n 20' 'by step, then in its order'
eventually 'it goes on at the end' "steps r.apr | grep -q '\"step\":50,'" 10
echo >>run.ctl
bg_wait "$file" 10
is "$(applied r.apr | tail -n 1 | sed 's/at [0-9]*/at/') $STATUS" 'at stop 0' \
    'a line is obeyed when it is whole'
rm run.ctl
bg file env APREC_CONTROL=run.ctl APREC_OUT=./r.apr help-steer -C -d 2
file=$BG
eventually 'it need not be there, and the run may go elsewhere' "steps r.apr | grep -q '\"step\":5,'" 10
printf 'set c 2\nset c 3\n' >run.ctl
eventually 'a file that comes is obeyed' "applied r.apr | grep -q 'c 3'" 10
printf 'set c 4\n' >run.ctl
eventually 'one that shrinks is read anew' "applied r.apr | grep -q 'c 4'" 10
rm run.ctl
printf 'pause\n' >run.ctl
eventually 'and one that is another' "states r.apr | grep -q 'paused $'" 10
rm run.ctl
printf 'stop\n' >run.ctl
bg_wait "$file" 10
is "$STATUS $(cat file.err | wc -l | tr -d ' ')" '0 1' 'also in a pause'
mkdir d
run env APREC_CONTROL=./d APREC_OUT=./r.apr help-steer -n 3
err_has '\./d: neither a socket, a FIFO nor a file' 'what is none is told'

# A server of control connections.
server lost 'hello say pause file paused wait seen bye'
lost=$BG
bg run env APREC_CONTROL=./lost.sock APREC_OUT=./l.apr help-steer -n 300 -d 1
run=$BG
wait_for '[ -e paused ]' 10
eventually 'a server pauses the run' "states l.apr | grep -q 'paused $'" 10
: >seen
bg_wait "$run" 20
is "$STATUS $(applied l.apr | tail -n 1 | sed 's/at [0-9]*/at/')" '0 at resume' \
    'when it goes, the run goes on'
ok 'which is told' grep -q 'could end the pause; the run goes on' run.err
server back 'hello say pause bye hello say stop eof'
run env APREC_CONTROL=./back.sock APREC_OUT=./l.apr help-steer -d 2
status_is 0 'a server that comes back is found'
bg_wait "$BG" 10
echo stop >late
bg late env APREC_CONTROL=late APREC_OUT=./l.apr help-steer -d 2
eventually 'one that does not come is told, whatever file has its name' \
    "grep -q '^aprec: late: nobody serves it yet; tried again' late.err" 20
kill "$BG"
bg_wait "$BG" 10
is "$(wc -l <late.err | tr -d ' ')" 1 'once'
run env APREC_CONTROL=early APREC_OUT=./l.apr help-steer -n 3
is "$(wc -l <"$ERR" | tr -d ' ')" 1 'and not while it may be starting'
bg run env APREC_CONTROL=./later.sock APREC_OUT=./l.apr help-steer -d 2
run=$BG
eventually 'the run does not wait for it' \
    "steps l.apr | grep -q '\"step\":20,'" 10
server later 'hello say stop eof'
bg_wait "$run" 10
status_is 0 'and obeys it when it comes'
server hostile 'hello long 5000 answers 1 long 4096 answers 1 long 4095
    answers 1 garbage 200000 say stop'
run env APREC_CONTROL=./hostile.sock APREC_OUT=./h.apr help-steer
bg_wait "$BG" 30
is "$(sed -n 2,4p hostile.out)" 'error a line is longer than 4095 bytes
error a line is longer than 4095 bytes
error title: longer than 15 bytes' 'lines that are too long are refused'
status_is 0 'noise does no harm'
server flood 'hello flood 20000 answers 20000 say stop eof'
run env APREC_CONTROL=./flood.sock APREC_OUT=./h.apr help-steer
bg_wait "$BG" 30
is "$STATUS $(sed -n '2,20001s/ [0-9]*$//p' flood.out | sort -u)" \
    '0 ok at step' 'who takes no answers for a while gets them all'
server rude 'hello flood 20000 bye'
run env APREC_CONTROL=./rude.sock APREC_OUT=./h.apr help-steer -n 300 -d 1
status_is 0 'nor kills it who goes without taking them'
bg_wait "$BG" 10
server mute 'hello flood 100000 file began wait ended'
mute=$BG
bg run env APREC_CONTROL=./mute.sock APREC_OUT=./h.apr help-steer -n 2000
bg_wait "$BG" 20
status_is 0 'and who takes none does not hold up the run'
: >ended
bg_wait "$mute" 10
end
