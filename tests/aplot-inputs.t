#!/bin/sh
# Goal: aplot takes every kind of input, several at once; alone it joins the
# only run; and it says how old its news is.
. "${0%/*}/lib.sh"
need gnuplot flock

# Several files, a pattern, a command.
help-emit source one run 1 crc 1 steps 5 10 final >one.apr
help-emit source two run 2 crc 1 steps 7 10 final >two.apr
run aplot -q -o a.txt one.apr -i two.apr
status_is 0 'two files'
ok 'are one picture' grep -q 'one, two.*steps 5 to 7.*ended' a.txt
run aplot -q -o b.txt './*.apr'
status_is 0 'a pattern'
ok 'is all its files' grep -q 'one, two.*ended' b.txt
run aplot -q -o c.txt '|help-emit steps 9 10 final'
status_is 0 'a command'
ok 'is drawn' grep -q 'step 9 .*ended' c.txt
run aplot -q -o d.txt -i '|exit 3' -i nosuchrun
status_is 1 'a run that is not there'
err_has 'nosuchrun: no such file, and no run of that name' 'is told'

# A file that grows.
help-emit crc 1 steps 3 10 >grow.apr
exec 5>>grow.apr
flock -n 5
bg follow aplot -q -r 100 -o grow.txt grow.apr
follow=$BG
eventually 'a file that is recorded is drawn' 'grep -q "step 3 " grow.txt' 20
help-emit crc 1 steps 6 10 final >>grow.apr
bg_wait "$follow" 20
status_is 0 'and followed to its end'
ok 'with its last state' grep -q 'step 6 .*ended' grow.txt
exec 5>&-

# How old the news is.
"$PYTHON" - "$TOP/format" <<'END' >old.apr
import sys, time
sys.path.insert(0, sys.argv[1])
import aprec
now = time.time
time.time = lambda: now() - 250
time.time_ns = lambda: int((now() - 250) * 1e9)
out = aprec.open("old.tmp")
out.publish(step=4, u=[1.0, 2.0, 3.0])
import os
os._exit(0)
END
cat old.tmp >>old.apr
run aplot -q -o old.txt old.apr
ok 'a recording that ended without a final record says since when' \
    grep -q 'no final record, last news 4 min ago' old.txt

# Joining.
tty_run 'aplot; echo "status $?"'
out_has 'nothing to draw, and no run to join' 'alone, without a run, it says how'
bg first sh -c 'help-emit crc 1 steps 5 10 touch 1.up wait go steps 5 10 final | aptee -q -l first >/dev/null'
wait_for 'test -e 1.up && test -S "$APTEE_DIR/first"' 10
bg join script -qec 'aplot -q -o join.txt' /dev/null
join=$BG
eventually 'alone, it joins the only run' 'grep -q "step 5 " join.txt' 20
bg second sh -c 'help-emit crc 1 steps 5 10 touch 2.up wait go final | aptee -q -l second >/dev/null'
wait_for 'test -e 2.up && test -S "$APTEE_DIR/second"' 10
tty_run 'aplot; echo "status $?"'
out_has '2 runs can be joined' 'where there are two, it says so'
out_has 'aplot first' 'which'
out_has 'status 1' 'and ends'
bg named aplot -q -o named.txt -i second
wait_for 'test -s named.txt' 20
named=$BG
bg operand script -qec 'aplot -q -n first u' /dev/null
operand=$BG
wait_for 'aptee -c first stat | grep -q "^clients viewers 2 "' 20
touch go
bg_wait "$named" 20
status_is 0 'a run by name'
bg_wait "$operand" 20
ok 'or as the first operand, where nothing is piped' \
    grep -q "step 10 " operand.out
not_ok 'which is no plot then' grep -q 'first is not there' operand.out
bg_wait "$join" 20
ok 'and the one that was joined, to its end' \
    grep -q 'step 10 .*ended' join.txt
end
