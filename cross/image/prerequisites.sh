#!/bin/sh
# Installs what making an image needs. Says nothing and asks for nothing where nothing is missing.
set -eu
PATH=$PATH:/usr/sbin:/sbin

missing=""
packages=""
need() { # PROGRAM PACKAGE
    command -v "$1" >/dev/null 2>&1 || {
        missing="${missing:+$missing, }$1"
        packages="$packages $2"
    }
}
need mmdebstrap mmdebstrap
need arch-test arch-test
need qemu-aarch64-static qemu-user-static
need mkfs.fat dosfstools
need mcopy mtools
need mke2fs e2fsprogs
need sfdisk fdisk
need cpio cpio
need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu
need dtc device-tree-compiler
need depmod kmod
need make make
need xz xz-utils
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null 2>&1 || {
    echo "image: missing: $missing. An image is made from Debian's packages; run this on Debian or Ubuntu." >&2
    exit 1
}
exec "$(dirname "$0")/../as_root.sh" image "$missing" \
    "apt-get update && apt-get install -y --no-install-recommends$packages"
