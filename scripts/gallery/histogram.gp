#!/usr/bin/env -S aplot -f
# histogram.gp - how often each value occurs in a field, its mean and sigma
#
#	scripts/gallery/demo.py | aptee | scripts/gallery/histogram.gp
#
# Fields: w (1/s), of any shape.
stats @w using 3 nooutput
bins = 60
width = (STATS_max - STATS_min) / bins
width = width > 0 ? width : 1
least = STATS_min
n = STATS_records
mean = abs(STATS_mean) > 1e-9 * STATS_stddev ? STATS_mean : 0
sigma = STATS_stddev

array count[bins]
do for [i = 1:bins] { count[i] = 0 }
add(i) = (count[i] = count[i] + 1)
most = STATS_max
stats @w using (add($3 < most ? 1 + int(($3 - least) / width) : bins)) nooutput

set title APLOT_TITLE noenhanced
set xlabel 'vorticity (1/s)'
set ylabel 'share (%)' offset 1
if (!APLOT_TEXT) { set grid y lc rgb '#dcdcdc' lt 1 }
set style fill solid 0.6 noborder
set boxwidth 0.9 * width
set tics nomirror
set border 3
set key tmargin center horizontal samplen 2
set logscale y
set arrow 1 from mean, graph 0 to mean, graph 1 nohead lw 2 lc rgb '#d55e00'
set arrow 2 from mean - sigma, graph 0.04 to mean + sigma, graph 0.04 \
    heads size graph 0.01, 90 lw 2 lc rgb '#d55e00' front
plot count using ((least + ($1 - 0.5) * width)):(100. * $2 / n) \
        with boxes lc rgb '#0072b2' title 'share of the box', \
    NaN with lines lw 2 lc rgb '#d55e00' \
        title sprintf('mean %.3g, sigma %.3g', mean, sigma)
