#!/bin/sh
# Goal: an input is whatever bytes come from: files that grow, patterns of
# files that come later, commands that break.  What ends or breaks says so, the
# others go on, and nothing of it is left running.
. "${0%/*}/lib.sh"
need flock

count()
{
	help-state -c <"$1" 2>/dev/null || :
}

# A file that is finished: all of it, and the end by itself.
help-emit crc 1 steps 700 100 final >whole.apr
run aptee -q -i whole.apr copy.apr
status_is 0 'a finished recording ends by itself'
same whole.apr copy.apr 'and nothing is lost'
help-emit crc 1 steps 30 100 >killed.apr
run aptee -q -i killed.apr copy2.apr
status_is 0 'so does one without a final record that nobody records'
err_has '^aptee: killed.apr: no final record, and nobody records it' \
    'which is told'
is "$(count copy2.apr)" 30 'and nothing is lost'

# A file that grows.
help-emit crc 1 steps 5 10 touch half wait go steps 5 10 touch more \
    wait end steps 5 10 final >grow.apr &
writer=$!
wait_for 'test -e half' 10
exec 5>>grow.apr	# as a recorder, we hold the lock
flock -n 5
bg follow sh -c 'aptee -q -i grow.apr followed.apr 2>follow.told; echo $? >follow.st'
eventually 'a recording is followed' 'test "$(count followed.apr)" = 5' 10
touch go
eventually 'as it grows' 'test "$(count followed.apr)" = 10' 10
ok 'while somebody records it' test ! -e follow.st
touch end
eventually 'to its final record' 'test -s follow.st' 10
is "$(cat follow.st)" 0 'where it ends well'
is "$(count followed.apr)" 16 'with all records'
wait $writer
exec 5>&-
sh_run 'help-emit crc 1 steps 5 10 >cut.apr; aptee -q -i cut.apr | help-state -c'
is "$(cat "$OUT")" 5 'without a lock it is followed no further'
run aptee -q -i whole.apr -i whole.apr
status_is 1 'one file is one input'

# What stdin is redirected from is never followed.
run aptee -q copy3.apr <killed.apr
err_is '' 'a file as stdin is read to its end'

# A file that is replaced, or begins anew.
help-emit crc 1 steps 2 10 >now.apr
exec 5<now.apr
flock -n 5
bg anew sh -c 'aptee -q -i now.apr anew.apr 2>anew.told; echo $? >anew.st'
wait_for 'test "$(count anew.apr)" = 2' 10
help-emit run 2 crc 1 steps 3 10 final >now.new
mv now.new now.apr
eventually 'a file that is replaced is read anew' 'test -s anew.st' 10
is "$(count anew.apr)" 6 'from its beginning'
exec 5<&-

# Patterns.
bg pattern sh -c "aptee -q -i 'run.*.apr' pattern.apr 2>pattern.told; echo \$? >pattern.st"
eventually 'a pattern without a match waits, told' \
    'grep -q "run.\*.apr: no such file yet: looked for again" pattern.told' 10
exec 5>run.1.apr	# as a recorder, however long the rest takes
flock -n 5
help-emit source a run 1 crc 1 steps 3 10 touch a.up wait a.end final >run.1.apr &
eventually 'for a file' 'test "$(count pattern.apr)" = 3' 10
help-emit source b run 2 crc 1 steps 4 10 final >run.2.apr
eventually 'and another' 'test "$(count pattern.apr)" = 8' 10
exec 5>&-
touch a.end
eventually 'until all have ended' 'test -s pattern.st' 20
is "$(count pattern.apr)" 9 'with all records'
is "$(help-state <pattern.apr | grep -c final)" 2 'of all sources'
run aptee -q -i '*.apr' all.apr
status_is 0 'a pattern that matches what is written'
ok 'leaves that out' test "$(help-state -c <all.apr)" -gt 700

# Commands.
run aptee -q -i '|help-emit steps 5 10 final' cmd.apr
status_is 0 'a command that ends well'
is "$(count cmd.apr)" 6 'was read'
run aptee -q -i '|nosuchcommand'
status_is 2 'one that is not there ends'
err_has 'nosuchcommand: exit status 127' 'and says so'
cat >breaks.sh <<'END'
n=$(cat tries 2>/dev/null || echo 0)
n=$((n + 1))
echo $n >tries
[ $n -gt 2 ] || { help-emit run $n crc 1 steps $n 10 torn 100; exit 3; }
help-emit run $n crc 1 steps 5 10 final
END
run aptee -q -i '|sh breaks.sh' breaks.apr
status_is 0 'a command that breaks is started again'
is "$(cat tries)" 3 'until it ends well'
is "$(count breaks.apr)" 9 'all records came'
is "$(sed -n 's/.*\(exit status 3: started again\).*/\1/p' "$ERR" | wc -l)" 2 \
    'each time told, with the status'
err_has 'started again in 0.5 s' 'with a pause'
err_has 'started again in 1.0 s' 'that grows'

# Nothing is left running.
bg twice sh -c "exec aptee -q -i '|help-emit steps 3 10 touch c.up wait never & echo \$! >c.pid; wait' >/dev/null 2>c.told"
wait_for 'test -e c.up && test -s c.pid' 10
kill -s TERM "$BG"
eventually 'the first signal goes to the command' '_gone "$(cat c.pid)"' 10
bg_wait "$BG" 10
cat >stubborn.sh <<'END'
trap '' INT TERM HUP
echo $$ >s.pid
help-emit steps 3 10 touch s.up wait never
END
bg stubborn sh -c "exec aptee -q -i '|sh stubborn.sh' >/dev/null 2>s.told"
wait_for 'test -e s.up' 10
kill -s TERM "$BG"
kill -s TERM "$BG"
wait_for "kill -s TERM $BG 2>/dev/null; _gone $BG" 10
bg_wait "$BG" 10
status_is 143 'the second signal ends aptee'
eventually 'and a command that does not listen' '_gone "$(cat s.pid)"' 10
sh_run "aptee -q -x -i '|help-emit pace 1000 steps 100000 10; echo \$? >broken.st' | head -c 5000 >/dev/null"
ok 'with the last output and -x the command ends' true

# One that ends or breaks leaves the others alone.
mkfifo pipe
bg others sh -c "aptee -i pipe -i '|help-emit source c run 3 crc 1 steps 5 10 final' others.apr 2>others.told >/dev/null; echo \$? >others.st"
help-emit source d run 4 crc 1 touch d.up steps 5 10 wait d.end final >pipe &
eventually 'an input that ends says so' \
    'grep -q "help-emit source c.*: ended$" others.told' 10
ok 'and the others go on' test ! -e others.st
touch d.end
eventually 'to their end' 'test -s others.st' 10
is "$(cat others.st)" 0 'well'
is "$(count others.apr)" 12 'with all records of both'

# What cannot be.
run aptee -q -i nosuchname
status_is 1 'a name that is neither file nor run'
err_has '^aptee: nosuchname: no such file, and no run of that name' 'is told'
run aptee -q -i ./nosuch.apr
status_is 1 'a file that is not there'
run aptee -q -i .
status_is 1 'a folder'
err_is 'aptee: .: is a directory' 'is told'
end
