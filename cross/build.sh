#!/bin/sh
# `make cross TARGET=`: builds what is packaged, by the first way that works here, and says which.
#
#   1. `cross` with a container engine, which brings its own compilers (cross/Cross.toml)
#   2. rustup's library for the target, with Debian's cross compiler
#   3. Debian's own rustc with its library for the target
set -eu
cd "$(dirname "$0")/.."
target_name=$1
. cross/target.sh

# The first container engine that answers; being installed is not enough.
engine() {
    for program in docker podman; do
        if command -v "$program" >/dev/null 2>&1 && "$program" info >/dev/null 2>&1; then
            echo "$program"
            return 0
        fi
    done
    return 1
}

build="rustc --locked --profile dist --package sortd --bin sortd --target $triple --"

# 40,000 places in the program hold addresses, which are set when it is loaded. Listed one by one they take 950 kB of it, packed
# (DT_RELR, which glibc reads from 2.36 on, Debian 12) 9 kB. Debian's linker packs none of Arm's, the one that comes with Rust does.
packing() {
    rustc=${RUSTC:-rustc}
    host=$("$rustc" -vV | sed -n 's/^host: //p')
    linker=$("$rustc" --print sysroot)/lib/rustlib/$host/bin/gcc-ld
    [ ! -x "$linker/ld.lld" ] ||
        echo "-C link-arg=-fuse-ld=lld -C link-arg=-B$linker -C link-arg=-Wl,-z,pack-relative-relocs"
}
packed=$(packing)
if [ "$(uname -m)" = "$machine" ]; then
    echo "cross: $target_name is this machine; building as always" >&2
    # shellcheck disable=SC2086 # The command is several words on purpose.
    "${CARGO:-cargo}" $build $packed
elif command -v cross >/dev/null 2>&1 && engine=$(engine); then
    echo "cross: building for $target_name ($boards) with \`cross\` in $engine" >&2
    # shellcheck disable=SC2086
    CROSS_CONFIG=cross/Cross.toml CROSS_CONTAINER_ENGINE=$engine cross $build
    # The linker is not in the container.
    packed=
else
    echo "cross: no \`cross\` with a running container engine here; using this machine's compilers" >&2
    # shellcheck disable=SC2086
    cross/toolchain.sh "$target_name" sh -c '
        echo "cross: building for '"$target_name ($boards)"' with $(${RUSTC:-rustc} --version)" >&2
        exec "$@"' build "${CARGO:-cargo}" $build $packed
fi

binary=${CARGO_TARGET_DIR:-target}/$triple/dist/sortd
size=$(wc -c <"$binary")
# A Pi's. Of the same functions a PC's processor has half as much code again: one of tract's crates takes
# 3.1 MB of x86 code and 1.6 MB of AArch64's, in which LLVM also folds what repeats. It grows in steps of 64 KiB, to
# which the linker aligns what is written to. The photographs of the demo take 600 kB of it, the control sockets with the
# pictures that they show 590 kB, SQLite 690 kB (1020 kB without the flags in .cargo/config.toml), the page with its server 1.1 MB.
limit=$((16 * 1000 * 1000))
[ -n "$packed" ] || limit=$((17 * 1000 * 1000))
[ "$target_name" != x86_64 ] || limit=$((18500 * 1000))
echo "cross: $binary, $((size / 1000)) kB" >&2
[ "$size" -le "$limit" ] || {
    echo "cross: that is more than the $((limit / 1000)) kB that a package may hold; see what grew with \`cargo bloat --profile dist\`" >&2
    exit 1
}
