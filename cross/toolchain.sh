#!/bin/sh
# Runs a command, such as cargo, with what building for a target needs in its environment. What is
# missing is installed where that asks for nothing.
#
#   cross/toolchain.sh aarch64 cargo build --locked --release --target aarch64-unknown-linux-gnu
set -eu
here=$(dirname "$0")
target_name=$1
shift
. "$here/target.sh"
sysroot=/usr/$gnu

# On such a machine itself nothing is crossed.
[ "$(uname -m)" != "$machine" ] || exec "$@"

[ -n "$gnu" ] || {
    echo "cross: missing for $target_name ($boards): a C compiler and a C library for ARMv6, which Debian does not have; install a container engine (docker or podman) and \`cargo install cross\`, and \`make cross TARGET=$target_name\` builds in a container" >&2
    exit 1
}

# Whether a compiler has the standard library of the target.
has_library() {
    folder=$("$1" --print target-libdir --target "$triple" 2>/dev/null) || return 1
    for file in "$folder"/libstd-*.rlib; do
        [ -e "$file" ] && return 0
    done
    return 1
}

# rustup's compiler first, since it is the one that builds everything else. Where rustup cannot
# download, Debian's packages have a library for each of Debian's architectures.
debian_compiler=/usr/bin/rustc
choose_compiler() {
    if has_library "${RUSTC:-rustc}"; then
        return 0
    elif has_library "$debian_compiler"; then
        export RUSTC="$debian_compiler"
    else
        return 1
    fi
}

missing=""
packages=""
before=""
# The compiler alone is not enough: its C library is a package of its own.
if ! command -v "$gnu-gcc" >/dev/null 2>&1 || [ ! -d "$sysroot/include" ]; then
    missing="$gnu-gcc and its C library"
    packages="gcc-$gnu libc6-dev-$debian-cross"
fi
if ! choose_compiler; then
    # rustup installs for the user alone, so it comes before what wants root.
    if command -v rustup >/dev/null 2>&1 && rustup target add "$triple" >&2; then
        choose_compiler
    else
        missing="${missing:+$missing, and }Rust's library for $triple"
        packages="$packages rustc-web libstd-rust-web-dev:$debian"
        before="dpkg --add-architecture $debian && "
    fi
fi
if [ -n "$missing" ]; then
    command -v apt-get >/dev/null 2>&1 || {
        echo "cross: missing for $target_name: $missing. Install gcc for $gnu with your distribution's tool, and run \`rustup target add $triple\`." >&2
        exit 1
    }
    "$here/as_root.sh" cross "$missing" "${before}apt-get update && apt-get install -y --no-install-recommends $packages"
    choose_compiler || {
        echo "cross: there is still no Rust library for $triple; run \`rustup target add $triple\`" >&2
        exit 1
    }
fi

linker=CARGO_TARGET_$(echo "$triple" | tr 'a-z-' 'A-Z_')_LINKER
bindgen=BINDGEN_EXTRA_CLANG_ARGS_$(echo "$triple" | tr '-' '_')
# The camera bindings are made from the target's headers, not from this machine's.
exec env "$linker=$gnu-gcc" "$bindgen=--sysroot=$sysroot -I$sysroot/include" "$@"
