#!/usr/bin/env -S aplot -f
# surface.gp - a field as a surface, which the mouse turns
#
#	build/wave -p | aptee | scripts/gallery/surface.gp
#
# Fields: u (mm) over y and x (m).  The view is set once: as it was turned, so
# it stays.  The vertical axis only ever grows, so that the waves do not
# breathe.
if (APLOT_FIRST) { set view 50, 30, 1.05, 0.9; most = 1e-9 }
stats @u using 3 nooutput
most = STATS_max > most ? STATS_max : most
most = -STATS_min > most ? -STATS_min : most
set zrange [-most:most]
set cbrange [-most:most]
set title APLOT_TITLE noenhanced
set xlabel 'x (m)'
set ylabel 'y (m)'
set ytics 0.5
set zlabel 'displacement (mm)' rotate parallel offset 1
set xyplane at -most
set ticslevel 0
if (!APLOT_TEXT) { set grid x y z lc rgb '#dcdcdc' lt 1 }
set border 31 lc rgb '#808080'
set palette defined (-3 '#08306b', -2 '#2f79b5', -1 '#a6cee3', 0 '#f7f7f7', \
    1 '#fdbf8f', 2 '#d9603b', 3 '#7f1d0f')
set pm3d depthorder lighting primary 0.5 specular 0.2
unset key
if (APLOT_TEXT) {
	set hidden3d
	splot @u using 1:2:3 every 8:8 with lines
} else {
	splot @u using 1:2:3 with pm3d
}
