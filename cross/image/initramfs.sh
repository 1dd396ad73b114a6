#!/bin/sh
# Makes the small system in memory that finds the card and starts the system on it: busybox, the drivers
# that a card may need on any Pi, and files/init.
#
#   initramfs.sh ROOT OUT CACHE
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$1
out=$2
cache=$3
version=$(ls "$root/lib/modules")
modules=lib/modules/$version
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$here/fetch.sh" "$cache" "$cache/busybox" busybox-static:arm64
mkdir -p "$work/bin" "$work/dev" "$work/proc" "$work/sys" "$work/root" "$work/$modules"
cp "$cache/busybox/bin/busybox" "$work/bin/"
# The kernel itself asks /sbin/modprobe for what it lacks.
ln -s bin "$work/sbin"
install -m 755 "$here/files/init" "$work/init"

# Clocks, regulators and the like are needed by the card's controller without being named by its driver,
# so whole folders are taken, and then what the drivers in them name.
wanted="clk dma firmware gpio i2c mailbox mfd mmc pinctrl regulator reset soc watchdog"
for folder in $wanted; do
    find "$root/$modules/kernel/drivers/$folder" -name '*.ko' 2>/dev/null
done | sed "s|^$root/$modules/||" >"$work/list"
find "$root/$modules/kernel/fs/ext4" -name '*.ko' | sed "s|^$root/$modules/||" >>"$work/list"
# crc32c is asked for by ext4 by name alone.
find "$root/$modules/kernel" -name 'crc32c*.ko' | sed "s|^$root/$modules/||" >>"$work/list"
awk -F': *' 'NR == FNR { listed[$1] = 1; next } $1 in listed { print $1; count = split($2, names, " "); for (i = 1; i <= count; i++) print names[i] }' \
    "$work/list" "$root/$modules/modules.dep" | sort -u >"$work/all"
while read -r file; do
    install -D -m 644 "$root/$modules/$file" "$work/$modules/$file"
done <"$work/all"
cp "$root/$modules/modules.builtin" "$root/$modules/modules.order" "$work/$modules/"
[ ! -e "$root/$modules/modules.builtin.modinfo" ] || cp "$root/$modules/modules.builtin.modinfo" "$work/$modules/"
depmod -b "$work" "$version"
rm "$work/list" "$work/all"

# The same input gives the same archive.
find "$work" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
(cd "$work" && find . | LC_ALL=C sort | cpio --quiet --reproducible --owner=0:0 -o -H newc) | gzip -9n >"$out"
