# shellcheck shell=sh
# lib.sh: what the shell tests share.  A test says its goal, makes checks and
# ends with "end"; what it prints is TAP, for prove(1).
#
#	#!/bin/sh
#	# Goal: a recording holds every record.
#	. "${0%/*}/lib.sh"
#
#	run aptee -q run.apr <"$VECTORS/good/two.apr"
#	status_is 0 'aptee succeeds'
#	err_is '' 'and says nothing'
#	same "$VECTORS/good/two.apr" run.apr 'what was read is in the file'
#	end
#
# It is run from anywhere; sourcing this file changes to an empty temporary
# directory, removed at the end unless something failed (KEEP=1: never).
#
#	$TOP		the source tree		$T	the temporary directory
#	$BUILD		what make made (from the environment, default build)
#	$VECTORS	$TOP/tests/vectors
#	$PYTHON		a python3, one with numpy if there is one (from the
#			environment, or looked for)
#	PATH begins with $BUILD and $BUILD/tests.
#	LC_ALL is C.UTF-8, TZ is UTC; DISPLAY, APREC_*, PYTHON* are unset;
#	APTEE_DIR is in $T.
#
# Run and look:
#	run command [arg ...]	runs it: $OUT and $ERR are files of what it
#				printed, $STATUS is its status;
#				stdin is /dev/null or what it is redirected from
#				(not "a | run b": that sets nothing; use sh_run)
#	sh_run 'a | b'		the same for a piece of shell, run by sh -c
#	tty_run 'a | b'		the same in a terminal of its own, shown in $OUT
#	bg name command [arg ...]  starts it in a process group of its own with
#				name.out and name.err; $BG is its pid, and the
#				group's.  All are ended when the test ends.
#	bg_wait pid seconds	waits for one started by bg: sets $STATUS
#	wait_for 'condition' seconds	evaluates it until true; 1 if never.
#
# Checks; each prints one line, and when it fails the whole story:
#	ok 'name' command [arg ...]	the command succeeds
#	not_ok 'name' command [arg ...]	it fails
#	is got wanted 'name'		the strings are the same
#	same wanted-file got-file 'name'	the files are the same
#	status_is n 'name'		of the last run
#	out_is text 'name'; err_is text 'name'	  what the last run printed
#	out_has regex 'name'; err_has regex 'name'  grep -E finds it there
#	out_lacks regex 'name'; err_lacks regex 'name'
#	eventually 'name' 'condition' seconds	wait_for as a check
#	pass 'name'; fail 'name' [text]
#	note text			a remark
#
# Cases of Python, each in a process and folder of its own that come from one,
# since numpy takes longer than they:
#	cases python program least	all of tests/PROGRAM.py, as checks, with
#				$REMARK behind each name; at least so many
#
#	x_server 1000x800x24	starts Xvfb with that screen, exports DISPLAY;
#				xdotool gives up after 10 s
#	window_manager		starts one there
#
# In parts, one after the other, for a window on a busy machine loses keys:
#	parts name ...		runs the test once with each name as $PART, each
#				in a temporary directory of its own, tells what
#				they told, and ends; in a part it does nothing
#
# Leaving out:
#	need program ...	skips the whole test unless all are there; with
#				REQUIRE_ALL=1 (scripts/check) it fails instead
#	skip_all reason		skips the whole test
#	skip n reason		n checks counted as skipped
#
# scripts/check runs all tests a second time with programs built for
# AddressSanitizer, and those of aptee and aplot for ThreadSanitizer too.  A
# line "# Not under: address thread" in a test says that it cannot be, a line
# "# Also under: thread valgrind" that it should be, "# Long under: thread"
# that it is when there is time (scripts/check -a).  $SAN then is address,
# thread or valgrind (run and bg start the programs of $BUILD under it).

: "${TEST_LIMIT:=300}"
if [ -z "${TEST_LIMITED:-}" ] && command -v timeout >/dev/null 2>&1; then
	TEST_LIMITED=1 exec timeout -k 10 "$TEST_LIMIT" sh "$0" "$@"
fi
_group=
[ -z "${TEST_LIMITED:-}" ] || _group=$PPID	# timeout(1) made it
unset TEST_LIMITED

TOP=$(cd "$(dirname "$0")/.." && pwd) || exit 1
BUILD=${BUILD:-build}
case $BUILD in
/*) ;;
*) BUILD=$TOP/$BUILD ;;
esac
# shellcheck disable=SC2034
VECTORS=$TOP/tests/vectors
if [ -z "${PYTHON:-}" ]; then
	for PYTHON in python3 /usr/bin/python3 python3; do
		"$PYTHON" -c 'import numpy' >/dev/null 2>&1 && break
	done
fi
PATH=$BUILD:$BUILD/tests:$PATH
LC_ALL=C.UTF-8
TZ=UTC
export PATH LC_ALL TZ BUILD TOP PYTHON
unset DISPLAY WAYLAND_DISPLAY
for _v in $(env | sed -n 's/^\(APREC_[A-Z_]*\)=.*/\1/p
    s/^\(PYTHON[A-Z][A-Z]*\)=.*/\1/p'); do
	unset "$_v"
done

T=$(mktemp -d "${TMPDIR:-/tmp}/aplot-test.XXXXXX") || exit 1
cd "$T" || exit 1
mkdir .lib
APTEE_DIR=$T/.lib/runs	# nobody's runs but those of the test
export APTEE_DIR
OUT=$T/.lib/out
ERR=$T/.lib/err
: >"$OUT"
: >"$ERR"
STATUS=0
BG=
_cmd=
_n=0
_failed=0
_pids=
_ended=

# The programs' standard input, output and error are never those of prove:
# a process that outlives the test would keep prove waiting.
exec 3>&1

_cleanup()
{
	_st=$?
	[ -z "$_ended" ] || _st=0
	trap '' INT TERM HUP
	for _p in $_pids; do
		kill -s TERM -- "-$_p" && kill -s CONT -- "-$_p"
	done 2>/dev/null
	for _p in $_pids; do
		wait_for "! kill -s 0 -- -$_p" 3 || kill -s KILL -- "-$_p"
	done 2>/dev/null
	# What sh_run left: aptee, for one, outlives a first signal.
	_all=
	[ -z "$_group" ] || _all=$(ps -eo pid= -o pgid= -o args=)
	while read -r _p _g _args; do
		[ -n "$_g" ] && [ "$_g" = "$_group" ] &&
		    [ "$_p" != "$_group" ] && [ "$_p" != $$ ] &&
		    kill -s KILL "$_p" 2>/dev/null &&
		    echo "# was left behind: $_args"
	done <<END
$_all
END
	cd / || exit 1
	if [ "$_failed" -gt 0 ] || [ -n "${KEEP:-}" ]; then
		echo "# files: $T"
	else
		chmod -R u+rwX "$T" 2>/dev/null
		rm -rf "$T"
	fi
	if [ -z "$_ended" ]; then
		echo "# $0: stopped before its end, status $_st"
		[ "$_st" -ne 0 ] || exit 1
	fi
	[ "$_failed" -eq 0 ] || exit 1
	exit "$_st"
}
trap _cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

note()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass()
{
	_n=$((_n + 1))
	printf 'ok %d - %s\n' "$_n" "$1"
}

# _text file lines: its beginning as comments, safe for any terminal.
_text()
{
	head -c 20000 "$1" | head -n "$2" | LC_ALL=C cat -v | cut -c 1-400 |
	    sed 's/^/#     /'
}

fail()
{
	_n=$((_n + 1))
	_failed=$((_failed + 1))
	printf 'not ok %d - %s\n' "$_n" "$1"
	[ $# -lt 2 ] || note "$2"
	if [ -n "$_cmd" ]; then
		note "the last command: $_cmd"
		note "its status: $STATUS; its stderr:"
		_text "$ERR" 40
	fi
	note "the files are in $T"
}

# _verdict condition-status name [text]
_verdict()
{
	if [ "$1" -eq 0 ]; then
		pass "$2"
	else
		fail "$2" "${3:-}"
	fi
}

# _quote command [arg ...]: as it could be typed, in $_cmd; without a process,
# since it is for each command.
_quote()
{
	_cmd=
	for _a in "$@"; do
		case $_a in
		*\'*)
			_cmd="$_cmd '$(printf %s "$_a" |
			    sed "s/'/'\\\\''/g")'"
			;;
		*[!A-Za-z0-9_./:=,%+-]* | '')
			_cmd="$_cmd '$_a'"
			;;
		*)
			_cmd="$_cmd $_a"
			;;
		esac
	done
	_cmd=${_cmd# }
}

# _start command [arg ...]: becomes it.
_start()
{
	if [ "${SAN:-}" = valgrind ] && [ -x "$BUILD/$1" ]; then
		exec valgrind -q --error-exitcode=99 --leak-check=full \
		    --errors-for-leak-kinds=definite \
		    --child-silent-after-fork=yes \
		    --log-file="$T/.lib/valgrind.%p" "$@"
	fi
	exec "$@"
}

run()
{
	_quote "$@"
	STATUS=0
	if [ -t 0 ]; then
		(_start "$@") >"$OUT" 2>"$ERR" 3>&- </dev/null || STATUS=$?
	else
		(_start "$@") >"$OUT" 2>"$ERR" 3>&- || STATUS=$?
	fi
}

sh_run()
{
	_cmd=$1
	STATUS=0
	(exec sh -c "$1") >"$OUT" 2>"$ERR" 3>&- </dev/null || STATUS=$?
}

tty_run()
{
	_cmd="(in a terminal) $1"
	STATUS=0
	printf 'stty rows 40 cols 100\n%s\n' "$1" >"$T/.lib/tty"
	TERM=xterm-256color script -qec "sh '$T/.lib/tty'" /dev/null \
	    >"$OUT" 2>"$ERR" 3>&- </dev/null || STATUS=$?
}

bg()
{
	_name=$1
	shift
	_quote "$@"
	_cmd="$_cmd&"
	perl -e 'setpgrp(0, 0); exec @ARGV or die "$ARGV[0]: $!\n"' -- "$@" \
	    >"$_name.out" 2>"$_name.err" 3>&- </dev/null &
	BG=$!
	_pids="$_pids $BG"
	# Until it has its group, a signal to the group would miss it.
	wait_for "kill -s 0 -- -$BG || _gone $BG" 5 2>/dev/null || :
}

bg_wait()
{
	STATUS=124
	wait_for "_gone $1" "$2" || return 1
	STATUS=0
	wait "$1" 2>/dev/null || STATUS=$?
	return 0
}

# A child that ended stays as a zombie until it is waited for.
if [ -r /proc/self/stat ]; then
	_gone()
	{
		_line=
		read -r _line <"/proc/$1/stat" || return 0
		case ${_line##*) } in
		Z*) return 0 ;;
		esac
		return 1
	} 2>/dev/null
else
	_gone()
	{
		case $(ps -o stat= -p "$1" 2>/dev/null) in
		'' | Z*) return 0 ;;
		esac
		return 1
	}
fi

# Soon at first, then less often: what waits takes the machine from what it
# waits for.  The clock is looked at once in about half a second.
wait_for()
{
	_polls=0
	_until=
	while ! eval "$1"; do
		_polls=$((_polls + 1))
		if [ "$_polls" -le 10 ]; then
			sleep 0.02
			continue
		fi
		sleep 0.1
		[ $((_polls % 5)) -eq 0 ] || continue
		_now=$(date +%s)
		: "${_until:=$((_now + $2))}"
		[ "$_now" -lt "$_until" ] || return 1
	done
}

eventually()
{
	wait_for "$2" "$3" >"$T/.lib/cond" 2>&1
	_verdict $? "$1" "not within $3 s: $2"
}

ok()
{
	_name=$1
	shift
	_quote "$@"
	STATUS=0
	"$@" >"$OUT" 2>"$ERR" 3>&- || STATUS=$?
	_verdict "$STATUS" "$_name" 'it should succeed'
}

not_ok()
{
	_name=$1
	shift
	_quote "$@"
	STATUS=0
	"$@" >"$OUT" 2>"$ERR" 3>&- || STATUS=$?
	[ "$STATUS" -ne 0 ]
	_verdict $? "$_name" 'it should fail'
}

cases()
{
	rm -rf ".lib/$2"
	mkdir ".lib/$2"
	(cd ".lib/$2" && exec "$1" -W error "$TOP/tests/$2.py" each) \
	    >.lib/results 2>"$ERR" 3>&- </dev/null
	_cmd="$1 tests/$2.py each" STATUS=$?
	_verdict "$STATUS" "$2: all cases ran"
	[ "$(wc -l <.lib/results)" -ge "$3" ]
	_verdict $? "$2: there are cases"
	while read -r STATUS _name _about; do
		_cmd="$1 -W error tests/$2.py $_name"
		cat ".lib/$2/$_name/log" >"$ERR"
		_verdict "$STATUS" "$_about${REMARK:-}"
	done <.lib/results
}

# _compare wanted-file got-file name
_compare()
{
	if cmp -s "$1" "$2"; then
		pass "$3"
		return
	fi
	fail "$3" "wanted (-) and got (+):"
	if [ ! -e "$2" ]; then
		note "there is no $2"
	elif LC_ALL=C grep -q '[^[:print:][:space:]]' "$1" "$2"; then
		od -A d -t x1z "$1" | head -n 4096 >"$T/.lib/od1"
		od -A d -t x1z "$2" | head -n 4096 >"$T/.lib/od2"
		diff -u "$T/.lib/od1" "$T/.lib/od2" >"$T/.lib/diff"
		_text "$T/.lib/diff" 24
		note "sizes: $(wc -c <"$1") and $(wc -c <"$2")"
	else
		diff -u "$1" "$2" >"$T/.lib/diff"
		_text "$T/.lib/diff" 60
	fi
}

same()
{
	_compare "$1" "$2" "$3"
}

is()
{
	if [ "$1" = "$2" ]; then
		pass "$3"
		return
	fi
	printf '%s\n' "$1" >"$T/.lib/got"
	printf '%s\n' "$2" >"$T/.lib/wanted"
	_compare "$T/.lib/wanted" "$T/.lib/got" "$3"
}

status_is()
{
	[ "$STATUS" -eq "$1" ]
	_verdict $? "$2" "wanted status $1, got $STATUS"
}

_stream_is()
{
	if [ -z "$2" ] && [ ! -s "$1" ]; then
		pass "$3"
		return
	fi
	if [ -n "$2" ]; then
		printf '%s\n' "$2" >"$T/.lib/wanted"
	else
		: >"$T/.lib/wanted"
	fi
	_compare "$T/.lib/wanted" "$1" "$3"
}

_stream_has()
{
	LC_ALL=C grep -Eq -e "$2" "$1" && {
		pass "$3"
		return
	}
	fail "$3" "wanted a line like /$2/, got:"
	_text "$1" 40
}

_stream_lacks()
{
	LC_ALL=C grep -Eq -e "$2" "$1" || {
		pass "$3"
		return
	}
	fail "$3" "wanted no line like /$2/, got:"
	_text "$1" 40
}

out_is() { _stream_is "$OUT" "$1" "$2"; }
err_is() { _stream_is "$ERR" "$1" "$2"; }
out_has() { _stream_has "$OUT" "$1" "$2"; }
err_has() { _stream_has "$ERR" "$1" "$2"; }
out_lacks() { _stream_lacks "$OUT" "$1" "$2"; }
err_lacks() { _stream_lacks "$ERR" "$1" "$2"; }

skip()
{
	_i=0
	while [ "$_i" -lt "$1" ]; do
		_i=$((_i + 1))
		_n=$((_n + 1))
		printf 'ok %d # SKIP %s\n' "$_n" "$2"
	done
}

skip_all()
{
	_ended=1
	echo "1..0 # SKIP $1"
	exit 0
}

# Two that look for a free number at the same time may take the same.
x_server()
{
	exec 9</tmp
	flock 9
	bg xvfb sh -c "exec Xvfb -displayfd 3 -screen 0 $1 3>display 9<&-"
	eventually 'an X server' 'test -s display' 20
	exec 9<&-
	DISPLAY=:$(cat display)
	export DISPLAY
	# A window that goes at the wrong moment would have it wait for ever.
	xdotool()
	{
		timeout 10 xdotool "$@"
	}
}

# The server may take none for a moment.
window_manager()
{
	bg openbox openbox
	eventually 'a window manager' 'wmctrl -m || {
	    kill -s 0 "$BG" || bg openbox openbox; false; }' 20
}

# What a part told, with our numbers.
_part()
{
	while IFS= read -r _line; do
		case $_line in
		'not ok '* | 'ok '*)
			_n=$((_n + 1))
			_word=ok
			[ "${_line#not }" = "$_line" ] || {
				_failed=$((_failed + 1))
				_word='not ok'
			}
			_line=${_line#"$_word" }
			printf '%s %d %s\n' "$_word" "$_n" "${_line#* }"
			;;
		'#'*)
			printf '%s\n' "$_line"
			;;
		esac
	done <"$1.out"
}

parts()
{
	[ -z "${PART:-}" ] || return 0
	for _p in "$@"; do
		bg "$_p" env PART="$_p" sh "$TOP/tests/${0##*/}"
		bg_wait "$BG" "$TEST_LIMIT" && _part "$_p"
		# One that stopped early may have told of nothing that failed.
		[ "$STATUS" -eq 0 ] || fail "part $_p" "status $STATUS"
	done
	end
}

need()
{
	for _p in "$@"; do
		command -v "$_p" >/dev/null 2>&1 && continue
		[ -n "${REQUIRE_ALL:-}" ] ||
		    skip_all "$_p is not here (scripts/deps test installs it)"
		_ended=1
		fail "$_p is here (scripts/deps test installs it)"
		echo '1..1'
		exit 1
	done
}

end()
{
	for _p in "$T"/.lib/valgrind.*; do
		[ -s "$_p" ] || continue
		fail 'valgrind has nothing to say'
		_text "$_p" 40
	done
	_ended=1
	echo "1..$_n"
	exit 0
}
