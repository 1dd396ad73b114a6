#!/bin/sh
# Writes the shipped bundles from what waste.sh and two-teachers.sh trained, measures them, and writes the card. With TrashNet
# alone the bundles go into the folder of runs: they must not take the place of ones that know more places.
. "$(dirname "$0")/common.sh"

small=blocked-cbam-both-44M-int8
licence="MIT OR Apache-2.0"
if trashnet_alone; then
    for run in blocked-waste-int8 "$small"; do
        say export --run "$RUNS/$run" --out "$RUNS/$run-trashnet" --name "$run-trashnet" --licence "$licence"
        echo "the bundle is in $RUNS/$run-trashnet; sortd takes it with [model] bundle"
    done
    exit 0
fi
say export --run "$RUNS/waste-int8" --out models/waste --licence "$licence"
say export --run "$RUNS/$small" --out models/waste-small --name waste-small --licence "$licence"
models/recipes/shipped.sh
say card "$RUNS"/*
