#!/bin/sh
# Goal: the heat equation in Python computes what it says, is published
# undamaged wherever its output goes, and says what it lacks.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need python3
export PYTHONDONTWRITEBYTECODE=1
heat=$TOP/scripts/heat.py

mkdir none
echo 'raise ImportError("hidden")' >none/numpy.py
run env PYTHONPATH=none "$PYTHON" "$heat"
status_is 1 'without numpy it fails'
err_has '^heat.py: needs numpy .*install' 'and says what to install'

"$PYTHON" -c 'import numpy' 2>/dev/null || {
	skip 1 'numpy is not here'
	end
}

cat >look.py <<'END'
import sys, warnings
sys.path.insert(0, sys.argv[1])
import aprec
warnings.simplefilter("error")
state, heat, hot, first = aprec.State(), [], [], None
for r in aprec.read(sys.argv[2]):
    s = state.merge(r)
    if "heat" in r:
        heat.append(r["heat"])
        hot.append(r["hottest"])
        first = first or r
print("x in the first", "x" in first, len(first["x"]) == len(first["T"]))
print("heat is kept", max(heat) - min(heat) < 1e-12 * heat[0])
print("it cools", all(b <= a * (1 + 1e-15) for a, b in zip(hot, hot[1:])))
print("final", s.final, "step", s.step)
print(*[s.fields[n].attrs["units"] for n in ("x", "T", "t", "heat")],
      *s.fields["T"].dims)
END
wanted='x in the first True True
heat is kept True
it cools True
final True step 20000
m degC s kJ/m2 x'

run "$PYTHON" -W error "$heat" -n 20000
cp "$OUT" run.apr
status_is 0 'it runs'
err_has '^heat.py: 20000 steps' 'and says what it did'
run "$PYTHON" look.py "$TOP/format" run.apr
out_is "$wanted" 'into a file'

# What it is told: heat comes in on the left and goes out on the right.
printf '%s\n' 'at 2000 set power 500' 'at 4000 set loss 900' \
    'at 6000 set fraction 0.4' 'at 9000 set power 0' 'at 9000 set loss 0' \
    'at 15000 stop' >rod.ctl
run env APREC_CONTROL=rod.ctl "$PYTHON" -W error "$heat" -e 1000
cp "$OUT" steered.apr
cat >steered.py <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import aprec
r = [r for r in aprec.read("steered.apr") if "heat" in r]
sure = [s["heat"] - s["supplied"] for s in r]
print("kept", max(sure) - min(sure) < 1e-10 * sure[0])
print([round(s["supplied"] / max(s["supplied"] for s in r), 1) for s in r])
dt = [(b["t"] - a["t"]) / (b["step"] - a["step"]) for a, b in zip(r, r[1:])]
print("half the step", abs(dt[-1] / dt[0] - 0.5) < 1e-9, r[-1]["step"])
END
run "$PYTHON" steered.py "$TOP/format"
out_is 'kept True
[0.0, 0.0, 0.0, 0.2, 0.4, 0.5, 0.7, 0.8, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
half the step True 15000' 'it obeys: heat comes in and goes out, exactly'

sh_run "$PYTHON $heat -n 20000 -e 1000 | $PYTHON look.py $TOP/format -"
out_is "$wanted" 'into a pipe'

# The rod against the exact solution: copper alone, a wave of cosine.
cat >exact.py <<'END'
import sys
sys.path.insert(0, sys.argv[1])
sys.argv[1:] = []
import heat, numpy as np
heat.STEEL = heat.COPPER
r = heat.Rod(200)
wave = np.cos(3 * np.pi * r.x / heat.LENGTH)
r.T = heat.ROOM + 100 * wave
for _ in range(5000):
    r.step()
a = heat.COPPER[0] / heat.COPPER[1]
exact = heat.ROOM + 100 * wave * np.exp(
    -a * (3 * np.pi / heat.LENGTH)**2 * 5000 * r.dt)
print(abs(r.T - exact).max() < 2e-3 * abs(exact - heat.ROOM).max(),
      abs(exact - heat.ROOM).max() > 1)
END
run "$PYTHON" exact.py "$TOP/scripts"
out_is 'True True' 'a cosine decays as it must'

# A shell's job in the background ignores Ctrl-C.
bg slow perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$PYTHON" "$heat" -n 1000000000
eventually 'it publishes' '[ -s slow.out ]' 20
kill -INT "$BG"
bg_wait "$BG" 20
status_is 130 'Ctrl-C ends it'
"$PYTHON" look.py "$TOP/format" slow.out >seen 2>&1
is "$(sed -n 's/step.*//;4p' seen)" 'final True ' \
    'with its final record, nothing torn'

if command -v mpirun >/dev/null; then
	mpi="mpirun --allow-run-as-root --oversubscribe -n 4"
	sh_run "$mpi $PYTHON $heat -q -n 2000 | wc -c"
	out_is 0 'four processes publish nothing into one pipe'
	is "$(grep -c '^aprec: ' "$ERR")" 1 'and one says how'
	APREC_OUT=run.%r.apr
	export APREC_OUT
	sh_run "$mpi $PYTHON $heat -q -n 2000"
	unset APREC_OUT
	for i in 0 1 2 3; do
		"$PYTHON" look.py "$TOP/format" run.$i.apr
	done >seen 2>&1
	is "$(grep -c 'final True step 2000' seen)" 4 \
	    'as it says, each has its file'
else
	skip 3 'mpirun is not here'
fi
end
