#!/bin/sh
# Goal: keys in the window and in the terminal reach the computation, the title
# says what it does, and an aptee that never answers holds up no picture.
# Long under: address thread
. "${0%/*}/lib.sh"
need gnuplot tmux Xvfb xdotool openbox wmctrl
parts texts x11 wxt qt
export PYTHONPATH="$TOP/format"
steered="$PYTHON $TOP/tests/steered.py"

# serve socket log [hang]
serve()
{
	rm -f "$1" "$2"
	# shellcheck disable=SC2086
	bg serve $steered serve "$@"
	eventually 'somebody serves' "test -S $1" 10
}

[ "$PART" = texts ] || {
# In windows, which have keys of their own.
TMPDIR=$T
XDG_RUNTIME_DIR=$T
export TMPDIR XDG_RUNTIME_DIR
x_server 1000x800x24
window_manager
# press key: in the window
press()
{
	w=$(xdotool search --name ' - aplot$' | tail -n 1)
	test -n "$w" && xdotool windowfocus --sync "$w" key "$1"
}
# pressed key command: once more until it came, for a window that is just
# being made hears nothing
pressed()
{
	grep -qx "$2" log && return 0
	press "$1"
	sleep 0.5
	grep -qx "$2" log
}
# terminal name: its keys
terminal()
{
	term=$1
	echo "set terminal $term" | gnuplot -d 2>&1 | grep -q . && {
		skip 8 "this gnuplot has no $term"
		return
	}
	serve "$T/sock" log
	serve=$BG
	bg $term sh -c "$steered run log | exec aplot -r 12 -T $term -c $T/sock"
	window=$BG
	eventually "$term: N reaches the run" 'pressed shift+n step' 30
	eventually "$term: and P" 'pressed shift+p resume' 20
	press p
	press n
	press X
	eventually "$term: p and n are the window's, X asks" \
	    'press question && grep -q "keys for" $term.err' 20
	is "$(grep -c stop log)" 0 "$term: first"
	press X
	eventually "$term: and again, stops it" 'pressed X stop' 20
	eventually "$term: q ends aplot at the end of the run" \
	    '_gone "$window" || { press q; sleep 0.5; false; }' 20
	bg_wait "$window" 20
	is "$STATUS" 0 "$term: status 0"
	kill -s TERM -- "-$serve"
}
terminal "$PART"
end
}

# What the run says of itself.
says()
{
	name=$1 regex=$2
	shift 2
	# shellcheck disable=SC2086
	$steered say "$@" >say.apr
	sh_run 'cat say.apr | aplot -q -T dumb'
	out_has "$regex" "$name"
}
says 'paused' 'step 3 .*paused at step 3' running 'at 1 resume' \
    paused 'at 3 pause'
says 'no final record is told, too' 'no final record, paused at step 3' \
    paused 'at 3 pause'
says 'the step is that of the last command' 'paused at step 81200' paused \
    'at 7 set c 3;at 81200 pause'
says 'stopping' 'stopping at step 3' stopping 'at 3 stop'
says 'running is nothing to be said' 'step 3 .* no final record *$' \
    paused 'at 3 pause' running 'at 3 resume'
says 'what is no number is no step' 'paused at step 3' paused 'at x pause'
says 'nor is an empty text' 'paused at step 3' paused ''
says 'parameters are in the title' 'c = 2.5, name = wave' running 'at 1 pause'
run aplot -q -n say.apr
is "$(grep -c '^plot ' "$OUT")" 1 'and are not drawn'
run aplot -q -n c say.apr
is "$(grep -c '^plot ' "$OUT")" 1 'but where they are named'
out_has "ylabel 'c'" 'they are'

# Without a run there is nothing to be steered, with a bad name no picture.
run aplot -c .x -o x.png say.apr
status_is 1 '-c with no name of a socket'
err_has '^aplot: -c ".x": no name for a socket' 'says so'

# The block terminal writes spaces that do not break.
nbsp=$(printf '\302\240')
screen()
{
	$S capture-pane -p | sed "s/$nbsp/ /g"
}

S="tmux -S $T/.lib/tmux -f /dev/null"
tmux_end()
{
	$S kill-server 2>/dev/null
	_cleanup
}
trap tmux_end EXIT
$S new-session -d -x 100 -y 30 \
    "TERM=screen-256color exec sh -c 'exec bash --norc --noprofile'"
type_line()
{
	$S send-keys -l "$1"
	$S send-keys Enter
}
shows()
{
	screen | grep -Eq -e "$1"
}
type_line 'PS1="$ "; clear'
eventually 'a terminal' 'shows "^\\$ *$"' 10

# What the run is told it obeys: the fake's log is its control file.
serve "$T/sock" log
type_line "$steered run log | aplot -r 12 -c $T/sock"
eventually 'a picture' 'shows "heat@host +step [0-9]+"' 20
$S send-keys '?'
eventually 'the keys are listed' 'shows "P       run: pause, go on"' 10
ok 'over the picture' shows 'L       log scale of x'
$S send-keys '?'
eventually 'or not' '! shows "run: pause"' 10
$S send-keys P
eventually 'P pauses' 'test "$(cat log)" = pause' 10
eventually 'the title says so' 'shows "paused at step [0-9]+"' 10
eventually 'and the answer is shown' 'shows "pause: ok heat: at step 12"' 10
ok 'all of it' shows 'pause: more of it'
$S send-keys P
eventually 'P again lets it go on' 'test "$(tail -n 1 log)" = resume' 10
eventually 'and so says the title' '! shows "paused at step"' 10
$S send-keys N
eventually 'N is one step' 'test "$(tail -n 1 log)" = step' 10
eventually 'an error is told' 'shows "step: error evil"' 10
is "$($S display-message -p '#{pane_title}' | grep -c pwned)" 0 \
    'and does nothing to the terminal'
eventually 'it pauses after that' 'shows "paused at step"' 10
$S send-keys X
eventually 'X asks' 'shows "X again stops the run"' 10
$S send-keys f
eventually 'another key between' 'shows frozen' 10
$S send-keys f X '?'
eventually 'is no confirmation' 'shows "f       freeze, go on"' 10
is "$(wc -l <log | tr -d ' ')" 3 'nothing was sent'
$S send-keys X X
eventually 'the second X stops it' 'test "$(tail -n 1 log)" = stop' 10
eventually 'and it ends' 'shows "^\\$ *$"' 20
ok 'as it says' shows 'ended'
kill -s TERM -- "-$BG"

# The aptee hangs: the picture goes on.
type_line clear
eventually 'a clear screen' '! shows step' 10
serve "$T/hangs" hung hang
type_line "$steered run no | aplot -r 12 -c $T/hangs"
eventually 'a picture' 'shows "heat@host +step [0-9]+"' 20
$S send-keys P
eventually 'a command is sent to one that never answers' 'test -s hung' 10
a=$(screen | grep -o 'step [0-9]*' | tail -n 1)
eventually 'and the picture goes on' '! shows "$a "' 10
$S send-keys f
eventually 'other keys work' 'shows "frozen"' 10
$S send-keys f
for _ in 1 2 3 4 5 6 7 8; do
	$S send-keys N
done
eventually 'what waits is bounded' 'shows "not sent: others still wait"' 10
eventually 'it is told' 'shows "pause: does not answer"' 30
is "$(wc -l <hung | tr -d ' ')" 1 'and what waited behind it is not sent'
kill -s TERM -- "-$BG"
wait_for '_gone "$BG"' 10
$S send-keys P
eventually 'nobody serves any more: told, too' \
    'shows "pause: .*nobody serves it any more"' 10
$S send-keys C-c
eventually 'and Ctrl-C ends it all' 'shows "^\\$ *$"' 20

# A run's name as the only input is what is steered.
mkdir -p "$APTEE_DIR"
chmod 700 "$APTEE_DIR"
type_line clear
: >no
bg named sh -c "$steered run no | aptee -l heat >/dev/null"
eventually 'a run is served' 'test -S "$APTEE_DIR/heat"' 10
type_line "APTEE_DIR=$APTEE_DIR aplot -i heat"
eventually 'and joined' 'shows "heat@host +step [0-9]+"' 20
$S send-keys P
eventually 'its aptee is asked' 'shows "heat pause: "' 10
$S send-keys q
eventually 'q' 'shows "the picture is closed"' 10
echo stop >no
eventually 'and it ends' 'shows "^\\$ *$"' 20

# A real run, with parameters, from beginning to end.
type_line clear
eventually 'a clear screen' '! shows step' 10
type_line "export APTEE_DIR=$APTEE_DIR"
type_line "APREC_CONTROL=real help-steer -p 2 -d 20 | aptee -l real | aplot -c real"
eventually 'a real run' 'shows "steered +step [0-9]+ +c = 1, dt = 0.125"' 20
$S send-keys P
eventually 'P pauses it' 'shows "paused at step [0-9]+"' 20
step=$(screen | grep -o 'paused at step [0-9]*' | tail -n 1)
step=${step##* }
$S send-keys N
eventually 'N is one step' 'shows "paused at step $((step + 1))( |$)"' 20
ok 'it is set by another' aptee -c real set c 2.5
eventually 'which the title shows, too' 'shows " c = 2.5, "' 20
$S send-keys P
eventually 'P lets it go on' '! shows "paused at"' 20
$S send-keys X X
eventually 'X X ends it' 'shows "^\\$ *$"' 20
ok 'by itself' shows 'steps [0-9]* stopped 1'
ok 'and it is drawn to its end' shows 'step [0-9]+ .* ended'
$S kill-server 2>/dev/null

# -c alone: the run that is named is the one that is looked at.
: >no2
bg alone sh -c "$steered run no2 | aptee -l heat2 >/dev/null"
eventually 'a run is served' 'test -S "$APTEE_DIR/heat2"' 10
bg joined aplot -q -r 100 -c heat2 -o joined.txt
joined=$BG
eventually 'with -c alone it is joined' 'grep -q "heat@host" joined.txt' 20
echo stop >no2
bg_wait "$joined" 20
status_is 0 'to its end'
end
