#!/bin/sh
# Goal: what README says to type works, and so does its code.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need make cc pkg-config python3 gnuplot script zstd

# The commands, without the remarks beside them.
sed -n 's/^    \$ //p' "$TOP/README" | sed 's/   .*//' >commands
ok 'there are commands' test -s commands

# The simulation, the cluster and vmstat are smaller here than there.
mkdir bin home
cat >sim <<END
#!/bin/sh
exec '$BUILD/wave' -q -n 300 -e 5 -x 96
END
cat >bin/ssh <<'END'
#!/bin/sh
# ssh -n host command
exec sh -c "$3"
END
cat >bin/vmstat <<'END'
#!/bin/sh
PATH=${PATH#*:} exec vmstat 1 3
END
chmod +x sim bin/*
HOME=$T/home
PATH=$T/bin:$HOME/.local/bin:$PATH
MAKEFLAGS="BUILD=$BUILD"
export HOME PATH MAKEFLAGS

# A run that can be joined, for two seconds after its end; and one that can be
# steered, until its end.
served()
{
	bg served sh -c '(./sim; exec sleep 2) | aptee -q -l wave'
	wait_for 'aptee -c wave get t >/dev/null 2>&1' 20
}

steered()
{
	bg steered sh -c 'APREC_CONTROL=wave wave -pq -x 96 | aptee -q -l wave'
	wait_for 'aptee -c wave get t >/dev/null 2>&1 &&
	    aptee -c wave stat | grep -q "controls 1"' 20
}

cp sim sim.short
while read -r command; do
	cp sim.short sim
	case $command in
	scripts/check | scripts/demo)
		ok "$command is there" test -x "$TOP/$command"
		;;
	make*)
		sh_run "cd '$TOP' && $command"
		status_is 0 "$command"
		;;
	*)
		case $command in
		*sim*run.apr.zst*) rm -f run.apr.zst ;;
		esac
		case $command in
		APREC_CONTROL*)
			# The job: it is steered, and told when to end.
			printf '#!/bin/sh\nexec wave -pq -x 96\n' >sim
			bg steerer sh -c 'until aptee -c wave set tension 0.7
			do sleep 0.1; done; aptee -c wave stop'
			;;
		*-c\ wave\ set*) steered ;;
		'aptee -L' | 'aplot' | *-[ic]\ wave*) served ;;
		esac
		case $command in
		*aplot*-o* | *aplot*-n*) sh_run "$command" ;;
		*aplot*) tty_run "$command" ;;
		*) sh_run "$command" ;;
		esac
		status_is 0 "$command"
		case $command in
		'aptee -L') out_has '^wave +wave@' 'lists it' ;;
		*get\ t) out_has '^wave@.* t [0-9.]+$' 'tells it' ;;
		*set*) out_has '^ok at step [0-9]+$' 'changes it' ;;
		esac
		[ ! -S "$APTEE_DIR/wave" ] || aptee -c wave stop >/dev/null 2>&1
		wait_for '! test -e "$APTEE_DIR/wave"' 20
		;;
	esac
done <commands
for f in run.apr.zst last.png good.apr run.csv run.ctl; do
	ok "$f is there" test -s $f
done

# The code: from its first line to the end of the indented block.
block()
{
	sed -n "/^    $1/,/^[^ ]/p" "$TOP/README" | sed '$d; s/^    //'
}

block '#include <aprec.h>' >readme.c
PKG_CONFIG_PATH=$HOME/.local/lib/pkgconfig
export PKG_CONFIG_PATH
# shellcheck disable=SC2016
sh_run 'cc -Wall -Wextra -o readme readme.c $(pkg-config --cflags --libs aprec)'
status_is 0 'the C code compiles'
err_is '' 'without a warning'
sh_run './readme | aprec ls'
out_has ' u' 'and publishes'

if command -v gfortran >/dev/null; then
	block 'use aprec' >readme.f90
	# shellcheck disable=SC2016
	sh_run 'gfortran -Wall -Wextra -std=f2008 -o readme \
	    ~/.local/include/aprec.f90 readme.f90 $(pkg-config --libs aprec)'
	status_is 0 'the Fortran code compiles'
	err_is '' 'without a warning'
	sh_run './readme | aprec ls'
	out_has ' u' 'and publishes'
else
	skip 3 'gfortran is not here'
fi

block 'import aprec' >readme.py
sh_run "PYTHONPATH='$TOP/format' python3 readme.py | aprec ls"
out_has ' u' 'so does the Python code'

{
	echo 'import aprec'
	block 'with aprec.connect'
} >readme.py
steered
sh_run "PYTHONPATH='$TOP/format' python3 readme.py"
status_is 0 'a Python program joins a run, and reads a recording'
err_is '' 'without a word'
out_has '^[0-9]+ [0-9.]* \(64, 96\)$' 'it has the state'
out_has "^[0-9]+ .*'t', 'u'" 'and the records'
end
