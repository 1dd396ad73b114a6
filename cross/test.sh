#!/bin/sh
# `make cross-test TARGET=`: the tests that need no devices and no signals, and then the whole daemon in
# `sortd demo`, on an emulated processor.
set -eu
cd "$(dirname "$0")/.."
target_name=$1
. cross/target.sh
case "$target_name" in
aarch64) processor=cortex-a53 ;;
armv7) processor=cortex-a7 ;;
armv6) processor=arm1176 ;;
*) processor=max ;;
esac

runner=CARGO_TARGET_$(echo "$triple" | tr 'a-z-' 'A-Z_')_RUNNER
export SORTD_TEST_RUNNER="$PWD/cross/emulate.sh $target_name $processor"
export "$runner=$SORTD_TEST_RUNNER"
# QEMU runs vfork as fork, so who starts a program that is not there does not hear of it.
cross/toolchain.sh "$target_name" "${CARGO:-cargo}" test --locked -p sortd --target "$triple" --lib \
    --test bad_bundles --test bad_config --test bad_embeddings --test bad_photographs --test commands \
    --test control --test int8 --test int8_no_allocation --test no_allocation --test nothing_there --test pipeline \
    --no-fail-fast -- --skip a_missing_program_is_told
cross/build.sh "$target_name"
cross/emulate.sh "$target_name" "$processor" "${CARGO_TARGET_DIR:-target}/$triple/dist/sortd" demo
