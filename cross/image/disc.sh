#!/bin/sh
# Puts the three partitions of a card together, without mounting anything.
#
#   disc.sh BOOT ROOT STATE IMAGE        within foreign.sh
set -eu
PATH=$PATH:/usr/sbin:/sbin
boot=$1
root=$2
state=$3
image=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mib=1048576

boot_mib=256
state_mib=64
# A quarter more than is used, and what an upgrade needs beside it.
root_mib=$(($(du -s --block-size=1M "$root" | cut -f1) * 5 / 4 + 48))

# The same input gives the same image: no time and no identity of the moment.
export E2FSPROGS_FAKE_TIME="$SOURCE_DATE_EPOCH"
identity() { # NAME: a UUID of its own for this name and time
    echo "$1 $SOURCE_DATE_EPOCH" | sha256sum | sed -E 's/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/\1-\2-\3-\4-\5/'
}

truncate -s "$((boot_mib * mib))" "$work/boot"
mkfs.fat -F 32 -n SORTD --invariant "$work/boot" >/dev/null
MTOOLS_SKIP_CHECK=1 mcopy -s -m -i "$work/boot" "$boot"/* ::/

ext4() { # LABEL FOLDER MIB FILE OPTIONS...
    label=$1 folder=$2 size=$3 file=$4
    shift 4
    mke2fs -q -t ext4 -L "$label" -U "$(identity "$label")" -E "hash_seed=$(identity "$label-seed"),lazy_itable_init=0,root_owner=0:0" \
        -d "$folder" "$@" "$file" "${size}M"
}
ext4 sortd-root "$root" "$root_mib" "$work/root" -m 0
# Room to grow to any card's size, and a journal that holds the data as well.
ext4 sortd-state "$state" "$state_mib" "$work/state" -m 1 -J size=16

# The identity, with a partition's number, is its PARTUUID: cmdline.txt and the rules of udev name it.
# Partitions begin at multiples of 4 MiB, the least that cards erase at once.
truncate -s "$(((4 + boot_mib + root_mib + state_mib) * mib))" "$image"
sfdisk --quiet "$image" <<TABLE
label: dos
label-id: 0x736f7274
start=4MiB, size=${boot_mib}MiB, type=c, bootable
size=${root_mib}MiB, type=83
size=${state_mib}MiB, type=83
TABLE
place() { # FILE MIB
    dd if="$1" of="$image" bs=1M seek="$2" conv=notrunc,sparse status=none
}
place "$work/boot" 4
place "$work/root" $((4 + boot_mib))
place "$work/state" $((4 + boot_mib + root_mib))
echo "image: $image: boot ${boot_mib} MiB, root ${root_mib} MiB, state ${state_mib} MiB" >&2
