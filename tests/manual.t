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
exec wave -q -n 400 -e 4
END
cat >bin/ssh <<'END'
#!/bin/sh
# ssh [-n] host command
[ "$1" != -n ] || shift
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
for n in a b run old; do
	cp made.apr "pre.$n"
done

for page in "$TOP"/man/*.1; do
	name=$(basename "$page")
	sed -n 's/^\.Dl \$ //p' "$page" |
	    sed 's/\\e/\\/g; s/\\&//g; s/\\-/-/g; s/\\(aq/'"'/g" >examples
	ok "$name has examples" test -s examples
	while read -r example; do
		rm -f ./*.apr ./*.png ./*.csv
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
		*-i\ wave* | *-c\ wave* | *UNIX*/wave*)
			bg served sh -c '(./sim; exec sleep 2) | aptee -q -l wave'
			wait_for 'aptee -c wave get t >/dev/null 2>&1' 20
			;;
		esac
		case $example in
		*aplot*-o* | *aplot*-n*) sh_run "$example" ;;
		*aplot*) tty_run "$example" ;;
		*) sh_run "$example" ;;
		esac
		status_is 0 "$name: $example"
		wait_for '! test -e "$APTEE_DIR/wave"' 20
	done <examples
done

# The C program of aprec(3), compiled as the page says.
sed -n '/^\.Sh EXAMPLES/,/^\.Ed/p' "$TOP/man/aprec.3" |
    sed '1,/^\.Bd/d; /^\.Ed/d; s/\\e/\\/g; s/\\&//g' >example.c
cp "$TOP/format/aprec.h" .
ok 'aprec.3: the program compiles without a warning' cc -Wall -Wextra -Werror \
    -I. -o example example.c "-L$BUILD" -laprec -pthread
sh_run './example | aprec ls'
out_has ' u:f64\[64,96\]' 'aprec.3: and publishes'
end
