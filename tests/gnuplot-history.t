#!/bin/sh
# Goal: of a long run of one number, every single value that sticks out is in
# the picture, and aplot keeps to little memory.
# Not under: address
. "${0%/*}/lib.sh"
need gnuplot convert

COUNT=1000000
help-spikes $COUNT 40 7 >run.apr 2>spikes
is "$(wc -l <spikes)" 40 'there are values that stick out'
sh_run "aplot -q -T 'png size 1000,600' -o x.png \
    -e 'set lmargin at screen 0.1; set rmargin at screen 0.9' \
    -e 'set bmargin at screen 0.1; set tmargin at screen 0.9' \
    -e 'set xrange [0:$COUNT]; set yrange [-1:1]' step:e <run.apr"
status_is 0 'it is drawn'
convert x.png -depth 8 x.ppm
run "$PYTHON" "$TOP/tests/spikes.py" x.ppm $COUNT spikes
status_is 0 'the picture is looked at'
out_is '' 'all of them are seen, and nothing else'
end
