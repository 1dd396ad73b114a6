#!/bin/sh
# Leave one source out: how good a recipe is on a held-out source, under domain shift. It decides loss weights, picture
# size, width and pruning; blocked-test decides nothing.
#
#   left-out.sh                       the reference: MobileNet v1 0.75, pretrained on ImageNet and frozen
#   left-out.sh NAME OPTIONS...       fine-tunes with these options of `trainer train`, once without each family
#
# FAMILIES (the five that hold more than one class or place), EPOCHS (6; the reference is not trained) and SEED (1) may be
# set. What was measured is in each run's folder, and in `models/results` once `trainer card` was told of it.
. "$(dirname "$0")/common.sh"
: "${FAMILIES:=taco westclass drinking-waste picam-hand trashnet}" "${EPOCHS:=6}" "${SEED:=1}"

if [ $# = 0 ]; then
    set -- imagenet --net mobilenet-v1 --width 0.75 --side 160 --head classic
    EPOCHS=0
fi
name=$1
shift
for family in $FAMILIES; do
    run=$RUNS/left-out-$name-$SEED-$family
    say train --run "$run" --sources $SOURCES/waste-everywhere.toml --leave-out "$family" --epochs "$EPOCHS" \
        --seed "$SEED" "$@"
    say evaluate --run "$run" --test "left-out/$family" --kshot 1,5,20 --heads nearest-mean,logistic
done
