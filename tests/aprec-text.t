#!/bin/sh
# Goal: aprec text makes records of what programs print, line by line, each
# option does what the page says, and nothing that it is fed can harm it.
# Long under: address
. "${0%/*}/lib.sh"

csv()
{
	aprec csv -q "$@" 2>&1
}

# Programs as they are.
if command -v vmstat >/dev/null 2>&1; then
	sh_run 'vmstat 1 3 | aprec text -s vm | aprec csv -n source,r,free,id'
	is "$(head -n 1 "$OUT")" source,r,free,id 'vmstat: the names'
	is "$(grep -c '^vm,[0-9]*,[0-9]*,[0-9]*$' "$OUT")" 3 'vmstat: the rows'
	err_is '' 'vmstat: every line was understood'
else
	skip 3 'no vmstat'
fi
if ping -c 1 127.0.0.1 >/dev/null 2>&1; then
	sh_run 'ping -D -c 2 -i 0.2 127.0.0.1 | aprec text |
	    aprec json -a -n time_ms'
	is "$(grep -c '"units":"ms","label":"time"' "$OUT")" 2 \
	    'ping: the time each took, in ms'
	sh_run 'ping -D -c 2 -i 0.2 127.0.0.1 | tee ping.txt | aprec text |
	    aprec csv -n wall'
	is "$(sed -n 2p "$OUT" | cut -c 1-17)" \
	    "$(sed -n '2s/^.\([0-9.]*\).*/\1/p' ping.txt)" \
	    'ping: its time is the wall time'
else
	skip 2 'no ping'
fi
if command -v iostat >/dev/null 2>&1; then
	sh_run 'iostat -c 1 2 | aprec text | aprec csv -n user,idle'
	is "$(wc -l <"$OUT" | tr -d ' ')" 3 'iostat: two rows and a header'
	if iostat -d 1 1 | grep -q '^[a-z].* [0-9]'; then
		sh_run 'iostat -d 1 1 | aprec text | aprec ls'
		out_has ' [A-Za-z0-9_]+_tps:f64 ' \
		    'iostat: a device in the names'
	fi
else
	skip 2 'no iostat'
fi

# What a record is.
printf 'x u\n0 1\n1 3\n\n0 2\n1 5\n' >two.dat
sh_run 'aprec text <two.dat | aprec csv -n x,u'
out_is "$(printf 'x,u\n0,1\n1,3\n0,2\n1,5')" 'a line is a record by default'
err_has '^aprec: blank lines stand between groups of rows: -p block' \
    'blocks are pointed out'
run aprec text -p block two.dat
aprec json "$OUT" >json
is "$(sed -n 's/.*"fields"://p' json)" "$(printf '%s\n' \
    '{"x":[0,1],"u":[1,3]}}' '{"x":[0,1],"u":[2,5]}}' '{}}')" '-p block'
is "$(aprec ls "$OUT" | sed -n '1s/.* x:/x:/p')" 'x:f64[x=2] u:f64[x=2]' \
    'the first column is the coordinate'
sh_run 'aprec text two.dat two.dat | aprec json'
is "$(grep -c '"x":\[0,1,0,1\],"u":\[1,3,2,5\]' "$OUT")" 2 \
    'a file is a record where files are named'
sh_run 'aprec text -p file <two.dat | aprec json -n u'
is "$(sed 's/.*"fields"://' "$OUT")" '{"u":[1,3,2,5]}}' '-p file'
sh_run 'aprec text -p line two.dat - two.dat <two.dat | aprec csv -n u'
is "$(tr '\n' ' ' <"$OUT")" 'u 1 3 2 5 1 3 2 5 1 3 2 5 ' \
    '-p line, and - among files'
printf 'x y z\n0 0 1\n0 1 2\n\n5 0 3\n5 1 4\n\n9 0 5\n9 1 6\n' >grid.dat
aprec text grid.dat >grid.apr
is "$(aprec json -n x,y,z grid.apr | sed 's/.*"fields"://')" \
    '{"x":[0,5,9],"y":[0,1],"z":[[1,3,5],[2,4,6]]}}' 'a file that is a grid'
is "$(aprec ls grid.apr | sed -n '1s/.* x:/x:/p')" \
    'x:f64[x=3] y:f64[y=2] z:f64[y=2,x=3]' 'has its coordinates'
(cat grid.dat; echo; echo; cat grid.dat) | aprec text -p index | aprec ls >grids
is "$(grep -c ' x:f64\[x=3\] y:f64\[y=2\] z:f64\[y=2,x=3\]' grids)" 2 \
    '-p index: two blank lines end a record'
run aprec text -p page two.dat
status_is 1 '-p page is refused'
err_is 'aprec: -p page: not one of line block index file' 'by name'

# Each option.
try()
{
	_name=$1 _in=$2 _want=$3
	shift 3
	printf "$_in" | aprec text -q "$@" >try.apr 2>try.err ||
	    cat try.err >&2
	is "$(csv -n "$NAMES" try.apr | tail -n +2 | tr '\n' ' ')" "$_want" \
	    "$_name"
}
NAMES=a,b
for d in space,' ' comma,',' semicolon,';' tab,'\t' bar,'|'; do
	c=${d#*,}
	try "-d ${d%%,*}" "a${c}b\n1${c}2\n" '1,2 ' -d "${d%%,*}"
	try "-d '$c'" "a${c}b\n1${c}2\n" '1,2 ' -d "$c"
done
run aprec text -d x
status_is 1 '-d x is refused'
err_has '-d x: not one of space tab comma semicolon bar' 'with what it may be'
NAMES=gpu0_util,gpu1_util
try '-g by name' 'gpu,util\n0,5\n1,6\n' '5, ,6 ' -g gpu
try '-g by number' 'gpu,util\n0,5\n1,6\n' '5, ,6 ' -g 1
NAMES=a,b
try '-H 2' 'x y\n7 8\na b\n1 2\n' '1,2 ' -H 2
run aprec text -H few
status_is 1 '-H few is refused'
NAMES=step,a
try '-k' 'it a\n1 2\n' '1,2 ' -k it
printf 'it a\n1 2\n' | aprec text -k it | aprec ls >ls
is "$(cut -d ' ' -f 3 ls | head -n 1)" 1 'and it is the step of the record'
NAMES=t,a
try '-t' 'when a\n1 2\n' '1,2 ' -t when
NAMES=p,q,c3
try '-n' '1 2 3\n' '1,2,3 ' -n p,q
try '-n with one left out' '1 2 3\n' '1,,3 ' -n p,
sh_run "printf 'a,b\n1,2\n' | aprec text -u 's,m s-1' | aprec json -a"
out_has '"b":\{"type":"f64","attrs":\{"units":"m s-1"\}\}' '-u'
sh_run "printf 'a b\n3 1\n4 2\n' | aprec text -p file -x b | aprec ls"
out_has 'a:f64\[b=2\] b:f64\[b=2\]' '-x'
sh_run 'seq 200000 | aprec text -p file -m 1M | aprec ls'
out_has 'c1:f64\[131072\]' '-m bounds what is kept'
err_has '^aprec: 68928 of these found no room' 'and tells what was not'
sh_run 'seq 10 | aprec text -p file -m 1M >/dev/null'
status_is 0 '-m that suffices'
sh_run 'seq 200000 | aprec text -p file -m 1M >/dev/null'
status_is 2 'the status tells it, too'
for m in 0 1 x 9999999999G ''; do
	run aprec text -m "$m"
	status_is 1 "-m '$m' is refused"
done
sh_run "echo 1 | APREC_SOURCE=env aprec text -s opt | aprec csv -n source,c1"
out_has '^opt,1$' '-s names the source'
sh_run "echo 1 | APREC_SOURCE=env aprec text | aprec csv -n source,c1"
out_has '^env,1$' 'else the environment does'
sh_run "echo 1 | aprec text | aprec csv -n source,c1"
out_has '^text@[^.]+,1$' 'else it is text@host'
run aprec text -s "$(printf 'a\033b')"
status_is 1 'a source with control characters is refused'
err_has '"a\?b": not 1 to 64 bytes' 'and shown without them'
sh_run "printf 'a b\n1 2\n\na c\n3 4\n' | aprec text -v >/dev/null"
err_is "$(printf 'aprec: stdin: columns: %s\n' 'a b' 'a c')" '-v'
sh_run "printf 'a b\n1 2\nwhat\n' | aprec text -q >/dev/null"
err_is '' '-q'
sh_run "printf 'a b\n1 2\nwhat\n' | aprec text >/dev/null"
err_is 'aprec: 1 of 3 lines did not fit, the first is line 3: what' \
    'what did not fit is told'
status_is 0 'and no error'
run aprec text -h
status_is 0 '-h'
out_has '^usage: aprec text' 'prints the usage'
run aprec text -Z
status_is 1 'an unknown option is refused'
err_has '^usage: aprec text' 'with the usage'
run aprec test
status_is 1 'an unknown command is refused'
err_has '^aprec: test: no such command' 'by name'
run aprec
status_is 1 'no command is an error'
run aprec -h
is "$(grep -c '^usage: aprec' "$OUT")" 8 'aprec -h tells all commands'

# Records as they should be.
sh_run "printf 'Step T [K]\n5 300\n' | aprec text -s x | aprec json -a"
is "$(sed -n '1s/.*"fields"/"fields"/p' "$OUT")" \
    '"fields":{"step":5,"T":300},"about":{"step":'\
'{"type":"i64","attrs":{"label":"Step"}},'\
'"T":{"type":"f64","attrs":{"units":"K"}}}}' \
    'units and label are attributes'
sh_run "printf 'CPU %%usr\nall 1\n0 2\n' | aprec text | aprec json -a"
out_has '"all_usr":\{"type":"f64","attrs":\{"units":"%","label":"all usr"\}\}' \
    'the label of a row is in the label of its values'
out_has '"CPU0_usr":.*"label":"CPU0 usr"' \
    'behind its heading where it is a number'
sh_run 'seq 3 | aprec text | aprec ls | cut -d " " -f 1,5'
out_is "$(printf '%s\n' '1 -' '2 -' '3 -' '4 final')" \
    'seq rises, and the last record is final'
mkfifo fifo
bg text sh -c 'aprec text <fifo >line.apr'
exec 4>fifo
echo '1 2' >&4
eventually 'a line is a record as soon as it is complete' \
    '[ "$(aprec ls -q line.apr 2>/dev/null | wc -l)" -eq 1 ]' 10
printf '3 4' >&4
exec 4>&-
bg_wait "$BG" 10
is "$(csv -n c1 line.apr | tail -n 1)" 3 'the last line needs no end'

# It waits.
bg silent sh -c 'aprec text <fifo >silent.apr'
exec 4>fifo
eventually 'silence is explained' "grep -q 'stdbuf -oL' silent.err" 25
is "$(tr '\n' ' ' <silent.err | grep -c \
    'PYTHONUNBUFFERED=1.*GFORTRAN_UNBUFFERED_PRECONNECTED=y')" 1 \
    'with the ways out'
exec 4>&-
bg_wait "$BG" 10

# Ctrl-C belongs to the computation.
cat >count <<'END'
trap '' INT TERM HUP
i=0
while [ ! -e stop ]; do
	echo $((i += 1))
	sleep 0.05
done
echo 1000000
END
for s in INT TERM HUP; do
	rm -f stop sig.apr
	bg sig perl -e '$SIG{$_} = "DEFAULT" for qw(INT TERM HUP);
	    exec "/bin/sh", "-c", "sh count | aprec text -s sig >sig.apr"'
	wait_for '[ -s sig.apr ]' 10
	kill -s $s -- "-$BG"
	n=$(wc -c <sig.apr)
	eventually "$s: it goes on" "[ \$(wc -c <sig.apr) -gt $n ]" 10
	: >stop
	eventually "$s: to the end of its input" \
	    'aprec ls sig.apr | tail -n 1 | grep -q " final sig$"' 10
	is "$(csv -n c1 sig.apr | tail -n 1)" 1000000 "$s: with the last line"
done
rm -f stop
bg sig perl -e '$SIG{$_} = "DEFAULT" for qw(INT TERM HUP);
    pipe(R, W); if (!fork) { open(STDOUT, ">&W"); exec "sh", "count" }
    close(W); open(STDIN, "<&R"); open(STDOUT, ">sig2.apr");
    exec "aprec", "text"'
wait_for '[ -s sig2.apr ]' 10
kill -s INT "$BG"
n=$(wc -c <sig2.apr)
wait_for "[ \$(wc -c <sig2.apr) -gt $n ]" 10
kill -s INT "$BG"
bg_wait "$BG" 10
[ "$STATUS" -eq 130 ]
is $? 0 'the second signal ends it, and it dies of it'
: >stop

# Terminals.
cat >spawn.py <<'END'
import os, pty, sys
status = pty.spawn(sys.argv[1:])
sys.exit(os.WEXITSTATUS(status))
END
sh_run "$PYTHON spawn.py sh -c 'echo 1 | aprec text' </dev/null"
status_is 1 'records are not for a terminal'
out_has 'stdout is a terminal.*aplot' 'which is told with a way out'
sh_run "$PYTHON spawn.py sh -c 'aprec text >t.apr'"
status_is 1 'a terminal is no input'
out_has 'stdin is a terminal' 'which is told'

# What can go wrong.
run aprec text nowhere two.dat
status_is 1 'a file that is not there'
err_has '^aprec: nowhere: No such file' 'is told'
aprec json "$OUT" >json
is "$(grep -c '"u":\[1,3,2,5\]' json)" 1 'and the next one is taken'
sh_run 'echo hello | aprec text >/dev/null'
status_is 2 'no rows: status 2'
err_has 'no rows of numbers in 1 lines' 'and told'
if [ -w /dev/full ]; then
	sh_run 'echo 1 | aprec text >/dev/full'
	status_is 1 'a full disk'
	err_is 'aprec: stdout: No space left on device' 'is told'
else
	skip 2 'no /dev/full'
fi
run aprec text .
status_is 1 'a directory'
err_has '^aprec: \.: ' 'is told'

# Hostile.
sh_run "printf 'a b\n1 2\n\033]0;x\007 y\n' | aprec text >/dev/null"
is "$(LC_ALL=C tr -d '\n -~' <"$ERR" | wc -c | tr -d ' ')" 0 \
    'no escape of the input reaches the terminal'
sh_run "printf 's,v\n\033[31m\302\233x\377,1\n\033]0;t,2\n' |
    aprec text | aprec csv -n s"
is "$(LC_ALL=C tr -d '\n -~' <"$OUT" | wc -c | tr -d ' ')" 0 \
    'nor gets into a text'
sh_run "printf 'a\0b\n1 2\n' | aprec text | aprec csv -n c1,c2"
out_is "$(printf 'c1,c2\n1,2')" 'NUL bytes make a line that does not fit'
err_has '1 of these had control characters' 'which is told'
"$PYTHON" -c 'n = 2048
print(",".join("n" * 58 + "%d" % i + "x" * 70 + "[" + "u" * 140 + "]"
    for i in range(n)))
print(",".join("1" for i in range(n)))
print(",".join("2" for i in range(n)))' >wide
sh_run 'aprec text -p line wide | aprec ls | tr " " "\n" | grep -c :f64'
out_is 4096 'a table of long headings stays within the limits'
head -c 2000000 /dev/urandom >noise
run aprec text noise
err_has 'had control characters in them: is it text' 'noise is told'
cp "$OUT" noise.apr
run aprec ls noise.apr
status_is 0 'and what came of it are records'
sh_run "(yes 1 | tr -d '\n' | head -c 100000000; echo; echo 5 6) |
    (ulimit -v 500000 2>/dev/null; aprec text) | aprec csv -n c1,c2"
[ -n "${SAN:-}" ] || out_is "$(printf 'c1,c2\n5,6')" \
    'a line of 100 MB takes no memory'
end
