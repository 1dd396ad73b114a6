#!/bin/sh
# The model that ships: a MobileNet-CBAM, its channels cut in two rounds, rounded to int8.
#
# Made twice: learnt from the blocked split, whose network ships, and from the authors' split, for
# comparison with papers. Each round cuts by share of the network's total and learns from the labels and
# from the uncut network.
. "$(dirname "$0")/common.sh"

for split in blocked author; do
    whole=$RUNS/$split-cbam
    say train --run "$whole" --sources $SOURCES/waste-$split.toml --net mobilenet-cbam --width 0.75 --side 128 \
        --epochs 24 --rate 1.2e-3 --probe 1 --metric 0.1 --scale-penalty 1e-4
    say prune --run "$whole-75M" --from "$whole" --macs 75M --parameters 1M --epochs 5 --rate 8e-4 \
        --teacher "$whole" --metric 0.1 --scale-penalty 1e-4
    say prune --run "$whole-44M" --from "$whole-75M" --macs 44M --parameters 430k --epochs 24 --rate 1e-3 \
        --teacher "$whole" --metric 0.1
    say quantise --run "$whole-44M-ptq" --from "$whole-44M" --epochs 0
    say quantise --run "$whole-44M-int8" --from "$whole-44M" --epochs 5 --rate 1e-4 --teacher "$whole"
done
