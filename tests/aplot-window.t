#!/bin/sh
# Goal: a window shows the run, never takes the focus, and comes back when its
# gnuplot was killed; closing it ends the picture and never the run, and no
# process or file stays behind.  In real windows of x11, wxt and qt, under
# Xvfb.
# Not under: address thread (aplot-steer.t opens such windows there)
. "${0%/*}/lib.sh"

need Xvfb gnuplot import xwd xdotool openbox wmctrl xterm perl
parts x11 wxt qt others
TMPDIR=$T
XDG_RUNTIME_DIR=$T
export TMPDIR XDG_RUNTIME_DIR

# A display of our own.
x_server 1200x900x24
window_manager

windows()
{
	xdotool search --onlyvisible --name ' - aplot$' 2>/dev/null | wc -l
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

window()
{
	xdotool search --name ' - aplot$' | tail -n 1
}

# dump file: what the window shows
dump()
{
	n=$(window)
	test -n "$n" && timeout 10 xwd -silent -id "$n" >"$1" 2>/dev/null
}

# changes: there is a window, and what it shows changes
changes()
{
	dump a.xwd && sleep 0.1 && dump b.xwd && ! cmp -s a.xwd b.xwd
}

# updates n: the picture changes so many times
updates()
{
	i=0
	dump a.xwd
	while [ "$i" -lt "$1" ]; do
		wait_for 'dump b.xwd && ! cmp -s a.xwd b.xwd' 10 || return 1
		mv b.xwd a.xwd
		i=$((i + 1))
	done
}

key()
{
	w=$(window)
	test -n "$w" && xdotool windowfocus --sync "$w" key "$1"
}

# Pressed in the window, x has gnuplot say what it shows, v the same of y, z the
# view.
ask='k = 0
bind all "x" "k = k + 1; printerr sprintf(\"R%d %.5g %.5g\", k, GPVAL_X_MIN, GPVAL_X_MAX)"
bind all "z" "k = k + 1; printerr sprintf(\"R%d %.5g %.5g\", k, GPVAL_VIEW_ROT_X, GPVAL_VIEW_ROT_Z)"
bind all "v" "k = k + 1; printerr sprintf(\"R%d %.5g %.5g\", k, GPVAL_Y_MIN, GPVAL_Y_MAX)"'
said()
{
	grep -c 'gnuplot: R[0-9]' "$log"
}
# shown [key]: it says this
shown()
{
	before=$(said)
	wait_for "key ${1:-x}; sleep 0.1; test \$(said) -gt $before" 10
	sed -n 's/.*gnuplot: R[0-9]* //p' "$log" | tail -n 1
}
# becomes range [key]: after that key it shows that
becomes()
{
	[ $# -lt 2 ] || key "$2"
	wait_for "test \"\$(shown)\" = '$1'" 15
}
# scales: a snapshot, by its key, says which are logarithmic
scales()
{
	rm -rf aplot-*
	for _ in 1 2 3 4; do
		key s
		wait_for 'test -n "$(find aplot-*/picture.png -size +0)"' 5 \
		    2>/dev/null && break
	done
	grep -ho '^set logscale [xy]' aplot-*/plot.gp | sort -u | tr -d '\n'
	rm -rf aplot-*
}
# scale key wanted: pressed, they are so.  gnuplot's qt loses keys while it asks
# for a font's size; what is lost changes nothing, and is pressed again.
scale()
{
	wait_for "key $1; test \"\$(scales)\" = '$2'" 30
}
# stands: what the window shows stays
stands()
{
	dump a.xwd && sleep 0.5 && dump b.xwd && cmp -s a.xwd b.xwd
}
# steady: whenever one looks, the lower panel is there, while it changes
steady()
{
	i=0
	while [ "$i" -lt 12 ]; do
		dump e.xwd
		convert e.xwd -gravity south -crop 60%x20%+0+80 -format %k \
		    info: >k
		test "$(cat k)" -gt 1 || return 1
		i=$((i + 1))
	done
	changes
}
# drag button from-x from-y to-x to-y: as a hand does, which is slow
drag()
{
	w=$(window)
	xdotool windowfocus --sync "$w" mousemove --window "$w" "$2" "$3" \
	    sleep 0.2 mousemove --window "$w" $(($2 + 1)) "$3" sleep 0.1 \
	    mousedown "$1" sleep 0.1
	[ "$1" != 3 ] || xdotool mouseup 3 sleep 0.1
	xdotool mousemove --window "$w" "$4" $(($5 - 2)) sleep 0.1 \
	    mousemove --window "$w" "$4" "$5" sleep 0.1
	[ "$1" != 3 ] || xdotool mousedown 3 sleep 0.1
	xdotool mouseup "$1"
}
# zoomed range: a box is zoomed, after which that is shown no more
zoomed()
{
	drag 3 300 200 420 350
	sleep 0.2
	range=$(shown)
	test "$range" != "$1"
}

# start terminal: a run of two panels until "stop" is there
start()
{
	rm -f done stop
	log=$1.err
	bg "$1" sh -c "(help-emit pace 30000 array v 500 1 go stop 1000 final
	    echo wrote \$? >done) | exec aplot -v -r 12 -T '$1' -e '$ask'"
	eventually "$1: a window" 'test "$(windows)" = 1' 30
}

# terminal name: its windows
terminal()
{
	term=$1
	echo "set terminal $term" | gnuplot -d 2>&1 | grep -q . && {
		skip 34 "this gnuplot has no $term"
		return
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
	eventually "$term: the picture changes" changes 20
	is "$(xdotool getwindowfocus)" "$w" "$term: and takes no focus"
	kill -s TERM -- "-$other"

	# What was zoomed stays zoomed, and shows in no other panel.
	eventually "$term: two panels, of which the last says its range" \
	    'becomes "0 999"' 20
	ok "$term: they do not flicker" steady
	eventually "$term: 1: the first one alone" 'becomes "0 499" 1' 20
	eventually "$term: the mouse zooms it" 'zoomed "0 499"' 20
	zoom=$range
	ok "$term: ten updates" updates 10
	is "$(shown)" "$zoom" "$term: and it is zoomed as it was"
	eventually "$term: 0: the other is not" 'becomes "0 999" 0' 20
	eventually "$term: 1: the first one is all there again" \
	    'becomes "0 499" 1' 20
	zoomed '0 499'
	eventually "$term: u takes a zoom back" 'becomes "0 499" u' 20
	key 0

	# The other keys that are the picture's.
	is "$(scales)" '' "$term: s: a snapshot, of linear scales"
	ok "$term: l: that of y is" scale l 'set logscale y'
	ok "$term: l again: it is not" scale l ''
	ok "$term: L: that of x is" scale L 'set logscale x'
	ok "$term: L again: it is not" scale L ''
	# Where a key is lost the next one is.
	eventually "$term: f: the picture stands still" 'key f; stands' 20
	eventually "$term: f again: it goes on" 'key f; changes' 20
	# It has the size that it was given, and all of the picture follows.
	w=$(window)
	xdotool windowsize --sync "$w" 640 480
	eventually "$term: a smaller window is filled to its edges" '
	    dump c.xwd; convert c.xwd -gravity east -crop 12%x80%+0+0 \
	    -format "%k %[fx:w]" info: >k; read -r k _ <k; test "$k" -gt 4' 10
	updates 3
	is "$(xdotool getwindowgeometry "$w" | tail -n 1)" \
	    '  Geometry: 640x480' "$term: and stays so"

	# gnuplot killed: the picture comes back, in one window, with its
	# scales.
	becomes "0 499" 1
	linear=$(shown v)
	eventually "$term: the scale is another" \
	    'key l; test "$(shown v)" != "$linear"' 20
	scale=$(shown v)
	note "y is $linear, with logarithms $scale"
	p=$(left | awk '/[g]nuplot -d/ { print $1 }')
	kill -s KILL "$p"
	eventually "$term: killed, gnuplot is started again" \
	    'test -n "$(left | grep -v "^$p " | grep "gnuplot -d")"' 20
	eventually "$term: the picture comes back" changes 20
	is "$(windows)" 1 "$term: in one window"
	eventually "$term: scaled as before" 'test "$(shown v)" = "$scale"' 20

	# Closing the window: not in its first second, when x11 may lie.
	eventually "$term: closing it ends gnuplot" \
	    'wmctrl -c " - aplot"; sleep 0.5; test -z "$(left)"' 20
	eventually "$term: no window comes back" 'test "$(windows)" = 0' 20
	not_ok "$term: the run goes on" test -e done
	: >stop
	eventually "$term: to its end" 'test -s done' 30
	is "$(cat done 2>/dev/null)" 'wrote 0' "$term: undisturbed"
	is "$(find . -name 'qtgnuplot*' -o -name 'aplot.*')" '' \
	    "$term: no file is left"
}
[ "$PART" = others ] || {
	terminal "$PART"
	end
}

# A script's view is the user's, too.
cat >view.gp <<'EOF'
splot x * y * sin(step / 50.) with lines notitle
EOF
rm -f stop
log=view.err view=
bg view sh -c "help-emit pace 20000 go stop 10 final |
    exec aplot -r 12 -T x11 -f view.gp -e '$ask'"
eventually 'a surface' 'test "$(shown z)" = "60 30"' 20
eventually 'the mouse turns it' \
    'drag 1 300 300 350 300; view=$(shown z); test "$view" != "60 30"' 20
ok 'ten updates' updates 10
is "$(shown z)" "$view" 'and it is turned as it was'
key q
eventually 'q ends the picture' 'test -z "$(left)"' 20
: >stop

# At the end of the run the window stays, until q.
PYTHONPATH=$TOP/format $PYTHON -c '
import aprec
aprec.open(1, source="x@host").publish(u=[i % 2.0 for i in range(20000)])' >x.apr
log=stay.err
bg stay aplot -T x11 -e "$ask" x.apr
stay=$BG
eventually 'at the end the window stays' \
    'grep -q "the run has ended" stay.err' 20
eventually 'to be looked at' 'becomes "0 19999"' 30
# Of so many points each column of pixels is full, in a part of them, too.
full()
{
	dump c.xwd
	convert c.xwd -gravity center -crop 60%x10%+0+0 -format %k info: >k
	test "$(cat k)" = 1
}
eventually 'all columns are full' full 10
eventually 'a zoom' 'zoomed "0 19999"' 20
eventually 'shows its detail, without any news' full 10
dump c.xwd
key question
eventually 'keys are listed over the picture' \
    'dump d.xwd; ! cmp -s c.xwd d.xwd' 10
key question
eventually 'or not' 'dump d.xwd; cmp -s c.xwd d.xwd' 10
w=$(window)
xdotool mousemove --window "$w" 500 300 sleep 0.2 click 3 sleep 0.2
key Escape
xdotool mousemove --window "$w" 600 400 sleep 0.2 click 3 sleep 0.2
key Escape
is "$(shown)" "$range" 'Escape gives up a box to zoom'
# A key that is down when its window goes would be pressed in the next one.
xdotool windowfocus --sync "$w" keydown q
bg_wait "$stay" 20
is "$STATUS" 0 'q in it ends aplot, status 0'
xdotool keyup q
is "$(left)" '' 'and nothing is left'

# Several panels come as one: that is the same as one after the other, as they
# do where the user says a range.
PYTHONPATH=$TOP/format $PYTHON -c '
import aprec, math
out = aprec.open(1, source="x@host")
for step in range(1, 6):
    out.publish(step=step, u=[math.sin(i / 9) for i in range(100)],
                v=[10.0 ** (i / 3) for i in range(30)], none=[],
                w=[[i * j * 1.0 for i in range(20)] for j in range(30)],
                e=1.5 * step, f=2.5 * step, z=[1j ** i for i in range(20)])
out.close()' >panels.apr
for e in 'set grid' 'set xrange [*:*]'; do
	bg panels aplot -q -T x11 -e "$e" panels.apr
	eventually "panels, $e" 'test "$(windows)" = 1 && stands' 30
	dump panels.xwd
	kill -s TERM "$BG"
	bg_wait "$BG" 20
	[ "$e" != 'set grid' ] || mv panels.xwd gathered.xwd
done
# But for where the mouse is, below.
is "$(compare -metric AE gathered.xwd'[1000x740+0+0]' \
    panels.xwd'[1000x740+0+0]' null: 2>&1)" 0 \
    'as one or by and by: 0 pixels differ'
ok 'there is something to be seen' \
    test "$(convert panels.xwd -format %k info:)" -gt 20

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
