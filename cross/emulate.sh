#!/bin/sh
# Runs a program of a target on this machine, on an emulated processor; QEMU is installed where that
# asks for nothing.
#
#   cross/emulate.sh aarch64 cortex-a53 PROGRAM ARGUMENTS...
set -eu
here=$(dirname "$0")
target_name=$1
processor=$2
shift 2
. "$here/target.sh"

find_qemu() {
    qemu=$(command -v "qemu-$emulator-static" || command -v "qemu-$emulator")
}
find_qemu || {
    command -v apt-get >/dev/null 2>&1 || {
        echo "cross: qemu-$emulator is missing; install your distribution's package of QEMU's user mode" >&2
        exit 1
    }
    "$here/as_root.sh" cross "qemu-$emulator" "apt-get update && apt-get install -y --no-install-recommends qemu-user-static"
    find_qemu
}
# The C library that programs are linked with; on such a machine it is in its own place. The folder is
# named to the loader too: where Debian's packages of that architecture are installed it would take
# their C library, and a loader with a library of another build hangs in the first thread.
sysroot=/usr/$gnu
if [ -d "$sysroot/lib" ] && [ "$(uname -m)" != "$machine" ]; then
    exec "$qemu" -cpu "$processor" -L "$sysroot" -E "LD_LIBRARY_PATH=$sysroot/lib" "$@"
fi
exec "$qemu" -cpu "$processor" "$@"
