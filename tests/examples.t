#!/bin/sh
# Goal: the examples in C and Fortran do what physics says when they are
# steered, do the same again from what was recorded, and end in good order by
# a signal, also while they are paused.
. "${0%/*}/lib.sh"

need gnuplot
# fields file name ...: their values, a line a record that has all of them
fields()
{
	"$PYTHON" -B - "$TOP/format" "$@" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import aprec
for r in aprec.read(sys.argv[2]):
    if not r.history and all(n in r for n in sys.argv[3:]):
        print(*(repr(r[n]) for n in sys.argv[3:]))
END
}

# The wave: its energy is kept, but for what steering does.
cat >wave.ctl <<'END'
at 100 set tension 1.9
at 200 set damping 0.5
at 300 set damping 0
at 400 set strike 5
at 500 stop
END
run env APREC_CONTROL=wave.ctl APREC_OUT=wave.apr wave -q -x 90 -e 10
err_has '^wave: 500 steps' 'wave stops as told'
fields wave.apr step energy >energy
"$PYTHON" - energy <<'END' >says
import sys
e = {int(a): float(b) for a, b in map(str.split, open(sys.argv[1]))}


def kept(first, last):
    part = [v for k, v in e.items() if first < k <= last]
    return max(part) - min(part) < 1e-9 * max(part)


print(kept(0, 100), kept(100, 200), kept(200, 300), kept(300, 400),
      kept(400, 500))
print(e[110] > e[100], all(e[k + 10] < e[k] for k in range(210, 300, 10)),
      e[410] > e[400])
END
is "$(cat says)" 'True True False True True
True True True' 'its energy changes by tension, damping and strikes alone'
is "$(fields wave.apr strike | tr '\n' ' ')" '0.0 5.0 0.0 ' \
    'a strike is told, and that it was done'
aprec control wave.apr >again.ctl
run env APREC_CONTROL=again.ctl APREC_OUT=again.apr wave -q -x 90 -e 10
fields wave.apr step t u energy >first
fields again.apr step t u energy >second
same first second 'what was recorded repeats it, bit for bit'
echo 'at 10 set tension 2' >wave.ctl
run env APREC_CONTROL=wave.ctl APREC_OUT=wave.apr wave -q -x 90 -e 10 -n 20
err_has 'tension: 2 is not from 0 to 1.9' 'it is not made unstable'

# The flow of Lorenz comes to rest where nothing drives it.
if [ -x "$BUILD/lorenz" ]; then
	printf 'at 2000 set rho 0.5\nat 30000 stop\n' >lorenz.ctl
	run env APREC_CONTROL=lorenz.ctl APREC_OUT=lorenz.apr lorenz -q -e 1000
	err_has '^lorenz: 30000 steps' 'lorenz stops as told'
	is "$(fields lorenz.apr step x | awk '$1 == 2000 || $1 == 30000 {
		print $1, ($2 * $2 > 1), ($2 * $2 < 1e-6) }' | uniq | tr '\n' ,)" \
	    '2000 1 0,30000 0 1,' 'and rests when it is not driven'
	is "$(fields lorenz.apr rho | tr '\n' ' ')" '28.0 0.5 ' \
	    'which is published'
	aprec control lorenz.apr >again.ctl
	run env APREC_CONTROL=again.ctl APREC_OUT=again.apr lorenz -q -e 1000
	fields lorenz.apr step t x y z >first
	fields again.apr step t x y z >second
	same first second 'bit for bit again'
else
	skip 4 'no lorenz'
fi

# Signals while they run and while they are paused.
for sim in wave lorenz; do
	[ -x "$BUILD/$sim" ] || {
		skip 8 "no $sim"
		continue
	}
	for how in running paused; do
		rm -f $sim.apr
		bg aptee aptee -q -l $sim $sim.apr
		aptee=$BG
		wait_for "[ -S '$APTEE_DIR/$sim' ]" 10
		bg $sim env APREC_OUT=$sim $sim -q -p -n 100000000
		eventually "$sim runs" \
		    "aptee -c $sim at 1 resume | grep -q ^ok" 20
		[ $how = running ] || aptee -c $sim pause >"$OUT"
		kill -s INT "$BG"
		bg_wait "$BG" 20
		status_is 130 "Ctrl-C ends it $how"
		bg_wait "$aptee" 20
		run aprec check $sim.apr
		status_is 0 'what was recorded is whole'
		run sh -c "aprec ls $sim.apr | grep -v ' history ' | tail -n 1"
		out_has ' final .* step:i64 ' 'and ends with the last state'
	done
done
end
