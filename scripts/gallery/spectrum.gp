#!/usr/bin/env -S aplot -f
# spectrum.gp - a spectrum on logarithmic axes, beside a power law
#
#	scripts/gallery/demo.py | aptee | scripts/gallery/spectrum.gp
#
# Fields: E (m3/s2) over k, waves in a metre; the computation makes its own
# Fourier transform.  The law passes through the spectrum at "there".
slope = -3
there = 4
set logscale xy
set format y APLOT_TEXT ? '10^%L' : '10^{%L}'
set title APLOT_TITLE noenhanced
set xlabel 'waves in a metre'
set ylabel 'energy (m^3/s^2)'
if (!APLOT_TEXT) { set grid lc rgb '#dcdcdc' lt 1 }
set key top right samplen 2
set tics nomirror
if (APLOT_FIRST) { set autoscale xfix; set yrange [1e-9:1] }
stats @E using ($1 == there ? $2 : NaN) nooutput
law(k) = k >= there && k <= 6 * there ? STATS_max * (k / there)**slope : NaN
plot law(x) with lines lw 2 dt 2 lc rgb '#808080' \
        title sprintf(APLOT_TEXT ? 'k^%g' : 'k^{%g}', slope), \
    @E with linespoints lw 2 pt 7 ps 0.6 lc rgb '#0072b2' title 'energy'
