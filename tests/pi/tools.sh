#!/bin/sh
# Makes sure that this machine has what booting a Pi needs.
#
#   tools.sh [--require] SUITE...
#
# Without --require a machine that lacks something is left as it is: the status is 3, and one line says
# what is missing. With it, what is missing is installed where that asks for nothing.
set -eu
here=$(dirname "$0")

# A Pi of today is an aarch64 machine; where this machine is one as well, nothing is crossed.
if [ "$(uname -m)" = aarch64 ]; then
    compiler=gcc
    compiler_packages="gcc libc6-dev"
else
    compiler=aarch64-linux-gnu-gcc
    compiler_packages="gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
fi

missing=""
packages=""
need() { # WHAT PACKAGES
    missing="${missing:+$missing, }$1"
    packages="$packages $2"
}
# depmod stands where only root's search path leads.
PATH=$PATH:/usr/sbin:/sbin
command -v qemu-system-aarch64 >/dev/null 2>&1 || need qemu-system-aarch64 qemu-system-arm
command -v depmod >/dev/null 2>&1 || need depmod kmod
case " $* " in
*" full "*)
    command -v mcopy >/dev/null 2>&1 || need mtools mtools
    command -v debugfs >/dev/null 2>&1 || need e2fsprogs e2fsprogs
    command -v fdtput >/dev/null 2>&1 || need fdtput device-tree-compiler
    ;;
esac
command -v make >/dev/null 2>&1 || need make make
command -v python3 >/dev/null 2>&1 || need python3 python3
# The compiler alone is not enough: its C library is a package of its own.
"$compiler" -print-file-name=libc.so.6 2>/dev/null | grep -q / || need "$compiler and its C library" "$compiler_packages"
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || need "Debian's keys" debian-archive-keyring
# Debian's kernel is fetched and unpacked with Debian's own tools, whatever this machine runs.
for tool in apt-get dpkg-deb; do
    command -v "$tool" >/dev/null 2>&1 || need "$tool (of Debian and Ubuntu)" apt
done
[ -n "$missing" ] || exit 0

if [ "${1:-}" != --require ]; then
    echo "pi-test: missing: $missing"
    exit 3
fi
command -v apt-get >/dev/null 2>&1 || {
    echo "pi-test: missing: $missing. Run this on Debian or Ubuntu; elsewhere install the same with your distribution's tool, and apt to fetch Debian's kernel." >&2
    exit 1
}
exec "$here/../../cross/as_root.sh" pi-test "$missing" \
    "apt-get update && apt-get install -y --no-install-recommends$packages"
