#!/bin/sh
# Lays out the boot partition: the Pi's firmware, Linux, and what a technician finds there.
#
#   boot.sh ROOT BOOT CACHE
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$1
boot=$2
cache=$3
version=$(ls "$root/lib/modules")

mkdir -p "$boot/overlays" "$boot/models"
# The package itself would lay out the partition at each upgrade of the kernel, in its own way.
"$here/fetch.sh" "$cache" "$cache/firmware-$version" raspi-firmware
firmware=$cache/firmware-$version
# The plain firmware, the small one for `gpu_mem=16`, and the one with the camera for `start_x=1`; each of them
# for the Pi 4 as well.
for variant in "" _cd _x 4 4cd 4x; do
    cp "$firmware/usr/lib/raspi-firmware/start$variant.elf" "$firmware/usr/lib/raspi-firmware/fixup$variant.dat" "$boot/"
done
cp "$firmware/usr/lib/raspi-firmware/bootcode.bin" "$boot/"
cp "$firmware/usr/share/doc/raspi-firmware/copyright" "$boot/firmware-licence.txt"

cp "$root/boot/vmlinuz-$version" "$boot/vmlinuz"
"$here/initramfs.sh" "$root" "$boot/initrd.img" "$cache"
cp "$root/usr/lib/linux-image-$version/broadcom/"bcm2*.dtb "$boot/"
dtc -q -@ -I dts -O dtb -o "$boot/overlays/pwm-2chan.dtbo" "$here/files/boot/pwm-2chan.dts"
cp "$here/files/boot/config.txt" "$here/files/boot/cmdline.txt" "$here/files/boot/sortd-readme.txt" "$boot/"
# The firmware starts from the boot partition alone, so the root needs no copies.
rm -f "$root/boot/vmlinuz"* "$root/boot/initrd"* "$root/vmlinuz"* "$root/initrd"*
rm -rf "$root/usr/lib/linux-image-$version"
