#!/bin/sh
# Goal: pictures go where they are asked to, whole or not at all, of the state
# that is asked for; the options do what aplot(1) says.
# Long under: address thread
. "${0%/*}/lib.sh"

need gnuplot perl
help-emit steps 5 50 final >five.apr
help-emit source a@h run 1 array u 20 1 final \
    source b@h run 2 array v 20 2 final >two.apr

# size file: the bytes of it
size()
{
	wc -c <"$1"
}

# Kinds of files.
for k in png svg pdf jpg gif eps txt; do
	run aplot -o "x.$k" five.apr
	status_is 0 "-o x.$k"
	err_is '' "-o x.$k says nothing"
done
is "$(head -c 4 x.png | od -An -tx1 | tr -d ' ')" 89504e47 'a .png is PNG'
is "$(tail -c 12 x.png | od -An -tx1 | tr -d ' ')" \
    0000000049454e44ae426082 'and whole'
ok 'an .svg is SVG' grep -q '</svg>' x.svg
is "$(head -c 5 x.pdf)" '%PDF-' 'a .pdf is PDF'
is "$(head -c 2 x.jpg | od -An -tx1 | tr -d ' ')" ffd8 'a .jpg is JPEG'
is "$(head -c 3 x.gif)" 'GIF' 'a .gif is GIF'
not_ok 'a .txt has no escapes' grep -q "$(printf '[\033\f]')" x.txt
ok 'and says what it knows' grep -q 'emit@test.*step 5.*ended' x.txt
is "$(find . -name 'x.*.*')" '' 'no temporary file is left'

# Permissions are those of any new file.
rm -f u.txt
(umask 027 && aplot -o u.txt five.apr)
is "$(perl -e 'printf "%o", (stat "u.txt")[2] & 0777')" 640 'umask decides'

# A link is followed, a device is written.
mkdir far
ln -s far/l.txt l.txt
: >far/l.txt
run aplot -o l.txt five.apr
ok 'a link stays a link' test -L l.txt
ok 'and its file is replaced' test -s far/l.txt
run aplot -T dumb -o /dev/null five.apr
status_is 0 '-o /dev/null'

# The same state, from everywhere.
aplot -o a.txt five.apr
aplot -o b.txt <five.apr
aplot -i five.apr -o c.txt
cat five.apr | aplot -i - -o d.txt
mkfifo pipe
cat five.apr >pipe &
aplot -o e.txt ./pipe
for f in b c d e; do
	same a.txt $f.txt "the same picture ($f)"
done

# Atomic: what is there stays until the new one is whole.
mkdir bin
cp "$TOP/tests/fake-gnuplot" bin/gnuplot
echo old >x.txt
bg stalled sh -c "export PATH='$T/bin':\$PATH FAKE=stall:1
    exec aplot -o x.txt five.apr"
eventually 'a frame is being drawn' 'test -s frames' 20
is "$(cat x.txt)" old 'the old picture is there while the new one is drawn'
kill -s TERM "$BG"
bg_wait "$BG" 20
is "$(cat x.txt)" old 'and stays when that is cut off'
is "$(ls x.txt*)" x.txt 'nothing else is left'

# The old file is never written to: who has it open reads it to its end.
ln x.txt reader.txt
run aplot -o x.txt five.apr
is "$(cat reader.txt)" old 'a reader of the old picture keeps it'
not_ok 'and the new one is there' grep -q old x.txt

# What cannot be written.
run aplot -o nowhere/x.png five.apr
status_is 1 'a folder that is not there: status 1'
err_is 'aplot: nowhere/x.png: No such file or directory' 'and why'

# Sequences: every record of a recording, the rest by the clock.
run aplot -o 's-%03d.txt' five.apr
status_is 0 'a sequence'
is "$(echo s-*.txt | tr -d 'a-z.-')" '001 002 003 004 005 006' \
    'a picture for each of the records'
for i in 1 2 3 4 5; do
	ok "the $i. is of step $i" grep -q "step $i " s-00$i.txt
done
run aplot -o '100%%-%d.txt' five.apr
ok '%% is a percent sign' test -f '100%-6.txt'
for bad in 'a%s.txt' 'a%d%d.txt' 'a%n.txt' 'a%123456d.txt' 'a%.txt'; do
	run aplot -o "$bad" five.apr
	status_is 1 "-o $bad is refused"
	err_has 'takes one %d' 'and says what it takes'
done
help-emit pace 10000 steps 20 10 final >slow.apr
run aplot -r 0.1 -o 'r-%d.txt' slow.apr
is "$(echo r-*.txt)" 'r-1.txt r-2.txt' \
    '-r and a sequence of a recording: the records'\'' own time counts'
ok 'the last state is the last picture' grep -q 'step 20 ' r-2.txt
help-emit steps 3 10 | run aplot -o 'live-%d.txt'
ok 'a sequence of a live run' test -f live-1.txt

# -r bounds pictures a second.
sh_run 'help-emit pace 2000 steps 500 10 final |
    aplot -v -r 4 -o rate.txt'
n=$(sed -n 's/.*drawn \([0-9]*\).*/\1/p' "$ERR")
ok "-r 4 in a second or two: $n pictures" test "$n" -le 10

# The last state does not wait for its turn.
sh_run '(help-emit steps 1 10; help-emit wait last.txt run 2 steps 5 10 final) |
    timeout 30 aplot -r 0.01 -o last.txt'
status_is 0 'the last state is drawn at once, whatever -r says'
ok 'and is the last picture' grep -Eq 'steps? .*5 ' last.txt

# -T without -o.
run aplot -T dumb five.apr
status_is 0 '-T dumb to a pipe or file'
out_has 'step 5 ' 'prints the last state'
out_lacks "$(printf '[\033\f]')" 'without escapes'
run aplot -T svg five.apr
out_has '</svg>' '-T svg writes to stdout'
run aplot -T 'pngcairo size 200,100' -o small.png five.apr
is "$(head -c 24 small.png | tail -c 8 | od -An -tu1 | tr -s ' ')" \
    ' 0 0 0 200 0 0 0 100' "-T's options are gnuplot's"
run aplot -T nonsense -o x.txt five.apr
status_is 1 '-T nonsense: status 1'
err_has 'unknown or ambiguous terminal' 'and says so'
run aplot -T 'dumb; system("touch pwned")' -o x.txt five.apr
status_is 1 '-T with a command is refused'
not_ok 'nothing ran' test -e pwned

# Nowhere to draw: the run lives.
sh_run '(help-emit steps 20000 100 final; echo wrote $? >done) | aplot'
status_is 1 'neither window nor terminal: status 1'
err_has 'no window and no terminal to draw on: -o picture.png' \
    'and says what to do'
is "$(cat done)" 'wrote 0' 'the run reaches its end'

# -n.
run aplot -n five.apr
status_is 0 '-n'
cp "$OUT" n.gp
(
	echo "set terminal dumb 80,24; set output 'n.txt'"
	cat n.gp
) >n2.gp
PATH=$PATH gnuplot -d n2.gp
ok 'what -n prints draws the state by itself' grep -q 'step 5 ' n.txt
run env PATH="$BUILD" aplot -n five.apr
same n.gp "$OUT" '-n needs no gnuplot'
run aplot -n -o "it's.svg" -e 'set title "mine"' five.apr
cp "$OUT" n.gp
gnuplot -d n.gp
ok '-n -o: the commands write that file' grep -q '</svg>' "it's.svg"
ok '-e is in it' grep -q '^set title "mine"$' n.gp

# -e.
run aplot -e 'set xlabel "one"' -e 'set xlabel "two"' -o x.svg five.apr
status_is 0 '-e twice'
run aplot -e 'foo bar' -o x.txt five.apr
status_is 1 'a wrong -e: status 1'
err_has '^aplot: -e: line 1: ' 'and its place'
ok 'the picture is there nevertheless' grep -q 'step 5 ' x.txt

# How old a picture is, it says where it is looked at, and in no file.
sh_run 'help-emit pace 50000 steps 40 100 final | aplot -r 20 -o live-%03d.svg'
ok 'of a run, many pictures' test -s live-003.svg
ok 'that say the step' grep -q 'step [0-9]' live-002.svg
not_ok 'and not how old they are' \
    grep -E 'frames?/s|s old|1 record in' live-*.svg

# -f.
echo 'set title "by hand"; plot @u with dots' >s.gp
run aplot -f s.gp -o f.svg five.apr
status_is 0 '-f'
ok 'the script draws' grep -q 'by hand' f.svg
printf 'x = 1\nplot @u\nplot nothing\n' >s.gp
run aplot -f s.gp -o f.svg five.apr
status_is 1 'a script with an error in the last picture: status 1'
err_is 'aplot: s.gp: line 3: undefined variable: nothing' \
    'and its file and line, once'
run aplot -f nowhere.gp -o x.txt five.apr
status_is 1 'a script that is not there'
err_is 'aplot: nowhere.gp: No such file or directory' 'and why'

# -s.
run aplot -s a@h -T dumb two.apr
out_has 'a@h' '-s a@h draws a@h'
out_lacks 'b@h' 'and not b@h'
run aplot -s 'b*' -T dumb two.apr
out_has 'b@h' "-s 'b*' draws b@h"
run aplot -s 'c*' -T dumb two.apr
status_is 1 'no such source: status 1'
err_has 'no record came from such a source' 'and says so'

# -W.
for w in 10 1.5s 3m 2h; do
	run aplot -W $w -T dumb five.apr
	status_is 0 "-W $w"
done
for w in 0 -1 x 3d '' 1e99; do
	run aplot -W "$w" -T dumb five.apr
	status_is 1 "-W '$w' is refused"
done
for r in 0 -1 x '' nan; do
	run aplot -r "$r" -T dumb five.apr
	status_is 1 "-r '$r' is refused"
done

# Operands.
run aplot -T dumb u five.apr
status_is 0 'a plot and a file'
run aplot -T dumb five.apr two.apr
status_is 0 'two files are merged'
run aplot -T dumb ./nowhere
status_is 1 'a file that is not there'
err_is 'aplot: ./nowhere: No such file or directory' 'and why'
run aplot -T dumb 'u[' five.apr
status_is 1 'a plot that cannot be read'
run aplot -o x.foo five.apr
status_is 1 'an ending that is not known'
err_has 'not a kind of picture' 'and says so'
run aplot -x
status_is 1 'an option that is not there'
err_has '^usage: aplot ' 'usage'
run aplot -h
status_is 0 '-h'
out_has '^usage: aplot ' 'prints usage'

# -q, -v.
run aplot -v -o x.txt five.apr
err_has '^aplot: in 6, drawn [1-9].* record to picture .* ms' '-v tells'
run aplot -v -o v-%d.txt five.apr
err_has '; [0-9.]* pictures a second; record' '-v tells the rate of several'
sh_run '(echo Welcome; cat five.apr) | aplot -q -o x.txt'
err_is '' '-q is quiet'

# Descriptors closed, or few.
run sh -c 'exec aplot -o x.png five.apr >&- 2>&-'
status_is 0 'stdout and stderr may be closed'
ok 'the picture is whole' test "$(size x.png)" -gt 1000
run sh -c 'exec aplot -o x.png five.apr <&-'
status_is 0 'stdin may be closed'
sh_run '(help-emit steps 2000 100; echo wrote $? >done) |
    (ulimit -n 12; exec aplot -o few.txt)'
status_is 1 'too few descriptors: status 1'
err_has 'Too many open files' 'and says so'
is "$(cat done)" 'wrote 0' 'and the run reaches its end'

# Memory files or files: the picture is the same.
aplot -o m.txt five.apr
APLOT_PORTABLE=1 TMPDIR=$T aplot -o p.txt five.apr
same m.txt p.txt 'the same with a folder for the files'
is "$(ls -d aplot.* 2>/dev/null)" '' 'which is gone afterwards'
end
