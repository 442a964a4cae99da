#!/bin/sh
# Goal: the C and the Python reader, written apart from each other, take the
# same from streams that are wrong in every way; neither fails, and no byte
# goes untold.
. "${0%/*}/lib.sh"

need python3
export PYTHONDONTWRITEBYTECODE=1
[ -x "$BUILD/tests/vectors.t" ] || skip_all 'make tests has not been run'
cd "$T" || exit 1
ok '5000 streams made of the vectors' "$PYTHON" -W error \
    "$TOP/tests/fuzz.py" -s "${SEED:-1}" "${FUZZ:-5000}" \
    "$BUILD/tests/vectors.t"

# Bytes of no pattern, in pieces of any size, through a real pipe.
cat >pipe.py <<'END'
import os, random, sys, warnings
sys.path.insert(0, sys.argv[1])
import aprec
warnings.simplefilter("always")
got = list(aprec.read("-"))
print(len(got), [r.step for r in got])
END
cat "$VECTORS/good/final.apr" >good
sh_run "(head -c 3000000 /dev/urandom; cat good; head -c 100000 /dev/urandom) |
    $PYTHON pipe.py $TOP/format"
out_is '1 [2]' 'what has a data CRC is found among random bytes'
status_is 0 'and all else is passed over'
err_has 'byte 0: not a record.*; 3000192 bytes passed over' 'and told, before'
err_has 'byte 3000[0-9]*: not a record; 100000 bytes' 'and behind'

# A header may claim what it likes: memory is for what has come.
"$PYTHON" -c '
import struct, sys, zlib
L = 1 << 33
n = L - 256
t = struct.pack("<IBBBBH6xQQQ", 48, 5, 0, 1, 1, 0, 192, n, n) + b"u\0"
h = b"\x89APR\r\n\x1a\n" + struct.pack("<HHIIIQQqQII", 1, 0, 1, 48, 0, L, 1,
    0, 7, 0, 0) + b"claims".ljust(64, b"\0") + t.ljust(48, b"\0")
crc = struct.pack("<I", zlib.crc32(h))
sys.stdout.buffer.write(h[:20] + crc + h[24:] + bytes(1000))' >claims
sh_run "ulimit -v 1000000; cat claims good | $PYTHON pipe.py $TOP/format"
out_is '1 [2]' 'behind a claim of 8 GB what is proved counts'
err_has 'byte 0: cut short; 1368 bytes passed over' 'and the claim is told'
end
