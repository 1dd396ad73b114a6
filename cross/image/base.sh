#!/bin/sh
# Makes the part of the root file system that is Debian's alone, and prints where it lies. It is kept
# for a week, since it takes minutes and changes seldom; BASE=new makes it anew all the same.
#
#   base.sh CACHE        within foreign.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=$1
suite=bookworm

inputs=$(cat "$here/base.sh" "$here/packages.list" "$here/without.list" | sha256sum | cut -c1-12)
base=$cache/base-$inputs.tar
if [ "${BASE:-}" != new ] && [ -n "$(find "$cache" -name "base-$inputs.tar" -mtime -7)" ]; then
    echo "$base"
    exit 0
fi

packages=$(sed 's/#.*//' "$here/packages.list" | xargs | tr ' ' ',')
# dpkg takes its options from files as well as from the command line; these stay on the image, so that
# an upgrade leaves out the same.
set --
while read -r pattern; do
    case "$pattern" in
    "" | "#"*) ;;
    +*) set -- "$@" --dpkgopt="path-include=${pattern#+}" ;;
    *) set -- "$@" --dpkgopt="path-exclude=$pattern" ;;
    esac
done <"$here/without.list"

mkdir -p "$cache/packages"
trap 'rm -f "$base.part"' EXIT
echo "image: making the base of $suite for arm64 (some minutes)" >&2
# Debian's initial file system is made by thousands of small programs, each of which is emulated here;
# initramfs.sh makes one on this machine.
export INITRD=No
# The packages are kept between two runs: they are put in before apt looks for them, and taken out
# again at the end.
# shellcheck disable=SC2016 # The hooks are for a shell of mmdebstrap.
"$here/mirror.sh" "$suite" | mmdebstrap --mode=root --variant=essential --architectures=arm64 \
    --include="$packages" --format=tar "$@" \
    --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --skip=essential/unlink,cleanup/apt/cache \
    --aptopt='Acquire::Languages "none"' \
    --setup-hook='mkdir -p "$1/var/cache/apt/archives"' \
    --setup-hook="sync-in $cache/packages /var/cache/apt/archives" \
    --customize-hook="sync-out /var/cache/apt/archives $cache/packages" \
    --customize-hook='rm -rf "$1/var/cache/apt" "$1/var/lib/apt"' \
    "$suite" "$base.part" - >&2
# What was in use by the last base is of no more use.
find "$cache" -name 'base-*.tar' -delete
mv "$base.part" "$base"
echo "$base"
