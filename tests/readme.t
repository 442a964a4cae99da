#!/bin/sh
# Goal: what README says to type works, and so does its code.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need make cc pkg-config python3 gnuplot script

# The commands, without the remarks beside them.
sed -n 's/^    \$ //p' "$TOP/README" | sed 's/   .*//' >commands
ok 'there are commands' test -s commands

# The simulation, the cluster and vmstat are smaller here than there.
mkdir bin home
cat >sim <<END
#!/bin/sh
exec '$BUILD/wave' -q -n 300 -e 5
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

while read -r command; do
	case $command in
	scripts/check | scripts/demo)
		ok "$command is there" test -x "$TOP/$command"
		;;
	make*)
		sh_run "cd '$TOP' && $command"
		status_is 0 "$command"
		;;
	*)
		rm -f run.apr
		[ "${command#aprec}" = "$command" ] || cp keep.apr run.apr
		case $command in
		*aplot*-o* | *aplot*-n*) sh_run "$command" ;;
		*aplot*) tty_run "$command" ;;
		*) sh_run "$command" ;;
		esac
		status_is 0 "$command"
		[ ! -s run.apr ] || cp run.apr keep.apr
		;;
	esac
done <commands
for f in keep.apr last.apr last.png run.csv; do
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
end
