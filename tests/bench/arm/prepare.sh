#!/usr/bin/env bash
# Makes what counting aarch64 instructions needs, in the folder given: QEMU with plugins, an arm64 file
# system with Python, the other engines' aarch64 packages, our plugin, and one folder for each
# processor. No foreign program is run here; what is there already stays.
#
#   prepare.sh FOLDER PYTHON    PYTHON has pip, of any architecture
set -euo pipefail
folder=$1
python=$2
here=$(dirname "$(readlink -f "$0")")
wanted=$here/../requirements.txt

refuse() {
    echo "bench-arm: $*" >&2
    exit 1
}

for tool in mmdebstrap gcc; do
    command -v "$tool" >/dev/null 2>&1 ||
        refuse "$tool is missing; on Debian or Ubuntu: apt-get install mmdebstrap gcc debian-archive-keyring"
done
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e "$keys" ] || refuse "Debian's keys are missing; on Debian or Ubuntu: apt-get install debian-archive-keyring"

# Bookworm everywhere: it is what Raspberry Pi OS is made from, and its QEMU loads plugins of version 1.
suite=bookworm
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

# Unpacks packages of Debian, with all that they depend on, into a folder.
unpack() { # FOLDER ARCHITECTURE PACKAGES
    local into=$1 architecture=$2 packages=$3
    [ -e "$into/.complete" ] && return 0
    echo "bench-arm: fetching $packages for $architecture, once" >&2
    rm -rf "$into"
    mkdir -p "$into"
    # Without the hook /lib and /usr/lib are two folders.
    mmdebstrap --quiet --variant=extract --architectures="$architecture" --include="$packages" \
        --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' \
        "$suite" "$into.tar" "deb [signed-by=$keys] $mirror $suite main" >"$into.log" 2>&1 ||
        refuse "$(cat "$into.log")
mmdebstrap cannot unpack $packages; check the network, or name a mirror in DEBIAN_MIRROR"
    tar --extract --directory "$into" --file "$into.tar" --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*'
    rm "$into.tar"
    touch "$into/.complete"
}

case $(uname -m) in
    x86_64) host=amd64 ;;
    aarch64) host=arm64 ;;
    *) refuse "it is not known how to get QEMU for a $(uname -m); run it on an x86-64 or aarch64 machine" ;;
esac
mkdir -p "$folder"
# Not qemu-user-static: that one is linked without plugins.
unpack "$folder/qemu" "$host" qemu-user
unpack "$folder/root" arm64 libc6,libstdc++6,libgcc-s1,zlib1g,libgomp1,libatomic1,python3,libpython3.11-stdlib

if ! cmp -s "$wanted" "$folder/peers/requirements.txt"; then
    echo "bench-arm: fetching the other engines for aarch64, once" >&2
    rm -rf "$folder/peers"
    platforms=()
    for glibc in 2_28 2_27 2_17; do
        platforms+=(--platform "manylinux_${glibc}_aarch64")
    done
    "$python" -m pip install --quiet --disable-pip-version-check --target "$folder/peers" --no-deps \
        --only-binary=:all: --implementation cp --python-version 3.11 "${platforms[@]}" \
        --platform manylinux2014_aarch64 --requirement "$wanted" ||
        refuse "the other engines cannot be fetched for aarch64; check the network, and the versions in $wanted"
    cp "$wanted" "$folder/peers/requirements.txt"
fi

gcc -Wall -O2 -shared -fPIC -o "$folder/count.so" "$here/count.c"

# The engines choose their kernels by /proc/cpuinfo too. One that disagrees with the emulated processor
# makes them crash, or choose kernels of another one.
processor() { # NAME FEATURES PART VARIANT REVISION
    local root=$folder/$1 entry core
    mkdir -p "$root/proc" "$root/sys/devices/system/cpu"
    for entry in bin lib usr etc; do
        ln -sfn "../root/$entry" "$root/$entry"
    done
    for core in 0 1 2 3; do
        printf '%s\n' "processor	: $core" "BogoMIPS	: 108.00" "Features	: $2" 'CPU implementer	: 0x41' \
            'CPU architecture: 8' "CPU variant	: $4" "CPU part	: $3" "CPU revision	: $5" ''
    done >"$root/proc/cpuinfo"
    for entry in possible present online; do
        echo 0-3 >"$root/sys/devices/system/cpu/$entry"
    done
}
processor a53 'fp asimd evtstrm crc32 cpuid' 0xd03 0x0 4
processor a72 'fp asimd evtstrm crc32 cpuid' 0xd08 0x0 3
processor a76 'fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp' 0xd0b 0x4 1
