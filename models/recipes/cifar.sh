#!/bin/sh
# CIFAR-10 at the budget of Mobile_BLNet's paper: at most 0.1 M parameters and 9.6 M multiply-accumulates. Each
# network is then quantised to int8 by calibration alone and measured in the daemon's engine.
#
# The pictures are re-encoded JPEG files (../shared/data/cifar10.tar.xz), unpacked into a cache; figures are
# therefore not exactly comparable with published ones.
. "$(dirname "$0")/common.sh"

DATA=${XDG_CACHE_HOME:-$HOME/.cache}/sortd/data
if [ ! -d "$DATA/cifar10" ]; then
    mkdir -p "$DATA"
    tar -xJf ../shared/data/cifar10.tar.xz -C "$DATA"
fi

train() { # NAME OPTIONS...
    name=$1
    shift
    say train --run "$RUNS/cifar-$name" --sources $SOURCES/cifar10.toml --side 32 --head classic \
        --from-scratch --augmentation models/recipes/cifar.toml --batch 64 --epochs "${EPOCHS:-30}" --rate 4e-3 "$@"
    say evaluate --run "$RUNS/cifar-$name" --test cifar10
    say quantise --run "$RUNS/cifar-$name-int8" --from "$RUNS/cifar-$name" --epochs 0
    in_the_daemon "$RUNS/cifar-$name-int8" cifar10
}

train blnet --net mobile-blnet --size cifar-10
train blnet-big-only --net mobile-blnet --size cifar-10 --no-little
train elnet --net elnet --stem 24 --stages 48x1,88x2,192x3 --groups 4
train elnet-unshuffled --net elnet --stem 24 --stages 48x1,88x2,192x3 --groups 4 --no-shuffle
train mobilenet-v1 --net mobilenet-v1 --width 0.43
train cbam --net mobilenet-cbam --width 0.43 --no-dilation
train cbam-dilated --net mobilenet-cbam --width 0.43
