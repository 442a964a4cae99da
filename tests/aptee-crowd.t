#!/bin/sh
# Goal: viewers that stop for ever hold up nobody and take no memory that
# others need: those that stall longest are cut off where -m is reached, all
# of them 5 s after the end, and where descriptors end the rest lives; every
# viewer that reads ends with the newest state, bit for bit.
#
# Also under: thread
# shellcheck disable=SC2016	# conditions and commands are evaluated later
# Long under: address thread
. "${0%/*}/lib.sh"

# serve name option ...: aptee -l name with them, as $aptee.
serve()
{
	sock=$T/$1
	name=$1
	shift
	bg "$name" aptee -l "$sock" "$@"
	aptee=$BG
	wait_for '[ -S "$sock" ]' 60 || fail 'aptee serves'
}

# crowd words viewers: a publisher that says the words, and such viewers, as
# $view.
crowd()
{
	# shellcheck disable=SC2086
	bg "$name.view" help-view -e "$sock" $2
	view=$BG
	wait_for 'grep -q ready "$name.view.err"' 60 || fail 'viewers join'
	# shellcheck disable=SC2086
	bg "$name.emit" sh -c 'help-emit "$@" | help-client "$0" publish' \
	    "$sock" $1
}

# same_state words name view aptee: all is over.
same_state()
{
	bg_wait "$3" 120
	status_is 0 "$2: those that read come to the end"
	# shellcheck disable=SC2086
	help-emit $1 | help-state >wanted
	same wanted "$2.view.out" "$2: which is the publisher's last state"
	bg_wait "$4" 60
	is "$STATUS" 0 "$2: aptee ends well"
}

# The last state is more than a socket holds; looked at below, since those that
# stop have 5 s.
last='steps 20 131000 final'
serve end
crowd "$last" 'live 3 stopped 3 churn 20'
end_view=$view
end_aptee=$aptee

# Each of those that come late holds another record of a megabyte, and there
# is memory for a few only.
words='steps 150 131000 final'
serve memory -m 8M
crowd "pace 5000 $words" 'live 2 late 16'
same_state "$words" memory "$view" "$aptee"
LC_ALL=C sed -n 's/.*viewer \([0-9]*\): memory is full.*: cut off.*/\1/p' \
    memory.err >cuts
ok 'memory: viewers are cut off' [ -s cuts ]
sort -n cuts >sorted
same sorted cuts 'memory: the one that stalls longest first'
ok 'memory: but none that reads' [ "$(head -n 1 cuts)" -gt 2 ]
run cat memory.err
out_lacks 'given up' 'memory: nothing is lost for it'

# Descriptors: aptee has some 15 of its own.
sock=$T/few
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

same_state "$last" end "$end_view" "$end_aptee"
is "$(grep -o 'cut [0-9]*' end.view.err)" 'cut 3' \
    'end: those that stopped are cut off'
run cat end.err
out_has 'viewer [0-9]+: took nothing for [0-9]+ s at the end: cut off' \
    'end: which is told'
end
