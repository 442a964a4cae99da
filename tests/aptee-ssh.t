#!/bin/sh
# Goal: the ways to watch a run over ssh work with a real sshd: the last state
# arrives, a connection that breaks comes back, and Ctrl-C at either end leaves
# nothing running that nobody asked for.
# Long under: address thread
. "${0%/*}/lib.sh"
need ssh sshd ssh-keygen

# An sshd of our own on loopback, with its own keys.
[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd 2>/dev/null ||
    skip_all 'sshd has no /run/sshd and it cannot be made'
ssh-keygen -q -t ed25519 -N '' -f host
ssh-keygen -q -t ed25519 -N '' -f key
start_sshd()
{
	port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 20000))
	cat >sshd_config <<END
Port $port
ListenAddress 127.0.0.1
HostKey $T/host
AuthorizedKeysFile $T/key.pub
PidFile $T/sshd.pid
UsePAM no
StrictModes no
END
	bg sshd "$(command -v sshd)" -D -e -f "$T/sshd_config"
	wait_for "grep -q 'Server listening' sshd.err || _gone $BG" 10
	grep -q 'Server listening' sshd.err
}
start_sshd || start_sshd || start_sshd ||
    skip_all "sshd does not run here: $(tail -n 1 sshd.err)"
sshd=$BG
cat >ssh_config <<END
Host there
HostName 127.0.0.1
Port $port
User $(id -un)
IdentityFile $T/key
IdentitiesOnly yes
StrictHostKeyChecking no
UserKnownHostsFile $T/known
BatchMode yes
LogLevel ERROR
StreamLocalBindUnlink yes
END
# there: ssh to where the programs are and names mean the same
cat >there <<END
#!/bin/sh
echo \$\$ >$T/ssh.pid
exec ssh -F $T/ssh_config -n there "cd $T && PATH=$PATH APTEE_DIR=$APTEE_DIR; export PATH APTEE_DIR; \$1"
END
chmod +x there
./there true >there.out 2>&1 ||
    skip_all "ssh to our sshd does not work: $(tail -n 1 there.out sshd.err)"

# far_gone: what ran at the other end has ended
far_gone()
{
	test -s far.pid && _gone "$(cat far.pid)"
}

# The simple ways.
wave='wave -x 60 -n 200 -e 5'
sh_run "./there '$wave' | aplot -q -T dumb -o a.txt"
status_is 0 'ssh host ./wave | aplot'
ok 'draws the last state' grep -q 'step 200.*ended' a.txt
sh_run "./there '$wave | aptee -q' | aplot -q -o b.txt"
status_is 0 "ssh host './wave | aptee' | aplot"
ok 'draws the last state' grep -q 'step 200.*ended' b.txt
served="help-emit crc 1 source run steps 5 40 touch s.up wait s.go pace 1000 steps 200 40 final |
    aptee -q -l run s.apr >/dev/null"
bg run sh -c "$served"
wait_for 'test -e s.up && test -S "$APTEE_DIR/run"' 10
bg joined sh -c "./there 'aptee -q -i run' >joined.apr"
bg drawn sh -c "./there 'aptee -q -i run' | aplot -q -o c.txt"
drawn=$BG
wait_for 'test -s joined.apr && test -s c.txt' 20
touch s.go
bg_wait "$drawn" 20
status_is 0 'ssh host aptee -i run | aplot'
ok 'draws the last state' grep -q 'step 205.*ended' c.txt
wait_for 'help-state <joined.apr 2>/dev/null | grep -q final' 10
help-state <s.apr >want
help-state <joined.apr >got
same want got 'which is the whole state, bit for bit'

# A forwarded socket, whose connection breaks.
rm -f s.up s.go
bg run2 sh -c "$(echo "$served" | sed 's/s.apr/s2.apr/')"
wait_for 'test -e s.up && test -S "$APTEE_DIR/run"' 10
forward()
{
	bg "forward$1" ssh -F ssh_config -N \
	    -L "$T/here.sock:$APTEE_DIR/run" there
	wait_for 'test -S here.sock' 10
}
forward 1
first=$BG
bg viewer sh -c 'aptee -q -i ./here.sock v.apr >/dev/null'
viewer=$BG
wait_for 'test "$(help-state -c <v.apr)" -gt 0' 10
kill -s KILL "$first"
eventually 'a forwarded socket whose connection breaks is told' \
    'grep -q "here.sock: the connection broke" viewer.err' 10
forward 2
eventually 'and joined again when it is back' \
    'grep -q "here.sock: connected again" viewer.err' 20
touch s.go
bg_wait "$viewer" 20
status_is 0 'to its end'
help-state <s2.apr >want
help-state <v.apr >got 2>/dev/null
same want got 'with the whole state'

# A command that breaks.
cat >again.sh <<'END'
n=$(cat n 2>/dev/null || echo 0)
n=$((n + 1))
echo $n >n
[ $n -gt 1 ] || exec help-emit run $n crc 1 steps 5 10 touch again.up wait never
exec help-emit run $n crc 1 steps 7 10 final
END
bg again sh -c "aptee -q -i '|./there \"sh again.sh\"' again.apr >/dev/null"
again=$BG
wait_for 'test -e again.up && test "$(help-state -c <again.apr)" = 5' 20
kill -s KILL "$(cat ssh.pid)"
eventually "'|ssh ...' whose connection breaks is started again" \
    'grep -q "there.*started again in" again.err' 20
bg_wait "$again" 30
status_is 0 'to its end'
is "$(help-state <again.apr 2>/dev/null | grep -c 'step 7 final\|step 8 final')" 1 \
    'with the new run'

# here name command: the same as from a terminal; what a shell starts in the
# background has INT ignored
here()
{
	bg "$1" perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' sh -c "$2"
}

# Ctrl-C here: to all of the pipeline.  There, nothing goes on.
cat >far.sh <<'END'
echo $$ >far.pid
exec wave -x 60 -n 100000000
END
here here1 "./there 'exec sh far.sh' | aplot -q -o d.txt"
wait_for 'test -s d.txt' 20
kill -s INT -- "-$BG"
eventually 'Ctrl-C here: ssh host ./wave ends there' far_gone 20
rm -f far.pid
here here2 "./there 'sh far.sh | aptee -q' | aplot -q -o e.txt"
wait_for 'test -s e.txt' 20
kill -s INT -- "-$BG"
eventually "and ssh host './wave | aptee'" far_gone 20
rm -f far.pid s.up s.go
bg run3 sh -c "$(echo "$served" | sed 's/s.apr/s3.apr/')"
wait_for 'test -e s.up && test -S "$APTEE_DIR/run"' 10
here here3 "./there 'echo \$\$ >far.pid; exec aptee -q -i run' | aplot -q -o f.txt"
wait_for 'test -s f.txt' 20
kill -s INT -- "-$BG"
eventually 'and ssh host aptee -i run, while nothing comes' far_gone 20
ok 'but not the run that it joined' test -S "$APTEE_DIR/run"
touch s.go

# Ctrl-C there, to the run: the last state arrives here.
rm -f far.pid
bg there1 sh -c "./there 'sh far.sh | aptee -q' | aplot -q -o g.txt"
wait_for 'test -s g.txt' 20
kill -s INT "$(cat far.pid)"
bg_wait "$BG" 20
status_is 0 'Ctrl-C there ends the picture here'
ok 'with the last state' grep -q 'ended' g.txt
kill -s TERM "$sshd"
end
