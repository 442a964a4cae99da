#!/bin/sh
# Goal: what the mouse zoomed or turned in a script's window stays so over
# the next pictures, thinned lines are made for it, and the size that a script
# is told is the window's.  In a real window, under Xvfb.
# Not under: address (aplot-steer.t opens such windows there)
. "${0%/*}/lib.sh"
need Xvfb gnuplot xdotool openbox wmctrl
export PYTHONPATH="$TOP/format"
TMPDIR=$T
export TMPDIR

x_server 1200x900x24
window_manager

cat >run.py <<'END'
import math, time, aprec
with aprec.open() as out:
    out.describe("w", dims=("y", "x"))
    for step in range(100000):
        out.publish(step=step, u=[math.sin(i / 3000 + step / 50)
                                  for i in range(20000)],
                    w=[[float(i * j) for i in range(9)] for j in range(9)])
        time.sleep(0.05)
        if out.stopped:
            break
END
# each script says after its plot: the step and what it shows
cat >zoom.gp <<'END'
plot @u_thin with lines
set print 'shown'
print step, GPVAL_X_MIN, GPVAL_X_MAX, APLOT_WIDTH, APLOT_HEIGHT
set print
END
cat >turn.gp <<'END'
if (APLOT_FIRST) { set view 60, 30 }
splot @w using 1:2:3 with lines
set print 'shown'
print step, GPVAL_VIEW_ROT_X, GPVAL_VIEW_ROT_Z
set print
END

# start script
start() {
	rm -f shown
	bg "$1" sh -c "'$PYTHON' run.py | aplot -T x11 -f $1.gp"
	aplot=$BG
	eventually "$1: a window" 'wmctrl -l | grep -q " - aplot"' 30
	eventually "$1: that is drawn" 'test -s shown' 30
	w=
	# shellcheck disable=SC2016 # it is run later
	eventually "$1: with a number" \
	    'w=$(xdotool search --name " - aplot$" | tail -n 1); test -n "$w"' 20
}
# what: what the last picture showed; later: ten steps after what stands in
# "before"
what() {
	awk 'NF > 2 { $1 = ""; print }' shown
}
later() {
	test "$(awk '{ print $1 + 0 }' shown)" -gt \
	    $(($(awk '{ print $1 + 0 }' before) + 10)) 2>/dev/null
}
# holds: ten steps change nothing; what is still on its way may, before
holds() {
	cp shown before
	seen=$(what)
	wait_for later 20
	test "$(what)" = "$seen"
}

start zoom
is "$(what | awk '{ print $3, $4 }')" '1000 750' 'the size of the window'
zoomed='test "$(what | awk "{ print (\$2 - \$1 < 15000) }")" = 1'
zoom() {
	xdotool mousemove --window "$w" 300 300 click 3 \
	    mousemove --window "$w" 600 500 click 3
}
eventually 'it is zoomed' "$zoomed || { zoom; false; }" 20
eventually 'and ten pictures later as before' "holds && $zoomed" 60
xdotool windowsize "$w" 800 500
eventually 'a size of its own is told' \
    'test "$(what | awk "{ print (\$3 > 780 && \$3 < 820), (\$4 > 470 && \$4 < 530) }")" = "1 1"' 20
is "$(cat zoom.err)" '' 'without a word'
wmctrl -c ' - aplot'
eventually 'closed' '! wmctrl -l | grep -q " - aplot"' 20
kill -s TERM -- "-$aplot"

start turn
is "$(what | awk '{ print $1, $2 }')" '60.0 30.0' 'a view to begin with'
turn() {
	xdotool mousemove --window "$w" 400 300 mousedown 1 \
	    mousemove --window "$w" 500 340 mouseup 1
}
eventually 'it is turned' \
    'test "$(what)" != " 60.0 30.0" || { turn; false; }' 20
eventually 'and ten pictures later as before' \
    'holds && test "$(what)" != " 60.0 30.0"' 60
kill -s TERM -- "-$aplot"
end
