#!/bin/sh
# Installs what building sortd needs beyond Rust: a C compiler, and libclang for the camera bindings.
# Says nothing and asks for nothing where nothing is missing.
set -eu

has_libclang() {
    [ -n "${LIBCLANG_PATH:-}" ] && return 0
    for file in /usr/lib*/libclang[.-]*so* /usr/local/lib/libclang[.-]*so* \
        /usr/lib/*-linux-gnu*/libclang[.-]*so* /usr/lib/llvm-*/lib/libclang[.-]*so*; do
        case "$file" in
            *libclang-cpp*) ;;
            *) [ -e "$file" ] && return 0 ;;
        esac
    done
    return 1
}

# bindgen reads the compiler's own headers, such as stddef.h, from beside a clang or from gcc.
missing=""
command -v cc >/dev/null 2>&1 || missing="$missing cc"
has_libclang || missing="$missing libclang"
command -v cargo >/dev/null 2>&1 || {
    echo "setup: Rust is missing. Install it from https://rustup.rs, or your distribution's rustup package." >&2
    exit 1
}
[ -z "$missing" ] && exit 0

if command -v apt-get >/dev/null 2>&1; then
    install="apt-get update && apt-get install -y --no-install-recommends build-essential libclang-dev"
elif command -v dnf >/dev/null 2>&1; then
    install="dnf install -y gcc clang-devel"
elif command -v pacman >/dev/null 2>&1; then
    install="pacman -S --needed --noconfirm base-devel clang"
else
    echo "setup: missing:$missing. Install a C compiler and libclang with your distribution's tool." >&2
    exit 1
fi

exec "$(dirname "$0")/as_root.sh" setup "${missing# }" "$install"
