#!/bin/sh
# Goal: what a run was told and obeyed can be got back from a recording, all
# of it and once, as lines that repeat the run; and no text in a record makes
# a line of its own there, or does anything to a terminal.
. "${0%/*}/lib.sh"

# A steered run: what it obeyed, and parameters, in records of their own.
head='source wave@n1 run 0x1a crc 1 num c 1 attr role parameter attr valid_min 0
    attr valid_max 5 attr label speed publish array grid 100 7 publish'
emit()
{
	set -f
	# shellcheck disable=SC2086
	set -- "$@" $head steps 100 200 \
	    string control 'at 100 set c 2.5' attr state running \
		num c 2.5 attr role parameter publish \
	    steps 50 200 \
	    string control 'at 150 pause' attr state paused publish \
	    string control 'at 150 set c 3\nat 150 step 7' attr state running \
		num c 3 attr role parameter publish \
	    steps 7 200 string control 'at 157 pause' attr state paused publish \
	    string control 'at 157 resume' attr state running publish \
	    steps 3 200 string control 'at 160 set c 1' attr state running publish \
	    steps 3 200 string control 'at 163 set c 2' attr state running publish \
	    steps 3 200 string control 'at 166 set c 3' attr state running publish \
	    steps 3 200 string control 'at 169 set c 4' attr state running publish \
	    steps 831 20000 string control 'at 1000 at 9 stop' attr state running \
	    publish string control 'at 1000 set title of two  words' \
		attr state running publish steps 20 200 \
	    string control 'at 1020 stop' attr state stopping publish final
	set +f
	help-emit "$@"
}
emit >run.apr
cat >want <<END
# wave@n1, run 000000000000001a
at 100 set c 2.5
# at 150 pause
at 150 set c 3
# at 150 step 7
# at 157 pause
# at 157 resume
at 160 set c 1
at 163 set c 2
at 166 set c 3
at 169 set c 4
# left out: at 1000 at 9 stop
at 1000 set title of two  words
at 1020 stop
END
run aprec control run.apr
same want "$OUT" 'what was obeyed, in its order'
status_is 2 'a line that is no order is passed over'
err_is 'aprec: 1 line left out, which is no order or cannot be shown' 'and told'
sh_run 'cat run.apr | aprec control 2>/dev/null'
same want "$OUT" 'from a stream'

# Recordings repeat it now and then, are thinned, and compressed.
run aptee -q -n 1000 few.apr few.apr.zst -S now.apr <run.apr
status_is 0 'few records are kept of it'
ok 'few' test "$(aprec ls few.apr | grep -c step:)" -lt 20
run aprec control -q few.apr
same want "$OUT" 'but all that was obeyed'
run aprec control -q few.apr.zst
same want "$OUT" 'compressed, too'
is "$(aprec csv -q -n c few.apr | paste -sd,)" 'c,1,2.5,3' \
    'and all values of the parameter'
run aptee -q all.apr <run.apr
ok 'a recording has recaps' test "$(aprec ls all.apr | grep -c history)" -ge 1
ok 'which repeat the last orders' \
    test "$(grep -ao 'at 1020 stop' all.apr | wc -l)" -ge 2
run aprec control all.apr
same want "$OUT" 'of which nothing is printed twice'
cat run.apr run.apr all.apr >twice.apr
run aprec control twice.apr
same want "$OUT" 'nor where it stands again'
run aprec control now.apr
out_is '# wave@n1, run 000000000000001a
at 150 set c 3
# at 150 step 7
at 1020 stop' 'the newest state has what is newest of it'
status_is 0 'which is right'

# In parts, in any order.
split=$(($(wc -c <run.apr) / 64 / 2 * 64))
head -c "$split" run.apr >a.apr
tail -c +$((split + 1)) run.apr >b.apr
run aprec control -q b.apr a.apr
same want "$OUT" 'parts of a recording in the wrong order'

# Several sources and runs.
help-emit source wave@n2 run 2 string control 'at 5 stop' attr state stopping \
    publish final >other.apr
help-emit source quiet run 3 steps 5 3 string control 'my own words' publish \
    final >quiet.apr
run aprec control -q run.apr other.apr quiet.apr
{
	cat want
	printf '# wave@n2, run 0000000000000002\nat 5 stop\n'
} >both
same both "$OUT" 'each source under its name'
run aprec control -s '*@n2' run.apr other.apr quiet.apr
out_is '# wave@n2, run 0000000000000002
at 5 stop' '-s chooses'
status_is 0 'and all of that is well'
run aprec control quiet.apr
status_is 1 'a run that was not steered'
out_is '' 'has nothing'
err_is 'aprec: no run was steered: there is no field "control"' 'which is said'
run aprec control -q -s nobody run.apr
status_is 1 'nor has a source that is not there'
err_is '' '-q says nothing'
run aprec control nosuch.apr
status_is 1 'what cannot be read'
err_has 'nosuch.apr' 'is named'
run aprec control -m 1M run.apr
same want "$OUT" '-m is enough'
run aprec control -m 1K run.apr
status_is 1 'or is refused'
run aprec control -h
out_is 'usage: aprec control [-q] [-m size] [-s source] [file ...]' '-h'
run aprec control -x
status_is 1 'an option that there is not'

# More than fits.
set --
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	set -- "$@" string control \
	    "at $i set c $i$(printf '%0100000d' "$i")" attr state running publish
done
help-emit run 4 steps 1 3 "$@" final >big.apr
run aprec control -m 1M big.apr
status_is 2 'what does not fit is left out'
err_has 'memory is full \(-m\)' 'which is told'
ok 'and what is printed is whole' test "$(wc -l <"$OUT")" -ge 2

# Damage costs what it touches.
head -c -300 run.apr >cut.apr
head -c 100 /dev/zero >>cut.apr
run aprec control cut.apr
status_is 2 'damage is told'
ok 'and costs no more' test "$(wc -l <"$OUT")" -ge 8

# Hostile texts.
help-emit source 'evil' run 5 \
    string control 'at 1 set n a\e]0;title\bb\nat 2 set n x\r' \
    attr state running publish \
    string control 'at 3 stop now\nstop\n  at 4 stop\nat 5 set 1c 2\n!sh' \
    attr state running publish \
    string control "$(printf 'at 6 set n \302\233 31m\\nat 7 set n \342\200\256x')" \
    attr state running publish \
    string control "at 8 set n $(printf '%05000d' 1)" attr state running publish \
    string control '\n\n\nat 9 set n a\tb ; $(id) `id`\n' attr state running \
    publish final >evil.apr
run aprec control evil.apr
status_is 2 'hostile texts'
err_has '10 lines left out' 'are left out and counted'
is "$(grep -v '^#' "$OUT")" "$(printf 'at 9 set n a\tb ; $(id) `id`')" \
    'the one order among them is there, as it is'
is "$(LC_ALL=C grep -c "$(printf '[\001-\010\013-\037\177]')" "$OUT")" 0 \
    'and nothing that a terminal obeys'
is "$(grep -c "$(printf '\302\233')\|$(printf '\342\200\256')" "$OUT")" 0 \
    'nor of the other kind'
not_ok 'a line is not longer than an order may be' grep -q '.\{1000\}' "$OUT"
end
