#!/bin/sh
# Prints the lines for apt by which the packages of an image are found: Debian's archive and its
# security updates, from where this machine has its own.
#
# DEBIAN_MIRROR and DEBIAN_SECURITY_MIRROR name others; a machine that is no Debian needs them.
set -eu
suite=$1

# The address from which this machine has the packages of a label.
address() {
    # shellcheck disable=SC2016 # These are apt's own.
    apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' |
        awk -v label="$1" '$1 == label { print $2; exit }'
}

archive=${DEBIAN_MIRROR:-$(address Debian)}
security=${DEBIAN_SECURITY_MIRROR:-$(address Debian-Security)}
if [ -z "$archive" ] || [ -z "$security" ]; then
    echo "image: this machine's apt knows no archive of Debian with security updates; run \`apt-get update\`, or set DEBIAN_MIRROR and DEBIAN_SECURITY_MIRROR to their addresses" >&2
    exit 1
fi
key=/usr/share/keyrings/debian-archive-keyring.gpg
components="main non-free-firmware"
echo "deb [signed-by=$key] $archive $suite $components"
echo "deb [signed-by=$key] $archive $suite-updates $components"
echo "deb [signed-by=$key] $security $suite-security $components"
