#!/bin/sh
# Holds the units against systemd's own opinion of how exposed they are (`systemd-analyze security`, 0 to 10):
# the daemon to 1.5 at most, the page to 0.7, the rest to 3, each with what the image adds to it. Keys that are newer than the
# systemd here are named and ignored.
set -eu
cd "$(dirname "$0")/.."
command -v systemd-analyze >/dev/null 2>&1 || {
    command -v apt-get >/dev/null 2>&1 || {
        echo "units: systemd-analyze is missing; install systemd" >&2
        exit 1
    }
    cross/as_root.sh units systemd-analyze "apt-get update && apt-get install -y --no-install-recommends systemd"
}
image=cross/image/files/root/usr/lib/systemd/system
# systemd finds what is added to a unit in a folder beside it.
units=$(mktemp -d)
trap 'rm -rf "$units"' EXIT
mkdir "$units/package" "$units/image"
cp systemd/*.service "$units/package/"
cp -R systemd/*.service "$image"/* "$units/image/"

opinion() { # FOLDER UNIT MORE...
    folder=$1 unit=$2
    shift 2
    systemd-analyze security --no-pager --offline=true "$@" "$units/$folder/$unit.service"
}
hold() { # FOLDER UNIT LIMIT: the limit is in tenths
    opinion "$1" "$2" --threshold="$3" >/dev/null 2>&1 || {
        opinion "$1" "$2" 2>&1 | grep -v '✓' >&2
        echo "units: $2.service ($1) is exposed to more than $(($3 / 10)).$(($3 % 10)); see the lines above" >&2
        exit 1
    }
    opinion "$1" "$2" | tail -n 1 | sed "s/\$/ ($1)/"
}
for folder in package image; do
    hold "$folder" sortd 15
    hold "$folder" sortd-web 7
    hold "$folder" sortd-takeover 30
done
for unit in sortd-grow sortd-boot-writable sortd-tell-wait sortd-tell; do
    hold image "$unit" 30
done
