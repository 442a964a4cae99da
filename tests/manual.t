#!/bin/sh
# Goal: the examples of the manual pages work as they stand there.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need cc gnuplot script python3 socat

# What the examples take to be there: a simulation, recordings, a cluster,
# programs that print; smaller here than in life, and bounded.
mkdir bin
cat >sim <<'END'
#!/bin/sh
exec wave -q -n 400 -e 4 -x 96
END
cat >bin/ssh <<'END'
#!/bin/sh
# ssh [-n] host command; ssh -N -L here:there host
case $1 in
-N)
	echo $$ >forward.pid
	exec socat "UNIX-LISTEN:${3%%:*},fork" "UNIX:$APTEE_DIR/wave"
	;;
-n) shift ;;
esac
shift
exec sh -c "$*"
END
cat >bin/vmstat <<'END'
#!/bin/sh
echo 'r b free cache'
for i in 1 2 3; do
	echo "$i 0 1000$i 77"
done
END
cat >bin/iostat <<'END'
#!/bin/sh
echo 'Device tps kB_read/s'
for i in 1 2 3; do
	echo "vda 10$i $i"
done
END
cat >bin/ping <<'END'
#!/bin/sh
echo 'PING localhost (127.0.0.1) 56(84) bytes of data.'
for i in 1 2 3; do
	echo "[1700000000.$i] 64 bytes from h: icmp_seq=$i ttl=64 time=0.0$i ms"
done
END
cat >bin/nvidia-smi <<'END'
#!/bin/sh
echo 'index, utilization.gpu [%], temperature.gpu'
for i in 1 2 3; do
	echo "0, 3$i %, 4$i"
done
END
cat >bin/mpirun <<'END'
#!/bin/sh
# mpirun -n N command
shift 2
exec "$@"
END
chmod +x sim bin/*
PATH=$T/bin:$PATH
./sim 2>/dev/null | cat >made.apr
for n in a b run job.1 job.2; do
	cp made.apr "pre.$n"
done

# Run an example that draws in a terminal, another one without.  One that does
# not end within a minute fails, and the others are tried.
try()
{
	printf '%s\n' "$1" >example.sh
	case $1 in
	*aplot*\ -o* | *aplot\ -n*) sh_run 'exec timeout -k 5 60 sh example.sh' ;;
	*aplot*)
		# shellcheck disable=SC2016
		tty_run 'perl -e "sleep 60; kill KILL => -$$" </dev/null &
		    sh example.sh; status=$?; kill $!; exit $status'
		;;
	*) sh_run 'exec timeout -k 5 60 sh example.sh' ;;
	esac
}

for page in "$TOP"/man/*.1; do
	name=$(basename "$page")
	sed -n 's/^\.Dl \$ //p' "$page" |
	    sed 's/\\e/\\/g; s/\\&//g; s/\\-/-/g; s/\\(aq/'"'/g" >examples
	ok "$name has examples" test -s examples
	while read -r example; do
		rm -f ./*.apr ./*.zst ./*.png ./*.csv
		cp pre.a a.apr
		cp pre.b b.apr
		case $example in
		*aptee*\ run.apr*) ;;
		*) cp pre.run run.apr ;;
		esac
		case $example in
		*-a\ run.apr* | *-i\ run.apr*) cp pre.run run.apr ;;
		esac
		case $example in
		*aprec\ control*)
			help-emit run 7 string control 'at 4 stop' \
			    attr state stopping final >>run.apr
			;;
		*job.*) cp pre.job.1 job.1.apr && cp pre.job.2 job.2.apr ;;
		*"'run.*.apr'"*) cp pre.job.1 run.0.apr && cp pre.b run.1.apr ;;
		*-i\ wave* | *-c\ wave* | *UNIX*/wave* | *aplot*wave.sock)
			bg served sh -c '(./sim; exec sleep 2) | aptee -q -l wave'
			wait_for 'aptee -c wave get t >/dev/null 2>&1' 20
			;;
		esac
		case $example in
		*aplot*wave.sock) wait_for 'test -S wave.sock' 20 ;;
		esac
		try "$example"
		status_is 0 "$name: $example"
		wait_for '! test -e "$APTEE_DIR/wave"' 20
	done <examples
done
# Scripts for aplot -f: what "cat" shows, and what is then run.
rm -f examples ./*.apr ./*.png
cp pre.run run.apr
sed '1,/^\.Sh EXAMPLES/d; s/\\e/\\/g; s/\\&//g' "$TOP/man/aplot.1" | awk '
    /^\$ cat /	{ file = $3; next }
    /^\$ /	{ file = ""; print substr($0, 3) >"examples"; next }
    /^\.Ed/	{ file = "" }
    file != ""	{ print >file }'
chmod +x energy
ok 'aplot.1 has scripts' test -s panels.gp
while read -r example; do
	try "$example"
	status_is 0 "aplot.1: $example"
	err_lacks '^aplot' 'without a word of aplot'
done <examples
for png in energy panels; do
	ok "and $png is drawn" test -s $png.png
done

[ ! -s forward.pid ] || kill "$(cat forward.pid)"

# The C program of aprec(3), compiled as the page says.
sed -n '/^\.Sh EXAMPLES/,/^\.Ed/p' "$TOP/man/aprec.3" |
    sed '1,/^\.Bd/d; /^\.Ed/d; s/\\e/\\/g; s/\\&//g' >example.c
cp "$TOP/format/aprec.h" .
ok 'aprec.3: the program compiles without a warning' cc -Wall -Wextra -Werror \
    -I. -o example example.c "-L$BUILD" -laprec -pthread
sh_run './example | aprec ls'
out_has ' u:f64\[64,96\]' 'aprec.3: and publishes'
end
