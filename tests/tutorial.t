#!/bin/sh
# Goal: who follows the tutorial, aplot(7), from its first line to its last,
# sees what it says.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"
. "$TOP/tests/sshd.sh"

need make cc pkg-config gnuplot script python3 zstd
"$PYTHON" -c 'import numpy' 2>/dev/null || need py:numpy

# The page as a script: in the order of its examples, N.cmd is what to type,
# N.out what is then said, N.file what stands in a file, its name first, and
# N.part a piece of code.  Each block of the page ends with N.end.
mkdir page
awk '
function next_one(kind) {
	file = sprintf("page/%03d.%s", ++n, kind)
	return file
}
/^\.Bd -literal/ { on = 1; file = ""; next }
/^\.Ed/ { if (on) print "" >next_one("end"); on = 0; next }
!on { next }
{ gsub(/\\\(dq/, "\""); gsub(/\\e/, "\\"); gsub(/\\&/, "") }
more { print >file; more = /\\$/; next }
/^\$ cat [a-z]+\.[a-z0-9]+$/ { print $3 >next_one("file"); next }
/^\$ / {
	print substr($0, 3) >next_one("cmd")
	more = /\\$/
	out = sprintf("page/%03d.out", n)
	next
}
file == "" { next_one("part") }
file ~ /cmd$/ { print >out; next }
{ print >file }
' "$TOP/man/aplot.7"
ok 'there are examples' test -s page/040.cmd -o -s page/041.cmd

# The user has a home and the source tree, a cluster, and a batch system; runs
# are smaller here than there.
mkdir home bin build
cat >build/wave <<END
#!/bin/sh
exec '$BUILD/wave' -q -n 400 -e 4 -x 96
END
ln -s "$BUILD/heat-mpi" build
ln -s "$(command -v "$PYTHON")" bin/python3
cat >bin/vmstat <<'END'
#!/bin/sh
PATH=${PATH#*:} exec vmstat 1 3
END
cat >bin/sbatch <<'END'
#!/bin/sh
unset APREC_CONTROL
sh "$1" >slurm.out 2>&1 </dev/null &
echo 'Submitted batch job 4711'
END
cat >bin/srun <<'END'
#!/bin/sh
while [ "${1#--}" != "$1" ]; do
	shift
done
exec "$@"
END
chmod +x bin/* build/wave
HOME=$T/home
MAKEFLAGS="BUILD=$BUILD"
OMPI_ALLOW_RUN_AS_ROOT=1
OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
OMPI_MCA_rmaps_base_oversubscribe=1
export HOME MAKEFLAGS OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM \
    OMPI_MCA_rmaps_base_oversubscribe
sshd_start cluster node17 node1 node2 bastion gate || note "no ssh: $SSHD_WHY"

# What nobody steers ends itself after a few steps.
echo 'at 100 stop' >end.ctl
# A node has its own runs.
[ -n "$SSHD_WHY" ] || {
	cat >>.lib/nodes <<-'END'
	case $SSH_ORIGINAL_COMMAND in
	*/rope*) export APREC_CONTROL=end.ctl ;;
	*heat*) APTEE_DIR=$PWD/$NODE ;;
	esac
	END
	sed -i '/^cd/r .lib/nodes' .lib/login
}

smaller()
{
	sed '1d
	    s/0\.01\([^0-9]\)/0.003\1/; s/-t 600/-t 1/
	    s/timeout=600/timeout=1/' "$1"
}

# Without what an example needs it is left out.
can()
{
	case $1 in
	*mpirun*) command -v mpirun >/dev/null && test -x build/heat-mpi ;;
	*ssh*) [ -z "$SSHD_WHY" ] ;;
	*frope* | *gfortran*) command -v gfortran >/dev/null ;;
	*) : ;;
	esac
}

# The run that a command looks at or steers.
run_of()
{
	case $1 in
	*node1*node2*) echo nodes ;;
	'python3 '*.py)
		sed -n 's/.*connect("\([a-z]*\)").*/\1/p' "${1#* }"
		;;
	*) printf '%s\n' "$1" | sed -nE '1s/.*-[ic] ([a-z]+).*/\1/p' ;;
	esac
}

# steered folder name: somebody serves it there, and it is steered
steered()
{
	wait_for "APTEE_DIR=$1 aptee -c $2 stat 2>/dev/null |
	    grep -q 'controls [1-9]'" 20 || note "nobody steers $2"
}

# served name: see to it that somebody serves it, and has published.
served()
{
	case $1 in
	nodes)
		for node in node1 node2; do
			bg "$node" sh -c "export APTEE_DIR=$T/$node
			APREC_CONTROL=heat APREC_SOURCE=heat@$node ./rope |
			    aptee -q -l heat >/dev/null"
		done
		steered "$T/node1" heat
		steered "$T/node2" heat
		return
		;;
	esac
	# What was begun with & may not serve yet.
	[ -z "$kids" ] || wait_for "test -S '$APTEE_DIR/$1'" 5 || :
	test -S "$APTEE_DIR/$1" || case $1 in
	engines)
		bg served sh -c "aptee -q -l $1 </dev/null >/dev/null &
		    APREC_OUT=$1 mpirun -n 8 python3 engine.py; wait"
		;;
	*)
		bg served sh -c "APREC_CONTROL=$1 ./rope |
		    aptee -q -l $1 >/dev/null"
		;;
	esac
	wait_for "aptee -c $1 keys 2>/dev/null | grep -q ' .*:'" 20
	[ "$1" = engines ] || steered "$APTEE_DIR" "$1"
}

# stop folder name: a run, when somebody looks at it
stop()
{
	bg stopper sh -c "export APTEE_DIR=$1
	    until aptee -c $2 stat | grep -q 'viewers [1-9]'; do
		sleep 0.05; done; aptee -c $2 stop"
}

stop_when_seen()
{
	case $1 in
	engines) ;;
	nodes)
		stop "$T/node1" heat
		stop "$T/node2" heat
		;;
	*) stop "$APTEE_DIR" "$1" ;;
	esac
}

# step command: as it is typed.
step()
{
	name=$(run_of "$1")
	[ -z "$name" ] || served "$name"
	STATUS=0
	APREC_CONTROL=$T/end.ctl
	export APREC_CONTROL
	case $1 in
	scripts/*)
		ok "$1" test -x "$TOP/$1"
		return
		;;
	make*)
		sh_run "cd '$TOP' && $1"
		;;
	export*)
		eval "$1"
		return
		;;
	*\&)
		unset APREC_CONTROL
		bg "kid$n" sh -c "${1%&}"
		kids="$kids $BG"
		;;
	*aplot\ -o*)
		sh_run "$1"
		;;
	*aplot* | *aptee\ -l\ all*)
		[ -z "$name" ] || stop_when_seen "$name"
		printf '%s\n' "$1" >example.sh
		# shellcheck disable=SC2016
		tty_run 'perl -e "sleep 60; kill KILL => -$$" </dev/null &
		    sh example.sh; status=$?; kill $!; exit $status'
		;;
	*)
		printf '%s\n' "$1" >example.sh
		sh_run 'exec timeout -k 5 60 sh example.sh'
		;;
	esac
	case $1 in
	sbatch*) steered "$APTEE_DIR" rope ;;
	esac
}

kids=
for f in page/*; do
	n=$(basename "${f%.*}")
	case $f in
	*.file)
		read -r file <"$f"
		smaller "$f" >"$file"
		;;
	*.cmd)
		command=$(cat "$f")
		can "$command" || {
			skip 1 "$command: what it needs is not here"
			continue
		}
		step "$command"
		case $(cat "page/$n.out" 2>/dev/null) in
		error*) status_is 1 "$command" ;;
		*) status_is 0 "$command" ;;
		esac
		;;
	*.out)
		# As it is said there, but for numbers.
		said=$(sed -E 's/[][().*+?^$|{}]/./g; s/[0-9]+/[0-9]+/g' "$f")
		grep -Eqx "$said" "$OUT" "$ERR"
		_verdict $? "$command: says $(cat "$f")"
		;;
	*.end)
		for name in rope heat solver engines; do
			wait_for "! test -S '$APTEE_DIR/$name' ||
			    aptee -c $name stop >/dev/null 2>&1" 20
		done
		for pid in $kids; do
			bg_wait "$pid" 30
			status_is 0 'what was begun with & has ended well'
		done
		kids=
		wait_for "! ls '$APTEE_DIR' 2>/dev/null | grep -vq lock" 20 ||
		    fail 'somebody still serves'
		;;
	esac
done

# What it says of repetition: to the last bit.
for run in rope again; do
	aprec csv -q -n step,t,c,damping,u $run.apr >$run.csv
done
ok 'a run was steered' grep -q ',0\.5,' rope.csv
same rope.csv again.csv 'and repeated to the last bit'
end
