#!/bin/sh
# Goal: a recording repeats now and then all that a late reader needs: who
# begins at a recap, wherever it is, ends with the state and has the curves of
# who read the whole file; and nobody counts or sends a record twice.
# Long under: address
. "${0%/*}/lib.sh"

# Three recaps and more, of two runs, something published once, and a peak.
emit='source one run 1 array grid 100 7 num once 5 publish
    steps 3000 2000 num peak 1e6 publish steps 3000 2000
    final source two run 2 array other 50 3 publish num peak -3 publish
    steps 3000 300 final source one run 9 steps 100 20 final'
# shellcheck disable=SC2086
help-emit $emit >in.apr
help-state <in.apr >want
records=$(help-state -c <in.apr)

# The bytes at which the recaps of a plain recording begin.
places()
{
	"$PYTHON" - "$1" <<'END'
import sys, struct
data = open(sys.argv[1], "rb").read()
at = 0
while at < len(data):
    flags, = struct.unpack_from("<H", data, at + 10)
    table, = struct.unpack_from("<I", data, at + 16)
    if flags & 2 and b"recap" in data[at + 128:at + 128 + table]:
        print(at)
    at += struct.unpack_from("<Q", data, at + 24)[0]
END
}

# What aplot knows of the numbers: its picture of them.
curves()
{
	aplot -n -e 'set title' step:peak,once <"$1" 2>/dev/null
}

run aptee -q plain.apr packed.apr.zst <in.apr
status_is 0 'a recording, plain and compressed'
places plain.apr >placed
note "recaps at $(tr '\n' ' ' <placed)"
ok 'has recaps' test "$(wc -l <placed)" -ge 2
is "$(help-state -c <plain.apr)" "$records" 'no record is lost or new'
is "$(aprec ls plain.apr | grep -vc history)" "$records" 'nor shown twice'
help-state <plain.apr >got
same want got 'who reads all ends with the same state'
zstd -q -d -c packed.apr.zst >unpacked.apr
help-state <unpacked.apr >got
same want got 'from the compressed one too'
run aptee -q -i plain.apr
is "$(help-state -l <"$OUT" | cut -d ' ' -f 1-3)" \
    "$(help-state -l <in.apr | cut -d ' ' -f 1-3)" \
    'forwarded, nothing is repeated'
curves plain.apr >whole.curves
while read -r place; do
	tail -c +$((place + 1)) plain.apr >rest.apr
	help-state <rest.apr >got
	same want got "the state from byte $place on"
done <placed
curves rest.apr >rest.curves
same whole.curves rest.curves 'and the curves from the last'
aplot -n step:peak,once plain.apr >entered 2>/dev/null
aplot -n step:peak,once packed.apr.zst >entered.zst 2>/dev/null
aplot -n step:peak,once <plain.apr >piped 2>/dev/null
same piped entered 'aplot enters a recording and draws the same'
same piped entered.zst 'or a compressed one'

# -n, -a
run aptee -q -n 7 seventh.apr <in.apr
status_is 0 'every seventh record'
help-state <seventh.apr >got
same want got 'ends with the same state'
head -c 30000000 in.apr >part.apr
run aptee -q more.apr more.apr.zst <part.apr
run aptee -q -a more.apr more.apr.zst <in.apr
for f in more.apr more.apr.zst; do
	run aprec check "$f"
	status_is 0 "appended to, $f is whole"
	aptee -q -i "$f" 2>/dev/null | help-state >got
	same want got 'its state is right'
done
places more.apr >placed
tail -c +$(($(tail -n 1 placed) + 1)) more.apr >rest.apr
help-state <rest.apr >got
same want got 'a recap after -a knows what was before'

# A recap that is torn, or stands where it does not say, is not believed.
place=$(tail -n 1 placed)
head -c $((place + 3000)) more.apr >torn.apr
aplot -n step:peak,once torn.apr >got.cmd 2>/dev/null
aplot -n step:peak,once <torn.apr >want.cmd 2>/dev/null
same want.cmd got.cmd 'a torn recap is not entered'
help-emit source zero run 5 steps 100 20 final | cat - more.apr >joined.apr
aplot -n step:peak,once joined.apr >got.cmd 2>/dev/null
aplot -n step:peak,once <joined.apr >want.cmd 2>/dev/null
same want.cmd got.cmd 'nor one of a file that stands behind another'
# Killed at any moment, it still has recaps, and is entered.
for part in 20000000 40000000 70000000; do
	mkfifo pipe go
	bg killed sh -c 'echo $$ >pid; exec aptee -q -F killed.apr <pipe'
	sh -c "head -c $part in.apr; cat go" >pipe &
	wait_for "[ -s killed.apr ] &&
	    [ \$(wc -c <killed.apr) -ge $((part - 5000000)) ]" 20
	kill -s KILL "$(cat pid)"
	: >go
	bg_wait "$BG" 10
	rm pipe go
	aplot -n step:peak,once killed.apr >got.cmd 2>/dev/null
	aplot -n step:peak,once <killed.apr >want.cmd 2>/dev/null
	same want.cmd got.cmd "killed after $part bytes: entered as read"
done
aplot -n step:peak,once in.apr >got.cmd 2>/dev/null
aplot -n step:peak,once <in.apr >want.cmd 2>/dev/null
same want.cmd got.cmd 'without recaps headers and numbers do'
end
