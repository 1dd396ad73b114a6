#!/bin/sh
# Runs a command, as root or as the root of a user namespace, in which programs for arm64 run too.
#
#   foreign.sh COMMAND ARGUMENTS...
#
# Debian's maintainer scripts are run while a root file system is made, and the kernel must know that
# QEMU reads their programs. Many machines know it already. Where it is not known it is told to the
# kernel in a mount namespace of our own, and is forgotten with it.
set -eu

if [ "${1:-}" != --inside ]; then
    if [ "$(id -u)" = 0 ]; then
        exec unshare --mount -- "$0" --inside "$@"
    fi
    unshare --map-root-user --map-auto --mount true 2>/dev/null || {
        echo "image: no user namespace can be made here; install uidmap and give this user a range in /etc/subuid and /etc/subgid, or run this as root" >&2
        exit 1
    }
    exec unshare --map-root-user --map-auto --mount -- "$0" --inside "$@"
fi
shift

registry=/proc/sys/fs/binfmt_misc
# Mounted even where the programs run already: what another told the kernel is forgotten as soon as nobody
# has it mounted any more.
mount -t binfmt_misc binfmt_misc "$registry" 2>/dev/null || true
runs() {
    arch-test arm64 >/dev/null 2>&1
}
if ! runs && [ ! -e "$registry/qemu-aarch64" ] && [ -w "$registry/register" ]; then
    # ELF, 64 bit, little endian, a program or a library, for machine 183. The F makes the kernel open QEMU
    # now, so that it is found from inside the new root as well.
    interpreter=$(command -v qemu-aarch64-static)
    magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
    mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
    printf '%s' ":qemu-aarch64:M::$magic:$mask:$interpreter:FC" >"$registry/register"
fi
runs || {
    echo "image: this machine cannot run programs for arm64, which making an image needs. Install qemu-user-static and binfmt-support and try again; in a container, run it with the right to mount binfmt_misc." >&2
    exit 1
}
exec "$@"
