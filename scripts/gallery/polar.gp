#!/usr/bin/env -S aplot -f
# polar.gp - how much goes in which direction
#
#	scripts/gallery/demo.py | aptee | scripts/gallery/polar.gp
#
# Fields: rose, shares that add up to 1, over angle (rad, from -pi to pi).
# The areas tell: the radius is the root of the share.
most = 0
stats @rose using 2 nooutput
most = sqrt(100 * STATS_max)
end = ceil(most)
set title APLOT_TITLE noenhanced
set polar
set angles radians
set size square
unset border
unset raxis
unset xtics
unset ytics
unset key
set rrange [0:end]
set rtics 1 format '' scale 0
set ttics 0, 30 format '%g'.GPVAL_DEGREE_SIGN
if (!APLOT_TEXT) { set grid polar 30 lc rgb '#d0d0d0' lt 1 }
set style fill solid 0.35
set label 1 "share of the energy\nby direction of flow" \
    at screen 0.02, screen 0.04 left
plot @rose using 1:(sqrt(100 * $2)) \
        with filledcurves closed lc rgb '#0072b2', \
    @rose using 1:(sqrt(100 * $2)) with points pt 7 ps 0.7 lc rgb '#0072b2'
unset label 1
