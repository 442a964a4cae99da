#!/bin/sh
# Goal: what is installed can be used without the source tree, and uninstall
# leaves nothing of it.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need make cc pkg-config
inst()
{
	make -s -C "$TOP" BUILD="$BUILD" DESTDIR="$T/root" PREFIX=/opt/a "$@"
}

ok 'make install' inst install
root=$T/root/opt/a
for f in bin/aptee bin/aplot bin/aprec lib/libaprec.a include/aprec.h \
    include/aprec.f90 include/aprec_mpi.h \
    lib/pkgconfig/aprec.pc share/man/man1/aptee.1 share/man/man5/aprec.5; do
	ok "$f is installed" test -s "$root/$f"
done
is "$(find "$T/root" -name aprec.py | wc -l)" 1 'the Python module too'
is "$(find "$root/share/man" -type f | wc -l)" \
    "$(find "$TOP/man" -type f -name '*.[1-9]' | wc -l)" 'every page'

# The program a user would write, compiled as a user would.
cat >sim.c <<'END'
#include <aprec.h>

int
main(void)
{
	struct aprec_writer *w = aprec_open(NULL);

	aprec_put_f64(w, "answer", 42.5);
	aprec_publish(w);
	return aprec_close(w) == -1;
}
END
PKG_CONFIG_PATH=$root/lib/pkgconfig
PKG_CONFIG_SYSROOT_DIR=$T/root
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
# shellcheck disable=SC2016
flags='$(pkg-config --cflags --libs aprec)'
ok 'a program compiles with what pkg-config says' \
    sh -c "cc -o sim sim.c $flags"
sh_run "./sim | '$root/bin/aprec' csv"
out_has '42\.5' 'and what it publishes is read by the installed aprec'
rm sim
ok 'C++ takes the header' sh -c "! command -v c++ >/dev/null ||
    { cp sim.c sim.cc && c++ -c -o sim.o sim.cc $flags; }"

# The writer alone: nothing but libc and threads, no flag of ours.
cp "$TOP/format/writer.c" "$TOP/format/aprec.h" .
ok 'writer.c and aprec.h compile anywhere' \
    cc -Wall -Wextra -Werror -I. -pthread -o sim -x c sim.c writer.c
ok 'as strict C11 too' cc -std=c11 -pedantic-errors -c -o sim.o writer.c

python=$(dirname "$(find "$T/root" -name aprec.py)")
sh_run "cd / && PYTHONPATH='$python' python3 -c '
import aprec
out = aprec.open()
out.publish(answer=42.5)
out.close()' | '$root/bin/aprec' csv"
out_has '42\.5' 'Python imports the installed module'

# With the user's own prefix, python3 finds it without being told.
mkdir home
run env HOME="$T/home" make -s -C "$TOP" BUILD="$BUILD" \
    PREFIX="$T/home/.local" install
status_is 0 'make install PREFIX=$HOME/.local'
run env HOME="$T/home" python3 -c 'import aprec; print(aprec.__file__)'
out_has "^$T/home/.local/" 'Python finds that'
is "$(sed -n 's/^VERSION = //p' "$TOP/Makefile")" \
    "$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$TOP/format/aprec.py")" \
    'they agree on the version'

# pip takes it from the tree, without a network and whatever there is of
# setuptools, and leaves nothing there.
if python3 -m venv venv >/dev/null 2>&1; then
	cp -r "$TOP/format" tree
	rm -rf tree/__pycache__
	find tree | sort >before
	for how in '' --no-build-isolation; do
		# shellcheck disable=SC2086
		ok "pip install $how" venv/bin/pip install -q --no-index \
		    --force-reinstall --disable-pip-version-check $how ./tree
	done
	run venv/bin/python -I -c 'import aprec; print(aprec.__file__)'
	out_has "^$T/venv/" 'Python finds it there'
	find tree ! -name '*.pyc' ! -name __pycache__ | sort >after
	same before after 'nothing is left in the tree'
	ok 'pip uninstall' venv/bin/pip uninstall -q -y aprec
	is "$(find venv -name 'aprec*')" '' 'nothing is left of it'
else
	skip 6 'there is no venv'
fi

ok 'make uninstall' inst uninstall
is "$(find "$T/root" ! -type d)" '' 'nothing is left'
end
