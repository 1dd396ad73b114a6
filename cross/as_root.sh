#!/bin/sh
# Runs an installing command as root where that asks for nothing; else says what to run.
#
#   as_root.sh WHO WHAT COMMAND    WHO speaks, WHAT is missing, COMMAND is for sh
set -eu
who=$1
missing=$2
install=$3

if [ "$(id -u)" = 0 ]; then
    echo "$who: missing: $missing; running: $install" >&2
    sh -c "$install" >&2
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    echo "$who: missing: $missing; running with sudo: $install" >&2
    sudo -n sh -c "$install" >&2
else
    echo "$who: missing: $missing. Run this once, then try again:" >&2
    echo "  sudo sh -c '$install'" >&2
    exit 1
fi
