#!/bin/sh
# Goal: viewers that stop for ever hold up nobody and take no memory that
# others need: those that stall longest are cut off where -m is reached, all
# of them 5 s after the end, and where descriptors end the rest lives; every
# viewer that reads ends with the newest state, bit for bit.
#
# Also under: thread
# shellcheck disable=SC2016	# conditions and commands are evaluated later
. "${0%/*}/lib.sh"

sock=$T/s

# crowd words viewers: a publisher that says the words, and such viewers, until
# all is over.
crowd()
{
	wait_for '[ -S "$sock" ]' 60 || fail 'aptee serves'
	# shellcheck disable=SC2086
	bg view help-view -e "$sock" $2
	view=$BG
	wait_for 'grep -q ready view.err' 60 || fail 'viewers join'
	# shellcheck disable=SC2086
	bg emit sh -c 'help-emit "$@" | help-client "$0" publish' "$sock" $1
	bg_wait "$view" 120
}

same_state()
{
	status_is 0 "$2: those that read come to the end"
	# shellcheck disable=SC2086
	help-emit $1 | help-state >wanted
	same wanted view.out "$2: which is the publisher's last state"
	bg_wait "$aptee" 60
	is "$STATUS" 0 "$2: aptee ends well"
}

# Each of those that come late holds another record of a megabyte, and there
# is memory for a few only.
words='pace 2000 steps 700 131000 final'
bg a aptee -l "$sock" -m 8M
aptee=$BG
crowd "$words" 'live 2 late 16'
same_state "$words" 'memory'
LC_ALL=C sed -n 's/.*viewer \([0-9]*\): memory is full.*: cut off.*/\1/p' \
    a.err >cuts
ok 'memory: viewers are cut off' [ -s cuts ]
sort -n cuts >sorted
same sorted cuts 'memory: the one that stalls longest first'
ok 'memory: but none that reads' [ "$(head -n 1 cuts)" -gt 2 ]
run cat a.err
out_lacks 'given up' 'memory: nothing is lost for it'

# The last state is more than a socket holds.
words='steps 20 131000 final'
bg a aptee -l "$sock"
aptee=$BG
crowd "$words" 'live 3 stopped 3 churn 20'
same_state "$words" 'the end'
is "$(grep -o 'cut [0-9]*' view.err)" 'cut 3' \
    'the end: those that stopped are cut off'
run cat a.err
out_has 'viewer [0-9]+: took nothing for [0-9]+ s at the end: cut off' \
    'the end: which is told'

# Descriptors: aptee has some 15 of its own.
bg a sh -c 'ulimit -n 30 && exec aptee -l "$0"' "$sock"
aptee=$BG
wait_for '[ -S "$sock" ]' 60
bg first sh -c 'help-emit wait "$1" steps 20 1000 final |
    help-client "$0" publish' "$sock" "$T/go"
bg few help-view "$sock" live 2
few=$BG
wait_for 'grep -q ready few.err' 60
bg many help-view -e "$sock" stopped 40
many=$BG
eventually 'descriptors: that they have ended is told' \
    "grep -q 'client refused: no more descriptors' a.err" 60
eventually 'descriptors: the rest lives' 'kill -s 0 "$few"' 5
: >"$T/go"
bg_wait "$few" 60
status_is 0 'descriptors: and comes to the end'
bg_wait "$many" 60
bg_wait "$aptee" 60
status_is 0 'descriptors: aptee ends well'
end
