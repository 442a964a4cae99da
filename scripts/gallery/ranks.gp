#!/usr/bin/env -S aplot -f
# ranks.gp - one field of several sources, a colour and a name for each
#
#	APREC_OUT=study mpirun -n 4 scripts/gallery/demo.py &
#	aptee -i study | scripts/gallery/ranks.gp
#
# Fields: mean (m/s) over y (m), and the number nu (m2/s), of each source.
# The colours go from dark to bright in the order of the ranks.
set title APLOT_TITLE noenhanced
set xlabel 'y (m)'
set ylabel 'mean velocity along x (m/s)' offset 1
if (!APLOT_TEXT) { set grid lc rgb '#dcdcdc' lt 1 }
set key bottom center reverse Left samplen 2 noenhanced
set palette defined (0 '#440154', 1 '#414487', 2 '#2a788e', 3 '#22a884', \
    4 '#7ad151')
unset colorbox
if (APLOT_FIRST) { set autoscale xfix }
set cbrange [0:(NSRC > 1 ? NSRC - 1 : 1)]
plot @mean_thin with lines lw 2 lc palette cb S - 1 \
    title SRC(S)
