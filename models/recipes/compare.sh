#!/bin/sh
# The other networks on the photographs of the baseline, at about its cost: whole, pruned, int8, and in the
# daemon's engine. One training run and one pruning each: less than what the baseline was given.
#
# MobileNet v1 starts from ImageNet as the baseline does; Mobile_BLNet and ELNet have no such
# weights and start from nothing, with the baseline's parent as their teacher: read their figures with
# that in mind.
. "$(dirname "$0")/common.sh"

compare() { # NAME EPOCHS MACS-AFTER OPTIONS...
    name=$1 epochs=$2 half=$3
    shift 3
    whole=$RUNS/$split-$name
    say train --run "$whole" --sources "$(described $split)" --epochs "$epochs" "$@"
    say prune --run "$whole-half" --from "$whole" --macs "$half" --epochs 12 --rate 8e-4 --teacher "$whole"
    say quantise --run "$whole-half-int8" --from "$whole-half" --epochs 4 --teacher "$whole"
    in_the_daemon "$whole-half-int8" trashnet/$split-test
}

from_nothing() { # NAME MACS-AFTER OPTIONS...
    name=$1 half=$2
    shift 2
    compare "$name" 40 "$half" --from-scratch --teacher "$RUNS/$split-cbam-near" --teacher-share 0.7 \
        --augmentation models/recipes/near.toml "$@"
}

for split in ${SPLITS:-blocked author}; do
    compare mobilenet-v1 24 44M --net mobilenet-v1 --width 0.75 --rate 1.2e-3 --probe 1 --scale-penalty 1e-4
    from_nothing blnet 33M --net mobile-blnet --size food-101 --scale-penalty 1e-5
    from_nothing elnet 44M --net elnet --scale-penalty 1e-5
done
