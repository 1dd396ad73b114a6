# shellcheck shell=sh disable=SC2034,SC2154
# What the name of a board's system stands for. Sourced with the name in $target_name.
#
# Sets: triple (Rust's name), gnu (the cross compiler's), debian (Debian's architecture), emulator
# (QEMU's), machine (`uname -m`'s), boards (for people).
case "$target_name" in
aarch64)
    triple=aarch64-unknown-linux-gnu gnu=aarch64-linux-gnu debian=arm64 emulator=aarch64 machine=aarch64
    boards="Pi Zero 2 W, 3, 4, 5 with a 64-bit system"
    ;;
armv7)
    triple=armv7-unknown-linux-gnueabihf gnu=arm-linux-gnueabihf debian=armhf emulator=arm machine=armv7l
    boards="Pi 2, 3, 4, Zero 2 W with a 32-bit system"
    ;;
armv6)
    # Debian's armhf is ARMv7: its compiler brings start-up code that these boards cannot run.
    triple=arm-unknown-linux-gnueabihf gnu="" debian=armhf emulator=arm machine=armv6l
    boards="Pi 1, Zero, Zero W"
    ;;
x86_64)
    triple=x86_64-unknown-linux-gnu gnu=x86_64-linux-gnu debian=amd64 emulator=x86_64 machine=x86_64
    boards="PCs"
    ;;
*)
    echo "cross: unknown target \`$target_name\`; known are: aarch64, armv7, armv6, x86_64" >&2
    exit 2
    ;;
esac
