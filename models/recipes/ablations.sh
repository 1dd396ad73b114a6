#!/bin/sh
# Ablations: what each part of the baseline's training gives, one part changed at a time; run baseline.sh first.
. "$(dirname "$0")/common.sh"

# The claim of Mobile_BLNet's paper: share of the total against a plain threshold, at equal size. A share of
# the whole network prunes the very channels that the threshold prunes; a share of each layer does not.
for criterion in share-of-layer threshold; do
    say prune --run "$RUNS/blocked-cbam-44M-$criterion" --from "$RUNS/blocked-cbam" --macs 44M --criterion "$criterion" \
        --epochs 12 --rate 8e-4 --teacher "$RUNS/blocked-cbam"
done

# Magnitude pruning instead of channel pruning: sparsity saves storage alone.
say sparsify --run "$RUNS/blocked-cbam-zeros" --from "$RUNS/blocked-cbam" --sparsity 0.8

# What attention, dilation and the metric loss give: one training run with all of them, and one without each.
first_stage with-all --metric 0.1
first_stage no-attention --metric 0.1 --no-attention
first_stage no-dilation --metric 0.1 --no-dilation
first_stage no-metric
