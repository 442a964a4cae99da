#!/bin/sh
# Goal: the first command of README shows a simulation and says what it did,
# in a terminal and without one, and leaves the terminal as it was.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need script gnuplot make cc
[ "$BUILD" = "$TOP/build" ] || skip_all 'scripts/demo builds in build/'
demo=$TOP/scripts/demo

says_what()
{
	out_has 'demo: computed: [1-9][0-9]* steps' "$1: steps computed"
	out_has 'demo: drawn: [1-9][0-9]* frames' "$1: frames drawn"
	out_has 'demo: published: .* [0-9]* of them dropped' "$1: records dropped"
	out_has 'demo: the last picture is .*/build/demo/wave.png' "$1: the PNG"
	is "$(head -c 8 "$TOP/build/demo/wave.png" | od -An -tx1 | tr -d ' ')" \
	    89504e470d0a1a0a "$1: which is one"
}

run "$demo" 2
status_is 0 'without a terminal: it succeeds'
out_has 'no terminal' 'without a terminal: it says so'
says_what 'without a terminal'

cat >tty.sh <<END
stty rows 40 cols 100
stty -a >before
TERM=xterm-256color '$demo' 3
echo "status \$?"
stty -a >after
END
run script -qec 'sh tty.sh' typescript
out_has 'status 0' 'in a terminal: it succeeds'
says_what 'in a terminal'
same before after 'the terminal is as it was'

# Ctrl-C ends the computation; the demo still tells how it went.
cat >int.sh <<END
(sleep 3; kill -s INT 0) &
trap : INT
TERM=xterm-256color '$demo' 60
echo "status \$?"
END
run script -qec 'sh int.sh' typescript
out_has 'status 0' 'after Ctrl-C: it succeeds'
says_what 'after Ctrl-C'

run "$demo" 0
status_is 1 'no time at all is refused'
err_has '^usage:' 'with the usage'
end
