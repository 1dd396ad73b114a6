#!/bin/sh
# Other ways from the same parents to what ships, under its protocol; run waste.sh first.
#
# The cut network goes on learning from its parent, where the shipped one has the labels alone; and the
# parent looks at finer pictures.
. "$(dirname "$0")/common.sh"

for split in ${SPLITS:-blocked author}; do
    near=$RUNS/$split-cbam-near taught=$RUNS/$split-cbam-near-44M-taught
    say train --run "$taught" --from "$near-44M" --epochs 50 --rate 1.2e-3 --metric 0.1 \
        --teacher "$near" --teacher-share 0.7 --variation models/recipes/near.toml
    say quantise --run "$taught-ptq" --from "$taught" --epochs 0
    say quantise --run "$taught-int8" --from "$taught" --epochs 8 --rate 2e-4 --metric 0.1 \
        --teacher "$near" --teacher-share 0.7 --variation models/recipes/near.toml
done

say train --run "$RUNS/blocked-cbam-fine" --from "$RUNS/blocked-cbam-near" --side 160 --epochs 15 --rate 8e-4 --metric 0.1 \
    --scale-penalty 1e-4 --variation models/recipes/near.toml
