#!/bin/sh
# Goal: what the IDict of mmf.async.server let a computation and its clients
# do, line by line; and what it could not keep its users safe from.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need python3
PYTHONPATH=$TOP/format
PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE

# A root by Newton's method in an interval, relaxed: with its boilerplate as
# IDict's page has it.  What belongs together: x, f = x^2 - 2, and an array of
# which each element is x.
cat >solve.py <<'END'
import sys
import aprec

def plot_results(out):
    with open("results.dat", "a") as f:
        print(out["step"], out["x"], file=f)

def print_mesg(out):
    if out["step"] % 100 == 0:
        print("computation: step", out["step"], "x", out["x"])

def bad_idea(out):
    if out["step"] == 3:
        raise RuntimeError("a callback that fails")

def run_computation(out, omega, steps):
    x, step = 2.0, 0
    while not out.stopped and step < steps:
        step += 1
        x -= omega.value * 0.01 * (x * x - 2) / (2 * x)
        out["x"] = x
        out["f"] = x * x - 2
        out["many"] = [x] * 20000
        out["step"] = step
        out.publish()
        out.wait(0.002)
    out["message"] = "x is %.6f" % x
    out.publish(final=True)
    print("terminated" if out.stopped else "done", step)

def run(name, steps, timeout):
    with aprec.serve(name, timeout=timeout) as out:
        out.on_update(plot_results)
        out.on_update(print_mesg)
        out.on_update(bad_idea)
        omega = out.param("omega", 1.0, 0, 2, label="relaxation")
        out.on_change(lambda name, value: print("set", name, value))
        run_computation(out, omega, steps)
    print("closed")

run(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
END

# idict steps timeout: a computation that is served
idict()
{
	rm -f results.dat
	# What a shell starts in the background has INT ignored.
	bg solve perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' \
	    "$PYTHON" -W always -u solve.py solver "$1" "$2"
	solve=$BG
	wait_for 'aptee -c solver keys 2>/dev/null | grep -q many' 20
}

# step_of: where it is
step_of()
{
	aptee -c solver get step | sed -n 's/.* //p'
}

idict 1000000 60

# A dictionary of results, updated atomically.
cat >atomic.py <<'END'
import aprec
seen = set()
with aprec.connect("solver") as live:
    for now in live.updates(timeout=20):
        x = now["x"]
        assert now["f"] == x * x - 2, (x, now["f"])
        assert set(now["many"]) == {x}, (x, now["many"])
        seen.add(now["step"])
        if len(seen) == 50:
            break
print(len(seen), "moments, each of one piece")
END
run timeout 60 "$PYTHON" atomic.py
out_is '50 moments, each of one piece' 'results are updated atomically'

# wait(timeout).
cat >wait.py <<'END'
import time
import aprec
with aprec.connect("solver") as live:
    print("news", live.wait(10))
    live.pause()
    while live.wait(0.5):
        pass
    print("paused, so no news", live.wait(0.2))
    step = live.step
    live.resume()
    while live.step == step and live.wait(10):
        pass
    print("news again", live.step > step)
END
run timeout 60 "$PYTHON" wait.py
out_is 'news True
paused, so no news False
news again True' 'wait(timeout) in a client'

# Inspect, from a client and from the shell, at any time.
run aptee -c solver keys
out_has '^ok' 'keys from the shell'
for name in x f many step omega; do
	out_has "[^a-z]${name}[^a-z]" "$name is among them"
done
run aptee -c solver get x
out_has ' x [0-9.]+$' 'get from the shell'
run aptee -c solver get nonsense
status_is 1 'a name that is not there is an error'
run aptee -c solver pause
status_is 0 'a client pauses it'
run aptee -c solver get x
out_has ' x [0-9.]+$' 'and looks into it while it is paused'
run "$PYTHON" -c 'import aprec
with aprec.connect("solver") as live:
    print(sorted(live), "x" in live, live.get("y", 7), len(live["many"]))'
out_has "^\['control', 'f', 'many', 'omega', 'step', 'x'\] True 7 20000$" \
    'and from Python, as in a dictionary'

# Change a value.
before=$(step_of)
run aptee -c solver set omega 0.5
out_has '^ok at step [0-9]+$' 'a value is changed, while it is paused'
run aptee -c solver get omega
out_has ' omega 0.5$' 'and published'
is "$(step_of)" "$before" 'though it computes nothing'
run aptee -c solver set omega 3
out_is 'error omega: 3 is not from 0 to 2' 'a bad value is refused'
run aptee -c solver set x 1
out_is 'error there is no parameter "x" (omega)' 'and what is no parameter'
run "$PYTHON" -c 'import aprec
with aprec.connect("solver") as live:
    live["omega"] = 1.5
    while live["omega"] != 1.5 and live.wait(5):
        pass
    print(live["omega"])'
out_is 1.5 'live[...] = value changes it from Python'
run aptee -c solver resume
status_is 0 'it goes on'

# Callbacks that plot and print, in the computation and in the client.
eventually 'callbacks print in the computation' \
    'grep -q "^computation: step [0-9]*00 x 1" solve.out' 20
ok 'and plot' test -s results.dat
ok 'one that fails is told' \
    grep -q 'RuntimeError: a callback that fails' solve.err
ok 'and another tells what was set' grep -q '^set omega 1.5' solve.out
cat >client.py <<'END'
import sys
import aprec
count = 0

def plot_results(now):
    with open(sys.argv[1], "w") as f:
        print("plot '-' with lines", file=f)
        for value in now["many"][:10]:
            print(value, file=f)

def print_mesg(now):
    global count
    count += 1
    if count == 2:
        raise RuntimeError("a client's callback that fails")
    if count == 5:
        print("client: five updates", flush=True)

with aprec.connect("solver") as live:
    live.on_update(plot_results)
    live.on_update(print_mesg)
    while not live.terminated:
        live.wait(1)
    print("client:", live["message"], live.final)
END
bg client1 "$PYTHON" -W always client.py plot1
client1=$BG
bg client2 "$PYTHON" -W always client.py plot2
client2=$BG
eventually 'callbacks print in a client' \
    'grep -q "five updates" client1.out' 20
eventually 'and in a second client' 'grep -q "five updates" client2.out' 20
eventually 'and plot' "grep -q '^1' plot2" 20
ok 'one that fails is told' \
    grep -q "RuntimeError: a client's callback" client1.err
kill -s KILL "$client2"

# terminate, terminated, the final update, wait_then_close.
run "$PYTHON" -c 'import aprec
with aprec.connect("solver") as live:
    live.terminate()'
status_is 0 'a client terminates it'
bg_wait "$client1" 20
status_is 0 'the other client sees that it has terminated'
ok 'with the final update' grep -Eq '^client: x is [0-9.]+ True$' client1.out
bg_wait "$solve" 20
status_is 0 'wait_then_close: nobody is there, and it closes'
ok 'terminated, not done' grep -q '^terminated [0-9]' solve.out
is "$(tail -n 1 solve.out)" closed 'in good order'
is "$(ls "$APTEE_DIR")" '' 'and no socket is left'

# wait_then_close with a timeout: the final state is served till then.
idict 20 600
eventually 'it is done' 'grep -q "^done 20" solve.out' 20
run aptee -c solver get message
out_has 'x is [0-9.]+' 'after its end it is looked into from the shell'
run "$PYTHON" -c 'import aprec
with aprec.connect("solver") as live:
    print(live.final, live["step"])'
out_is 'True 20' 'and from a client'
bg_wait "$solve" 20
status_is 0 'who has seen it need not be waited for'
idict 20 0.5
eventually 'a timeout ends it where nobody comes' '_gone "$solve"' 20
is "$(ls "$APTEE_DIR")" '' 'with nothing left'
idict 1000000 60
kill -s INT "$solve"
bg_wait "$solve" 20
ok 'Ctrl-C ends the computation' grep -q KeyboardInterrupt solve.err
is "$(ls "$APTEE_DIR")" '' 'with nothing left'

# The methods of a dictionary.
cat >methods.py <<'END'
import aprec
with aprec.open("methods.apr") as out:
    p = out.param("p", 1)
    out["a"], out["b"] = 1, [1.0, 2.0]
    out.update(c="text", d=2.5)
    assert sorted(out) == sorted(out.keys()) == ["a", "b", "c", "d", "p"]
    assert len(out) == 5 and "a" in out and "z" not in out
    assert out.get("z") is None and out.get("z", 3) == 3
    assert out.setdefault("a", 9) == 1 and out.setdefault("e", 9) == 9
    assert dict(out)["d"] == 2.5 and ("c", "text") in out.items()
    assert "text" in out.values()
    out.publish()
    assert out.pop("b") == [1.0, 2.0] and out.pop("b", 0) == 0
    try:
        out.pop("b")
    except KeyError:
        print("KeyError")
    del out["a"]
    out.publish()
    name, value = out.popitem()
    out.clear()
    assert list(out) == ["p"] and not out.get("c")
    out.publish()
with aprec.open("methods.apr") as other:
    assert out != other and out == out
END
run "$PYTHON" methods.py
status_is 0 'the methods of a dictionary'
out_is KeyError 'also where a key is not there'
cat >state.py <<'END'
import aprec
state = aprec.State()
for r in aprec.read("methods.apr"):
    source = state.merge(r)
    print(*sorted(source))
END
sed -i '/as other/,$d' methods.py
"$PYTHON" methods.py >methods.out
run "$PYTHON" state.py
out_is 'p
a b c d e p
c d e p
p
p' 'and clients see what pop and clear have taken away'

# Nothing is unpickled or evaluated, at either end.
not_ok 'nothing in it could unpickle or evaluate' grep -nE \
    '\b(pickle|marshal|shelve|yaml|ctypes\.pythonapi)\b|\b(eval|exec)\(' \
    "$PYTHONPATH/aprec.py"
cat >hostile.py <<'END'
import pickle
import aprec

class Bomb:
    def __reduce__(self):
        return eval, ("open('bombed', 'w')",)

out = aprec.open("hostile.apr")
p = out.param("p", "quiet")
out.publish(bytes=list(pickle.dumps(Bomb())),
            text=repr(pickle.dumps(Bomb(), 0)),
            code="__import__('os').system('touch bombed')")
out.close()
END
"$PYTHON" hostile.py
cat >read.py <<'END'
import aprec
for r in aprec.read("hostile.apr"):
    for name in r:
        print(name, type(r[name]).__name__)
END
run "$PYTHON" read.py
status_is 0 'a pickle that is sent is but bytes'
cat >victim.py <<'END'
import aprec
with aprec.serve("victim", timeout=30) as out:
    p = out.param("p", "quiet")
    q = out.param("q", 1.0)
    while not out.stopped:
        out.publish(p2=p.value)
        out.wait(0.01)
END
bg victim "$PYTHON" victim.py
wait_for 'aptee -c victim keys 2>/dev/null | grep -q p2' 20
code="__import__('os').system('touch bombed')"
run aptee -c victim set p "$code"
status_is 0 'code that is sent to a parameter'
run aptee -c victim get p
out_has 'touch bombed' 'is a text'
run aptee -c victim set q "$code"
status_is 1 'and is no number'
run aptee -c victim "$code"
status_is 1 'nor a command'
run aptee -c victim stop
not_ok 'and was never run' test -e bombed

# What cannot be sent is refused clearly, and the run goes on.
cat >refused.py <<'END'
import aprec
with aprec.open("refused.apr") as out:
    for what in (object(), {"a": 1}, [[1, 2], [3]], [1, "two"], print,
                 [object()], {1, 2}, 1 << 70):
        for send in (lambda: out.publish(bad=what, good=1),
                     lambda: out.update(bad=what, good=1)):
            try:
                send()
            except (TypeError, ValueError, OverflowError) as e:
                print(type(e).__name__, e)
            else:
                print("taken", what)
    assert "good" not in out
    out.publish(good=2)
END
run "$PYTHON" refused.py
status_is 0 'what cannot be sent is refused, and the run goes on'
out_lacks '^taken' 'all of it'
is "$(grep -vc "'bad'" "$OUT")" 0 'by the name of the field'
is "$(aprec csv -n good refused.apr | tail -n +2)" 2 \
    'and nothing of what came with it was sent'
end
