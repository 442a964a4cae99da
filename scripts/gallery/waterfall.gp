#!/usr/bin/env -S aplot -f
# waterfall.gp - a line of a field over time: what moves is slanted
#
#	scripts/gallery/demo.py | aptee | scripts/gallery/waterfall.gp
#
# Fields: middle (1/s) over past (s) and x (m), the last moments of a line.
# Time goes up; the colours reach as far as the field does.
set title APLOT_TITLE noenhanced
set xlabel 'x (m)'
set ylabel 't (s)'
set cblabel 'vorticity at y = 0.25 m (1/s)'
set tics out nomirror
set palette defined (0 '#440154', 1 '#46327e', 2 '#365c8d', 3 '#277f8e', \
    4 '#1fa187', 5 '#4ac16d', 6 '#a0da39', 7 '#fde725')
unset key
if (APLOT_FIRST) { set autoscale xfix; set autoscale yfix }
if (APLOT_TEXT) {
	# characters make no image: where it turns at half its most, or more
	stats @middle using (abs($3)) nooutput
	plot @middle using 1:(abs($3) > STATS_max / 2 ? $2 : NaN) \
	    with points pt 'o'
} else {
	plot @middle using 1:2:3 with image
}
