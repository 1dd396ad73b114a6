#!/bin/sh
# Builds the modules that a bin needs and Debian's kernel lacks, for the kernel of a root file system,
# and puts them in.
#
#   modules.sh ROOT CACHE
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$1
cache=$2
version=$(ls "$root/lib/modules")
headers=$cache/headers-$version

"$here/fetch.sh" "$cache" "$headers" "linux-headers-$version:arm64" \
    "linux-headers-${version%-arm64}-common" "linux-kbuild-$(echo "$version" | cut -d. -f1,2)"
# Debian's packages expect to lie in the root.
makefile=$headers/usr/src/linux-headers-$version/Makefile
sed -i "s|^include /usr|include $headers/usr|" "$makefile"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$root/lib/modules/$version/extra"
for source in "$here/../../tests/pi/guest/gpiomem" "$here/throttled" "$here/firmware_camera"; do
    name=$(basename "$source")
    cp -r "$source" "$work/$name"
    make -s -C "$(dirname "$makefile")" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- M="$work/$name" modules >"$work/log" 2>&1 || {
        echo "image: the module $name does not build for Linux $version:" >&2
        tail -n 20 "$work/log" >&2
        exit 1
    }
    cp "$work/$name/$name.ko" "$root/lib/modules/$version/extra/"
done
depmod -b "$root" "$version"

# without.list may leave out what something needs that is kept. The symbols of the kernel itself are
# known from the headers; what else is missing has to come from a module that is there.
symbols=$work/symbols
awk '$3 == "vmlinux"' "$(dirname "$makefile")/Module.symvers" >"$symbols"
broken=$(depmod -n -e -E "$symbols" -b "$root" "$version" 2>&1 >/dev/null | sed -n 's/.*\/\([^/]*\)\.ko needs unknown symbol.*/\1/p' | sort -u)
grep -v '^#' "$here/modules.list" | while read -r name; do
    case " $(echo "$broken" | tr '\n' ' ') " in
    *" $name "*)
        echo "image: the module $name lacks another that cross/image/without.list leaves out" >&2
        exit 1
        ;;
    esac
    modprobe -d "$root" -S "$version" --show-depends "$name" >/dev/null || {
        echo "image: the module $name is not on the image; see cross/image/without.list" >&2
        exit 1
    }
done
