#!/bin/sh
# Goal: aprec play sends the records of a recording in their order, each once,
# from where and to where it was asked, with the whole state before them; at
# their pace, and no longer than there is a reader.
# Long under: address
. "${0%/*}/lib.sh"

need python3 zstd

# What must come is known from how the recording was made: three sources, of
# which one has no steps of its own, values that are set once, and recaps.
cat >model.py <<'END'
"""model.py make: a recording; model.py FROM TO got.json: is it what it must
be?  FROM and TO as {"step": n}, {"t": x}, {"wall": s} or {}."""
import json, os, random, sys
sys.path.insert(0, os.environ["TOP"] + "/format")
import aprec

WALL, STEP = 10**18, 10**7
rng = random.Random(3)
rows = []
seq, step = [0, 0, 0], [0, 0, 0]
for i in range(600):
    k = rng.randrange(3)
    seq[k] += rng.randrange(1, 4)
    fields = {}
    if k < 2:
        step[k] += 1
        fields = dict(step=step[k], t=step[k] / 10)
    for name in ("a", "b", "c"):
        if rng.randrange(4) == 0:
            fields[name + str(k)] = float(i)
    if seq[k] < 4:
        fields["once"] = "set once"
    if fields:
        rows.append((k, seq[k], step[k] if k < 2 else seq[k],
                     step[k] / 10 if k < 2 else None, WALL + i * STEP, fields))

def encode(row):
    k, n, _, _, wall, fields = row
    return aprec.encode(fields, seq=n, wall=wall, run=k + 1,
                        source="s%d@h" % k)

def live(done):
    newest = {}
    for i, row in enumerate(done):
        for name in row[5]:
            newest[row[0], name] = i
    return [done[i] for i in sorted(set(newest.values()))]

def recap(done):
    """One history record of each source, then what is live."""
    out = b""
    for k in range(3):
        mine = [r for r in done if r[0] == k]
        out += aprec.encode(
            {"HISTORY_seq": [r[1] for r in mine],
             "HISTORY_wall": [r[4] for r in mine]}, seq=mine[-1][1],
            wall=mine[-1][4], run=k + 1, source="s%d@h" % k, history=True)
    return out + b"".join(encode(r) for r in live(done))

if sys.argv[1] == "make":
    for i, row in enumerate(rows):
        if i % 100 == 50:
            sys.stdout.buffer.write(recap(rows[:i]))
        sys.stdout.buffer.write(encode(row))
    sys.exit()

def place(row, m):
    """Below 0, 0, above 0 as the row is before, at, behind it."""
    if "step" in m:
        return row[2] - m["step"]
    if "t" in m:
        return -1 if row[3] is None else row[3] - m["t"]
    return row[4] - WALL - m["wall"] * 10**9

def ended(m):
    """The row at which all that have told a time have passed the end."""
    past = set()
    for i, row in enumerate(rows):
        if place(row, m) > 0:
            past.add(row[0])
        if past >= {0, 1}:
            return i
    return len(rows)

start, end = json.loads(sys.argv[1]), json.loads(sys.argv[2])
with open(sys.argv[3], encoding="utf-8") as f:
    got = [json.loads(line) for line in f]
begin, wanted = 0, rows
if "t" in end:
    rows = rows[:ended(end)]
if start:
    begin = min([i for i, r in enumerate(rows) if place(r, start) >= 0],
                default=len(rows) - 1)
    history = [g for g in got if g.get("history")]
    assert got[:len(history)] == history, "histories come first"
    done = {r[0] for r in rows[:begin + 1]
            if any(n in r[5] for n in ("step", "a0", "a1", "a2", "b2", "c2"))}
    assert {g["source"] for g in history} >= {"s%d@h" % k for k in done}
    for g in history:
        k = int(g["source"][1])
        assert g["seq"] <= max(r[1] for r in rows[:begin + 1] if r[0] == k)
    got = got[len(history):]
    wanted = live(rows[:begin + 1]) + [
        r for r in rows[begin + 1:] if not end or place(r, end) <= 0]
elif end:
    wanted = [r for r in rows if place(r, end) <= 0]
wanted = [("s%d@h" % r[0], r[1], r[5]) for r in wanted]
got = [(g["source"], g["seq"], g["fields"]) for g in got]
for i, (w, g) in enumerate(zip(wanted, got)):
    assert w == g, "record %d: wanted %s, got %s" % (i, w, g)
assert len(wanted) == len(got), "wanted %d records, got %d" % (
    len(wanted), len(got))
END
"$PYTHON" model.py make >run.apr || fail 'a recording'
zstd -q --check run.apr

# played name from-model to-model option ...
played()
{
	_what=$1 _from=$2 _to=$3
	shift 3
	for _f in run.apr run.apr.zst; do
		aprec play -X max "$@" $_f >got.apr 2>err
		aprec json got.apr >got.json 2>/dev/null
		ok "$_f: $_what" "$PYTHON" model.py "$_from" "$_to" got.json
	done
	aprec play -X 0 "$@" <run.apr 2>/dev/null | cmp - got.apr >cmp.out 2>&1
	is "$?$(cat cmp.out)" 0 "stdin: $_what"
	sh -c 'cat run.apr | aprec play -X 0 "$@"' - "$@" 2>/dev/null |
	    cmp - got.apr >cmp.out 2>&1
	is "$?$(cat cmp.out)" 0 "a pipe: $_what"
}

played 'all, each once' '{}' '{}'
played '-F a step' '{"step": 100}' '{}' -F 100
played '-T a step' '{}' '{"step": 100}' -T 100
played '-F and -T' '{"step": 50}' '{"step": 60}' -F 50 -T 60
played '-F t=' '{"t": 7.5}' '{}' -F t=7.5
played '-T t=' '{"t": 1}' '{"t": 7.5}' -F t=1 -T t=7.5
played '-F 3s' '{"wall": 3}' '{}' -F 3s
played '-F and -T in minutes' '{"wall": 1.5}' '{"wall": 3}' \
    -F 0.025m -T 0.05m
played 'a wall time' '{"wall": 2}' '{"wall": 4}' \
    -F 2001-09-09T01:46:42 -T 2001-09-09T03:46:44+02:00
for f in run.apr run.apr.zst; do
	aprec play -X max -F 50% $f | aprec ls >ls
	n=$(grep -vc ' history ' ls)
	[ "$n" -gt 250 ] && [ "$n" -lt 350 ]
	is $? 0 "$f: -F 50% is its middle"
done
sh_run 'cat run.apr | aprec play -F 50%'
status_is 1 'a pipe has no share'
aprec play -X max -F 0 run.apr >zero.apr
aprec play -X max -F 0s run.apr | cmp - zero.apr
is $? 0 '-F 0 and -F 0s are the beginning'
run aprec play -X max -F 10000 run.apr
status_is 2 '-F behind the end: status 2'
err_has 'run.apr: ends before -F: its last state is sent' 'told'
aprec play -X max -s 's1*' run.apr | aprec ls | cut -d ' ' -f 6 | sort -u >s
is "$(cat s)" s1@h '-s'
for f in x t= t=x 5q -5% 101% 2001-13-01 2001-01-01T 1.5 '' 5s5; do
	run aprec play -F "$f" run.apr
	status_is 1 "-F '$f' is refused"
done
for x in -1 x '' nan; do
	run aprec play -X "$x" run.apr
	status_is 1 "-X '$x' is refused"
done

# By the recaps that aptee writes the place is found as by reading it all.
help-emit crc 0 source a run 1 num once 7 publish steps 20000 200 final |
    aptee -q big.apr big.apr.zst >/dev/null
for f in big.apr big.apr.zst; do
	aprec play -X max -F 15000 -T 15010 $f >part
	sh -c "cat $f | aprec play -X max -F 15000 -T 15010" >part2
	aprec json part | grep -v '"history":true' >got.json
	aprec json part2 | grep -v '"history":true' >wanted.json
	same wanted.json got.json "$f: -F by a recap"
	aprec json -n HISTORY_seq part | head -n 1 | grep -c \
	    '"HISTORY_seq":\[1,.*,15001\]' >history
	is "$(cat history)" 1 "$f: with the whole past"
	is "$(aprec ls -q part | grep -vc ' history ')" 12 \
	    "$f: what was set once, and the steps"
	aprec play -X max $f | aprec ls | grep -c ' ' >lines
	is "$(cat lines)" 20002 "$f: the recaps are not played"
	run aprec check $f
	out_has ', [1-9] recaps*, .*: whole$' "$f: and counted by check"
	out_lacks 'again or out of order|without data CRC' "$f: as such"
done

# The pace: what is far ahead is not sent, what is near is.
cat >two.py <<'END'
import os, sys
sys.path.insert(0, os.environ["TOP"] + "/format")
import aprec
for seq, wall in ((1, 0), (2, 1), (3, 3600)):
    sys.stdout.buffer.write(aprec.encode(
        dict(step=seq), seq=seq, wall=10**18 + wall * 10**9, run=7,
        source="s@h"))
END
"$PYTHON" two.py >two.apr
bg play sh -c 'exec aprec play -v two.apr >played.apr'
eventually 'the second comes after the first' \
    '[ "$(wc -c <played.apr)" -eq 384 ]' 60
eventually '-v tells of a pause' \
    "grep -q '^aprec: two.apr: nothing for 359[0-9] s' play.err" 30
is "$(aprec ls played.apr | cut -d ' ' -f 1 | tr '\n' ' ')" '1 2 ' \
    'the third is waited for'
kill -s TERM "$BG"
bg_wait "$BG" 20
is "$STATUS" 143 'a signal ends it, by that signal'
ok 'with whole records' aprec check -q played.apr
run aprec play -X 1e9 two.apr
is "$(wc -c <"$OUT" | tr -d ' ')" 576 '-X: faster'

# A viewer that leaves, also while nothing is due.
bg leave sh -c 'aprec play two.apr; echo $? >left'
kill -s TERM "$BG"
mkfifo fifo
bg leave sh -c 'aprec play two.apr >fifo; echo $? >left'
head -c 192 <fifo >first
eventually 'a viewer that leaves ends it' '[ -s left ]' 60
is "$(cat left) $(cat leave.err)" '0 ' 'quietly'
sh_run 'aprec play -X max run.apr | head -c 10 | wc -c'
is "$(tr -d ' ' <"$OUT") $(cat "$ERR")" '10 ' 'at full speed, too'

# A signal while the reader stands: what was begun is ended.
"$PYTHON" -c '
import os, sys
sys.path.insert(0, os.environ["TOP"] + "/format")
import aprec
for seq in range(1, 20):
    sys.stdout.buffer.write(aprec.encode(
        dict(u=[float(seq)] * 100000), seq=seq, wall=10**18, run=7,
        source="s@h"))' >big.apr
mkfifo fifo2
bg stalled sh -c 'exec aprec play -X max big.apr >fifo2'
exec 4<fifo2
head -c 100000 <&4 >part
kill -s TERM "$BG"
cat <&4 >>part
exec 4<&-
bg_wait "$BG" 30
is "$STATUS" 143 'a signal while the reader stands'
ok 'ends with a whole record' aprec check -q part

# What is no place for records, and no recording.
tty_run 'aprec play two.apr'
out_has 'stdout: is a terminal' 'not to a terminal'
sh_run 'aprec play -X max two.apr >>two.apr'
status_is 1 'not to the recording itself'
head -c 500 run.apr >torn.apr
run aprec play -X max torn.apr
status_is 2 'a torn record: status 2'
err_has 'torn.apr: byte [0-9]*: cut short' 'told'
run aprec play nowhere
status_is 1 'a file that is not there'
run aprec play run.apr two.apr
status_is 1 'two files'
end
