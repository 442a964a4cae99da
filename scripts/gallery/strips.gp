#!/usr/bin/env -S aplot -f
# strips.gp - the past of several numbers, one above the other
#
#	scripts/gallery/demo.py | aptee | scripts/gallery/strips.gp
#
# Fields: energy, enstrophy, across and lost, numbers, over the time t (s).
# All strips share the axis of time below.
past = '@t__energy @t__enstrophy @t__across @t__lost'
names = 'energy enstrophy across lost'
units = 'm^2/s^2 1/s^2 m/s m^2/s^2'
colours = '#0072b2 #d55e00 #009e73 #cc79a7'
data(i) = i == 1 ? energy : i == 2 ? enstrophy : i == 3 ? across : lost

# between tics, for about n of them over d: 1, 2 or 5 times a power of ten
ten(d) = 10**floor(log10(d))
round(d) = ten(d) * (d / ten(d) < 1.5 ? 1 : d / ten(d) < 3.5 ? 2 : \
    d / ten(d) < 7.5 ? 5 : 10)
apart(d, n) = d > 0 ? round(d / n) : 1

n = words(names)
top = APLOT_TEXT ? 0.9 : 0.91
bottom = 0.13
high = (top - bottom) / n
if (!APLOT_TEXT) { set grid lc rgb '#dcdcdc' lt 1 }
set tics nomirror
set lmargin at screen 0.14
set rmargin at screen 0.96
set format x ''
unset key
if (APLOT_FIRST) { set autoscale xfix }
set multiplot
set label 2 APLOT_TITLE noenhanced at screen 0.5, screen 0.97 center
do for [i = 1:n] {
	set tmargin at screen top - (i - 1) * high - 0.05
	set bmargin at screen top - i * high
	if (i == n) { set format x '%g'; set xlabel 't (s)' }
	set label 1 sprintf('%s  %.4g %s', word(names, i), data(i), \
	    word(units, i)) at graph 0, graph 1 offset 0.5, APLOT_TEXT ? 1 : 0.7 \
	    tc rgb word(colours, i)
	eval 'stats '.word(past, i).' using 2 nooutput'
	set ytics apart(STATS_max - STATS_min, 2)
	eval 'plot '.word(past, i).' with lines lw 2 lc rgb word(colours, i)'
	unset label 2
}
unset multiplot
unset xlabel
unset label 1
