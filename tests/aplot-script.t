#!/bin/sh
# Goal: aplot runs a script as its page says: as a program, with others that
# lie beside it, whatever it sets or ends, and tells each error at its place.
. "${0%/*}/lib.sh"
need gnuplot identify
export PYTHONPATH="$TOP/format"

"$PYTHON" - >run.apr <<'END'
import aprec
with aprec.open(1, source="one@host") as out:
    out.describe("x", dims=("x",))
    out.describe("u", dims=("x",))
    for k in range(3):
        out.publish(step=k, t=k / 10, e=1.5 * k, x=[0.0, 0.5, 1.0],
                    u=[1.0, 2.0, k])
END

# draws script: aplot with it, into x.png of 320 by 240
draws() {
	printf '%b' "$1" >s.gp
	rm -f x.png own shown
	run env APLOT_HUNG=5 aplot -T 'png size 320,240' -o x.png -f s.gp \
	    <run.apr
}
is_drawn() {
	status_is 0 "$1: is drawn"
	is "$(identify -format '%m %w %h' x.png)" "PNG ${2-320 240}" \
	    "$1: by aplot's terminal"
}

# What it draws is waited for, as long as it may come.
printf '%s\n' 'style = "with points" # and not @nosuch' 'S2 = "me@nowhere"' \
    'if (exists("v")) { plot @v @style }' 'print "drawn"' \
    'plot @u @style, @late with lines' >waits.gp
"$PYTHON" - >late.apr <<'END'
import aprec
with aprec.open(1, source="two@host") as out:
    out.publish(step=4, late=[1.0, 2.0, 3.0])
END
mkfifo fifo
bg waits aplot -T 'png size 320,240' -o w.png -f waits.gp -i fifo -i run.apr
waits=$BG
exec 4>fifo
eventually 'that it waits is told' \
    'grep -qx "aplot: waits.gp: waits for a field for @late" waits.err' 20
is "$(grep -c . waits.err)" 1 'and nothing else'
not_ok 'and nothing is drawn' test -e w.png
cat late.apr >&4
exec 4>&-
bg_wait "$waits" 20
is "$STATUS $(tail -n 1 waits.err)" '0 aplot: gnuplot: drawn' 'until it comes'
ok 'there is the picture' test -s w.png

# A program, from a pipe and with a recording behind it.
mkdir -p sub
cat >sub/prog.gp <<'END'
#!/usr/bin/env -S aplot -f
plot @u_thin with lines
END
chmod +x sub/prog.gp
sh_run 'cat run.apr | sub/prog.gp -o a.png'
status_is 0 'a program, in a pipe'
run sub/prog.gp -o b.png run.apr
status_is 0 'and for a recording'
ok 'which it draws' test -s a.png -a -s b.png
run sub/prog.gp -o b.png u run.apr
status_is 1 'a plot beside a script is refused'
err_has '^aplot: u: the script says what is drawn' 'and told'

# Others, beside it or here, which have all that it has.
printf 'load "inner.gp"\ncall "other.gp" "3"\n' >sub/outer.gp
printf 'plot @u_thin w l, @e_past w p, @t__e w p, "own.txt" w p\n' \
    >sub/inner.gp
printf 'set print "shown"\nprint ARG1\nset print\n' >other.gp
printf '0 1\n1 2\n' >sub/own.txt
run aplot -o a.png -f sub/outer.gp <run.apr
status_is 0 'it loads what lies beside it'
err_is '' 'and its data, without a word'
is "$(cat shown)" 3 'and calls what lies here'
printf 'plot @u with lines\nb = nosuch\n' >sub/inner.gp
run aplot -o a.png -f sub/outer.gp <run.apr
status_is 1 'an error in another fails'
err_is 'aplot: inner.gp: line 2: undefined variable: nosuch' \
    'is told once, with its file and line'

# Errors in blocks and in what goes on.
draws 'do for [i = 1:2] {\n\tif (i == 2) {\n\t\ta = nosuch + 1\n\t}\n\tb = 2\n}\n'
status_is 1 'an error in a block fails'
err_has '^aplot: s.gp: line 3: undefined variable: nosuch' 'at its line'
draws 'plot @u with lines\nplot \\\n    @u with lines, \\\n    foo(2)\n'
err_has '^aplot: s.gp: line 4: undefined function: foo' \
    'and of a line that goes on'
is "$(grep -c . "$ERR")" 1 'once for all its pictures'

# What ends, waits, prints.
for end in exit quit; do
	draws "plot @u with lines\n$end\nfoo(\n"
	is_drawn $end
	err_is '' "what is behind $end is not read"
done
draws "pause -1\nplot @u with lines\npause -1 'go on'\npause mouse\n"
is_drawn 'a pause for nobody'
draws "set print 'own'\nprint 7\nplot @u with lines\n"
is_drawn 'with a file that it prints to'
is "$(tail -n 1 own)" 7 'it prints there'
draws 'plot @u with lines\nprint e\n'
err_is 'aplot: gnuplot: 3.0' 'what it prints is told'

# What never comes is missed at the end, for what is not, it is drawn.
draws 'set multiplot layout 2,1\nplot @nosuch with lines\n'
status_is 1 'a field that never comes fails'
err_has '^aplot: s.gp: no field for @nosuch$' 'and is told by its name'
err_lacks 'string variable|undefined' 'not by what gnuplot makes of it'
draws 'plot @u with lines, @nosuch with lines\n'
is "$(grep -c nosuch "$ERR")" 1 'once'
run env aplot -T 'png size 320,240' -o 'n-%d.png' -f s.gp run.apr
status_is 1 'in a film, too'
err_has '^aplot: s.gp: no field for @nosuch$' 'which tells it'

# After a reset the data have no title, as before it.
draws 'plot @u with lines, @u_thin with lines\n'
cp x.png untitled.png
draws '  reset # all\nplot @u with lines, @u_thin with lines\n'
same untitled.png x.png 'no titles after a reset'

# Terminal and output of its own: for what follows, and for this picture.
draws "plot @u with lines\nset output 'own'\nreplot\n"
is_drawn 'before an output of its own'
is "$(identify -format '%m %w %h' own)" 'PNG 320 240' 'and in that as well'
draws "plot @u with lines\nset terminal push\nset terminal svg\n\
set output 'own'\nreplot\nset output\nset terminal pop\n"
is_drawn 'before a terminal of its own'
ok 'which draws, too' grep -q '</svg>' own
printf '%b' "if (t < 0.15) { set terminal svg; set output 'own'; plot x }\n\
plot @u with lines\n" >s.gp
run aplot -T 'png size 320,240' -r 1000 -o 'f-%d.png' -f s.gp run.apr
status_is 0 'a terminal that it does not give back'
is "$(identify -format '%m %w %h' f-1.png)" 'PNG 320 240' \
    'is given back for the next picture'
draws "set terminal svg\nset output 'own'\nplot @u with lines\n"
status_is 1 'nothing left to draw'
err_is 'aplot: nothing was drawn' 'is told'
end
