#!/bin/sh
# `make deb TARGET=`: the Debian package of a board's system; builds the program first, if it must. Its path is
# all that is printed on standard output.
set -eu
cd "$(dirname "$0")/.."
target_name=$1
. cross/target.sh
target_dir=${CARGO_TARGET_DIR:-target}

cross/build.sh "$target_name"
# cargo-deb looks for what was built beside the program.
cross/manuals.sh "$target_dir/$triple/dist/manuals" "$triple"

if ! command -v cargo-deb >/dev/null 2>&1; then
    echo "deb: cargo-deb is missing; building it once (some minutes)" >&2
    "${CARGO:-cargo}" install --locked --quiet cargo-deb
fi
# Debian has one name for ARMv6 and ARMv7, so the older boards' package has a folder of its own.
packages=$target_dir/packages
[ "$target_name" != armv6 ] || packages=$packages/armv6
mkdir -p "$packages"
"${CARGO:-cargo}" deb --no-build --no-strip --profile dist --target "$triple" --output "$packages/"
