#!/bin/sh
# Goal: Ctrl-C belongs to the computation: the first lets aptee go on until
# its input ends, the second ends it; in a real terminal too.
. "${0%/*}/lib.sh"
need tmux

whole()
{
	help-state -c <"$1" >whole.count 2>whole.err
}

# The writer ends by the signal, aptee by its input.
for sig in INT TERM HUP; do
	rm -f begun now.apr
	bg sig$sig sh -c "help-emit crc 1 steps 5 10 touch begun pace 1000 steps 100000 10 |
	    perl -e '\$SIG{INT} = \"DEFAULT\"; open F, \">pid.$sig\"; print F \$\$; close F; exec @ARGV' aptee rec$sig.apr 2>told.$sig |
	    cat >out$sig.apr"
	wait_for "test -e begun && test -s pid.$sig" 10
	wait_for "test -s rec$sig.apr" 10
	kill -s "$sig" "$(cat pid.$sig)"
	size=$(wc -c <rec$sig.apr)
	eventually "after one $sig it goes on" \
	    "test \$(wc -c <rec$sig.apr) -gt $((size + 2000))" 10
	eventually 'and says how to end it' "grep -q 'second signal' told.$sig" 10
	kill -s "$sig" "$(cat pid.$sig)"
	bg_wait "$BG" 10
	ok "after the second its recording is whole" whole rec$sig.apr
	wait_for "! kill -s 0 $(cat pid.$sig) 2>/dev/null" 10
done
bg zero aptee -q -i /dev/zero x.apr
wait_for "kill -s TERM $BG; _gone $BG" 10
bg_wait "$BG" 10
status_is 143 'it dies of the signal'
help-emit crc 1 steps 100 1000 >file.apr
mkfifo block
bg file sh -c 'exec aptee -q -i file.apr >block'
exec 4<block
kill -s TERM "$BG"
bg_wait "$BG" 10
exec 4<&-
status_is 143 'when its inputs are files, of the first'

# What is ignored stays so.
sh_run 'trap "" HUP; help-emit steps 5 10 touch begun2 wait go2 steps 5 10 | aptee -q n.apr >/dev/null &
    while [ ! -s n.apr ]; do sleep 0.02; done
    kill -s HUP $!; kill -s HUP $!; touch go2; wait $!'
status_is 0 'a signal that is ignored stays ignored'

# USR1 and -v.
bg usr sh -c "help-emit source wave steps 81200 1 touch begun3 wait go3 |
    (exec sh -c 'echo \$\$ >pid.usr; exec aptee -q' 2>told.usr) | cat >/dev/null"
wait_for 'test -e begun3 && test -s pid.usr' 20
eventually 'USR1 prints the status' \
    'kill -s USR1 "$(cat pid.usr)"; grep -q "81200 = out" told.usr' 10
cp told.usr "$ERR"
err_has '^aptee: [0-9]+ s, in 81200, .*, wave step 81200, memory [0-9]+ of 1073741824$' 'of the input'
err_has '^aptee: \(stdout\): in 81200 = out [0-9]+ \+ dropped [0-9]+' 'and of each output'
touch go3
bg_wait "$BG" 10
bg ticks sh -c "help-emit steps 50 10000 touch begun4 wait go4 | aptee -v 2>told.v |
    (while [ ! -e go4 ]; do sleep 0.02; done; cat >/dev/null)"
eventually '-v prints a line each second' 'test $(grep -c "^aptee: [0-9]* s, in 50, 0/s" told.v) -ge 2' 10
eventually 'that tells of a stall' 'grep -q "stalled [2-9] s" told.v' 10
touch go4
bg_wait "$BG" 10

# In a terminal.
TMUX_TMPDIR=$T
export TMUX_TMPDIR
unset TMUX
tmux -f /dev/null new-session -d -s t -x 100 -y 30 "cd '$T' && PATH='$PATH' exec sh -i" 2>tmux.err ||
    skip_all "tmux does not start: $(cat tmux.err)"
type_in()
{
	tmux send-keys -t t -l -- "$1"
	tmux send-keys -t t Enter
}
screen()
{
	tmux capture-pane -p -J -t t
}
cat >once.sh <<'END'
trap : INT
help-emit crc 1 steps 3 10 touch up pace 2000 steps 1000000 10 |
    aptee tty.apr | (trap "" INT; exec help-state >tty.state)
echo over >over
END
type_in 'sh once.sh'
wait_for 'test -e up && test -s tty.apr' 10
tmux send-keys -t t C-c
eventually 'Ctrl-C once ends the pipeline through the writer' 'test -e over' 10
whole tty.apr
is "$(help-state <tty.apr | tail -n 1)" "$(tail -n 1 tty.state)" 'the reader has the last state'
ok 'the recording is whole' whole tty.apr
is "$(cat whole.err)" '' 'to the last byte'
is "$(screen | grep -c 'aptee: tty.apr: in')" 1 'the closing lines stand in the terminal'
rm -f up over
# A writer that cares for no signal.
cat >twice.sh <<'END'
trap : INT
(trap "" INT; exec help-emit crc 1 steps 3 10 touch up pace 2000 steps 1000000 10) |
    aptee -q tty2.apr | (trap "" INT; exec cat >/dev/null)
echo over >over
END
type_in 'sh twice.sh'
wait_for 'test -e up && test -s tty2.apr' 10
tmux send-keys -t t C-c
eventually 'told after the first' 'screen | grep -q "second signal"' 10
tmux send-keys -t t C-c
eventually 'Ctrl-C twice ends it' 'test -e over' 10
ok 'its recording is whole' whole tty2.apr
is "$(cat whole.err)" '' 'to the last byte'
rm -f over
type_in 'aptee; echo $? >over'
eventually 'a terminal as stdin' 'test -s over' 10
is "$(cat over)" 1 'is refused'
eventually 'and said' 'screen | grep -q "(stdin): is a terminal"' 10
rm -f over
type_in 'aptee new.apr <tty.apr; echo $? >over'
eventually 'a terminal as stdout' 'test -s over' 10
is "$(cat over)" 1 'is refused'
ok 'before anything is touched' test ! -e new.apr
rm -f over
type_in 'aptee -v -S now.apr <tty.apr >/dev/null; aptee <tty.apr >/dev/null -q /dev/tty; echo $? >over'
eventually 'a terminal as a recording' 'test -s over' 10
is "$(cat over)" 1 'is refused'
tmux kill-server
end
