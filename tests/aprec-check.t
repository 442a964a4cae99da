#!/bin/sh
# Goal: aprec check tells whether a recording is whole and where it is not,
# aprec recover gives all that is: what damage has not touched, and, of a
# recording whose aptee was killed, all up to a second before.
#
# DAMAGES (25) random damages for each kind of recording, KILLS (3) kills for
# each; SEED makes them others; within SLACK s (6, for a busy machine; the
# promise is 1) of the kill.
. "${0%/*}/lib.sh"

need python3 zstd
# A sanitizer has seen all kinds of damage in a few.
[ "${SAN:-}" != address ] || : "${DAMAGES:=6}" "${KILLS:=1}"
: "${DAMAGES:=25}" "${KILLS:=3}" "${SEED:=1}" "${SLACK:=6}"

cat >make.py <<'END'
import os, random, sys
sys.path.insert(0, os.environ["TOP"] + "/format")
import aprec
rng = random.Random(1)
seq = [0, 0, 0]
for i in range(300):
    k = rng.randrange(3)
    seq[k] += rng.randrange(1, 4)
    fields = dict(step=seq[k], t=seq[k] / 10)
    if rng.randrange(3):
        fields["u"] = [rng.random() for _ in range(rng.randrange(1500))]
    sys.stdout.buffer.write(aprec.encode(
        fields, seq=seq[k], wall=10**18 + i * 10**7, run=k + 1,
        source="s%d@h" % k))
for k in range(3):
    sys.stdout.buffer.write(aprec.encode(
        {}, seq=seq[k] + 1, wall=10**18 + 3 * 10**9, run=k + 1,
        source="s%d@h" % k, final=True))
END
"$PYTHON" make.py >whole.apr || fail 'records from Python'
whole=$(wc -c <whole.apr | tr -d ' ')

# Whole.
run aprec check whole.apr
status_is 0 'whole: status 0'
span='2001-09-09T01:46:40.000Z to 2001-09-09T01:46:43.000Z'
all='303 records of 3 sources in 3 runs, steps 1 to [0-9]*'
out_has "^whole.apr: $all, $span, $whole bytes: whole$" \
    'a summary'
is "$(wc -l <"$OUT" | tr -d ' ')" 1 'and nothing else'
sh_run 'aprec check <whole.apr'
out_has '^stdin: .*: whole$' 'of stdin'
run aprec check -q whole.apr
out_is '' '-q: the status alone'
run aprec check -m 64M whole.apr
status_is 0 '-m'

# What is told, and no damage.
head -c 4096 whole.apr | aprec recover -q >head.apr 2>/dev/null
run aprec check head.apr
status_is 0 'no final record: no damage'
out_has '^head.apr: no final record of s[012]@h, run 000000000000000[123]: ' \
    'but told'
cat whole.apr whole.apr >twice.apr
run aprec check twice.apr
status_is 0 'records again: no damage'
again='303 records stand there again or out of order'
out_has "^twice.apr: $again, the first at byte $whole: seq" 'but told'
printf 'Last login: now\n' | cat - whole.apr | aprec check >out
is "$? $(head -n 1 out)" '0 stdin: byte 0: 16 bytes: text before the first '\
'record: Last login: now ' 'text before the first record'
run aprec check "$VECTORS/good/history.apr"
status_is 0 'a history'

# What is damage, and what cannot be read.
for v in "$VECTORS"/bad/*.apr "$VECTORS"/unsupported/*.apr; do
	aprec check "$v" >out 2>err
	[ $? -eq 1 ] && grep -q ': byte [0-9]*: [0-9]* bytes: ' out &&
	    [ ! -s err ] || echo "${v##*/}"
done >missed
is "$(cat missed)" '' 'each bad vector: status 1, and where'
: >empty.apr
echo 'Step 5' >text.apr
mkdir folder
for f in empty.apr text.apr; do
	run aprec check $f
	status_is 1 "$f: status 1"
done
out_has 'text.apr: no record, 7 bytes: ' 'text'
run aprec check whole.apr nowhere folder text.apr
status_is 2 'what cannot be read: status 2'
out_has '^whole.apr: .*: whole$' 'the others are checked'
err_has '^aprec: nowhere: No such file' 'and it is told'
run aprec check -Z
status_is 2 'an unknown option: status 2'

# Recover.
aprec recover whole.apr >same.apr 2>err
is "$? $(cat err)" '0 aprec: whole.apr: 303 records, nothing lost' \
    'recover: nothing lost'
same whole.apr same.apr 'all of it'
{
	cat whole.apr
	head -c 200 whole.apr
} >torn.apr
run aprec recover -o out.apr torn.apr
status_is 3 'a loss: status 3'
err_has "^aprec: torn.apr: byte $whole: .*: 200 bytes passed over" 'where'
err_has '^aprec: torn.apr: 303 records recovered; lost: 200 bytes at 1 place' \
    'and how much'
same whole.apr out.apr '-o: the rest'
run aprec recover -o out.apr torn.apr
status_is 1 'what is there is not replaced'
err_has 'out.apr: is there already \(-F replaces it\)' 'told'
run aprec recover -F -q -o out.apr whole.apr
status_is 0 '-F replaces it'
err_is '' '-q'
run aprec recover -F -o torn.apr torn.apr
status_is 1 'never the input itself'
is "$(wc -c <torn.apr | tr -d ' ')" "$((whole + 200))" 'which stays'
sh_run 'aprec recover torn.apr >>torn.apr'
status_is 1 'nor by stdout'
run aprec recover -m 64M -q -o out.apr.zst torn.apr
status_is 3 '-o out.zst'
ok 'zstd knows it' zstd -tq out.apr.zst
zstd -dcq out.apr.zst >out.apr
same whole.apr out.apr 'the same records, compressed'
ok 'aprec too' aprec check -q out.apr.zst
for f in text.apr empty.apr nowhere; do
	run aprec recover -o no.apr $f
	status_is 1 "$f: nothing recovered: status 1"
	not_ok 'no file is made' test -e no.apr
done
tty_run 'aprec recover torn.apr'
out_has 'stdout: is a terminal' 'not to a terminal'
if [ -w /dev/full ]; then
	sh_run 'aprec recover torn.apr >/dev/full'
	status_is 1 'a full disk'
else
	skip 1 'no /dev/full'
fi

# Damage at random places.
aptee -q whole.apr.zst <whole.apr >/dev/null
run aprec check whole.apr.zst
status_is 0 'what aptee compressed is whole'
cat >frames.py <<'END'
import random, struct, subprocess, sys
data, rng, at = sys.stdin.buffer.read(), random.Random(2), 0
while at < len(data):
    end, n = at, rng.randrange(1, 30)
    while n and end < len(data):
        end += struct.unpack_from("<Q", data, end + 24)[0]
        n -= 1
    with open("piece", "wb") as f:
        f.write(data[at:end])
    subprocess.run(["zstd", "-q", "-1", "--check", "-c", "piece"], check=True)
    at = end
END
"$PYTHON" frames.py <whole.apr >frames.apr.zst
for f in whole.apr whole.apr.zst frames.apr.zst; do
	run "$PYTHON" "$TOP/tests/damage.py" "$f" "$DAMAGES" "$SEED"
	status_is 0 "$f: damaged at $DAMAGES random places"
	out_is "$DAMAGES" 'what is lost is what was touched, and is told'
done

# Killed at random moments.
cat >kill.py <<'END'
"""kill.py OUT KILLS SLACK: kill an aptee that records, look at what is left"""
import json, os, random, shutil, subprocess, sys, time
sys.path.insert(0, os.environ["TOP"] + "/format")
path, kills, slack = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
writer = """
import sys, time
import aprec
with aprec.open(1) as out:
    step = 0
    while not out.stopped:
        out.publish(step=step, u=[step] * 200)
        step += 1
        time.sleep(0.002)
"""
env = dict(os.environ, PYTHONPATH=sys.path[0], APREC_EPIPE="stop")

def once():
    if os.path.exists(path):
        os.remove(path)
    w = subprocess.Popen([sys.executable, "-c", writer], env=env,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    a = subprocess.Popen(["aptee", "-q", path], stdin=w.stdout,
                         stdout=subprocess.DEVNULL)
    w.stdout.close()
    deadline = time.time() + 30
    while time.time() < deadline and not (
            os.path.exists(path) and os.path.getsize(path)):
        time.sleep(0.01)
    time.sleep(random.random() * 2)
    a.kill()
    killed = time.time()
    a.wait()
    w.kill()
    w.wait()
    rest = subprocess.run(["aprec", "recover", "-q", path],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if rest.returncode not in (0, 3):
        return "recover: status %d" % rest.returncode
    with open("rest.apr", "wb") as f:
        f.write(rest.stdout)
    if subprocess.run(["aprec", "check", "-q", "rest.apr"]).returncode:
        return "what was recovered is not whole"
    shown = subprocess.run(["aprec", "json", "rest.apr"],
                           stdout=subprocess.PIPE, check=True).stdout
    last = 0
    for line in shown.decode().splitlines():
        r = json.loads(line)
        if r.get("history") or r["seq"] <= last:
            continue                    # a recap
        if r["seq"] != last + 1:
            return "seq %d behind %d" % (r["seq"], last)
        if r["fields"]["u"] != [r["fields"]["step"]] * 200:
            return "seq %d: wrong values" % r["seq"]
        last, wall = r["seq"], r["wall"]
    h, m, s = wall[11:-1].split(":")
    lost = (killed - int(h) * 3600 - int(m) * 60 - float(s)) % 86400
    if lost > slack:
        return "the last %.3f s are lost" % lost
    return None

for i in range(kills):
    told = once()
    if told:
        shutil.copy(path, "bad.%d.%s" % (i, path))
        print("bad.%d.%s: %s" % (i, path, told))
END
for f in killed.apr killed.apr.zst; do
	run "$PYTHON" kill.py "$f" "$KILLS" "$SLACK"
	status_is 0 "$f: killed $KILLS times"
	out_is '' 'every record up to a second before is there'
done
end
