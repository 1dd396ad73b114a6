#!/bin/sh
# The model that ships: a MobileNet-CBAM, its channels cut in two rounds, rounded to int8.
#
# Made twice: learnt from the blocked split, whose network ships, and from the authors' split, for
# comparison with papers. Each round cuts by share of the network's total and learns from the labels and
# from the uncut network.
. "$(dirname "$0")/common.sh"

for split in blocked author; do
    far=$RUNS/$split-cbam-far whole=$RUNS/$split-cbam
    # First from near and far and in bad light, then mostly as things are: the second half keeps what
    # the first has taught of other places, and learns the rest to the end.
    say train --run "$far" --sources $SOURCES/waste-$split.toml --net mobilenet-cbam --width 0.75 --side 128 \
        --epochs 24 --rate 1.2e-3 --probe 1 --metric 0.1 --scale-penalty 1e-4
    say train --run "$whole" --from "$far" --epochs 9 --rate 6e-4 --metric 0.1 --scale-penalty 1e-4 \
        --variation models/recipes/close.toml
    say prune --run "$whole-75M" --from "$whole" --macs 75M --parameters 900k --epochs 3 --rate 6e-4 \
        --teacher "$whole" --teacher-share 0.3 --metric 0.1 --scale-penalty 1e-4 --variation models/recipes/close.toml
    say prune --run "$whole-44M" --from "$whole-75M" --macs 44M --parameters 430k --epochs 20 --rate 1e-3 \
        --teacher "$whole" --teacher-share 0.3 --metric 0.1 --variation models/recipes/close.toml
    say train --run "$whole-44M-long" --from "$whole-44M" --epochs 28 --rate 1e-3 --metric 0.1 \
        --variation models/recipes/close.toml
    say quantise --run "$whole-44M-ptq" --from "$whole-44M-long" --epochs 0
    say quantise --run "$whole-44M-int8" --from "$whole-44M-long" --epochs 4 --rate 1e-4 \
        --variation models/recipes/close.toml
done
