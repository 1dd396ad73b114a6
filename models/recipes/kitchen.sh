#!/bin/sh
# Another kitchen: how a network does under domain shift, on held-out sources.
#
# Trained without litter in the wild and measured on it, and the reverse; and the average of the weights
# before and after fine-tuning (WiSE-FT), which forgets less.
. "$(dirname "$0")/common.sh"

for left in no-litter only-litter; do
    probe=$RUNS/$left-probe whole=$RUNS/$left-cbam
    say train --run "$probe" --sources $SOURCES/waste-$left.toml --net mobilenet-cbam --width 0.75 --epochs 4 --probe 4 --rate 2e-3
    say train --run "$whole" --sources $SOURCES/waste-$left.toml --from "$probe" --epochs 16 --rate 8e-4 --metric 0.1
    for share in 0.3 0.5 0.7; do
        say blend --run "$whole-blend-$share" --from "$probe" --with "$whole" --share $share
    done
done
