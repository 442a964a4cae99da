#!/bin/sh
# Goal: every script of the gallery draws, from a stream of what its comment
# says, a picture with what it promises in it, as pixels and as characters,
# and nothing is told.
# Not under: address
. "${0%/*}/lib.sh"
need gnuplot convert identify
"$PYTHON" -c 'import numpy' 2>/dev/null || skip_all 'numpy is not here'
gallery=$TOP/scripts/gallery

"$PYTHON" -B "$gallery/demo.py" -x 48 -n 120 -e 8 >demo.apr
wave -q -n 600 -e 60 -x 48 >wave.apr 2>/dev/null
for rank in 0 1 2; do
	OMPI_COMM_WORLD_RANK=$rank OMPI_COMM_WORLD_SIZE=3 \
	    APREC_OUT='r%r.apr' "$PYTHON" -B "$gallery/demo.py" -x 32 -n 8 -e 8
done
cat r?.apr >ranks.apr
[ ! -x "$BUILD/lorenz" ] || lorenz -q -n 30000 -e 1000 >lorenz.apr 2>/dev/null

# What demo.py says is always true: energy falls by viscosity alone.
"$PYTHON" -B - "$TOP/format" demo.apr <<'END' >says
import sys
sys.path.insert(0, sys.argv[1])
import aprec
r = [r for r in aprec.read(sys.argv[2]) if "lost" in r]
print(all(abs(a["lost"]) < 1e-5 * a["energy"] for a in r),
      all(b["energy"] < a["energy"] for a, b in zip(r, r[1:])),
      r[-1]["across"] > 4 * r[0]["across"], abs(sum(r[-1]["rose"]) - 1) < 1e-9)
END
is "$(cat says)" 'True True True True' 'the demo computes what it says'

# Stream of each, colours in its picture (how many at least; some), and what
# is seen of it among characters.
cat >table <<'END'
dashboard	demo	200	0072B2 D55E00	vorticity .*energy
histogram	demo	3	D55E00	mean 0
image	demo	200	404040	\*\*.*vorticity
phase	lorenz	100	D55E00	convection
polar	demo	3	0072B2	90°
profile	demo	3	0072B2 BFDBEB	XXX.*##
ranks	ranks	3	440154 7AD151	rank\|demo.2
spectrum	demo	3	0072B2 808080	10^-2
strips	demo	4	0072B2 D55E00 009E73 CC79A7	enstrophy
surface	wave	200	FFFFFF	\*\*\*\*
vectors	demo	100	FFFFFF	>.*speed
waterfall	demo	50	FFFFFF	ooo
END
is "$(cut -f 1 table)" "$(cd "$gallery" && ls -- *.gp | sed 's/\.gp$//')" \
    'the table has them all'

# try name stream colours some seen
try() {
	script=$gallery/$1.gp
	[ -s "$2.apr" ] || {
		skip 9 "no $2"
		return
	}
	ok "$1: can be run" test -x "$script"
	is "$(sed -n '1p; 2s/ - .*//p' "$script")" "#!/usr/bin/env -S aplot -f
# $1.gp" "$1: says what it is"
	ok "$1: and how it is run" \
	    grep -q "^#	.*scripts/gallery/$1\.gp\$" "$script"
	rm -f x.png x.txt
	run aplot -T 'png truecolor size 640,480' -o x.png -f "$script" \
	    <"$2.apr"
	status_is 0 "$1: draws"
	err_is '' "$1: without a word"
	convert x.png -format %c histogram:info:- >colours
	ok "$1: in colours" test "$(wc -l <colours)" -ge "$3"
	for colour in $4; do
		grep -q "#$colour" colours || note "$1: no $colour"
		grep -q "#$colour" colours || break
	done
	ok "$1: those of what it shows" grep -q "#$colour" colours
	run aplot -T dumb -o x.txt -f "$script" <"$2.apr"
	err_is '' "$1: among characters without a word"
	ok "$1: it is seen there" grep -q -- "$5" x.txt
}
while IFS='	' read -r name stream least some seen; do
	try "$name" "$stream" "$least" "$some" "$seen"
done <table

# As a user runs one, with options behind its name.
run "$gallery/profile.gp" -o y.png <demo.apr
status_is 0 'a script is a program'
is "$(identify -format '%w %h' y.png)" '1280 960' 'with options of aplot'
run "$gallery/profile.gp" -o y.png demo.apr
status_is 0 'and a recording as operand'
end
