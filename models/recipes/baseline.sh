#!/bin/sh
# The baseline that other networks and ablations are compared with: a MobileNet-CBAM trained by labels and metric loss, its
# channels pruned in two rounds with one teacher, quantised to int8; two-teachers.sh makes the same with two.
#
# Made twice: trained on the blocked split and on the authors' split, for comparison with papers. Each round prunes by share of the network's total and fine-tunes on the
# labels and on the logits of the unpruned network, the last stage mostly on the latter.
. "$(dirname "$0")/common.sh"

for split in ${SPLITS:-blocked author}; do
    far=$RUNS/$split-cbam-far close=$RUNS/$split-cbam near=$RUNS/$split-cbam-near
    # First from near and far and in bad light, then more and more as things are in a bin: each stage keeps
    # what the one before gave for other places, and fits the network to the rest.
    say train --run "$far" --sources "$(described $split)" --net mobilenet-cbam --width 0.75 --side 128 \
        --epochs 24 --rate 1.2e-3 --probe 1 --metric 0.1 --scale-penalty 1e-4
    say train --run "$close" --from "$far" --epochs 9 --rate 6e-4 --metric 0.1 --scale-penalty 1e-4 \
        --augmentation models/recipes/close.toml
    say train --run "$near" --from "$close" --epochs 30 --rate 1.2e-3 --metric 0.1 --scale-penalty 1e-4 \
        --augmentation models/recipes/near.toml
    say prune --run "$near-75M" --from "$near" --macs 75M --parameters 900k --epochs 4 --rate 6e-4 \
        --teacher "$near" --teacher-share 0.3 --metric 0.1 --scale-penalty 1e-4 --augmentation models/recipes/near.toml
    say prune --run "$near-44M" --from "$near-75M" --macs 44.5M --parameters 424k --epochs 45 --rate 1.2e-3 \
        --teacher "$near" --teacher-share 0.3 --metric 0.1 --augmentation models/recipes/near.toml
    say train --run "$near-44M-taught" --from "$near-44M" --epochs 50 --rate 1.2e-3 --metric 0.1 \
        --teacher "$near" --teacher-share 0.7 --augmentation models/recipes/near.toml
    say quantise --run "$near-44M-taught-ptq" --from "$near-44M-taught" --epochs 0
    # The network before quantisation is the best teacher of the quantised one.
    say quantise --run "$near-44M-taught-int8" --from "$near-44M-taught" --epochs 5 --rate 1e-4 --metric 0.1 \
        --teacher "$near-44M-taught" --teacher-share 0.9 --augmentation models/recipes/near.toml
done
