#!/usr/bin/env -S aplot -f
# profile.gp - a profile, and the band in which the field lies around it
#
#	scripts/gallery/demo.py | aptee | scripts/gallery/profile.gp
#
# Fields: y (m), and over it mean, least and greatest (m/s).  The line is
# thinned: of a profile of ten million points as many are drawn as are seen.
set title APLOT_TITLE noenhanced
set xlabel 'y (m)'
set ylabel 'velocity along x (m/s)' offset 1
set key tmargin center horizontal samplen 2
if (!APLOT_TEXT) { set grid lc rgb '#dcdcdc' lt 1 }
set style fill solid 0.25 noborder
if (APLOT_FIRST) { set autoscale xfix }
plot @y__least__greatest using 1:2:3 with filledcurves \
        lc rgb '#0072b2' title 'least to greatest', \
    @mean_thin with lines lw 2 lc rgb '#0072b2' title 'mean'
