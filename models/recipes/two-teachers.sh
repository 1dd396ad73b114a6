#!/bin/sh
# The baseline with two teachers: the parent of baseline.sh, pruned in two rounds and fine-tuned with two teachers, the parent and one that was
# trained apart from it and has no attention; then quantised to int8. Run baseline.sh first.
. "$(dirname "$0")/common.sh"

near=$RUNS/blocked-cbam-near apart=$RUNS/blocked-cbam-no-attention both=$RUNS/blocked-cbam-both
first_stage no-attention --metric 0.1 --no-attention
say train --run "$apart-near" --from "$apart" --epochs 30 --rate 1.2e-3 --metric 0.1 --augmentation models/recipes/near.toml

distilled() { # COMMAND OPTIONS...
    say "$@" --teacher "$near" --teacher "$apart-near" --teacher-share 0.7 --metric 0.1 --augmentation models/recipes/near.toml
}
distilled prune --run "$both-75M" --from "$near" --macs 75M --parameters 900k --epochs 4 --rate 6e-4 --scale-penalty 1e-4
distilled prune --run "$both-44M" --from "$both-75M" --macs 44.5M --parameters 424k --epochs 70 --rate 1.2e-3
say quantise --run "$both-44M-int8" --from "$both-44M" --epochs 5 --rate 1e-4 --metric 0.1 \
    --teacher "$both-44M" --teacher-share 0.9 --augmentation models/recipes/near.toml
