#!/bin/sh
# Goal: a program in Python that joins a run sees its newest state, whole and
# to the end, of every rank in order, and steers it; with numpy and without.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need python3
export PYTHONDONTWRITEBYTECODE=1

# A server that does what a test wants.
cases "$PYTHON" connect 12
end
