#!/bin/sh
# Goal: on a disk that is full a recording is cut back to whole records, with
# one message; the pipeline and the other outputs go on.
. "${0%/*}/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all 'mounting a small disk needs root'
mkdir disk
mount -t tmpfs -o size=1m none disk 2>/dev/null ||
    skip_all 'a small disk cannot be mounted here'
trap 'umount disk 2>/dev/null; _cleanup' EXIT

help-emit crc 1 steps 1000 500 final >whole.apr
sh_run '(help-emit crc 1 steps 1000 500 final; touch ended) |
    (aptee disk/full.apr rest.apr 2>told; echo $? >st) | cat >out.apr'
ok 'the run goes on to its end' test -e ended
is "$(cat st)" 1 'the exit status tells it'
cp told "$ERR"
err_has '^aptee: disk/full.apr: No space left on device$' 'a message'
is "$(grep -c 'No space' told)" 1 'one'
run help-state -c <disk/full.apr
status_is 0 'what was written is whole'
n=$(cat "$OUT")
ok 'and much' test "$n" -gt 200
size=$(wc -c <disk/full.apr | tr -d ' ')
is "$(head -c "$size" whole.apr | cksum)" "$(cksum <disk/full.apr)" 'the beginning of the run'
cp told "$ERR"
err_has "^aptee: disk/full.apr: in 1001 = out $n \+ dropped $((1001 - n)), duplicates 0, $size bytes\$" \
    'it is counted'
# Behind all of it stands a recap.
is "$(head -c "$(wc -c <whole.apr | tr -d ' ')" rest.apr | cksum)" \
    "$(cksum <whole.apr)" 'the other recording has all'
is "$(help-state <out.apr)" "$(help-state <whole.apr)" 'stdout ends with the last state'

# The rest of the disk is for -S, whose file stays the last that fitted.
rm disk/full.apr
sh_run 'help-emit crc 1 steps 5 100 touch begun wait go array big 200000 1 publish steps 5 100 final |
    (aptee -q -S disk/s.apr 2>told.s; echo $? >st.s) >/dev/null &
    until help-state <disk/s.apr 2>/dev/null | grep -q "step 5\$"; do
	sleep 0.02; done; touch go; wait'
is "$(cat st.s)" 1 '-S tells it'
is "$(cat told.s)" 'aptee: disk/s.apr: No space left on device' 'once'
is "$(help-state <disk/s.apr | tail -n 1)" 'emit@test step 5' 'what was there is there'
is "$(echo disk/*)" disk/s.apr 'and nothing beside it'
end
