#!/bin/sh
# The cut network with two teachers instead of one: its parent, and a network that was learnt apart from it and
# has no attention. One long lesson after the last cut, where the shipped network had two; run waste.sh and
# ablations.sh first.
. "$(dirname "$0")/common.sh"

near=$RUNS/blocked-cbam-near apart=$RUNS/blocked-cbam-no-attention-near both=$RUNS/blocked-cbam-both
say train --run "$apart" --from "$RUNS/blocked-cbam-no-attention" --epochs 30 --rate 1.2e-3 --metric 0.1 \
    --variation models/recipes/near.toml

taught() { # COMMAND OPTIONS...
    say "$@" --teacher "$near" --teacher "$apart" --teacher-share 0.7 --metric 0.1 --variation models/recipes/near.toml
}
taught prune --run "$both-75M" --from "$near" --macs 75M --parameters 900k --epochs 4 --rate 6e-4 --scale-penalty 1e-4
taught prune --run "$both-44M" --from "$both-75M" --macs 44.5M --parameters 424k --epochs 70 --rate 1.2e-3
say quantise --run "$both-44M-int8" --from "$both-44M" --epochs 5 --rate 1e-4 --metric 0.1 \
    --teacher "$both-44M" --teacher-share 0.9 --variation models/recipes/near.toml
