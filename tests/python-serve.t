#!/bin/sh
# Goal: a run in Python serves itself and is steered from Python, from the
# shell and from a notebook, is drawn there, and leaves nothing behind.
# Not under: address thread valgrind
. "${0%/*}/lib.sh"

need python3 gnuplot
export PYTHONDONTWRITEBYTECODE=1

cases "$PYTHON" serve 10
end
