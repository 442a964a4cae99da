#!/usr/bin/env -S aplot -f
# dashboard.gp - all of a run at one glance: an image, two curves, what it says
#
#	scripts/gallery/demo.py | aptee | scripts/gallery/dashboard.gp
#
# Fields: w (1/s) over y and x (m), E over k, the numbers energy, lost, nu, t,
# and the text stage.

# between tics, for about n of them over d: 1, 2 or 5 times a power of ten
ten(d) = 10**floor(log10(d))
round(d) = ten(d) * (d / ten(d) < 1.5 ? 1 : d / ten(d) < 3.5 ? 2 : \
    d / ten(d) < 7.5 ? 5 : 10)
apart(d, n) = d > 0 ? round(d / n) : 1

# The image is square: cells of a terminal are twice as high as wide.
wide = 0.4
high = wide * APLOT_WIDTH / APLOT_HEIGHT / (APLOT_TEXT ? 2 : 1)
high = high > 0.62 ? 0.62 : high
top = 0.86
set tics nomirror
unset key
set multiplot

set lmargin at screen 0.09
set rmargin at screen 0.09 + wide
set tmargin at screen top
set bmargin at screen top - high
set palette defined (-3 '#08306b', -2 '#2f79b5', -1 '#a6cee3', 0 '#ffffff', \
    1 '#fdbf8f', 2 '#d9603b', 3 '#7f1d0f')
stats @w using 3 nooutput
most = abs(STATS_max) > abs(STATS_min) ? abs(STATS_max) : abs(STATS_min)
set cbrange [-most:most]
set cbtics apart(2 * most, 4)
if (!APLOT_TEXT) { set colorbox horizontal user size screen wide, screen 0.03 \
    origin screen 0.09, screen top - high - 0.12 }
set label 9 APLOT_TITLE noenhanced at screen 0.5, screen 0.965 center
set title 'vorticity (1/s)' offset 0, -0.5
set autoscale xfix
set autoscale yfix
set xtics 0.5
set ytics 0.5
if (APLOT_TEXT) {
	# characters make no image: where it turns fast, either way
	plot @w using 1:($3 > most / 3 ? $2 : NaN) with points pt '+', \
	    @w using 1:($3 < -most / 3 ? $2 : NaN) with points pt '-'
} else {
	plot @w using 1:2:3 with image
}
unset label 9
unset colorbox

set lmargin at screen 0.64
set rmargin at screen 0.97
set bmargin at screen top - 0.25
if (!APLOT_TEXT) { set grid lc rgb '#dcdcdc' lt 1 }
set title 'energy (m^2/s^2)'
stats @t__energy nooutput
set xtics apart(STATS_max_x - STATS_min_x, 4)
set ytics apart(STATS_max_y - STATS_min_y, 3)
plot @t__energy with lines lw 2 lc rgb '#0072b2'

set tmargin at screen 0.42
set bmargin at screen 0.1
set title 'spectrum (m^3/s^2)'
set logscale xy
set xtics 10
set ytics 100
set format y APLOT_TEXT ? '10^%L' : '10^{%L}'
plot @E with lines lw 2 lc rgb '#d55e00'
unset logscale
set format y '%g'

unset grid
unset border
unset tics
unset title
set lmargin at screen 0.09
set rmargin at screen 0.5
set tmargin at screen 0.15
set bmargin at screen 0.01
set label 1 TEXT_stage at graph 0, 0.7 noenhanced
set label 2 sprintf('viscosity %.1g m^2/s, energy off by %.0e', nu, lost) \
    at graph 0, 0.2
plot [0:1] [0:1] NaN
unset label
set border
unset multiplot
