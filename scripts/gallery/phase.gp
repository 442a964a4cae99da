#!/usr/bin/env -S aplot -f
# phase.gp - where a system is among its states, and the path that led there
#
#	build/lorenz -p | aptee | scripts/gallery/phase.gp
#
# Fields: trail_x, trail_z: the last of the path, in a ring to which a point is
# added every five steps; x, z: where it is now.  What is older is paler.
set title APLOT_TITLE noenhanced
set xlabel 'x, convection'
set ylabel 'z, profile'
if (!APLOT_TEXT) { set grid lc rgb '#e4e4e4' lt 1 }
unset key
unset colorbox
stats @trail_x using 2 nooutput
n = STATS_records
newest = n < 4000 ? n - 1 : (step / 5 - 1) % n
age(i) = (newest - int(i) + n) % int(n) / real(n)
mix(a, b, f) = int(a + (b - a) * f)
colour(f) = mix(0, 235, f) * 65536 + mix(70, 240, f) * 256 + mix(150, 245, f)
set label 1 '' at x, z point pt 7 ps 1.5 lc rgb '#d55e00' front
plot @trail_x__trail_z using 1:2:(colour(age($0))) \
    with lines lw 1.5 lc rgb variable
