#!/bin/sh
# Writes the shipped bundles from what waste.sh trained, with confidences that fit what left-out.sh found on held-out sources,
# measures them, and writes the card. With TrashNet alone the bundles go into the folder of runs: they must not take the place
# of ones that know more places.
. "$(dirname "$0")/common.sh"

licence="MIT OR Apache-2.0"
if trashnet_alone; then
    for name in waste small; do
        run=$RUNS/blocked-$name-int8
        say export --run "$run" --out "$RUNS/$name-trashnet" --name "$name-trashnet" --licence "$licence"
        echo "the bundle is in $RUNS/$name-trashnet; sortd takes it with [model] bundle"
    done
    exit 0
fi
say export --run "$RUNS/waste-int8" --out models/waste --licence "$licence" --left-out "$RUNS"/left-out-both-1-*
say export --run "$RUNS/small-int8" --out models/waste-small --name waste-small --licence "$licence" \
    --left-out "$RUNS"/left-out-both-1-*
models/recipes/shipped.sh
say card "$RUNS"/*
