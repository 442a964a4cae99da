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

ok 'make uninstall' inst uninstall
is "$(find "$T/root" ! -type d)" '' 'nothing is left'
end
