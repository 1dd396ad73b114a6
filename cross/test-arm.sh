#!/bin/sh
# Builds the tests of the integer kernels for 64-bit Pis and runs them on two emulated processors: one
# without dot products (Pi Zero 2 W, 3, 4) and one with them (Pi 5).
set -eu
cd "$(dirname "$0")/.."
triple=aarch64-unknown-linux-gnu

for processor in cortex-a53 cortex-a76; do
    echo "test-arm: on an emulated $processor"
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="$PWD/cross/emulate.sh aarch64 $processor"
    cross/toolchain.sh aarch64 "${CARGO:-cargo}" test --locked -p sortd --target "$triple" --lib -- classify::int8
    cross/toolchain.sh aarch64 "${CARGO:-cargo}" test --locked -p sortd --target "$triple" --test int8
done
