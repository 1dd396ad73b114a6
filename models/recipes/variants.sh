#!/bin/sh
# Other ways from the same parents to the baseline, under its protocol; run baseline.sh first.
#
# The pruned network is fine-tuned on the labels alone, where the baseline has its parent for a teacher;
# and the parent looks at finer pictures.
. "$(dirname "$0")/common.sh"

for split in ${SPLITS:-blocked author}; do
    near=$RUNS/$split-cbam-near
    say train --run "$near-44M-long" --from "$near-44M" --epochs 40 --rate 1.2e-3 --metric 0.1 \
        --augmentation models/recipes/near.toml
    say quantise --run "$near-long-ptq" --from "$near-44M-long" --epochs 0
done

say train --run "$RUNS/blocked-cbam-fine" --from "$RUNS/blocked-cbam-near" --side 160 --epochs 15 --rate 8e-4 --metric 0.1 \
    --scale-penalty 1e-4 --augmentation models/recipes/near.toml
