#!/bin/sh
# Runs a command, such as cargo, with what building for a 64-bit Pi needs in its environment. What is
# missing is installed where that asks for nothing.
#
#   cross/aarch64.sh cargo build --locked --release --target aarch64-unknown-linux-gnu
set -eu
here=$(dirname "$0")
target=aarch64-unknown-linux-gnu
sysroot=/usr/aarch64-linux-gnu

# On a Pi itself nothing is crossed.
[ "$(uname -m)" != aarch64 ] || exec "$@"

# Whether a compiler has the standard library for the Pi.
has_library() {
    folder=$("$1" --print target-libdir --target "$target" 2>/dev/null) || return 1
    for file in "$folder"/libstd-*.rlib; do
        [ -e "$file" ] && return 0
    done
    return 1
}

# rustup's compiler first, since it is the one that builds everything else. Where rustup cannot
# download, Debian's packages have a library for each of Debian's architectures.
debian=/usr/bin/rustc
choose_compiler() {
    if has_library "${RUSTC:-rustc}"; then
        return 0
    elif has_library "$debian"; then
        export RUSTC="$debian"
    else
        return 1
    fi
}

missing=""
packages=""
before=""
command -v aarch64-linux-gnu-gcc >/dev/null 2>&1 || {
    missing="aarch64-linux-gnu-gcc"
    packages="gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
}
if ! choose_compiler; then
    # rustup installs for the user alone, so it comes before what wants root.
    if command -v rustup >/dev/null 2>&1 && rustup target add "$target" >&2; then
        choose_compiler
    else
        missing="${missing:+$missing and }Rust's library for $target"
        packages="$packages rustc-web libstd-rust-web-dev:arm64"
        before="dpkg --add-architecture arm64 && "
    fi
fi
if [ -n "$missing" ]; then
    command -v apt-get >/dev/null 2>&1 || {
        echo "aarch64: missing: $missing. Install gcc for aarch64-linux-gnu with your distribution's tool, and run \`rustup target add $target\`." >&2
        exit 1
    }
    "$here/as_root.sh" aarch64 "$missing" "${before}apt-get update && apt-get install -y --no-install-recommends $packages"
    choose_compiler || {
        echo "aarch64: there is still no Rust library for $target; run \`rustup target add $target\`" >&2
        exit 1
    }
fi

: "${CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER:=aarch64-linux-gnu-gcc}"
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER
# The camera bindings are made from the Pi's headers, not from this machine's.
if [ -d "$sysroot" ]; then
    : "${BINDGEN_EXTRA_CLANG_ARGS_aarch64_unknown_linux_gnu:=--sysroot=$sysroot -I$sysroot/include}"
    export BINDGEN_EXTRA_CLANG_ARGS_aarch64_unknown_linux_gnu
fi
exec "$@"
