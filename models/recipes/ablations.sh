#!/bin/sh
# What each part of the shipped network's making gives, one part changed at a time; run waste.sh first.
. "$(dirname "$0")/common.sh"

# The claim of Mobile_BLNet's paper: share of the total against a plain threshold, at equal size.
for criterion in share-of-network share-of-layer threshold; do
    say prune --run "$RUNS/blocked-cbam-44M-$criterion" --from "$RUNS/blocked-cbam" --macs 44M --criterion "$criterion" \
        --epochs 12 --rate 8e-4 --teacher "$RUNS/blocked-cbam"
done

# Zeros instead of narrower layers: they save storage alone.
say sparsify --run "$RUNS/blocked-cbam-zeros" --from "$RUNS/blocked-cbam" --zeros 0.8

# What attention, dilation and the metric loss give: each is left out of the lesson of blocked-cbam-far.
without() { # NAME OPTIONS...
    name=$1
    shift
    say train --run "$RUNS/blocked-cbam-no-$name" --sources $SOURCES/waste-blocked.toml --net mobilenet-cbam --width 0.75 \
        --side 128 --epochs 24 --rate 1.2e-3 --probe 1 --scale-penalty 1e-4 "$@"
}
without attention --metric 0.1 --no-attention
without dilation --metric 0.1 --no-dilation
without metric
