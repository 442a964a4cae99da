#!/bin/sh
# Goal: through trees of aptees and over two paths no state is lost: the root
# has each source's last state bit for bit, what was dropped and what came
# twice is counted at each level, runs of one name stay apart, and a middle
# that is killed and comes back costs nothing.
. "${0%/*}/lib.sh"
# Also under: thread

# leaf i source run: a run that serves, and records what it is
leaf()
{
	bg "leaf$1" sh -c "help-emit source $2 run $3 crc 1 array grid 50 $3 publish \
	    pace 2000 steps 20 40 touch $1.up wait go pace 500 steps 300 40 \
	    wait end steps 3 40 final | aptee -q -l leaf$1 leaf$1.apr >/dev/null"
}

# served name: somebody serves it
served()
{
	test -S "$APTEE_DIR/$1"
}

# state file ...: of all sources in them, in order
state()
{
	for f; do
		help-state <"$f" 2>/dev/null
	done | sort
}

for i in 1 2 3 4 5 6; do
	leaf $i "leaf$i" "10$i"
done
# Two runs with one name.
leaf 7 twin 107
leaf 8 twin 108
for i in 1 2 3 4 5 6 7 8; do
	wait_for "test -e $i.up && served leaf$i" 20
done
mkfifo pipe
# The middles have leaf 4 both: a diamond.
bg left aptee -l left -i leaf1 -i leaf2 -i leaf3 -i leaf4 left.apr
bg right aptee -l right -i leaf4 -i leaf5 -i leaf6 -i leaf7 -i leaf8 -i pipe
right=$BG
help-emit source fifo run 109 crc 1 wait end steps 5 40 final >pipe 2>fifo.err &
wait_for 'served left && served right' 20
bg root aptee -i left -i right root.apr
root=$BG
count()
{
	help-state 2>/dev/null <root.apr | sed 's/ .*//' | sort -u | wc -l
}
eventually 'all leaves are seen at the root' 'test "$(count)" = 8' 20
is "$(help-state 2>/dev/null <root.apr | sed 's/ .*//' | sort -u | grep twin)" \
    'twin
twin#2' 'two runs with one name stay apart'
touch go

# A middle dies and comes back.
kill -s KILL "$right"
bg_wait "$right" 10
eventually 'a middle that dies is told at the root' \
    'grep -q "^aptee: right: the connection broke" root.err' 10
ok 'and the root goes on' kill -s 0 "$root"
rm pipe
mkfifo pipe
bg right2 aptee -l right -i leaf4 -i leaf5 -i leaf6 -i leaf7 -i leaf8 -i pipe
help-emit source fifo run 110 crc 1 wait end steps 5 40 final >pipe &
eventually 'when it is back it is connected again' \
    'grep -q "^aptee: right: connected again" root.err' 20
touch end
bg_wait "$root" 40
status_is 0 'the root ends well, with its last source'
# shellcheck disable=SC2154
for p in $_pids; do
	bg_wait "$p" 20		# the leaves' recordings are whole
done
help-emit source fifo run 110 crc 1 steps 5 40 final >fifo.apr
state leaf[1-6].apr fifo.apr >want
# Of two runs with one name, the newer replaces the older once that is final.
state root.apr | grep -v '^twin' >got
same want got 'with the last state of all sources, bit for bit'
is "$(grep -c 'final$' got)" 7 'all of them final'

# What was counted.
for f in left right2 root; do
	eventually "$f: in = out + dropped" "awk '/: in [0-9]+ = out/ { n++
	    for (i = 1; i < NF; i++) {
		if (\$i == \"in\") a = \$(i + 1)
		if (\$i == \"out\") b = \$(i + 1)
		if (\$i == \"dropped\") c = \$(i + 1) + 0 }
	    if (a != b + c) exit 1 } END { exit n == 0 }' $f.err" 20
done
cp root.err "$ERR"
err_has '^aptee: root.apr: in [0-9]+ = .* duplicates [1-9]' \
    'what came over both paths, or again, is counted at the root'

# A tree of pipes: eight writers, two middles, a root.
for m in 1 2; do
	mkfifo "m$m"
	for i in 1 2 3 4; do
		mkfifo "p$m$i"
		help-emit source "rank$m$i" run "$m$i" crc 1 array grid 50 "$i" \
		    publish steps 500 40 final >"p$m$i" &
		help-emit source "rank$m$i" run "$m$i" crc 1 array grid 50 "$i" \
		    publish steps 500 40 final >"r$m$i.apr"
	done
	aptee -q -i "p${m}1" -i "p${m}2" -i "p${m}3" -i "p${m}4" >"m$m" &
done
run aptee -q -i m1 -i m2 pipes.apr
status_is 0 'a tree of pipes'
state r??.apr >want
state pipes.apr >got
same want got 'loses no state either'
end
