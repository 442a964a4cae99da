#!/bin/sh
# Goal: a window shows the run, never takes the focus, and comes back when its
# gnuplot was killed; closing it ends the picture and never the run, and no
# process or file stays behind.  In real windows of x11, wxt and qt, under
# Xvfb.
# Not under: address (aplot-steer.t opens such windows there)
. "${0%/*}/lib.sh"

need Xvfb gnuplot import xdotool openbox wmctrl xterm perl
TMPDIR=$T
XDG_RUNTIME_DIR=$T
export TMPDIR XDG_RUNTIME_DIR

# A display of our own: Xvfb finds a free number.
bg xvfb sh -c 'exec Xvfb -displayfd 3 -screen 0 1200x900x24 3>display'
eventually 'an X server' 'test -s display' 20
DISPLAY=:$(cat display)
export DISPLAY
bg openbox openbox
eventually 'a window manager' 'wmctrl -m' 20

windows()
{
	wmctrl -l 2>/dev/null | grep -vcE ' (other|six)$'
}

# left: processes of our aplots and their gnuplots
left()
{
	ps -A -o pid= -o pgid= -o args= | grep -E 'gnuplot' |
	    grep -v -e grep -e awk -e "$0" | while read -r pid _ args; do
		tr '\0' '\n' 2>/dev/null </proc/"$pid"/environ |
		    grep -qx "TMPDIR=$T" && echo "$pid $args"
	done
}

# changes: there is a window, and what it shows changes
changes()
{
	n=$(xdotool search --name ' - aplot$' | tail -n 1)
	test -n "$n" && import -window "$n" a.png && sleep 0.3 &&
	    import -window "$n" b.png && ! cmp -s a.png b.png
}

# start terminal: a run of 5 s or until "stop" is there
start()
{
	rm -f done stop
	bg "$1" sh -c "(help-emit pace 20000 steps 10 1000
	    help-emit run 2 pace 20000 steps 600 1000 wait stop final
	    echo wrote \$? >done) | exec aplot -v -T '$1'"
	eventually "$1: a window" 'test "$(windows)" = 1' 30
}

for term in x11 wxt qt; do
	echo "set terminal $term" | gnuplot -d 2>&1 | grep -q . && {
		skip 12 "this gnuplot has no $term"
		continue
	}
	# What has the focus keeps it.
	start $term
	bg "other$term" xterm -T other -e sleep 1000
	other=$BG
	eventually "$term: another window" 'wmctrl -l | grep -q other' 20
	wmctrl -a other
	w=$(xdotool search --name '^other$' | tail -n 1)
	eventually "$term: it has the focus" \
	    'test "$(xdotool getwindowfocus)" = "$w"' 10
	eventually "$term: the picture changes" 'changes' 20
	is "$(xdotool getwindowfocus)" "$w" "$term: and takes no focus"

	# gnuplot killed: the picture comes back, in one window.
	p=$(left | awk '/[g]nuplot -d/ { print $1 }')
	kill -s KILL "$p"
	eventually "$term: killed, gnuplot is started again" \
	    'test -n "$(left | grep -v "^$p " | grep "gnuplot -d")"' 20
	eventually "$term: the picture comes back" 'changes' 20
	is "$(windows)" 1 "$term: in one window"

	# Closing the window: not in its first second, when x11 may lie.
	eventually "$term: closing it ends gnuplot" \
	    'wmctrl -c " - aplot"; sleep 1; test -z "$(left)"' 20
	eventually "$term: no window comes back" 'test "$(windows)" = 0' 20
	not_ok "$term: the run goes on" test -e done
	: >stop
	eventually "$term: to its end" 'test -s done' 30
	is "$(cat done 2>/dev/null)" 'wrote 0' "$term: undisturbed"
	kill -s TERM -- "-$other"
done

# At the end of the run the window stays, until q.
sh_run 'help-emit steps 3 1000 final >x.apr'
bg stay aplot -T x11 x.apr
stay=$BG
eventually 'at the end the window stays' \
    'grep -q "the run has ended" stay.err' 20
eventually 'to be looked at' 'test "$(windows)" = 1' 30
w=$(xdotool search --name ' - aplot$' | tail -n 1)
# A key that is down when its window goes would be pressed in the next one.
xdotool windowfocus --sync "$w" keydown q
bg_wait "$stay" 20
is "$STATUS" 0 'q in it ends aplot, status 0'
xdotool keyup q
is "$(left)" '' 'and nothing is left'

# TERM leaves when the run has ended; Ctrl-C stays to look.
bg term sh -c '(help-emit steps 3 100; help-emit run 2 wait stop2 final) |
    sh -c "echo \$\$ >pid; exec aplot -T x11"'
eventually 'a window' 'test "$(windows)" = 1' 20
kill -s TERM "$(cat pid)"
: >stop2
eventually 'after a TERM nothing stays at the end of the run' \
    'test -z "$(left)" && test "$(windows)" = 0' 10

# DISPLAY leads nowhere.
sh_run "(help-emit steps 2000 100 final; echo wrote \$? >done) |
    APLOT_HUNG=5 DISPLAY=:999 aplot"
status_is 1 'a display that is not there, no terminal: status 1'
err_has 'no window and no terminal to draw on' 'it is said'
is "$(cat done)" 'wrote 0' 'and the run reaches its end'

# A picture of several panels is whole whenever it is looked at.
bg panels sh -c 'wave -pq -n 100000 | exec aplot'
eventually 'a window of several panels' 'test "$(windows)" = 1' 30
eventually 'its picture changes' changes 20
n=$(xdotool search --name ' - aplot$' | tail -n 1)
least=1000000 most=0
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
	import -window "$n" c.png
	k=$(identify -format '%k' c.png)
	[ "$k" -ge "$least" ] || least=$k
	[ "$k" -le "$most" ] || most=$k
done
ok "it is never blank (colours: $least to $most)" \
    test "$((2 * least))" -gt "$most"
kill -s TERM -- "-$BG"
eventually 'it goes' 'test -z "$(left)"' 20

# A terminal that draws sixels gets them, in their place.
cat >six <<'EOF'
unset DISPLAY
echo above
help-emit steps 3 100 final | aplot
echo $? >six.status
exec sleep 1000
EOF
bg sixel xterm -ti vt340 -xrm '*decTerminalID: vt340' -T six -e sh six
eventually 'aplot in a terminal with sixels' 'test -s six.status' 30
is "$(cat six.status)" 0 'status 0'
n=$(xdotool search --name '^six$' | tail -n 1)
eventually 'their colours are those of pixels' \
    'import -window "$n" d.png; test "$(identify -format %k d.png)" -gt 24' 10
kill -s TERM -- "-$BG"

# Without -T a window is taken.
bg auto sh -c 'help-emit steps 3 100 final | aplot'
auto=$BG
eventually 'where there is a display, a window' 'test "$(windows)" = 1' 30
kill -s TERM -- "-$auto"
eventually 'and it goes with a TERM' 'test -z "$(left)"' 20

is "$(find . -name 'qtgnuplot*' -o -name 'aplot.*')" '' 'no file is left'
end
