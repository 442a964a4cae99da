#!/bin/sh
# Goal: whatever gnuplot does - it is not there, will not start, dies, hangs,
# works long, errs, answers nonsense - the run goes on to its end, the picture
# comes back, and what happened is said once.
. "${0%/*}/lib.sh"

need perl
mkdir bin
cp "$TOP/tests/fake-gnuplot" bin/gnuplot
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
sh_run "$fake; export FAKE=busy:1:3 APLOT_HUNG=1
    help-emit steps 2 10 final publish | aplot -o x.txt"
status_is 0 'a frame that takes three times as long as patience'
err_is '' 'is waited for: it works'
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

# Closed window, hung gnuplot: nothing is left when aplot is told to go.
fresh
bg one sh -c "$fake; export FAKE=stall:1 FAKE_ALWAYS=1
    (help-emit steps 2 10; sleep 60) | exec aplot -o x.txt"
eventually 'gnuplot was asked for a frame' 'test -s frames' 20
p=$(head -n 1 starts | cut -d' ' -f1)
eventually 'a hung gnuplot does not outlive aplot' \
    'kill -s TERM -- "-$BG"; ! kill -s 0 "$p"' 10
end
