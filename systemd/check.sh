#!/bin/sh
# Holds the daemon's unit against systemd's own opinion: an exposure of 1.5 at most (`systemd-analyze
# security`, 0 to 10). Keys that are newer than the systemd here are named and ignored.
set -eu
cd "$(dirname "$0")/.."
command -v systemd-analyze >/dev/null 2>&1 || {
    command -v apt-get >/dev/null 2>&1 || {
        echo "units: systemd-analyze is missing; install systemd" >&2
        exit 1
    }
    cross/as_root.sh units systemd-analyze "apt-get update && apt-get install -y --no-install-recommends systemd"
}
# In tenths.
limit=15
systemd-analyze security --no-pager --offline=true --threshold=$limit systemd/sortd.service >/dev/null || {
    systemd-analyze security --no-pager --offline=true systemd/sortd.service | grep -v '✓' >&2
    echo "units: sortd.service is exposed to more than 1.5; see the lines above" >&2
    exit 1
}
systemd-analyze security --no-pager --offline=true systemd/sortd.service | tail -n 1
