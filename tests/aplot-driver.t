#!/bin/sh
# Goal: whatever gnuplot does - it is not there, will not start, dies, hangs,
# works long, errs, answers nonsense - the run goes on to its end, the picture
# comes back, and what happened is said once.
. "${0%/*}/lib.sh"

need perl
mkdir bin
cp "$TOP/tests/fake-gnuplot" bin/gnuplot
mkdir true
printf '#!/bin/sh\nexit 0\n' >true/gnuplot
chmod +x true/gnuplot
FAKE_DIR=$T
export FAKE_DIR
fake="PATH='$T/bin':\$PATH"

# fresh: a new life begins
fresh()
{
	rm -f starts frames commands x.txt done out.txt
}

# A gnuplot that works.
fresh
sh_run "$fake; help-emit steps 3 10 final publish | aplot -o x.txt"
status_is 0 'a stand-in draws'
err_is '' 'nothing is said'
is "$(cut -d' ' -f3- starts)" '-d' 'gnuplot is started once, with -d'
is "$(cut -d' ' -f1 starts)" "$(cut -d' ' -f2 starts)" \
    'in a process group of its own'
ok 'what it drew is in the file' grep -q picture x.txt
grep -vE "^(set output( '.*')?|unset multiplot|printerr '.*)$" commands >rest
is "$(grep -c . rest)" "$(grep -cE "^load '/[^']*'$" rest)" \
    'stdin has short lines only: commands and data go by files'

# Not installed.
mkdir empty
sh_run "(help-emit steps 20000 100 final publish; echo wrote \$? >done) |
    PATH=$BUILD:$T/empty $BUILD/aplot -o x.txt"
status_is 1 'without gnuplot the status is 1'
err_has '^aplot: gnuplot is not installed: apt install gnuplot .*brew install' \
    'and it says what to install'
is "$(grep -c . "$ERR")" 1 'once'
is "$(cat done)" 'wrote 0' 'and the run reaches its end'

# Does not start.
fresh
sh_run "$fake; export FAKE=refuse FAKE_ALWAYS=1
    (help-emit steps 20000 100 final publish; echo wrote \$? >done) |
    aplot -o x.txt"
status_is 1 'a gnuplot that cannot start: status 1'
err_has 'gnuplot: error while loading shared libraries: libfoo$' \
    'its own words are shown'
is "$(grep -c libfoo "$ERR")" 1 'once, although it was tried again'
err_has 'cannot draw the last state' 'and what is missing is said'
ok 'it was tried again' test "$(grep -c . starts)" -gt 2
is "$(cat done)" 'wrote 0' 'and the run reaches its end'

# Dies.
fresh
sh_run "$fake; export FAKE=die:1
    help-emit steps 2 10 final publish | aplot -r 1000 -o x.txt"
status_is 0 'gnuplot dies: the last state is drawn all the same'
err_is 'aplot: gnuplot was killed (Killed): started again' 'and it is said'
ok 'by a new one' test "$(grep -c . starts)" -ge 2
ok 'the picture is there' grep -q picture x.txt

# Ends by itself, as when a script says exit.
fresh
sh_run "$fake; FAKE=exit:1 FAKE_ALWAYS=1; export FAKE FAKE_ALWAYS
    help-emit steps 2 10 final publish | aplot -o x.txt"
status_is 1 'one that always ends in the frame is given up at the end'
err_has 'gnuplot ended: started again' 'it is said'

# Hangs.
fresh
sh_run "$fake; export FAKE=stall:1 APLOT_HUNG=1
    help-emit steps 2 10 final publish | aplot -o x.txt"
status_is 0 'gnuplot hangs: the last state is drawn all the same'
err_is 'aplot: gnuplot hangs: started again' 'and it is said'
is "$(grep -c . starts)" 2 'by a second one'
p=$(head -n 1 starts | cut -d' ' -f1)
ok 'the first is gone' sh -c "! kill -0 $p"

fresh
sh_run "$fake; export FAKE=stall:1 APLOT_HUNG=1 APLOT_PORTABLE=1 TMPDIR='$T'
    help-emit steps 2 10 final publish | aplot -o x.txt"
status_is 0 'the same with ps in the place of /proc, files of memory'
err_is 'aplot: gnuplot hangs: started again' 'and it is said'
is "$(ls -d aplot.* 2>/dev/null)" '' 'the folder of the files is gone'
ok 'there was one' grep -q "^load '$T/aplot\." commands

# Works long: that is no hanging.
fresh
tty_run "$fake; export FAKE=busy:1:3 APLOT_HUNG=1
    help-emit steps 2 10 final publish | aplot -T dumb"
status_is 0 'a frame that takes three times as long as patience'
out_has 'aplot: gnuplot works on this picture for [1-3] s now; the run goes' \
    'is waited for, and it is told that it works'
out_lacks 'hangs' 'it does not hang'
is "$(grep -c . starts)" 1 'by the same gnuplot'

# Errors of a script.
fresh
echo 'plot foo' >s.gp
sh_run "$fake; export FAKE=error:1 FAKE_ALWAYS=1 FAKE_FILE='$T/s.gp'
    help-emit steps 2 10 final publish | aplot -f s.gp -o x.txt"
err_is "aplot: $T/s.gp: line 7: undefined variable: foo" \
    'an error is shown with file and line, without the echo'

# Answers late, and nonsense in between.
fresh
sh_run "$fake; export FAKE=late:1
    help-emit steps 2 10 final publish | aplot -r 1000 -o x.txt"
status_is 0 'an answer to an older frame is not taken for the new one'
err_lacks "$(printf '\033')" 'what it says reaches the terminal made safe'
err_has 'pieces' 'and whole, in however small pieces it came'
ok 'the picture is that of the last frame' grep -q picture x.txt

# Never says a word: that is no answer and no work.
fresh
sh_run "$fake; export FAKE=mute APLOT_HUNG=1
    help-emit steps 2 10 final publish | aplot -o x.txt"
status_is 0 'gnuplot never says a word: the last state is drawn by the next'
err_is 'aplot: gnuplot hangs: started again' 'and it is said'

# Calls everything wrong: another program, or one that is too old.
fresh
sh_run "$fake; export FAKE=wrong APLOT_HUNG=1
    help-emit steps 2 10 final publish | aplot -o x.txt"
status_is 0 'one that calls every command wrong'
err_is 'aplot: gnuplot: invalid command
aplot: gnuplot does not know what it is asked (5.4 or later is needed): started again' \
    'is told apart'

# Ends at once, again and again.
fresh
sh_run "(help-emit steps 20000 100 final publish; echo wrote \$? >done) |
    PATH=$T/true:\$PATH aplot -o x.txt"
status_is 1 'a program that is no gnuplot and ends at once: status 1'
err_is 'aplot: gnuplot ended: started again
aplot: gnuplot cannot draw the last state' 'it is said'
is "$(cat done)" 'wrote 0' 'and the run reaches its end'

# A window's question is lost.
fresh
bg deaf sh -c "$fake; export FAKE=deaf:2
    help-emit steps 2 10 wait more steps 2 10 final publish |
    (exec sh -c 'echo \$\$ >pid; exec aplot -T x11')"
eventually 'a window draws' 'test -s frames' 20
: >more
eventually 'what it did not hear it is asked again' \
    'test "$(grep -c . frames)" -ge 2' 8
is "$(grep -c . starts)" 1 'the same gnuplot'
kill -s TERM "$(cat pid)"
bg_wait "$BG" 20
is "$(grep gnuplot deaf.err)" '' 'without a word'

# What gnuplot frees it keeps, unless the user has a mind about that.
mkdir env
printf '#!/bin/sh\nenv >"$FAKE_DIR/env.txt"\nexec "%s" "$@"\n' \
    "$T/bin/gnuplot" >env/gnuplot
chmod +x env/gnuplot
fresh
sh_run "PATH=$T/env:\$PATH; help-emit steps 2 10 final | aplot -o x.txt"
is "$(grep -c '^MALLOC_.*_THRESHOLD_=1073741824$' env.txt)" 2 \
    'gnuplot keeps the memory of a frame for the next'
fresh
sh_run "PATH=$T/env:\$PATH; export MALLOC_TRIM_THRESHOLD_=5
    help-emit steps 2 10 final | aplot -o x.txt"
is "$(grep '^MALLOC_' env.txt)" 'MALLOC_TRIM_THRESHOLD_=5' \
    "or does as the user's environment says"

# Floods its stderr: what else there is to do is done.
fresh
bg flood sh -c "$fake; export FAKE=flood:1
    (help-emit steps 20000 100 final; echo wrote \$? >done) | aplot -o x.txt"
flood=$BG
eventually 'gnuplot floods its stderr: what it says is shown up to a point' \
    'grep -q "what gnuplot says from here on is left out" flood.err' 20
eventually 'the run reaches its end' 'test "$(cat done)" = "wrote 0"' 20
kill -s KILL "$(head -n 1 starts | cut -d' ' -f1)"
bg_wait "$flood" 20
is "$STATUS" 0 'it is not hung, but when killed the next draws the last state'
ok 'and the picture is there' grep -q picture x.txt

# Closed window, hung gnuplot: nothing is left when aplot is told to go.
fresh
bg one sh -c "$fake; export FAKE=stall:1 FAKE_ALWAYS=1
    (help-emit steps 2 10; sleep 60) | exec aplot -o x.txt"
eventually 'gnuplot was asked for a frame' 'test -s frames' 20
p=$(head -n 1 starts | cut -d' ' -f1)
eventually 'a hung gnuplot does not outlive aplot' \
    'kill -s TERM -- "-$BG"; ! kill -s 0 "$p"' 10

# The real one, kept at work by a script as long as "slow" is there.
command -v gnuplot >/dev/null || {
	skip 10 'gnuplot is not here'
	end
}
cat >work.gp <<EOF
set print '$T/at'; print step; set print
while (system("test -e '$T/slow' && echo y") eq 'y') {
	do for [i = 1:20000] { k = i }
}
plot @u
EOF
# real name [VAR=value]: a run that goes on until "stop" is there; $p is its
# gnuplot, at work on a frame
real()
{
	what=$1
	shift
	rm -f done stop at pid
	: >slow
	bg real env "$@" sh -c '(help-emit steps 5 10 wait stop \
	    steps 100 10 final; echo wrote $? >done) |
	    sh -c "echo \$\$ >pid; exec aplot -f work.gp -o real.png"'
	real=$BG
	eventually "gnuplot is at work when $what" 'test -s at' 20
	p=$(ps -A -o pid= -o ppid= -o args= | grep '[g]nuplot -d' |
	    awk -v "of=$(cat pid)" '$2 == of { print $1 }')
}
# drawn: the run goes on, and its last state is drawn
drawn()
{
	rm -f slow
	: >stop
	bg_wait "$real" 30
	is "$STATUS $(cat done) $(cat at)" '0 wrote 0 105' \
	    'the run goes on, and its last state is drawn'
}
real 'killed'
kill -s KILL "$p"
rm -f slow
eventually 'it is started again' 'grep -q "killed (Killed)" real.err' 20
drawn
real 'stopped' APLOT_HUNG=1
kill -s STOP "$p"
rm -f slow
eventually 'it hangs, and is started again' 'grep -q hangs real.err' 20
ok 'the stopped one is gone' sh -c "! kill -s 0 $p"
drawn
real 'stopped for a moment'
kill -s STOP "$p"
: >stop
eventually 'the run reaches its end all the same' 'test -s done' 20
kill -s CONT "$p"
drawn
is "$(cat real.err)" '' 'nothing was said'
end
