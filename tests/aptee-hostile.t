#!/bin/sh
# Goal: clients that say what makes no sense, too much, or nothing, are cut
# off or passed over alone, and told of; a publisher and viewers that are
# there all the time come to the end with every bit, and memory stays within
# -m.
#
# HOSTILE=n does n times as much (scripts/soak is for crowds).
#
# Also under: thread
# shellcheck disable=SC2016	# conditions and commands are evaluated later
. "${0%/*}/lib.sh"

n=${HOSTILE:-1}
sock=$T/s
words="source good@test num n 7 publish steps 20 1000 wait $T/go
    steps 20 1000 final"

# serve option ...: aptee -l with them, as $aptee, what it says in a.err.
serve()
{
	rm -f "$T/go"
	bg a aptee -l "$sock" "$@"
	aptee=$BG
	wait_for '[ -S "$sock" ]' 60 || fail 'aptee serves'
}

# good: a publisher, and viewers of it, that are there all the time.
good()
{
	# shellcheck disable=SC2086
	bg good sh -c 'help-emit "$@" | help-client "$0" publish' "$sock" \
	    $words
	bg view help-view "$sock" live "$1"
	view=$BG
	eventually "$1 viewers are there" 'grep -q ready view.err' 60
}

# Peak memory in KiB is at most $1, where that can be known; sanitizers take
# their own.
small()
{
	most=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\).*/\1/p' \
	    "/proc/$aptee/status" 2>/dev/null)
	if [ -n "${SAN:-}" ] || [ -z "$most" ]; then
		skip 1 'memory is not known'
		return
	fi
	ok "$2: memory stays within -m ($most KiB)" [ "$most" -lt "$1" ]
}

# end_good viewers name: they come to the end, with what the publisher said.
end_good()
{
	small 32000 "$2"
	: >"$T/go"
	bg_wait "$view" 120
	status_is 0 "$2: viewers come to the end"
	is "$(grep -o 'same [0-9]*' view.err)" "same $1" \
	    "$2: all with one state"
	# shellcheck disable=SC2086
	help-emit $words | help-state >wanted
	grep '^good@' view.out >got
	same wanted got "$2: which is that of the good publisher"
}

told()
{
	eventually "$1" "LC_ALL=C grep -q '$2' a.err" 60
}

#
# What is sent
#
serve -m 16M
good 2
bg more sh -c 'yes more | help-client "$0" view | help-state' "$sock"
more=$BG
run sh -c 'head -c "$1"000000 /dev/zero | help-client "$0"' "$sock" \
    "$((n * 100))"
out_is 'error a line is at most 4096 bytes' 'a handshake without end is refused'
err_has 'closed after' 'and cut off'
told 'which is told' 'a line of more than 4096 bytes: cut off'
run sh -c 'printf "no\033[31m\001such\n" | help-client "$0"' "$sock"
out_has '^error' 'what is no command is an error'
out_lacks "$(printf '[\001\033]')" 'and said without its control characters'
run sh -c 'help-emit random "$1"000000 | help-client "$0" publish' "$sock" \
    "$((n * 3))"
err_has 'closed after' 'a publisher of garbage is cut off'
told 'and told of' 'publisher.*no record: cut off'
run sh -c 'help-emit run 1000007 num x 1 publish random "$1"000000 |
    help-client "$0" publish' "$sock" "$((n * 3))"
told 'garbage behind a record is passed over' 'publisher.*bytes passed over'
run sh -c 'help-emit sources "$1"000 | help-client "$0" publish' "$sock" \
    "$((n * 3))"
told 'too many sources are refused' 'more than 1024 sources; records refused'
run sh -c 'help-emit source names run 1000008 names 4096 num one 1 publish |
    help-client "$0" publish' "$sock"
told 'so are too many names' 'more than 4096 names; records refused'
run sh -c 'help-emit source big run 1000009 num x 1 publish claim 1073741824 \
    zeros "$1"000000 | help-client "$0" publish' "$sock" "$((n * 20))"
told 'and a record of 1 GiB' 'byte [0-9]*: record above the limit'
run sh -c 'yes | help-client "$0" view >/dev/null' "$sock"
err_has 'closed after' 'a viewer that says yes is cut off'
told 'and told of' 'sent what is not "more": cut off'
run sh -c 'head -c 10000 /dev/zero | help-client "$0" view >/dev/null' "$sock"
told 'and one whose line has no end' \
    'viewer.*a line of more than 4096 bytes: cut off'
end_good 2 'bad words'
bg_wait "$more" 60
grep '^good@' more.out >got
same wanted got 'so does one that wants more all the time'
bg_wait "$aptee" 60
ok 'aptee ends with its last publisher' [ "$STATUS" -le 3 ]

#
# How many, and who stops in the middle; between records nobody is cut off,
# nor when it was aptee that stood still
#
APTEE_SILENCE=4 bg own aptee -l "$T/own" -m 16M
own=$BG
wait_for '[ -S "$T/own" ]' 60
bg rest sh -c 'help-emit num x 1 publish array u 1000 1 torn 4000 wait "$1" \
    rest num x 2 publish final | help-client "$0" publish' "$T/own" "$T/rest"
eventually 'a record has come' \
    'test "$(aptee -c "$T/own" get x 2>&1 | tail -n 1)" = "emit@test x 1"' 60
kill -s STOP "$own"
# shellcheck disable=SC2034	# used later
stopped=$(date +%s)

export APTEE_SILENCE=1
serve -m 16M
good 2
bg bar sh -c 'help-emit text "Loading [##]" wait "$1" source bar run 1000011 \
    num x 1 publish | help-client "$0" publish' "$sock" "$T/go"
bar=$BG
bg half sh -c 'help-emit run 1000010 num x 1 publish array u 100000 1 \
    torn 400000 | help-client -k "$0" publish' "$sock"
half=$BG
run help-view "$sock" joins "$((n * 1000))"
status_is 0 'thousands join and leave, one after the other'
run help-view -e "$sock" silent "$((n * 400))"
err_has "cut $((n * 400)) " 'hundreds that say nothing are cut off'
told 'which is told' 'client [0-9]*: said nothing'
told 'who is silent inside a record is cut off' \
    's: publisher [0-9]*: silent for 1 s inside a record: cut off'
told 'and half a record was what it said' 'publisher.*cut short'
bg_wait "$half" 60
status_is 0 'which it sees'
end_good 2 'too many'
bg_wait "$bar" 60
is "$(cat bar.err)" '' 'who says less than the beginning of one is not'
bg_wait "$aptee" 60
ok 'those not told of are counted' \
    grep -q 'more clients refused or cut off' a.err
is "$(grep -c 'inside a record' a.err)" 1 'and nobody else was cut off for it'
not_ok 'the socket is removed' [ -e "$sock" ]

wait_for '[ "$(date +%s)" -gt "$((stopped + 5))" ]' 60
kill -s CONT "$own"
: >"$T/rest"
bg_wait "$own" 60
is "$STATUS" 0 'its own stop is not silence of others'
run cat own.err
out_lacks 'silent' 'of which it says nothing'
end
