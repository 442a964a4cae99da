#!/usr/bin/env -S aplot -f
# vectors.gp - a flow as arrows over its speed
#
#	scripts/gallery/demo.py | aptee | scripts/gallery/vectors.gp
#
# Fields: speed (m/s) over y and x (m), and u, v (m/s), its parts along x and
# y.  There are about "across" arrows a side; the longest is as long as they
# are apart.
set title APLOT_TITLE noenhanced
set xlabel 'x (m)'
set ylabel 'y (m)'
set cblabel 'speed (m/s)'
set size ratio -1
set xtics out nomirror
set ytics out nomirror
set palette defined (0 '#440154', 1 '#46327e', 2 '#365c8d', 3 '#277f8e', \
    4 '#1fa187', 5 '#4ac16d', 6 '#a0da39', 7 '#fde725')
unset key
if (APLOT_FIRST) { set autoscale xfix; set autoscale yfix }

across = 24
stats @speed using 1 nooutput
points = sqrt(STATS_records)
width = STATS_max - STATS_min
stats @speed using 3 nooutput
most = STATS_max
apart = ceil(points / across)
scale = width / points * apart / most
set cbrange [0:most]

# The arrows need u and v beside x and y: u's columns hold the place, v's
# third is taken from the same row of another table.
set table $u
plot @u using 1:2:3 with table
set table $v
plot @v using 1:2:3 with table
unset table
n = int(points)
at(i) = int(i) % apart == apart / 2 && int(i) / n % apart == apart / 2
shown(i) = at(i) ? 1 : NaN
other(i) = real(word($v[int(i) + 1], 3))
plot @speed using 1:2:3 with image, \
    $u using ($1 * shown($0) - scale * $3 / 2):\
    ($2 - scale * other($0) / 2):(scale * $3):(scale * other($0)) \
    with vectors size graph 0.008, 25 filled lc rgb '#ffffff' lw 1.2
