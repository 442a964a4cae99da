#!/bin/sh
# Goal: what is not a record, or is damaged, is passed over and told; the good
# records are drawn; the statuses are those of aplot(1); memory is bounded.
# Long under: thread
. "${0%/*}/lib.sh"

need gnuplot perl
dumb='aplot -T dumb'
limit='ulimit -v 3000000'
[ -z "${SAN:-}" ] || limit=:	# a sanitizer takes all addresses there are

# Nothing.
sh_run ": | $dumb"
status_is 1 'an empty stream: status 1'
err_is 'aplot: (stdin): no record came' 'and it says so'
: >empty.apr
run $dumb empty.apr
status_is 1 'an empty file: status 1'
err_is 'aplot: empty.apr: no record came' 'and it says so, by name'

# A terminal.
need script
script -qec "aplot -T dumb; echo status \$?" /dev/null </dev/null >tty.out 2>&1
ok 'a terminal as stdin is said' \
    grep -q 'aplot: stdin is a terminal: nothing to draw' tty.out
ok 'and is status 1' grep -q 'status 1' tty.out

# Text.
sh_run "printf '1 2\n3 4\n' | $dumb"
status_is 1 'text: status 1'
err_is 'aplot: (stdin): byte 0: not a record (text? try "aprec text")' \
    'and the way out'
seq 100000 >text.apr
run $dumb text.apr
status_is 1 'a text file: status 1'
err_has 'text.apr: byte 0: not a record \(text\? try "aprec text"\)' \
    'and the way out, by name'
ok 'in a line or two' test "$(grep -c . "$ERR")" -le 2

# A banner before the first record is shown, and is no loss.
sh_run "(printf 'Welcome to \033[31mcluster\nQuota: 3%%\n'
    help-emit steps 2 10 final) | $dumb"
status_is 0 'text before the first record is no loss'
err_has '^Quota: 3%$' 'and is shown'
err_lacks "$(printf '\033')" 'made safe'
out_has 'step 2 ' 'what follows is drawn'

# Noise.
sh_run "head -c 20000000 /dev/urandom | $dumb"
status_is 1 'noise: status 1'
err_has 'byte 0: not a record' 'it is said at which byte'
ok 'in few lines' test "$(grep -c . "$ERR")" -le 12
sh_run "($limit; head -c 20000000 /dev/zero | $dumb)"
status_is 1 'zeros: status 1'

# Noise, then records.
sh_run "help-emit random 100000 crc 1 steps 3 10 final | $dumb"
status_is 3 'records behind noise: status 3'
out_has 'step 3 ' 'they are drawn'
err_has ' 100000 bytes lost' 'and the loss is told'

# A claim of 2^60 bytes.
sh_run "($limit
    help-emit crc 1 steps 1 10 claim 1152921504606846976 steps 3 10 final |
    $dumb)"
status_is 3 'a record that claims 2^60 bytes: status 3'
out_has 'step 4 ' 'the good ones behind it are drawn'
err_has 'passed over' 'and it is told'

# Torn at the end.
sh_run "help-emit steps 3 10 torn 300 | $dumb"
status_is 3 'a torn last record: status 3'
out_has 'step 3 .*no final record' 'the whole ones are drawn, and no final one'
err_has 'passed over' 'and it is told'

# Torn in the middle, and another writer after it.
sh_run "(help-emit crc 1 run 1 steps 3 10 torn 300
    help-emit crc 1 run 2 steps 5 10 final) | $dumb"
status_is 3 'a torn record in the middle: status 3'
out_has 'emit@test, emit@test#2 .*step' 'the next run is drawn beside it'

# A byte flipped in the data.
help-emit crc 1 steps 3 1000 >flip.apr
perl -e 'open my $f, "+<", "flip.apr"; seek $f, 12000, 0; print $f "\x55\x55"'
run $dumb flip.apr
status_is 3 'damaged data: status 3'
err_has 'damaged' 'and it is told'
out_has 'step 3 ' 'the others are drawn'

# A run that never said it ended.
run sh -c "help-emit steps 3 10 | $dumb"
status_is 0 'a stream without a final record: status 0'
out_has 'no final record' 'but the title says so'

# What cannot be opened or read.
run $dumb .
status_is 1 'a folder as input: status 1'
err_has '^aplot: \.: is a directory' 'and why'
run $dumb ./missing
status_is 1 'a missing input: status 1'

# More than memory allows: bounded, told, the rest drawn.
i=0
words='run 7'
while [ $i -lt 20 ]; do
	words="$words array f$i 8000000 $i publish none f$i"
	i=$((i + 1))
done
sh_run "help-emit $(echo "$words" | sed 's/none [a-z0-9]*//g') num e 1 final |
    ($limit; $dumb e)"
status_is 3 'a state above the limit: status 3'
err_has 'fields are given up' 'it is told'
out_has 'no final record|ended' 'the rest is drawn'
end
