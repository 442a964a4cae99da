#!/bin/sh
# Goal: the ranks of a real mpirun publish side by side and are steered as
# one: they pause, step, change and stop at the same step, whoever is killed
# at whatever moment; those that wait use no CPU; a run that could not agree
# says so, once, and is not steered.  TRIES=200 for more random moments.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need mpirun mpicc mpifort gfortran gnuplot mkfifo
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1
# Else MPI_Init asks whatever X server is on :0, and dies with it.
export HWLOC_COMPONENTS=-gl
ok 'heat-mpi is built' test -x "$BUILD/heat-mpi"
mpi()
{
	"$PYTHON" -B "$TOP/tests/mpi.py" "$TOP/format" "$@"
}

# A file of each rank.
run mpirun -n 1 env APREC_OUT=one.apr heat-mpi -q -x 60 -n 2000
err_has '^heat-mpi: 2000 steps by 1 processes' 'it runs alone'
run env APREC_OUT=run.%r.apr mpirun -n 4 heat-mpi -q -x 60 -n 2000
status_is 0 'and as four'
err_has '^heat-mpi: 2000 steps by 4 processes' 'for as many steps'
is "$(mpi steps run.?.apr)" 'same 0 2000 4' 'every rank publishes the same steps'
is "$(mpi tiles one.apr run.?.apr)" '0 missing, apart by 0' \
    'the tiles are what one process computes'
is "$(mpi last run.0.apr | awk '{ print $1, $4 * $4 < 1e-18 }')" '2000 1' \
    'and no heat is lost'
run aplot -q -o x.png 'run.?.apr'
status_is 0 'aplot draws the four'
is "$(head -c 8 x.png | od -An -tx1)" ' 89 50 4e 47 0d 0a 1a 0a' 'a picture'

# Through one aptee, by its socket.
# serve name: an aptee that records it.
serve()
{
	bg "$1.aptee" aptee -q -l "$1" "$1.apr"
	aptee=$BG
	wait_for "[ -S '$APTEE_DIR/$1' ]" 10
}
# start name [option ...]: four ranks that publish to it, some 200 times a
# second.
start()
{
	_run=$1
	shift
	bg "$_run" env APREC_OUT="$_run" mpirun -n 4 heat-mpi -q -p -e 1 \
	    -x 100 -n 1000000000 "$@"
	sim=$BG
	eventually "$_run has begun" \
	    "aptee -c $_run set power 150 | grep -q '^ok.* at step'" 60
}
# step_of: that which aptee's last answer tells
step_of()
{
	sed -n 's/^ok.* at step \([0-9]*\).*/\1/p' "$OUT"
}
# all_at name step: whether every rank has published that, and nothing later
all_at()
{
	mpi steps "$1.apr" | awk -v n="$2" '/ to / && $4 == n "," { k++ }
	    END { exit k != 4 }'
}
ranks()
{
	ps -o pid= --ppid "$sim"
}
# asleep: whether each rank is, sometimes when it is looked at: who spins never
# is, and who wakes up waits, on a busy machine, to be run
asleep()
{
	_i=0
	while [ $((_i += 1)) -le 40 ]; do
		ps -o pid= -o stat= --ppid "$sim"
	done | awk '$2 ~ /^S/ { k[$1]++ }
	    END { for (p in k) if (k[p] > 3) n++; exit n != 4 }'
}

serve heat
start heat
run aptee -c heat pause
at=$(step_of)
eventually 'a pause: every rank is at its step' "all_at heat $at" 30
ok 'and uses no CPU' asleep
run aptee -c heat step 3
eventually 'three steps: every rank makes three' "all_at heat $((at + 3))" 30
run aptee -c heat set power 700
is "$(step_of)" $((at + 3)) 'what is set in a pause is set there'
run aptee -c heat set power 20000
out_has '^error .*power: 20000 is not from 0 to 10000' 'and checked'
run aptee -c heat at $((at + 40)) set turning 1.5
out_has "^ok.* waits for step $((at + 40))" 'what is to come, waits'
ok 'they are still there' all_at heat $((at + 3))
bg viewer sh -c 'aptee -q -i heat | sleep 100'
viewer=$BG
run aptee -c heat resume
kill -s KILL -- "-$viewer"
eventually 'it is set at its step' "aptee -c heat get turning | grep -q '1\.5'" 30
bg viewer sh -c 'aptee -q -i heat | sleep 100'
viewer=$BG
run aptee -c heat pause
kill -s KILL -- "-$viewer"
run aptee -c heat stop
out_has '^ok.* at step' 'a pause does not hold up the stop'
bg_wait "$sim" 30
status_is 0 'the run ends'
bg_wait "$aptee" 30
last=$(sed -n 's/^heat-mpi: \([0-9]*\) steps.*/\1/p' heat.err)
is "$(mpi steps heat.apr)" "same 0 $last 4" 'every rank at the same step'

# Once more, from what was recorded: any rank that had changed something a
# step sooner or later would come to something else.
aprec control heat.apr >run.ctl
run grep -c "at $((at + 40)) set turning 1.5" run.ctl
out_is 1 'aprec control has what was applied'
run env APREC_CONTROL=run.ctl APREC_OUT=again.apr mpirun -n 1 heat-mpi -q \
    -e 1 -x 100 -n 1000000000
err_has "^heat-mpi: $last steps by 1" 'one process that obeys it'
run env APREC_CONTROL=run.ctl APREC_OUT=again.%r.apr mpirun -n 4 heat-mpi -q \
    -e 1 -x 100 -n 1000000000
err_has "^heat-mpi: $last steps by 4" 'and four, by a file'
is "$(mpi tiles again.apr again.?.apr)" '0 missing, apart by 0' \
    'come to the same'
is "$(mpi last heat.apr)" "$(mpi last again.0.apr)" \
    'which is what was seen live, bit for bit'

# The aptee dies while it runs, and while it is paused.
serve dies
start dies
kill -s KILL "$aptee"
for p in $(ranks); do
	kill -s TERM "$p"
done
bg_wait "$sim" 30
ok 'without its aptee the run goes on until a signal' \
    grep -q '^heat-mpi: [0-9]* steps by 4' dies.err
serve paused
start paused
run aptee -c paused pause
eventually 'it is paused' "all_at paused $(step_of)" 30
was=$(step_of)
kill -s KILL "$aptee"
eventually 'without its aptee a pause ends' \
    "grep -q '^aprec: .*goes on' paused.err" 30
is "$(grep -c '^aprec: .*goes on' paused.err)" 1 'which is told once'
for p in $(ranks); do
	kill -s TERM "$p"
done
bg_wait "$sim" 30
ok 'and the run can end' test \
    "$(sed -n 's/^heat-mpi: \([0-9]*\) steps.*/\1/p' paused.err)" -ge "$was"

# A signal in a pause.
serve caught
start caught
run aptee -c caught pause
eventually 'it is paused once more' "all_at caught $(step_of)" 30
for p in $(ranks); do
	kill -s TERM "$p"
done
bg_wait "$sim" 30
bg_wait "$aptee" 30
is "$(mpi steps caught.apr | sed 's/ [0-9]* 4$/ 4/')" 'same 0 4' \
    'a signal ends a pause, all at the same step'

# Who cannot publish is steered with the others.
mkdir 0 1 3
echo 'at 100 stop' >at.ctl
bg nowhere env APREC_OUT=%r/run.apr APREC_CONTROL=at.ctl mpirun -n 4 \
    heat-mpi -q -e 10 -x 60 -n 1000000000
bg_wait "$BG" 60
ok 'a rank has nowhere to write' grep '2/run\.apr: No such file' nowhere.err
ok 'and stops where the others do' grep '^heat-mpi: 1[01]0 steps by 4' \
    nowhere.err
is "$(mpi steps ?/run.apr | sed 's/ [0-9]* 3$/ 3/')" 'same 0 3' 'which do'

# Without a broadcast.
run env APREC_CONTROL=at.ctl mpirun -n 3 wave -q -x 16 -e 10 -n 300
is "$(grep -c '^wave: 300 steps' "$ERR")" 3 'ranks that cannot agree go on'
is "$(grep -c 'not steered, since 3 processes would not agree' "$ERR")" 1 \
    'and say so once'

# Two nodes, each with an aptee of its own, and one to which both are merged:
# that of rank 0 by its socket, which brings orders to it, the other by a
# command, as ssh(1) is one.
serve node0
node0=$aptee
serve node1
node1=$aptee
bg root aptee -q -l root -i node0 -i '|aptee -q -i node1' root.apr
root=$BG
bg nodes mpirun -n 2 -x APREC_OUT=node0 heat-mpi -q -p -e 1 -x 100 \
    -n 1000000000 : -n 2 -x APREC_OUT=node1 heat-mpi -q -p -e 1 -x 100 \
    -n 1000000000
sim=$BG
eventually 'two nodes have begun' \
    "aptee -c root set power 150 | grep -q '^ok.* at step'" 60
run aptee -c root pause
at=$(step_of)
eventually 'the root pauses all ranks of both' "all_at root $at" 30
run aptee -c root step 2
eventually 'and has them step' "all_at root $((at + 2))" 30
run aptee -c root stop
for p in $sim $node0 $node1 $root; do
	bg_wait "$p" 30
done
# What the root has not got yet and is superseded, it need not get.
is "$(mpi last root.apr | cut -d' ' -f1)" $((at + 2)) 'and stop'
for n in node0 node1; do
	is "$(mpi steps $n.apr)" "same 0 $((at + 2)) 2" "$n has its own"
done

# In Fortran, as the manual shows it, and by mpif.h.
col='cat'
command -v mandoc >/dev/null && col='mandoc -Tascii'
$col "$TOP/man/aprec.3" | sed 's/.\x08//g' |
    sed -n '/module agreement/,/end module agreement/p' >f08.f90
sed 's/use mpi_f08//; s/type(MPI_Request)/integer/
    /implicit none/a\
include "mpif.h"' f08.f90 >mpif.f90
cat >ranks.f90 <<'FORTRAN'
program ranks
    use aprec
    use agreement
    implicit none
    type(aprec_writer) :: out
    integer, target :: n = 0
    integer :: rank, step, error, sum

    call MPI_Init(error)
    call MPI_Comm_rank(MPI_COMM_WORLD, rank, error)
    call out%open()
    call out%broadcast(rank, agree)
    call out%param('n', n, 0, 10, 'added in each step')
    sum = 0
    step = 0
    do while (step < 2000 .and. .not. out%stopped())
        step = step + 1
        sum = sum + n
        call out%put('step', step)
        call out%put('sum', sum)
        call out%publish()
    end do
    call out%close()
    call MPI_Finalize(error)
end program ranks
FORTRAN
printf 'at 5 set n 3\nat 20 set n 11\nat 30 set n 1\nat 40 stop\n' >ranks.0.ctl
for kind in f08 mpif; do
	mkdir $kind
	ok "$kind: a program compiles" sh -c "cd $kind && mpifort -o ranks \
	    '$TOP/format/aprec.f90' ../$kind.f90 ../ranks.f90 \
	    '$BUILD/libaprec.a' -pthread"
	run env APREC_OUT="$kind/%r.apr" APREC_CONTROL=ranks.%r.ctl \
	    mpirun -n 3 $kind/ranks
	is "$(mpi steps $kind/?.apr)" 'same 1 40 3' "$kind: all stop as told"
	for r in 0 1 2; do
		aprec json $kind/$r.apr | grep -o '"sum":[0-9]*' | tail -n 1
	done >sums
	is "$(uniq -c sums | tr -s ' ')" ' 3 "sum":85' \
	    "$kind: and change n at the same step"
done

# Random moments.
ok 'no deadlock at random moments' mpi tries "${TRIES:-10}"
note "$(cat "$OUT")"
end
