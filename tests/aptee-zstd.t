#!/bin/sh
# Goal: a compressed recording has every record, whatever befalls aptee; zstd
# takes it too; and one process records into a file.
#
# KILLS is how often aptee is killed at a random moment, for each kind (6).
# Long under: address thread
. "${0%/*}/lib.sh"

need zstd
kills=${KILLS:-6}

help-emit crc 1 steps 300 2000 final >in.apr
help-emit steps 200 10 final >bare.apr
help-emit run 2 crc 1 steps 5 100 final >more.apr
aprec json in.apr >in.json

# What goes in comes out, for everybody.
sh_run 'cat in.apr | aptee -w r.apr.zst -o r.apr | cat >piped.apr'
status_is 0 'a compressed recording'
err_has 'r.apr.zst: in 301 = out 301 \+ dropped 0, .*, compressed [0-9]+$' \
    'its closing line tells both sizes'
same in.apr piped.apr 'stdout is as it was'
ok 'zstd -t' zstd -qt r.apr.zst
aprec json -q r.apr.zst >got
zstd -dc r.apr.zst | aprec json -q >got2
same got got2 'zstd -dc gives the same records'
grep -v HISTORY_ got | sort -u >got2
sort -u in.json >want
same want got2 'which are those that went in'
ok 'it is smaller' test "$(wc -c <r.apr.zst)" -lt "$(wc -c <r.apr)"
aptee -q -i r.apr.zst | help-state >got
help-state <in.apr >want
same want got 'aptee reads it'
is "$(tail -c 4 r.apr.zst | od -An -tx1 | tr -d ' ')" b1ea928f \
    'it ends in a seek table'
sh_run 'aptee -q -S s.apr.zst <bare.apr >/dev/null'
help-state <bare.apr >want
zstd -dc s.apr.zst | help-state >got
same want got '-S compresses by its name'
run aptee -q -z 9 nine.apr.zst <in.apr
is "$(head -c 4 "$OUT" | tail -c 3)" APR 'stdout is not compressed for it'
ok '-z sets the level' test "$(wc -c <nine.apr.zst)" -lt "$(wc -c <r.apr.zst)"

# stdout, flushed for each burst.
bg live sh -c 'help-emit steps 3 1000 touch begun wait go steps 3 1000 final |
    aptee -q -z 1 | tee live.zst | aprec ls >live.ls'
eventually 'what was published is out while the run goes on' \
    'test "$(wc -l <live.ls)" -eq 3' 10
touch go
bg_wait "$BG" 10
zstd -dc live.zst | aprec ls >got
same live.ls got 'zstd -dc agrees'
ok 'in a frame for each burst' test "$(zstd -lv live.zst |
    awk '/Zstandard Frames/ { print $NF }')" -ge 2
sh_run 'aptee -q -z 1 <in.apr >out.apr.zst && zstd -qt out.apr.zst'
status_is 0 'a file as stdout is a compressed recording'

# -n, -a.
run aptee -q -n 100 n.apr.zst <in.apr
is "$(aprec ls n.apr.zst | cut -d' ' -f1 | head -n 5 | tr '\n' ' ')" \
    '1 101 201 300 301 ' '-n'
cp r.apr.zst go.apr.zst
run aptee -q -a go.apr.zst <more.apr
status_is 0 '-a goes on'
ok 'and zstd takes it' zstd -qt go.apr.zst
is "$(aprec ls go.apr.zst | grep -c emit@test)" \
    "$(($(aprec ls r.apr.zst | wc -l) + 6))" 'with all of both'
is "$(tail -c 4 go.apr.zst | od -An -tx1 | tr -d ' ')" b1ea928f \
    'and a seek table'
size=$(wc -c <r.apr.zst)
for cut in 1 9 100 5000; do
	head -c "$((size - cut))" r.apr.zst >torn.apr.zst
	run aptee -a torn.apr.zst <more.apr
	status_is 0 "a tail torn by $cut bytes"
	err_has 'torn.apr.zst: byte [0-9]*: torn frame: [0-9]+ bytes cut off' \
	    'is cut off'
	ok 'zstd takes the rest' zstd -qt torn.apr.zst
	ok 'which has the new records' \
	    sh -c 'aprec ls torn.apr.zst | grep -q "^6 .* final"'
done
echo text | zstd -q >text.zst
cp text.zst text2.zst
run aptee -a text.zst <in.apr
status_is 1 'a compressed file that is no recording is refused'
same text2.zst text.zst 'and is as it was'
cp in.apr plain.zst
run aptee -a plain.zst <in.apr
err_is 'aptee: plain.zst: is not compressed, unlike its name; nothing is appended to it (rename it, or -F replaces it)' \
    'one that is not what its name says too'
cp r.apr.zst old.apr.zst
run aptee old.apr.zst <more.apr
status_is 1 'one that exists is refused'
run aptee -q -F old.apr.zst <more.apr
is "$(aprec ls old.apr.zst | grep -c emit@test)" 6 '-F replaces'

# One process records into a file.
for f in lock.apr lock.apr.zst; do
	bg locker sh -c "help-emit steps 3 10 touch has.$f wait end.$f final |
	    aptee -q $f >/dev/null"
	wait_for "test -s $f" 10
	cp $f before
	run aptee -a new.apr $f <more.apr
	status_is 1 "$f: a second recorder is refused"
	err_is "aptee: $f: is being recorded by another process" 'and told why'
	run aptee -F $f <more.apr
	status_is 1 'also with -F'
	same before $f 'nothing is touched'
	ok 'nor made' test ! -e new.apr
	touch end.$f
	bg_wait "$BG" 10
	run aptee -q -a $f <more.apr
	status_is 0 'when it has ended, it can go on'
done

# Killed at any moment: what was in the file stays, and it goes on.
for f in k.apr k.apr.zst; do
	i=0
	bad=
	while [ $i -lt "$kills" ]; do
		i=$((i + 1))
		rm -f $f mark
		bg kill sh -c "help-emit pace 1000 steps 30000 50 |
		    exec aptee -q $f >/dev/null"
		wait_for "test -s $f" 10
		perl -e 'select undef, undef, undef, rand(0.5)'
		pid=$(ps -o pid=,args= | awk -v f="aptee -q $f" \
		    'index($0, f) && !/sh -c/ { print $1; exit }')
		before=$(aprec ls $f 2>/dev/null | wc -l)
		[ -z "$pid" ] || kill -9 "$pid"
		bg_wait "$BG" 10
		aprec ls $f >ls 2>ls.err
		[ "$(wc -l <ls)" -ge "$before" ] || bad="$bad fewer"
		aptee -q -a $f <more.apr >/dev/null 2>&1 || bad="$bad append"
		aprec ls $f >ls 2>ls.err || bad="$bad damage"
		[ "$(tail -n 1 ls | cut -d' ' -f1)" = 6 ] || bad="$bad end"
	done
	is "$bad" '' "$f: killed $kills times, it reads back and goes on"
done

# A disk that is full.
if [ -c /dev/full ]; then
	ln -s /dev/full full.apr.zst
	sh_run 'cat in.apr | aptee -w full.apr.zst f.apr.zst | cat >o.apr'
	err_has 'aptee: full.apr.zst: No space left on device' 'a full device is told'
	err_has 'full.apr.zst: in 301 = out 0 \+ dropped 301' 'and counted'
	same in.apr o.apr 'stdout goes on'
	ok 'the other recording too' zstd -qt f.apr.zst
else
	skip 4 'no /dev/full here'
fi
(
	ulimit -f 40
	trap '' XFSZ
	exec aptee limit.apr.zst <in.apr >/dev/null 2>limit.err
) || :
ok 'a file that cannot grow ends in a whole frame' zstd -qt limit.apr.zst
end
