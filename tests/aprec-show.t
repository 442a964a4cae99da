#!/bin/sh
# Goal: aprec ls, csv and json show what records hold, exactly, whatever they
# hold; damage is told and never shown; each option does what the page says.
# Long under: address
. "${0%/*}/lib.sh"

# Every vector: JSON and what its .txt says, an independent account, agree.
cat >compare.py <<'END'
"""compare.py NAME.txt NAME.json: the same records?"""
import json, math, re, struct, sys

def flat(v):
    if isinstance(v, list):
        return [x for e in v for x in flat(e)]
    return [v]

def shape(v, rank):
    return [len(v)] + (shape(v[0], rank - 1) if rank > 1 and v else [])

def plain(text):
    return re.sub(r"\\(\d\d\d)", lambda m: chr(int(m.group(1), 8)), text)

def number(kind, text):
    if kind == "bool":
        return text == "1"
    return float(text) if kind[0] in "fc" else int(text)

def same(kind, a, b):
    if b is None:
        return isinstance(a, float) and not math.isfinite(a)
    if kind in ("f32", "c64"):
        return struct.pack("f", a) == struct.pack("f", b)
    return a == b and (isinstance(a, float) or type(a) is type(b))

records, wrong = [], 0
with open(sys.argv[1], encoding="utf-8") as f:
    for line in f.read().split("\n"):
        word, _, rest = line.partition(" ")
        if word == "record":
            seq, wall, run, flags, source = rest.split(" ", 4)
            records.append((int(seq), run, flags, source, {}))
        elif word == "field":
            name, kind, _, *extents = rest.split()
            field = dict(kind=kind, extents=[int(e) for e in extents],
                         data=[], text=None, attrs={}, dims={})
            records[-1][4][name] = field
        elif word == "dim":
            k, dim = rest.split()
            field["dims"][int(k)] = dim
        elif word == "attr":
            key, _, value = rest.partition(" ")
            field["attrs"][key] = plain(value)
        elif word == "text":
            field["text"] = plain(rest)
        elif word == "data":
            field["data"] += [number(field["kind"], x) for x in rest.split()]
with open(sys.argv[2], encoding="utf-8") as f:
    shown = [json.loads(line) for line in f]
assert len(shown) == len(records), "number of records"
for (seq, run, flags, source, fields), got in zip(records, shown):
    assert (seq, run, source) == (got["seq"], got["run"], got["source"])
    assert ("F" in flags) == got.get("final", False)
    assert ("H" in flags) == got.get("history", False)
    assert list(fields) == list(got["fields"]) == list(got["about"]), "names"
    for name, f in fields.items():
        v, about = got["fields"][name], got["about"][name]
        assert about["type"] == f["kind"], name
        assert about.get("attrs", {}) == f["attrs"], name
        assert about.get("dims", []) == [
            f["dims"].get(k, "") for k in range(len(f["extents"]))], name
        if f["kind"] == "none":
            assert v is None, name
        elif f["kind"] == "text":
            assert v == f["text"], (name, v, f["text"])
        else:
            values = flat(v)
            assert len(values) == len(f["data"]), name
            assert all(
                same(f["kind"], a, b)
                for a, b in zip(f["data"], values)), (name, values)
            if f["extents"] and 0 not in f["extents"]:
                rank = len(f["extents"])
                assert shape(v, rank) == f["extents"], name
END
for v in "$VECTORS"/good/*.apr; do
	name=$(basename "$v" .apr)
	aprec json -aq "$v" >got.json 2>got.err
	ok "json: $name" "$PYTHON" compare.py "${v%.apr}.txt" got.json
	aprec csv -q "$v" >got.csv 2>>got.err || echo "csv: $?" >>got.err
	aprec ls -q "$v" >got.ls 2>>got.err || echo "ls: $?" >>got.err
	is "$(cat got.err)" '' "$name is good"
	is "$(wc -l <got.ls | tr -d ' ')" \
	    "$(grep -c '^record ' "${v%.apr}.txt")" "ls: $name"
done

# Every bad one is told with status 2, and what is good of it is shown.
for v in "$VECTORS"/bad/*.apr "$VECTORS"/unsupported/*.apr; do
	name=$(basename "$v" .apr)
	run aprec ls "$v"
	[ "$STATUS" -eq 2 ] && grep -q '^aprec: .*: byte [0-9]*: ' "$ERR"
	told=$?
	is "$told $(cut -d ' ' -f 1 "$OUT" | tr '\n' ' ')" "0 $(sed -n \
	    's/^record \([0-9]*\) .*/\1/p' "${v%.apr}.txt" | tr '\n' ' ')" \
	    "told: $name"
done

# The layouts that the page shows.
cat >make.py <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import aprec
run, out = 0x1234, sys.stdout.buffer
def put(seq, source="s", final=False, **fields):
    out.write(aprec.encode(fields, seq=seq, wall=seq * 1500000000, run=run,
                           source=source, final=final))
put(1, step=10, t=0.5, note="a, \"b\"\n\x1b[31mred")
put(2, x=[1.0, 2.0], z=[1 + 2j, 3j], n=[7], m=[[1, 2], [3, 4]])
put(3, source="other one", step=11, t=float("nan"), note="plain")
put(4, final=True)
END
"$PYTHON" make.py "$TOP/format" >four.apr || fail 'records from Python'
run aprec ls four.apr
status_is 0 'ls'
out_is "$(printf '%s\n' \
    '1 1970-01-01T00:00:01.500Z 10 320 - s step:i64 t:f64 note:text(15)' \
    '2 1970-01-01T00:00:03.000Z - 448 - s x:f64[2] z:c128[2] '\
'n:i64[1] m:i64[2,2]' \
    '3 1970-01-01T00:00:04.500Z 11 320 - "other one" step:i64 '\
't:f64 note:text(5)' \
    '4 1970-01-01T00:00:06.000Z - 192 final s')" 'one line a record'
run aprec csv four.apr
status_is 0 'csv'
esc=$(printf '\357\277\275')
out_is "$(printf '%s\n' 'source,seq,wall,step,t,note' \
    "s,1,1.500000000,10,0.5,\"a, \"\"b\"\" $esc[31mred\"" '' \
    'source,seq,wall,x,z_re,z_im,n' 's,2,3.000000000,1,1,2,7' \
    's,2,3.000000000,2,0,3,' '' 'source,seq,wall,step,t,note' \
    'other one,3,4.500000000,11,NaN,plain')" \
    'columns, arrays, and a header when the columns change'
err_is 'aprec: arrays of more than one dimension, the first is m, '\
'are no columns: aprec json has them' \
    'what is left out is told'
run aprec json four.apr
status_is 0 'json'
is "$(sed -n 3p "$OUT")" '{"source":"other one",'\
'"run":"0000000000001234","seq":3,"wall":"1970-01-01T00:00:04.500000000Z",'\
'"fields":{"step":11,"t":null,"note":"plain"}}' \
    'one object on a line; NaN is null'
is "$(sed -n '1s/.*"note"/"note"/p' "$OUT")" \
    '"note":"a, \"b\"\n\u001b[31mred"}}' 'texts are escaped'

run aprec csv -n seq,energy "$VECTORS/good/history.apr"
is "$(cut -d , -f 1 "$OUT" | tr '\n' ' ')" 'seq 1 10 ' \
    'csv leaves the history out'

# Options.
run aprec csv -n t,step,seq four.apr
out_is "$(printf '%s\n' t,step,seq 0.5,10,1 NaN,11,3)" 'csv -n'
run aprec csv -n wall four.apr
out_is "$(printf '%s\n' wall 1.500000000 3.000000000 4.500000000 6.000000000)" \
    'csv -n wall alone'
run aprec json -n t,x four.apr
is "$(sed 's/.*"fields"://' "$OUT" | tr '\n' ' ')" \
    '{"t":0.5}} {"x":[1,2]}} {"t":null}} ' 'json -n'
run aprec json -a -n x four.apr
is "$(sed 's/.*"about"://' "$OUT")" '{"x":{"type":"f64","dims":[""]}}}' \
    'json -a'
for r in 2,2 2-3,23 3-,34 -2,12 9,; do
	aprec ls -R "${r%,*}" four.apr >ls
	is "$(cut -d ' ' -f 1 ls | tr -d '\n')" "${r#*,}" "-R ${r%,*}"
done
for r in x - '' 3-x; do
	run aprec ls -R "$r" four.apr
	status_is 1 "-R '$r' is refused"
done
aprec ls -s 'other*' four.apr >ls
is "$(cut -d ' ' -f 1 ls)" 3 '-s takes a pattern'
run aprec csv -q four.apr
err_is '' '-q'
head -c 3000000 /dev/zero | tr '\0' '1' | fold -w 2 |
    aprec text -p file >big.apr
run aprec ls -m 2M big.apr
status_is 2 '-m: a record that is larger is passed over'
run aprec ls big.apr
status_is 0 'and taken without it'
run aprec ls -m 2
status_is 1 '-m 2 is refused'
for c in ls csv json; do
	run aprec $c -h
	status_is 0 "$c -h"
	out_has "^usage: aprec $c" 'prints the usage'
	run aprec $c -Z
	status_is 1 "$c: an unknown option is refused"
	sh_run "cat four.apr | aprec $c -q >piped"
	run aprec $c -q - four.apr <four.apr
	cat piped piped >twice
	[ "$c" = csv ] || same twice "$OUT" "$c: stdin, - and files"
done

# What is no recording.
echo 'Step 5' | aprec ls >out 2>err
is $? 2 'text: status 2'
is "$(tail -n 1 err)" \
    'aprec: stdin: no record in 7 bytes (text? try "aprec text")' \
    'and the way out'
printf '\050\265\057\375....' >run.apr.zst
run aprec ls run.apr.zst
status_is 2 'no frame of zstd: status 2'
err_has 'run.apr.zst: byte 0: a damaged frame: 8 bytes passed over' 'and told'
run aprec ls nowhere four.apr
status_is 1 'a file that is not there'
err_has '^aprec: nowhere: No such file' 'is told'
is "$(wc -l <"$OUT" | tr -d ' ')" 4 'and the next one is taken'
run aprec ls
status_is 2 'nothing at all: status 2'
err_is 'aprec: stdin: empty' 'and told'
head -c 200 four.apr | aprec ls >out 2>err
is "$?" 2 'a torn record: status 2'
ok 'is told' grep -q 'byte 0: .*: 200 bytes passed over' err
for i in 1 2 3 4 5 6 7 8; do
	cat four.apr
	echo garbage
done >garbage.apr
run aprec ls -s other garbage.apr
is "$(grep -c 'passed over$' "$ERR")" 5 'many losses: five are told'
err_has '8 places like these, 64 bytes in all' 'and the number of all'
if [ -w /dev/full ]; then
	sh_run 'aprec ls four.apr >/dev/full'
	status_is 1 'a full disk'
	err_is 'aprec: stdout: No space left on device' 'is told'
else
	skip 2 'no /dev/full'
fi

# A stream is shown as it comes.
mkfifo fifo
bg stream sh -c 'aprec ls <fifo >stream.ls'
exec 4>fifo
head -c 384 four.apr >&4
eventually 'a record is shown at once' '[ -s stream.ls ]' 10
exec 4>&-
bg_wait "$BG" 10

# Hostile.
# Among so many random bytes may be what frames begin with, too.
{
	head -c 1000000 /dev/urandom
	printf '\127\052\115\030\307\332\377\356'
	head -c 1000000 /dev/urandom
	printf '\050\265\057\375\244'
	head -c 1000000 /dev/urandom
} >noise
for c in ls csv json; do
	run aprec $c noise
	status_is 2 "$c: noise"
	sh_run "cat noise four.apr noise | aprec $c -q -R 3"
	status_is 2 "$c: a record within noise"
	out_has 'other one' 'is shown'
done
end
