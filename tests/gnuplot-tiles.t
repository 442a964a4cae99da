#!/bin/sh
# Goal: the tiles of a decomposed field are drawn as the one array that they
# are, to the pixel; what is missing is a gap, and what cannot be true is told
# and drawn by itself.
. "${0%/*}/lib.sh"
need gnuplot
export PYTHONPATH="$TOP/format"

for kind in whole tiles global index missing left holes halo wrong huge jobs one each; do
	"$PYTHON" "$TOP/tests/tiles.py" $kind >$kind.apr
done

# draw stream picture [plot ...]: without titles, which say who drew it
draw()
{
	stream=$1 picture=$2
	shift 2
	run help-gnuplot -e "set title ''" -o "$picture" "$@" <"$stream.apr"
}
# panels n name stream [plot ...]
panels()
{
	n=$1 name=$2 stream=$3
	shift 3
	run help-gnuplot -n "$@" <"$stream.apr"
	is "$(grep -Ec '^(plot|splot) ' "$OUT")" "$n" "$name"
}

for plot in u 'w[z=2]' w 'w[y=25]' l g 'w[z=1,y=30]' x:y:u c:l px:py:g; do
	draw whole whole.png "$plot"
	for kind in tiles global halo; do
		case $kind,$plot in
		halo,px:py:g) continue ;;
		esac
		draw $kind $kind.png "$plot"
		err_is '' "$plot of $kind: without a word"
		same whole.png $kind.png "$plot of $kind: the same picture"
	done
done

panels 4 'unasked, an image each of u, w and g, and a curve' tiles
out_has "'heat.0 to 5    steps 10 to 15'" 'the title: the ranks, their steps'
out_has "'6 tiles'" 'and how many tiles there are'
is "$(grep -c 'set cbrange' "$OUT")" 3 'one range of colours for all of them'
panels 4 'the same without coordinates' index
out_has 'x .index.' 'is drawn over the indices'

panels 4 'some missing: the same panels' missing
out_has "'heat.0 to 4 .4 sources.    step 10'" 'the title: how many are there'
out_has "'4 tiles, 34 % missing'" 'and how much is missing'
panels 2 'of one row of tiles the coordinates go on' left u l
out_has "set xlabel 'x .m.'" 'to the end of the whole'
run help-gnuplot -o left.png u <left.apr
is "$(sed -n 's/.* array=(\([0-9]*\),.* dx=\([0-9.]*\) .*/\1 \2/p' \
    frame.gp | awk '{ printf "%.1f\n", $1 * $2 }')" 4.0 'as they do beside it'
draw holes holes.png u
"$PYTHON" - frame.dat >values <<'END'
import array, math, sys
got = array.array("d", open(sys.argv[1], "rb").read())
print(len(got))
for at, v in enumerate(got):
    i, j = at % 60, at // 60
    rank = j // 20 * 3 + i // 20
    want = math.sin(i / 9) * math.cos(j / 7)
    if (v != v) != (rank in (1, 5)) or (v == v and abs(v - want) > 1e-12):
        print("wrong at", i, j, v)
        break
END
is "$(cat values)" 2400 'where a tile is missing is a gap, and nowhere else'

panels 12 'wrong tiles are each drawn by itself, right ones as one' wrong u
err_has 'bad.0@host: u is drawn by itself: its tile_extents and' \
    'which is told'
run help-gnuplot -k 1 -o wrong.png u <wrong.apr
is "$(grep -c 'bad.0@host' "$ERR")" 1 'and not in every frame'

for k in 0 1 2 3 4 5 6 7 8 9 10; do
	"$PYTHON" "$TOP/tests/tiles.py" wrong $k >single.apr
	run help-gnuplot -n u <single.apr
	err_has "bad.$k@host: u is drawn by itself: " "wrong tile $k is told"
done
panels 2 'what is a whole of its own is joined with nothing' each u

panels 4 'tiles of what nobody has are each drawn by itself' huge u
err_has 'huge.0@host: u is drawn by itself: too little is there' \
    'which is told'

# In a script every tile is at its place.
cat >script.gp <<'END'
set title ''
plot @u using 1:2:3 with image
END
run help-gnuplot -n -f script.gp <index.apr
"$PYTHON" - "$OUT" >ranges <<'END'
import sys
rows = [line.split() for line in open(sys.argv[1])]
rows = [[float(w) for w in r] for r in rows
        if len(r) == 3 and all(c in "0123456789.-+e" for w in r for c in w)]
print(len(rows), min(r[0] for r in rows), max(r[0] for r in rows),
      min(r[1] for r in rows), max(r[1] for r in rows))
END
is "$(cat ranges)" '2400 0.0 59.0 0.0 39.0' \
    'in a script every tile lies where it belongs'

panels 2 'two jobs are two images' jobs u
panels 2 'one tile alone' one
err_is '' 'and one that is all of its array: nothing is wrong'
out_has 'set xlabel .x .index' 'over the indices of the whole'
end
