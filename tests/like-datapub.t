#!/bin/sh
# Goal: what IPython's publish_data did for 8 engines and the client that
# looked at them, and the picture of its notebook by one command.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need python3 gnuplot
PYTHONPATH=$TOP/format
PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE

# The notebook's simulation loop; an engine has its rank from who starts it, as
# from mpirun.  Engines of odd rank publish something of their own, too.
cat >engine.py <<'END'
import os
import random
import time
import aprec

rank = int(os.environ["PMI_RANK"])
random.seed(rank)
with aprec.open() as out:
    i = 0
    while not os.path.exists("stop"):
        out.publish(dict(a=[rank + random.random() for _ in range(20)], i=i))
        if rank % 2 and i == 0:
            out.publish(odd=rank)
        if i == 200:
            out.publish(late=True)
        i += 1
        time.sleep(0.005)
END
bg aptee aptee -q -l engines all.apr
aptee=$BG
wait_for 'test -S "$APTEE_DIR/engines"' 10
engine()
{
	bg "engine$1" env PMI_RANK="$1" PMI_SIZE=8 APREC_OUT=engines \
	    "$PYTHON" engine.py
}

# The client is there from the first engine on, and looks at all of them over
# and over, as ar.data was looked at.
cat >client.py <<'END'
import aprec

last, seen = {}, set()
with aprec.connect("engines", timeout=20) as live:
    for now in live.updates(timeout=20):
        if len(live.sources) == 1:
            continue                    # is it of one rank, or of many?
        for rank, engine in enumerate(live.data):
            if not engine:
                continue                # is missing
            assert engine["i"] >= last.get(rank, 0), "older than before"
            last[rank] = engine["i"]
            if "a" in engine:           # newest of each, merged keys
                assert len(engine["a"]) == 20
                assert all(rank <= a < rank + 1 for a in engine["a"]), rank
            if engine["i"] > 0:
                assert engine.get("odd") == (rank if rank % 2 else None)
            seen.add(rank)
        if len(seen) == 8 and min(last.values()) > 210:
            break
    print("engines", sorted(seen))
    print("late", [engine["late"] for engine in live.data])
    print("newest", all(e["i"] > 200 for e in live.data))
    before = [e["i"] for e in live.data]
    while min(e["i"] for e in live.data) <= max(before):
        assert live.wait(20)
    print("at any time", True)
END
# Two of them first: the others are missing then.
engine 5
wait_for 'aptee -c engines keys 2>/dev/null | grep -q odd' 20
bg client "$PYTHON" client.py
client=$BG
engine 7
wait_for 'aptee -c engines keys | grep -q "engine\.7@"' 20
run "$PYTHON" -c 'import aprec
with aprec.connect("engines") as live:
    print(*[len(e.get("a", ())) for e in live.data])'
out_is '0 0 0 0 0 20 0 20' 'a client tolerates that engines are missing'
for rank in 0 1 2 3 4 6; do
	engine $rank
done
bg_wait "$client" 60
status_is 0 'a client sees the newest of each engine, at any time'
cp client.out "$OUT"
out_has '^engines \[0, 1, 2, 3, 4, 5, 6, 7\]$' 'of 8, by rank'
out_has '^late (\[True, True, True, True, True, True, True, True\])$' \
    'with what was published before and since: keys are merged'

# The notebook's picture, by one command: a labelled curve for each engine,
# and the step in the title.
bg drawn aplot -q -T 'dumb size 100,40' -o picture.txt -i engines a
drawn=$BG
eventually 'one command draws the picture' 'test -s picture.txt' 20
touch stop
bg_wait "$drawn" 20
status_is 0 'the picture ends with the engines'
bg_wait "$aptee" 20
status_is 0 'and so does aptee'
for rank in 0 1 2 3 4 5 6 7; do
	ok "the curve of engine $rank is labelled" \
	    grep -q "[^ a-z0-9]engine\.$rank\|\([^ ]\)\1 engine\.$rank" \
	    picture.txt
done
ok 'the title has the step' grep -Eq 'steps? [0-9]+' picture.txt
run aplot -n -q -i all.apr a
is "$(grep -o "title '[^']*'" "$OUT" | grep -c engine)" 8 \
    'and there are eight'
end
