#!/bin/sh
# The other networks under the protocol of the shipped one, at about its cost: whole, cut to half, int8.
#
# MobileNet v1 starts from ImageNet as the shipped network does; Mobile_BLNet and ELNet have no such
# weights and start from nothing, which the card must be read with.
. "$(dirname "$0")/common.sh"

compare() { # NAME EPOCHS MACS-AFTER OPTIONS...
    name=$1 epochs=$2 half=$3
    shift 3
    whole=$RUNS/blocked-$name
    say train --run "$whole" --sources $SOURCES/waste-blocked.toml --epochs "$epochs" --scale-penalty 1e-4 "$@"
    say prune --run "$whole-half" --from "$whole" --macs "$half" --epochs 12 --rate 8e-4 --teacher "$whole"
    say quantise --run "$whole-half-int8" --from "$whole-half" --epochs 4 --teacher "$whole"
}

compare mobilenet-v1 24 44M --net mobilenet-v1 --width 0.75 --rate 1.2e-3 --probe 1
compare blnet 60 33M --net mobile-blnet --size food-101 --from-scratch
compare elnet 60 27M --net elnet --from-scratch

# The claim of Mobile_BLNet's paper: share of the total against a plain threshold, at equal size.
for criterion in share-of-layer threshold; do
    say prune --run "$RUNS/blocked-cbam-44M-$criterion" --from "$RUNS/blocked-cbam" --macs 44M --criterion $criterion \
        --epochs 12 --rate 8e-4 --teacher "$RUNS/blocked-cbam"
done
say prune --run "$RUNS/blocked-cbam-44M-share-of-network" --from "$RUNS/blocked-cbam" --macs 44M \
    --epochs 12 --rate 8e-4 --teacher "$RUNS/blocked-cbam"

# Zeros instead of narrower layers: they save storage alone.
say sparsify --run "$RUNS/blocked-cbam-zeros" --from "$RUNS/blocked-cbam" --zeros 0.8

# What attention and dilation give.
say train --run "$RUNS/blocked-cbam-no-attention" --net mobilenet-cbam --width 0.75 --no-attention --epochs 24 --rate 1.2e-3 --probe 1
say train --run "$RUNS/blocked-cbam-no-dilation" --net mobilenet-cbam --width 0.75 --no-dilation --epochs 24 --rate 1.2e-3 --probe 1
