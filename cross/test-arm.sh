#!/bin/sh
# Builds the tests of the integer kernels for 64-bit Pis and runs them on two emulated processors: one
# without dot products (Pi Zero 2 W, 3, 4) and one with them (Pi 5).
set -eu
cd "$(dirname "$0")/.."
target=aarch64-unknown-linux-gnu

find_qemu() {
    qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64)
}
find_qemu || {
    command -v apt-get >/dev/null 2>&1 || {
        echo "test-arm: qemu-aarch64 is missing; install your distribution's package of QEMU's user mode" >&2
        exit 1
    }
    cross/as_root.sh test-arm qemu-aarch64 "apt-get update && apt-get install -y --no-install-recommends qemu-user-static"
    find_qemu
}
# The Pi's C library that the tests are linked with; on a Pi it is in its own place. The folder is named
# to the loader too: where Debian's arm64 packages are installed it would take their C library, and a
# loader with a library of another build hangs in the first thread.
sysroot=/usr/aarch64-linux-gnu
libraries="-L $sysroot -E LD_LIBRARY_PATH=$sysroot/lib"
[ -d "$sysroot" ] || libraries=""

for cpu in cortex-a53 cortex-a76; do
    echo "test-arm: on an emulated $cpu"
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="$qemu -cpu $cpu $libraries"
    cross/aarch64.sh "${CARGO:-cargo}" test --locked -p sortd --target "$target" --lib -- classify::int8
    cross/aarch64.sh "${CARGO:-cargo}" test --locked -p sortd --target "$target" --test int8
done
