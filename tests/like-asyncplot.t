#!/bin/sh
# Goal: what asyncplot let a computation in Python do, line by line, and what
# stood on its list of things to do.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"
. "$TOP/tests/sshd.sh"

need python3 gnuplot
PYTHONPATH=$TOP/format
PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE

# Its own example, a wave that travels, as a computation: STEPS steps, or
# until it is stopped; at its end it says what it computed.
cat >calc.py <<'END'
import math
import os
import sys
import aprec

def main(where=None):
    steps = int(os.environ.get("STEPS", "1000000000"))
    x = [i * 2 * math.pi / 99 for i in range(100)]
    with aprec.open(where) as out:
        c = out.param("c", 0.01, 0, 1, label="speed")
        n, t = 0, 0.0
        try:
            while n < steps and not out.stopped:
                n, t = n + 1, t + c.value
                out.publish(x=x, y=[math.sin(a + t) for a in x], step=n, t=t)
                if n == 50:
                    print("on its way", file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            print("interrupted at", n, file=sys.stderr)
            raise
        finally:
            print("computed", n, "t %.6f" % t, file=sys.stderr)

if __name__ == "__main__":
    main(*sys.argv[1:])
END

# here name command ...: bg, but as from a terminal: what a shell starts in
# the background has INT ignored.
here()
{
	_as=$1
	shift
	bg "$_as" perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$@"
}

# left: processes of this test that are still there, but for this shell's
left()
{
	ps -eo args= | grep -F -e calc.py -e aptee -e aplot -e gnuplot |
	    grep -F -e "$T" -e calc.py -e "run$$" | grep -v -e grep -e sh_run
}

# Plotting does not slow the calculation: nothing in it waits for a viewer, and
# with one that is stopped for all of the time it computes the same.
export STEPS=3000
sh_run "'$PYTHON' calc.py >/dev/null"
grep computed "$ERR" >alone
: >pid
here run sh -c "'$PYTHON' calc.py | aptee -l run$$ |
    sh -c 'echo \$\$ >pid; kill -s STOP \$\$; exec cat >seen.apr'"
wait_for 'grep -q computed run.err' 60
grep computed run.err >watched
same alone watched 'a viewer that is stopped does not hold up the calculation'
ok 'which is over while nothing was taken' test ! -s seen.apr
kill -s CONT "$(cat pid)"
bg_wait "$BG" 20
status_is 0 'the viewer goes on'
is "$(aprec csv -n step seen.apr | tail -n 1)" 3000 'and sees the last state'
unset STEPS

# The user keeps control: KeyboardInterrupt works while it is watched.
here run sh -c "exec '$PYTHON' calc.py '|aptee -q -l run$$ | aplot -q -o a.png'"
run=$BG
wait_for 'test -s a.png' 20
kill -s INT "$run"
bg_wait "$run" 20
ok 'KeyboardInterrupt works in a run that is watched' \
    grep -q '^interrupted at' run.err
ok 'as an exception of the calculation' grep -q '^KeyboardInterrupt' run.err

# And while it is paused.
here aptee aptee -q -l "run$$" /dev/null
here run env APREC_OUT="run$$" "$PYTHON" calc.py
run=$BG
wait_for 'grep -q way run.err' 20
here viewer aplot -q -o b.png -i "run$$"
wait_for 'test -s b.png' 20
run aptee -c "run$$" pause
out_has '^ok at step [0-9]+$' 'it is paused'
at=$(sed 's/.* //' "$OUT")
kill -s INT "$run"
bg_wait "$run" 20
ok 'KeyboardInterrupt works while it is paused' \
    grep -q "^interrupted at $at\$" run.err
bg_wait "$BG" 20

# The viewer is started by the computation, with the user's plotting code: a
# script of gnuplot's, and a program in Python.
cat >mine.gp <<'END'
set yrange [-1:1]
set title sprintf('mine at %d', step)
plot @x__y with lines title 'my sine'
END
cat >mine.py <<'END'
import sys
import aprec

class Plotter:
    def __init__(self):
        self.drawn = 0

    def draw(self, x, y, step):
        self.drawn += 1
        with open("mine.txt", "w") as f:
            print("drawn %d, step %d: %.3f to %.3f" %
                  (self.drawn, step, min(y), max(y)), file=f)

plotter, state = Plotter(), aprec.State()
for r in aprec.read():
    now = state.merge(r)
    if "y" in now:
        plotter.draw(now["x"], now["y"], now["step"])
END
sh_run "STEPS=400 '$PYTHON' calc.py '|aptee -q |
    aplot -q -T \"dumb size 79,24\" -o mine.gp.txt -f mine.gp'"
status_is 0 'the viewer is started by the computation'
ok 'with plotting code in gnuplot' grep -q 'mine at 400' mine.gp.txt
ok 'with its curve' grep -q 'my sine' mine.gp.txt
sh_run "STEPS=400 '$PYTHON' calc.py '|aptee -q | \"$PYTHON\" mine.py'"
status_is 0 'or in Python'
ok 'which draws the last state' grep -q 'step 400: -[01.0-9]* to [01]' mine.txt

# The run has ended: no process, socket or file is left.
mkdir clean
cp calc.py clean
(cd clean && STEPS=300 "$PYTHON" calc.py "|aptee -q -l clean$$ | aplot -q \
    -T dumb -o /dev/null" 2>/dev/null)
is "$(ls clean)" calc.py 'no file is left'
is "$(ls "$APTEE_DIR")" '' 'no socket'
is "$(ps -eo args= | grep -F "clean$$" | grep -v grep)" '' 'and no process'

# Two viewers at once, one leaving, one crashing.
here aptee aptee -q -l "two$$" two.apr
here run env APREC_OUT="two$$" "$PYTHON" calc.py
run=$BG
wait_for 'grep -q way run.err' 20
here leaves aplot -q -o c.png -i "two$$"
leaves=$BG
here crashes aplot -q -o d.png -i "two$$"
crashes=$BG
here stays aplot -q -T dumb -o e.txt -i "two$$"
stays=$BG
wait_for 'test -s c.png -a -s d.png -a -s e.txt' 20
run aptee -c "two$$" stat
out_has 'viewers 3 ' 'several clients at once'
kill -s TERM "$leaves"
kill -s KILL "$crashes"
eventually 'one leaves, one crashes' \
    'aptee -c two$$ stat | grep -q "viewers 1 "' 20
run aptee -c "two$$" stop
bg_wait "$run" 20
status_is 0 'the calculation goes on, until it is told to stop'
bg_wait "$stays" 20
last=$(sed -n 's/^computed \([0-9]*\) .*/\1/p' run.err)
ok 'and who stays sees its last step' grep -q "step ${last:-none} " e.txt

# Watched remotely, over ssh, where intermediate data are dropped before the
# network: the one who looks here is slow.
if sshd_start far; then
	sed -i "s,^exec,PYTHONPATH='$PYTHONPATH' &," .lib/login
	cat >slow.py <<-'END'
	import sys, time
	import aprec
	n = last = 0
	for r in aprec.read():
	    n += 1
	    last = r.get("step", 0) or last
	    time.sleep(0.05 if n < 20 else 0)
	print("taken", n, "last", last)
	END
	sh_run "ssh -n far 'STEPS=4000 \"$PYTHON\" calc.py | aptee -r 10' |
	    '$PYTHON' slow.py"
	status_is 0 'a run is watched over ssh'
	out_has 'last 4000$' 'and its last state arrives'
	taken=$(sed -n 's/^taken \([0-9]*\) .*/\1/p' "$OUT")
	# aptee, there: in 20002 = out 15 + dropped 19987
	read -r in out dropped _ <<-END
	$(tr -d '=+a-z,' <"$ERR" | sed -n 's/^: (): //p')
	END
	ok 'intermediate data are dropped before the network' \
	    test "${out:-0}" -gt 0 -a "${dropped:-0}" -gt "${out:-0}"
	note "$in published, $out sent, $dropped dropped"
	is "$taken" "$out" 'what was sent is what comes'
else
	skip 4 "$SSHD_WHY"
fi

# Its list of things to do.  Logging, and a profile of what it costs:
sh_run "APREC_DEBUG=1 STEPS=300 '$PYTHON' calc.py | cat >debug.apr"
err_has '^aprec: .*policy all' 'logging: it says what it does'
err_has '^aprec: .*300 publishes, 0 of them skipped' \
    'profile: and at the end what was published'
err_has '^aprec: .* s in publish' 'and what it cost'

# Configuration: where it goes, and what, without a change of the calculation.
run env STEPS=100 APREC_OUT=conf.%h.apr APREC_SOURCE=me APREC_EVERY=10 \
    APREC_FIELDS='y[::4],t' "$PYTHON" calc.py
run aprec ls "conf.$(uname -n | sed 's/\..*//').apr"
out_has ' me .*y:f64\[25\]' 'configuration: by the environment'
out_lacks ' x:' 'only what was asked for'

# Overflow: one publish is a hundred times what a socket or pipe holds.
cat >big.py <<'END'
import array
import aprec
with aprec.open() as out:
    for n in range(5):
        out.publish(n=n, big=array.array("d", [n]) * 3000000)
END
here aptee aptee -q -l "big$$" big.apr
aptee=$BG
wait_for 'test -S "$APTEE_DIR/big$$"' 10
here viewer sh -c "aptee -q -i big$$ >big.seen"
run env APREC_OUT="big$$" "$PYTHON" big.py
status_is 0 'overflow: 24 MB through a socket'
bg_wait "$BG" 20
bg_wait "$aptee" 20
is "$(aprec csv -n n,big big.seen | tail -n 2)" '4,4
4,4' 'arrive whole'

# Clean-up: ended by TERM in the midst of it, its viewer and its socket too.
here run "$PYTHON" calc.py "|aptee -q -l term$$ | aplot -q -o f.png"
run=$BG
wait_for 'test -s f.png' 20
kill -s TERM "$run"
bg_wait "$run" 20
eventually 'clean-up: TERM leaves no process' \
    '! ps -eo args= | grep -v grep | grep -q "term$$"' 20
is "$(ls "$APTEE_DIR")" '' 'and no socket'

# Disconnects: he who serves is killed; the calculation goes on.
here aptee aptee -q -l "gone$$"
aptee=$BG
here run env APREC_OUT="gone$$" STEPS=4000 "$PYTHON" calc.py
wait_for 'grep -q way run.err' 20
kill -s KILL "$aptee"
bg_wait "$BG" 60
ok 'disconnects: it computes to its end' grep -q 'computed 4000' run.err
end
