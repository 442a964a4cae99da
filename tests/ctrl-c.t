#!/bin/sh
# Goal: whenever a run that is watched, recorded and steered is told to end, by
# Ctrl-C or by kill(1) of its pipeline, going on or paused, it ends: nothing
# hangs or is left behind, the recording is whole and has the last state.
#
# The moments are random.  CTRL_C_TRIES says how many there are (9), and
# CTRL_C_SEED repeats them.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need perl gnuplot
tries=${CTRL_C_TRIES:-9}
seed=${CTRL_C_SEED:-$$}
note "CTRL_C_SEED=$seed"
perl -e 'srand(shift); printf("%d %.3f %.3f\n", $_, rand(1.6), rand(0.3))
    for 0 .. shift() - 1' "$seed" "$tries" >moments

set --
[ ! -x "$BUILD/wave" ] || set -- "$@" wave
[ ! -x "$BUILD/lorenz" ] || set -- "$@" lorenz
! "$PYTHON" -c 'import numpy' 2>/dev/null || set -- "$@" heat
programs=$*
[ $# -gt 0 ] || skip_all 'no computation is here'

# living: the processes of the session, but zombies that a shell has yet to see.
living()
{
	ps -eo sid=,stat=,args= | awk -v sid="$session" \
	    '$1 == sid && $2 !~ /^Z/'
}

# command name: it and its options.
command_of()
{
	case $1 in
	wave) echo "$BUILD/wave -q -x 120" ;;
	lorenz) echo "$BUILD/lorenz -q" ;;
	heat) echo "$PYTHON $TOP/scripts/heat.py -q" ;;
	esac
}

# try program way delay pause
try()
{
	rm -rf try
	mkdir try
	cat >try/sh <<END
cd try
APREC_CONTROL=c $(command_of "$1") 2>run.err |
    aptee -q -l c run.apr 2>aptee.err | aplot -q -o x.png 2>aplot.err
END
	# A shell lets what it starts with & ignore SIGINT.
	perl -MPOSIX=setsid -e '$SIG{INT} = "DEFAULT"; setsid(); exec @ARGV' \
	    sh try/sh \
	    >try/out 2>try/err 3>&- </dev/null &
	session=$!
	_pids="$_pids $session"
	wait_for "kill -s 0 -- -$session" 10 2>/dev/null
	sleep "$3"
	case $2 in
	TERM) kill -s TERM -- "-$session" ;;
	pause)
		if wait_for '[ -S .lib/runs/c ]' 10; then
			aptee -c c pause >try/pause 2>&1 3>&-
			sleep "$4"
		fi
		kill -s INT -- "-$session"
		;;
	*) kill -s INT -- "-$session" ;;
	esac 2>/dev/null
	problem=
	wait_for '[ -z "$(living)" ]' 40 || {
		problem="hangs: $(living)"
		for pid in $(ps -eo sid=,pid= |
		    awk -v sid="$session" '$1 == sid { print $2 }'); do
			kill -s KILL "$pid"
		done
	}
	wait "$session" 2>/dev/null
	[ ! -e .lib/runs/c ] || problem="$problem; its socket is left"
	rm -f .lib/runs/*
	if [ -s try/run.apr ]; then
		aprec check try/run.apr >try/check 2>&1 ||
		    problem="$problem; $(cat try/check)"
		ended=$(aprec ls try/run.apr | sed -n 's/.* final .*/final/p')
	fi
	# What tells on stderr how far it came, has closed its writer.
	if [ -s try/run.apr ] && grep -q ' steps, t = ' try/run.err &&
	    [ "$ended" != final ]; then
		problem="$problem; its last state is lost"
	fi
	[ -s try/run.apr ] && recorded=$((recorded + 1))
	[ "$ended" = final ] && whole=$((whole + 1))
	[ -z "$problem" ] || {
		note "$1, $2 after $3 s$problem"
		cat try/run.err try/aptee.err try/aplot.err | sed 's/^/#   /'
		cp -r try "problem.$number"
	}
	ended=
}

bad=0
recorded=0
whole=0
while read -r number delay pause; do
	# shellcheck disable=SC2086
	set -- $programs
	shift $((number % $#))
	case $((number / 3 % 3)) in
	0) try "$1" INT "$delay" "$pause" ;;
	1) try "$1" pause "$delay" "$pause" ;;
	2) try "$1" TERM "$delay" "$pause" ;;
	esac
	[ -z "$problem" ] || bad=$((bad + 1))
done <moments
is "$bad" 0 "each of $tries runs ends, whole"
ok 'most had begun' test "$((recorded * 2))" -ge "$tries"
ok 'and closed' test "$((whole * 3))" -ge "$tries"
note "$recorded recorded, $whole with a final record"
end
