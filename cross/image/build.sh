#!/bin/sh
# `make image`: makes a card for a Pi 3, 4 or Zero 2 W from sortd's package.
#
#   build.sh sortd_VERSION_arm64.deb OUT.img
#
# Downloads and the base are kept in ${XDG_CACHE_HOME:-~/.cache}/sortd-image. README.md beside this file
# says what is on the card.
set -eu
PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)

if [ "${1:-}" != --inside ]; then
    if [ $# != 2 ] || [ ! -r "$1" ]; then
        echo "usage: build.sh sortd_VERSION_arm64.deb OUT.img; the package must be readable (\`make deb\` makes it)" >&2
        exit 2
    fi
    "$here/prerequisites.sh"
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/sortd-image
    mkdir -p "$cache" "$(dirname "$2")"
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct 2>/dev/null || date +%s)}
    export SOURCE_DATE_EPOCH
    exec "$here/foreign.sh" "$0" --inside "$(readlink -f "$1")" "$(readlink -f "$2")" "$cache"
fi

deb=$2
image=$3
cache=$4
base=$("$here/base.sh" "$cache")
work=$(mktemp -d "$cache/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$here/root.sh" "$base" "$deb" "$work/root" "$work/state" "$cache"
"$here/boot.sh" "$work/root" "$work/boot" "$cache"
"$here/disc.sh" "$work/boot" "$work/root" "$work/state" "$image.part"
mv "$image.part" "$image"
