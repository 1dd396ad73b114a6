#!/usr/bin/env bash
# Makes a Python environment in the folder given with the engines of requirements.txt, or of the file
# given second, or leaves it as it is where it holds them already.
set -euo pipefail
venv=$1
wanted=${2:-$(dirname "$(readlink -f "$0")")/requirements.txt}

cmp -s "$wanted" "$venv/requirements.txt" && exit 0

refuse() {
    echo "bench: $*" >&2
    exit 1
}

command -v python3 >/dev/null 2>&1 || refuse "python3 is missing, and the other engines come as Python packages; install python3 (3.11 or later) with your distribution's tool"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    refuse "$(python3 --version) is too old for the other engines; install Python 3.11 or later"
rm -rf "$venv"
mkdir -p "$(dirname "$venv")"
if ! said=$(python3 -m venv "$venv" 2>&1); then
    rm -rf "$venv"
    refuse "python3 cannot make an environment: ${said##*$'\n'}; on Debian: apt-get install python3-venv"
fi
echo "bench: fetching the other engines into $venv, once" >&2
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$wanted" ||
    refuse "the other engines cannot be fetched; check the network, and that PyPI has wheels for $(uname -m) and $(python3 --version)"
# What was asked for is noted last, so that half an environment is made anew.
cp "$wanted" "$venv/requirements.txt"
