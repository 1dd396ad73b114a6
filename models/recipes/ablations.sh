#!/bin/sh
# What each part of the shipped network's making gives, one part changed at a time; run waste.sh first.
. "$(dirname "$0")/common.sh"

# The claim of Mobile_BLNet's paper: share of the total against a plain threshold, at equal size. A share of
# the whole network cuts the very channels that the threshold cuts; a share of each layer does not.
for criterion in share-of-layer threshold; do
    say prune --run "$RUNS/blocked-cbam-44M-$criterion" --from "$RUNS/blocked-cbam" --macs 44M --criterion "$criterion" \
        --epochs 12 --rate 8e-4 --teacher "$RUNS/blocked-cbam"
done

# Zeros instead of narrower layers: they save storage alone.
say sparsify --run "$RUNS/blocked-cbam-zeros" --from "$RUNS/blocked-cbam" --zeros 0.8

# What attention, dilation and the metric loss give: one lesson with all of them, and with one left out.
first_lesson with-all --metric 0.1
first_lesson no-attention --metric 0.1 --no-attention
first_lesson no-dilation --metric 0.1 --no-dilation
first_lesson no-metric
