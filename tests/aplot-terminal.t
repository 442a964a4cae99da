#!/bin/sh
# Goal: in a terminal the picture stands still below what the run prints, and
# follows the terminal's size; the keys work; it is left as it was found,
# however aplot ends; in the background nothing of it is touched, and nothing
# about it stops aplot.  In real terminals, those of tmux, also over ssh.
# Long under: address thread
. "${0%/*}/lib.sh"
. "$TOP/tests/sshd.sh"

need tmux gnuplot python3 perl ssh sshd
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
	rows=$2
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
	rm -f "$1"
	type_line "stty -a >$1; echo done-$1"
	wait_for "screen | grep -q '^done-$1'" 10
}

# shows regex: the screen does
shows()
{
	screen | grep -Eq -e "$1"
}

# with_colours regex: the same, of the screen with its escape sequences
with_colours()
{
	screen -e | grep -Eq -e "$1"
}

# line regex: the number of the last line that has it
line()
{
	screen | grep -En -e "$1" | tail -n 1 | cut -d : -f 1
}

# is_clean name: the prompt stands below the picture, alone and plain, and the
# terminal is as "modes before" found it
is_clean()
{
	eventually "$1: the prompt is back" 'shows "^\\$ *$"' 10
	modes after
	same before after "$1: the modes are those from before"
	is "$($S display-message -p '#{cursor_flag} #{scroll_region_upper} '`
	    `'#{scroll_region_lower} #{wrap_flag} #{insert_flag}')" \
	    "1 0 $((rows - 1)) 1 0" \
	    "$1: the cursor is seen, all scrolls, letters wrap"
	ok "$1: letters are letters, and plain" with_colours '^\$ stty -a'
	ok "$1: below the picture" \
	    test "$(line '^[$] stty')" -gt "$(line '[+]---')"
}

step_now()
{
	screen | grep -o ' step [0-9]*' | tail -n 1
}

# Two pictures more are there: one was in the making, maybe.
pictures()
{
	for _i in 1 2; do
		a=$(step_now)
		wait_for 'test "$(step_now)" != "$a"' 20
	done
}

# There is a picture and the run's words, each at its place.
at 80 24
modes before
type_line 'for i in 1 2 3 4 5 6; do echo older$i; done'
cat >sim <<'EOF'
help-emit steps 1 50
echo from-the-run >&2
help-emit pace 20000 steps 80 50 final
EOF
type_line 'sh sim | aplot; echo status $? >status'
eventually 'a picture is drawn' 'shows "emit@test +step [0-9]+"' 20
eventually 'it goes on' 'shows "emit@test +step [0-9][0-9]"' 20
ok 'what the run printed is there' shows '^from-the-run'
ok 'what was there before is there' \
    sh -c "$S capture-pane -p -S - | grep -q older6"
eventually 'aplot ends with the run' 'test -s status' 20
is "$(cat status)" 'status 0' 'status 0'
ok 'the last picture stays, of the last state' shows 'step 80 .*ended'
is_clean 'at the end'
type_line 'seq 1 50'
eventually 'the whole screen scrolls again' \
    'shows "^50" && ! shows "step 80"' 10

# What the run prints while pictures are drawn, said in pieces.
mkfifo say
cat >talk <<'EOF'
cat say >&2 &
exec help-emit pace 20000 steps 1000000 50
EOF
# say text regex: the run prints it, and then come pictures; the screen shows
# the regex
say()
{
	printf '%b' "$1" >&4
	wait_for "shows '$2'" 10
	pictures
}
type_line 'clear; sh talk | aplot'
exec 4>say
eventually 'a picture' 'shows "step [0-9][0-9]"' 20
say "$(printf '%070d' 1)" 0001
say 'over the edge it goes\n' goes
say '\r 10 % done' 10
say '\r 20 % done' 20
ok 'a long line goes on in the next' shows '^dge it goes'
ok 'a progress bar stands in its place' shows '^ 20 % done'
not_ok 'once' shows '10 % done'
say '\n\033[1;31mred' red
say 'der\033[m\n' redder
ok 'a colour of the run holds' with_colours '\[31m.*redder'
not_ok 'and is not that of the picture' with_colours '\[31m.*emit@test'
say "$(seq 101 140)\n" 140
ok 'many lines: the last are seen' shows '^140'
ok 'the others scrolled away' sh -c "! $S capture-pane -p | grep -q ^120 &&
    $S capture-pane -p -S - | grep -q ^120"
is "$(screen | grep -c 'emit@test')" 1 'the picture is there once'
# It is left in the middle of a colour, another character set, without cursor.
say '\033[1;31m\033(0\033[?25l\033[4hqqqq' '[q─]'
ok 'other characters are not those of the picture' shows 'emit@test *step'
exec 4>&-
$S send-keys C-c
is_clean 'a run that left the terminal in disorder'

# Ctrl-C: the run ends by it, aplot draws what came last.
at 80 24
modes before
type_line 'clear; help-emit pace 10000 steps 100000 50 | aplot'
eventually 'a picture' 'shows "step [0-9][0-9]"' 20
$S send-keys C-c
is_clean 'Ctrl-C'
ok 'with the last state, whose run did not say it ended' \
    shows 'step [0-9]+ .*no final record'
not_ok 'and gnuplot got nothing of it' shows 'gnuplot was'

# Ctrl-C while the run does not end by it: the second ends aplot.
cat >deaf <<'EOF'
trap '' INT
help-emit steps 3 50
exec sleep 1000
EOF
printf 'echo $$ >pid\nexec aplot\n' >view
type_line 'clear; sh deaf | sh view'
eventually 'a picture' 'shows "step 3"' 20
$S send-keys C-c
$S send-keys '?'
eventually 'one Ctrl-C does not end aplot' 'shows "freeze, go on"' 10
ok 'the picture is there' shows 'step 3'
$S send-keys C-c
eventually 'the second does' '! kill -s 0 "$(cat pid)"' 10

# kill.  Two of TERM and of HUP, as the first belongs to the run; one QUIT.
at 80 24
modes before
for s in TERM HUP QUIT; do
	rm -f pid
	type_line 'clear; (help-emit steps 3 50; exec sleep 1000) | sh view'
	eventually 'a picture' 'shows "step 3"' 20
	if [ $s != QUIT ]; then
		kill -s $s "$(cat pid)"
		$S send-keys '?'
		eventually "one $s does not end it" 'shows "freeze, go on"' 10
	fi
	kill -s $s "$(cat pid)"
	eventually "$s does" '! kill -s 0 "$(cat pid)"' 10
	$S send-keys C-c
	is_clean "$s"
done

# Ctrl-Z and fg.
type_line 'clear; help-emit pace 20000 steps 100000 50 | aplot'
eventually 'a picture' 'shows "step [0-9][0-9]"' 20
$S send-keys C-z
eventually 'Ctrl-Z stops it' 'shows "Stopped"' 10
is_clean 'Ctrl-Z'
type_line 'clear; fg'
eventually 'fg brings the picture back' 'shows "step [0-9][0-9]+"' 10
$S send-keys '?'
eventually 'and the keys' 'shows "freeze, go on"' 10
ok 'on a card in the picture' shows '[|].*freeze, go on'
$S send-keys '?'
eventually 'which is taken away' '! shows "freeze, go on"' 10

# Other sizes: what the run printed stays, old pictures are nowhere (but where
# a terminal is made narrower and wraps them before we know).
$S clear-history
$S resize-window -x 100 -y 40
eventually 'a bigger terminal: a bigger picture' \
    'test "$(screen | grep -c "[|▌▐]")" -gt 18' 10
ok 'what was printed stays' shows 'help-emit pace'
$S resize-window -x 100 -y 14
eventually 'a smaller one: a smaller one' \
    'n=$(screen | grep -c "[|▌▐]"); test "$n" -gt 2 && test "$n" -lt 11' 10
is "$(screen -S - | grep -c ' step [0-9]')" 1 'old pictures are nowhere'
$S resize-window -x 40 -y 5
eventually 'too small for one: it is said' 'shows "too small"' 10
eventually 'and none is there' '! shows "step [0-9]"' 10
$S resize-window -x 80 -y 24
eventually 'and it comes back' 'shows "step [0-9]+"' 10

# Keys.
$S send-keys f
eventually 'f freezes' 'shows "frozen"' 10
a=$(step_now)
$S send-keys 1
$S send-keys '?'
eventually 'other keys work' 'shows "freeze, go on"' 10
is "$(step_now)" "$a" 'the state stays'
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

# A key that sends several bytes is none of them: not Escape, not 2.
type_line 'clear; help-emit pace 20000 mix 2 100000 | aplot e t'
eventually 'two panels' 'shows "step .*" && test "$(screen |
    grep -c -- "+---.*+ .*+---")" -gt 1' 20
$S send-keys 1
eventually 'one alone' '! shows "[+]---.*[+] .*[+]---"' 10
$S send-keys Home
$S send-keys IC		# ESC [ 2 ~
$S send-keys Up
$S send-keys '?'
eventually 'other keys' 'shows "freeze, go on"' 10
not_ok 'it is still alone' shows '[+]---.*[+] .*[+]---'
$S send-keys Escape
eventually 'Escape shows all' 'shows "[+]---.*[+] .*[+]---"' 10
$S send-keys C-c

# In the background nothing is painted or read, whatever becomes of those who
# write to the terminal from there.
at 80 24
for how in -tostop tostop; do
	type_line "clear; stty $how"
	type_line "clear; help-emit pace 20000 steps 30 50 final |
aplot -v & wait; jobs; echo waited"
	eventually "$how: it ends in the background" 'shows "^waited"' 20
	not_ok "$how: without a picture" shows 'step [0-9]+'
	ok "$how: with its messages" shows 'aplot: in 31'
	not_ok "$how: never stopped" shows 'Stopped'
done
modes before
type_line 'clear; help-emit pace 20000 steps 100000 50 | aplot &'
type_line fg
eventually 'fg: there is a picture' 'shows "step [0-9]+"' 20
$S send-keys C-z
eventually 'Ctrl-Z stops it' 'shows "Stopped"' 10
type_line 'clear; bg; sleep 1; jobs'
eventually 'bg: it runs' 'shows "Running"' 10
not_ok 'without a picture' shows 'step [0-9]+'
type_line 'clear; fg'
eventually 'fg: the picture is back' 'shows "step [0-9]+"' 20
$S send-keys C-c
is_clean 'in the foreground again'

# Hostile names and texts reach no terminal.
python=$(command -v python3)
cat >evil.py <<'EOF'
import aprec
with aprec.open("-") as out:
    out.publish(u=[1.0, 2.0], note="\x1b]0;pwned\x07\x1b[31mred")
EOF
type_line "clear; PYTHONPATH=$TOP/format $python evil.py | aplot"
eventually 'texts with escapes are drawn over' 'shows "^\\$ *$"' 20
is "$($S display-message -p '#{pane_title}' | grep -c pwned)" 0 \
    'and do not run in the terminal'

# A terminal that cannot move a cursor, and one that knows ASCII alone.
type_line 'clear
help-emit steps 3 50 final | TERM=dumb aplot; echo status $? >status'
eventually 'TERM=dumb' 'grep -q "status 1" status' 20
ok 'is none to draw on, and that is said' shows 'no window and no terminal'
type_line 'clear; help-emit steps 3 50 final | LC_ALL=C aplot; echo drawn'
eventually 'LC_ALL=C: there is a picture' \
    'shows "step 3" && shows "^drawn"' 20
ok 'of ASCII' sh -c "$S capture-pane -p | LC_ALL=C grep -q '[.,:-] *[|]' &&
    ! $S capture-pane -p | LC_ALL=C grep -q '[^ -~]'"
not_ok 'with a character for each' shows '[?]'

# A terminal that says it draws sixels and how big its cells are: 80 x 24 of
# 10 x 20 pixels.  The picture takes the rows from the fifth on, but the last.
cat >vt.py <<'EOF'
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    os.environ["TERM"] = "xterm"
    os.execvp("sh", ["sh", "-c", sys.argv[2]])
out = b""
while True:
    try:
        got = os.read(fd, 65536)
    except OSError:
        break
    if b"\033[c" in got:
        os.write(fd, b"\033[6;20;10t" + sys.argv[1].encode() + b"c")
    out += got
sys.stdout.buffer.write(out)
EOF
$python vt.py "$(printf '\033[?62;4')" \
    'help-emit pace 20000 steps 20 50 final | aplot' >vt.out
ok 'sixels: the size of the picture' \
    sh -c 'LC_ALL=C grep -a "$(printf "\033P")[0-9;]*q" vt.out |
    grep -aq "\"1;1;800;378"'
n=$(LC_ALL=C grep -ao "$(printf '\033')P[0-9;]*q" vt.out | wc -l)
is "$(LC_ALL=C grep -ao "$(printf '\033\\[r\033\\[5;1H\033')P" vt.out |
    wc -l)" "$n" 'sixels: every picture is in its place'
ok 'sixels: there are some' test "$n" -gt 0
ok 'sixels: the region is given back' \
    sh -c 'tail -c 200 vt.out | LC_ALL=C grep -aq "$(printf "\033\\[r\033\\[24;1H")"'
$python vt.py "$(printf '\033[?62')" 'help-emit steps 3 50 final | aplot' >vt.out
not_ok 'none where the terminal does not say so' \
    sh -c 'LC_ALL=C grep -aq "$(printf "\033")P" vt.out'
ok 'but characters' grep -aq 'step 3' vt.out

# Over ssh: the same, with another terminal at each end.
if sshd_start node; then
	at 80 24
	modes before
	type_line "clear; $T/bin/ssh -t node \
'help-emit pace 20000 steps 100000 50 | LC_ALL=C.UTF-8 aplot'"
	eventually 'ssh: a picture' 'shows "step [0-9]+"' 30
	pictures
	is "$(screen -S - | grep -c ' step [0-9]')" 1 'ssh: in its place'
	$S send-keys '?'
	eventually 'ssh: keys' 'shows "freeze, go on"' 10
	$S resize-window -x 100 -y 40
	rows=40
	eventually 'ssh: a bigger terminal: a bigger picture' \
	    'test "$(screen | grep -c "|")" -gt 18' 10
	modes_size='rows 24; columns 80'
	$S send-keys C-c
	eventually 'ssh: the prompt is back' 'shows "^\\$ *$"' 10
	sed -i "s/$modes_size/rows 40; columns 100/" before
	is_clean 'ssh: Ctrl-C'
else
	fail "sshd: $SSHD_WHY"
fi

$S kill-server 2>/dev/null
end
