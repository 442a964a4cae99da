#!/usr/bin/env -S aplot -f
# image.gp - a field as an image, with contour lines of another over it
#
#	scripts/gallery/demo.py | aptee | scripts/gallery/image.gp
#
# Fields: w (1/s), psi (m2/s), both over y and x (m).  The colours lie evenly
# about zero, which is white, and reach as far as the field does.
set title APLOT_TITLE noenhanced
set xlabel 'x (m)'
set ylabel 'y (m)'
set cblabel 'vorticity (1/s)'
set size ratio -1
set xtics out nomirror
set ytics out nomirror
set palette defined (-3 '#08306b', -2 '#2f79b5', -1 '#a6cee3', 0 '#ffffff', \
    1 '#fdbf8f', 2 '#d9603b', 3 '#7f1d0f')
unset key
if (APLOT_FIRST) { set autoscale xfix; set autoscale yfix }

stats @w using 3 nooutput
most = abs(STATS_max) > abs(STATS_min) ? abs(STATS_max) : abs(STATS_min)
set cbrange [-most:most]

set contour base
set cntrparam levels auto 10
unset surface
set table $lines
splot @psi using 1:2:3
unset table
unset contour
set surface

plot @w using 1:2:3 with image, \
    $lines using 1:2 with lines lc rgb '#404040' lw 0.7
