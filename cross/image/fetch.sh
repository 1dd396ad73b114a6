#!/bin/sh
# Fetches packages of the image's Debian and unpacks them into a folder; does nothing where that was
# done before. Knows nothing of what this machine has installed, and changes none of it.
#
#   fetch.sh CACHE INTO PACKAGE...
set -eu
here=$(cd "$(dirname "$0")" && pwd)
apt=$1/apt
into=$2
shift 2
[ ! -e "$into" ] || exit 0

mkdir -p "$apt/lists/partial" "$apt/archives/partial"
"$here/mirror.sh" bookworm >"$apt/sources.list"
# Tools come for this machine, what is for the image says so in its name.
configured() {
    apt-get -qq -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$apt/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$apt" \
        -o APT::Architectures::="$(dpkg --print-architecture)" -o APT::Architectures::=arm64 \
        -o APT::Sandbox::User=root "$@"
}
configured update
rm -rf "$into.part"
mkdir -p "$into.part/packages"
(cd "$into.part/packages" && configured download "$@")
for package in "$into.part/packages"/*.deb; do
    dpkg-deb -x "$package" "$into.part"
done
rm -r "$into.part/packages"
mv "$into.part" "$into"
