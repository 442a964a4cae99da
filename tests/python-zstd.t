#!/bin/sh
# Goal: Python reads compressed recordings as aprec does, whole and damaged,
# by whatever can decompress them; with numpy and without.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need python3 zstd
export PYTHONDONTWRITEBYTECODE=1

EXCEPT=agree cases "$PYTHON" zstd 11

# agree file remark: with aprec on what is in it.
agree()
{
	ok "$2" env FILE="$1" "$PYTHON" -W error "$TOP/tests/zstd.py" agree
}

mkdir none
echo 'raise ImportError("hidden")' >none/numpy.py
for i in 1 2 3 4 5; do
	help-writer open ./$i.apr once g $i steps 9 300 once h 1 steps 3 9 \
	    close 2>/dev/null
	zstd -q --check $i.apr
	zstd -q -1 --check -c $i.apr >>one.zst
	cat $i.apr >>plain.apr
done
agree plain.apr 'the same as aprec of a plain recording'
agree one.zst 'of frames of one run each'
export PYTHONPATH=none
agree one.zst 'without numpy'
unset PYTHONPATH
cat one.zst plain.apr one.zst >mixed
for i in 1 2 3 4 5; do
	head -c $((2000 * i)) plain.apr >head.apr
	zstd -q -f --check -c head.apr >>mixed
done
agree mixed 'of frames and records in turns'

# What aptee makes, its regrouped bytes and its seek table.
run aptee -q -i 1.apr -i 2.apr -i 3.apr aptee.zst
status_is 0 'aptee records'
ok 'regrouped' "$PYTHON" -c "import sys; sys.path.insert(0, '$TOP/format')
import aprec
r = [r for r in aprec.read('aptee.zst') if 'u' in r]
assert any(s.fields['u'].encoding == 'shuffled' for s in r)
assert list(r[-1]['u'])[:2] == list(r[-1]['u'].tolist())[:2]"
agree aptee.zst 'the same as aprec of a recording of aptee'
cat >same.py <<END
import sys
sys.path.insert(0, "$TOP/format")
sys.path.insert(0, "$TOP/tests")
import zstd
with open("aptee.zst", "rb") as f:
    a = list(zstd.by_python(f.read()))
assert len(a) == 45 and a == list(zstd.by_python(sys.stdin.buffer.read()))
END
sh_run "zstd -dc aptee.zst | $PYTHON -W error same.py"
status_is 0 'the same as what zstd -dc gives'
sh_run "aptee -q -i aptee.zst -z 1 | $PYTHON -W error same.py"
status_is 0 'and aptee -z in a pipe'

# As it is recorded.
mkfifo in
bg aptee aptee -q -i in grows.apr.zst
exec 4>in
cat 1.apr 2.apr >&4
wait_for '[ -s grows.apr.zst ]' 20
bg python "$PYTHON" -W error -c "import sys; sys.path.insert(0, '$TOP/format')
import aprec
for r in aprec.read('grows.apr.zst', follow=True):
    print(r.run, r.seq, 'final' * r.final, flush=True)"
eventually 'a growing recording is read' \
    '[ "$(grep -c final python.out)" -eq 2 ]' 30
bg_wait "$BG" 30
status_is 0 'until its sources have ended'
help-writer open ./head.apr steps 5 100 close 2>/dev/null
head -c 3000 head.apr >&4
wait_for '[ "$(aprec ls grows.apr.zst 2>/dev/null | wc -l)" -gt 30 ]' 20
bg python "$PYTHON" -W error -c "import sys; sys.path.insert(0, '$TOP/format')
import aprec
for r in aprec.read('grows.apr.zst', follow=True):
    print(r.run, r.seq, 'final' * r.final, flush=True)"
eventually 'and another run in it' '[ "$(wc -l <python.out)" -gt 30 ]' 30
tail -c +3001 head.apr >&4
exec 4>&-
bg_wait "$BG" 30
status_is 0 'which end too'
is "$(grep -c final python.out)" 3 'and nothing is missed'
is "$(cat python.err)" '' 'without a word'
end
