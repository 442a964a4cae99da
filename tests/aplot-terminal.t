#!/bin/sh
# Goal: in a terminal the picture stands still below what the run prints, and
# follows the terminal's size; the keys work; and the terminal is left as it
# was found, however it ends.  In real terminals, those of tmux.
. "${0%/*}/lib.sh"

need tmux gnuplot python3 perl
S=
servers=0
tmux_end()
{
	[ -z "$S" ] || $S kill-server 2>/dev/null
	_cleanup
}
trap tmux_end EXIT

# at columns rows: a fresh terminal with a shell
at()
{
	[ -z "$S" ] || $S kill-server 2>/dev/null
	servers=$((servers + 1))	# the last one may not be gone yet
	S="tmux -S $T/.lib/tmux$servers -f /dev/null"
	rm -f before after status pid
	$S new-session -d -x "$1" -y "$2" \
	    "TERM=screen-256color exec sh -c 'exec bash --norc --noprofile'"
	type_line 'PS1="$ "; clear'
	eventually "a terminal of $1 x $2" 'screen | grep -q "^\\$ *$"' 10
}

type_line()
{
	$S send-keys -l "$1"
	$S send-keys Enter
}

# The block terminal writes spaces that do not break.
nbsp=$(printf '\302\240')
screen()
{
	$S capture-pane -p "$@" | sed "s/$nbsp/ /g"
}

# The terminal's modes, and where the next line goes: the region is whole.
modes()
{
	type_line "stty -a >$1; echo done-$1"
	wait_for "screen | grep -q '^done-$1'" 10
}

# shows regex: the screen does
shows()
{
	screen | grep -Eq -e "$1"
}

# There is a picture and the run's words, each at its place.
at 80 24
modes before
type_line 'for i in 1 2 3 4 5 6; do echo older$i; done'
cat >sim <<'EOF'
help-emit steps 1 50
echo from-the-run >&2
help-emit pace 20000 steps 200 50 final
EOF
type_line 'sh sim | aplot; echo status $? >status'
eventually 'a picture is drawn' 'shows "emit@test +step [0-9]+"' 20
eventually 'it goes on' 'shows "emit@test +step [0-9][0-9]"' 20
ok 'what the run printed is there' shows '^from-the-run'
ok 'what was there before is there' \
    sh -c "$S capture-pane -p -S - | grep -q older6"
eventually 'aplot ends with the run' 'test -s status' 20
is "$(cat status)" 'status 0' 'status 0'
ok 'the last picture stays, of the last state' shows 'step 200 .*ended'
modes after
same before after 'the modes are those from before'
type_line 'seq 1 50'
eventually 'the whole screen scrolls again' \
    'shows "^50" && ! shows "step 200"' 10

# Ctrl-C: the run ends by it, aplot draws what came last.
at 80 24
modes before
type_line 'help-emit pace 10000 steps 100000 50 | aplot'
eventually 'a picture' 'shows "step [0-9][0-9]"' 20
$S send-keys C-c
eventually 'Ctrl-C ends it' 'shows "^\\$ *$"' 20
ok 'with the last state, whose run did not say it ended' \
    shows 'step [0-9]+ .*no final record'
not_ok 'and gnuplot got nothing of it' shows 'gnuplot was'
modes after
same before after 'the modes are those from before'

# Ctrl-C while the run does not end by it: the second ends aplot.
at 80 24
cat >deaf <<'EOF'
trap '' INT
help-emit steps 3 50
exec sleep 1000
EOF
printf 'echo $$ >pid\nexec aplot\n' >view
type_line "sh deaf | sh view"
eventually 'a picture' 'shows "step 3"' 20
$S send-keys C-c
$S send-keys '?'
eventually 'one Ctrl-C does not end aplot' 'shows "aplot: keys:"' 10
ok 'the picture is there' shows 'step 3'
$S send-keys C-c
eventually 'the second does' '! kill -s 0 "$(cat pid)"' 10

# kill.
at 80 24
modes before
type_line '(help-emit steps 3 50; exec sleep 1000) | sh view'
eventually 'a picture' 'shows "step 3"' 20
kill -s TERM "$(cat pid)"
$S send-keys '?'
eventually 'one TERM does not end it' 'shows "aplot: keys:"' 10
kill -s TERM "$(cat pid)"
eventually 'two do' '! kill -s 0 "$(cat pid)"' 10
$S send-keys C-c
eventually 'the prompt is back' 'shows "^\\$ *$"' 10
modes after
same before after 'the modes are those from before'

# Ctrl-Z and fg.
at 80 24
modes before
type_line 'help-emit pace 20000 steps 100000 50 | aplot'
eventually 'a picture' 'shows "step [0-9][0-9]"' 20
$S send-keys C-z
eventually 'Ctrl-Z stops it' 'shows "Stopped"' 10
modes stopped
same before stopped 'the modes meanwhile are those from before'
type_line 'clear; fg'
eventually 'fg brings the picture back' 'shows "step [0-9][0-9]+"' 10
$S send-keys '?'
eventually 'and the keys' 'shows "aplot: keys:"' 10

# Other sizes.
$S resize-window -x 60 -y 40
eventually 'a bigger terminal: a bigger picture' \
    'test "$(screen | grep -c "[|▌▐]")" -gt 18' 10
$S resize-window -x 100 -y 14
eventually 'a smaller one: a smaller one' \
    'n=$(screen | grep -c "[|▌▐]"); test "$n" -gt 2 && test "$n" -lt 11' 10
$S resize-window -x 40 -y 5
eventually 'too small for one: it is said' 'shows "too small"' 10
$S resize-window -x 80 -y 24
eventually 'and it comes back' 'shows "step [0-9]+"' 10

# Keys.
$S send-keys f
eventually 'f freezes' 'shows "frozen"' 10
a=$(screen | grep -o 'step [0-9]*' | tail -n 1)
$S send-keys 1
$S send-keys '?'
eventually 'other keys work' 'shows "aplot: keys:"' 10
is "$(screen | grep -o 'step [0-9]*' | tail -n 1)" "$a" 'the state stays'
$S send-keys f
eventually 'f goes on' '! shows "frozen"' 10
type_line 'x'
$S send-keys s
eventually 's makes a snapshot' 'test -s aplot-emit@test-*/picture.png' 20
d=$(echo aplot-emit@test-*)
ok 'with a picture' sh -c "head -c 4 $d/picture.png | grep -q PNG"
run aplot -T dumb "$d/state.apr"
out_has "step ${d##*-} " 'the data, as a recording'
ok 'step and values' grep -q "^step = ${d##*-}$" "$d/values.txt"
(
	echo 'set terminal dumb'
	cat "$d/plot.gp"
) >plot.gp
run gnuplot -d plot.gp
out_has "step ${d##*-} " 'a script that draws it by itself'
$S send-keys q
eventually 'q closes the picture' 'shows "the picture is closed"' 10
$S send-keys C-c
eventually 'and the run is there to be ended' 'shows "^\\$ *$"' 10

# In the background nothing is painted or read.
type_line 'clear; help-emit pace 20000 steps 60 50 final | aplot & wait
echo waited'
eventually 'it ends in the background' 'shows "^waited"' 20
not_ok 'without a picture' shows 'step [0-9]+'

# Hostile names and texts reach no terminal.
at 80 24
python=$(command -v python3)
cat >evil.py <<'EOF'
import aprec
with aprec.open("-") as out:
    out.publish(u=[1.0, 2.0], note="\x1b]0;pwned\x07\x1b[31mred")
EOF
type_line "PYTHONPATH=$TOP/format $python evil.py | aplot"
eventually 'texts with escapes are drawn over' 'shows "^\\$ *$"' 20
is "$($S display-message -p '#{pane_title}' | grep -c pwned)" 0 \
    'and do not run in the terminal'

# A terminal that cannot move a cursor.
at 80 24
type_line 'help-emit steps 3 50 final | TERM=dumb aplot; echo status $? >status'
eventually 'TERM=dumb' 'test -s status' 20
is "$(cat status)" 'status 1' 'is none to draw on'
ok 'and that is said' shows 'no window and no terminal'

$S kill-server 2>/dev/null
end
