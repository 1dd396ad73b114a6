#!/usr/bin/env bash
# Makes what the emulated Pi boots, in the folder given: Debian's arm64 kernel with its modules, two
# modules that Debian does not have ready, and the guest's few programs. Needs no root. What is there
# already stays, until what it is made from changes; to fetch a newer kernel, remove the folder.
#
#   prepare.sh FOLDER
#
# FOLDER/kernel      the kernel's package, unpacked: boot/, lib/modules/, device trees in usr/lib/
# FOLDER/version     the kernel's version, as `uname -r` prints it
# FOLDER/guest       vmlinuz, pi3.dtb, modules/ (in the order of loading), bin/, lib/
set -euo pipefail
folder=$1
here=$(dirname "$(readlink -f "$0")")
PATH=$PATH:/usr/sbin:/sbin

# Bookworm: it is what Raspberry Pi OS is made from, and its v4l2loopback fits its kernel.
suite=bookworm
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
security=${DEBIAN_SECURITY_MIRROR:-http://deb.debian.org/debian-security}
keys=/usr/share/keyrings/debian-archive-keyring.gpg

refuse() {
    echo "pi-test: $*" >&2
    exit 1
}

case $(uname -m) in
x86_64) host=amd64 cross=aarch64-linux-gnu- ;;
aarch64) host=arm64 cross="" ;;
*) refuse "there is no way known to build the guest on a $(uname -m); run it on an x86-64 or aarch64 machine" ;;
esac
compiler=${cross}gcc

# apt with lists of its own: this machine's packages are neither read nor changed.
apt() { # PROGRAM ARGUMENTS
    local program=$1
    shift
    "$program" -o Dir::Etc::SourceList="$folder/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State="$folder/apt" -o Dir::State::status="$folder/apt/status" \
        -o Dir::Cache="$folder/apt/cache" -o APT::Architecture=arm64 \
        -o APT::Architectures::=arm64 -o APT::Architectures::="$host" -o APT::Sandbox::User= "$@"
}

fetch() {
    echo "pi-test: fetching Debian's arm64 kernel, once (75 MB)" >&2
    rm -rf "$folder/apt" "$folder/kernel" "$folder/build" "$folder/fetched"
    mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial" "$folder/apt/debs" "$folder/kernel" "$folder/build"
    : >"$folder/apt/status"
    # With the security updates, from which the SD card image has its kernel, too.
    printf 'deb [signed-by=%s] %s main\n' "$keys" "$mirror $suite" "$keys" "$security $suite-security" \
        >"$folder/apt/sources.list"
    apt apt-get -qq update || refuse "Debian's package lists cannot be fetched; check the network, or name mirrors in DEBIAN_MIRROR and DEBIAN_SECURITY_MIRROR"
    local image version
    # The version moves with each security update.
    image=$(apt apt-cache depends linux-image-arm64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p')
    [ -n "$image" ] || refuse "Debian's $suite names no arm64 kernel; see \`apt-cache depends linux-image-arm64\`"
    version=${image#linux-image-}
    (
        cd "$folder/apt/debs"
        apt apt-get -qq download "$image" "linux-headers-$version" "linux-headers-${version%-arm64}-common" \
            "linux-kbuild-${version%%.*}.$(echo "$version" | cut -d. -f2):$host" v4l2loopback-dkms busybox-static
    ) || refuse "the kernel's packages cannot be fetched; check the network and the room on the disk"
    local package into
    for package in "$folder"/apt/debs/*.deb; do
        into=$folder/build
        case $package in */linux-image-*) into=$folder/kernel ;; esac
        dpkg-deb -x "$package" "$into"
    done
    rm -r "$folder/apt"
    depmod -b "$folder/kernel" "$version"
    # Debian's packages expect to lie in the root.
    sed -i "s|^include /|include $folder/build/|" "$folder/build/usr/src/linux-headers-$version/Makefile"
    echo "$version" >"$folder/version"
}

module() { # NAME SOURCES
    local tree=$folder/build/modules/$1
    mkdir -p "$folder/build/modules"
    rm -rf "$tree"
    cp -r "$2" "$tree"
    make -s -C "$folder/build/usr/src/linux-headers-$version" ARCH=arm64 CROSS_COMPILE="$cross" CC="$compiler" \
        M="$tree" modules >"$tree.log" 2>&1 || refuse "the module $1 cannot be built: $(tail -n 5 "$tree.log")"
    cp "$tree/$1.ko" "$into/own/"
}

build() {
    echo "pi-test: building the guest's modules and programs" >&2
    version=$(cat "$folder/version")
    into=$folder/guest
    rm -rf "$into"
    mkdir -p "$into/modules" "$into/own" "$into/bin" "$into/lib"
    cp "$folder/kernel/boot/vmlinuz-$version" "$into/vmlinuz"
    cp "$folder/kernel/usr/lib/linux-image-$version/broadcom/bcm2837-rpi-3-b.dtb" "$into/pi3.dtb"
    module gpiomem "$here/guest/gpiomem"
    module v4l2loopback "$(echo "$folder"/build/usr/src/v4l2loopback-*)"

    # In the order in which they must be loaded: what others need comes first.
    local number=10 file
    for file in $({
        modprobe -d "$folder/kernel" -S "$version" --show-depends videodev
        modprobe -d "$folder/kernel" -S "$version" --show-depends vivid
    } | awk '$1 == "insmod" && !seen[$2]++ { print $2 }') "$into/own/"*.ko; do
        cp "$file" "$into/modules/$number-$(basename "$file")"
        number=$((number + 1))
    done
    rm -r "$into/own"

    cp "$folder/build/bin/busybox" "$into/bin/"
    local program library
    for program in feed relay control format; do
        "$compiler" -Wall -Wextra -Werror -O2 -static -o "$into/bin/$program" "$here/guest/$program.c"
    done
    # The libraries that the daemon was linked with.
    for library in ld-linux-aarch64.so.1 libc.so.6 libm.so.6 libgcc_s.so.1 libpthread.so.0 libdl.so.2 librt.so.1; do
        file=$("$compiler" -print-file-name="$library")
        [ -e "$file" ] || refuse "$compiler has no $library; install libc6-dev-arm64-cross, or libc6-dev on an aarch64 machine"
        cp -L "$file" "$into/lib/"
    done
}

# Does a step when what it is made from has changed.
when_changed() { # STEP INPUTS
    local stamp=$folder/$1.stamp
    [ "$(cat "$stamp" 2>/dev/null)" = "$2" ] && return 0
    rm -f "$stamp"
    "$1"
    echo "$2" >"$stamp"
}

mkdir -p "$folder"
folder=$(readlink -f "$folder")
# Two runs at once would build into each other's folders.
exec 9>"$folder/lock"
flock 9
when_changed fetch "$(declare -f fetch | sha256sum) $suite $host"
when_changed build "$(cat "$here"/guest/*.c "$here"/guest/gpiomem/* "$folder/version" "$0" | sha256sum) $("$compiler" --version | head -n 1)"
