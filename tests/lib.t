#!/bin/sh
# Goal: a failing check fails, tells the whole story, keeps its files, and
# leaves no process behind.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

mkdir tests
cp "$TOP/tests/lib.sh" tests
cat >tests/bad.t <<'END'
#!/bin/sh
. "${0%/*}/lib.sh"
run sh -c 'echo "got this"; echo "and an error" >&2; exit 3'
out_is 'wanted that' 'the output'
status_is 0 'the status'
out_lacks got 'a pattern'
eventually 'a condition' false 0
bg sleeper sh -c 'sleep 1000 | sleep 1001'
echo "# group $BG"
pass 'one is good'
end
END
run sh tests/bad.t
status_is 1 'a test with a failure fails'
is "$(grep -c '^not ok' "$OUT")" 4 'each check that is wrong is one'
out_has '^not ok 1 - the output' 'by its name'
out_has "^# +-wanted that" 'what was wanted'
out_has "^# +\\+got this" 'beside what came'
out_has "the last command: sh -c 'echo" 'the command'
out_has 'and an error' 'its stderr'
out_has '^1\.\.5$' 'the plan'
files=$(sed -n 's/^# files: //p' "$OUT")
group=$(sed -n 's/^# group //p' "$OUT")
not_ok 'no process is left' kill -s 0 -- "-$group"
ok 'the files are kept' test -d "$files/.lib"
rm -rf "$files"

cat >tests/short.t <<'END'
. "${0%/*}/lib.sh"
pass 'the only one'
exit 0
END
run sh tests/short.t
out_lacks '^1\.\.' 'a test that stops early has no plan'

cat >tests/slow.t <<'END'
. "${0%/*}/lib.sh"
sleep 1000
END
TEST_LIMIT=1 run sh tests/slow.t
not_ok 'a test that hangs is ended' test "$STATUS" -eq 0

cat >tests/need.t <<'END'
. "${0%/*}/lib.sh"
need no-such-program
END
unset REQUIRE_ALL
run sh tests/need.t
out_has '1\.\.0 # SKIP no-such-program' 'a missing program skips a test'
REQUIRE_ALL=1 run sh tests/need.t
status_is 1 'and fails it where all are required'
end
