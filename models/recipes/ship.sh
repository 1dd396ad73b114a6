#!/bin/sh
# Writes the shipped bundle from what two-teachers.sh trained, measures it, and writes the card. With TrashNet alone the
# bundle goes into the folder of runs: it must not take the place of one that knows more places.
. "$(dirname "$0")/common.sh"

run=$RUNS/blocked-cbam-both-44M-int8
licence="MIT OR Apache-2.0"
if trashnet_alone; then
    say export --run "$run" --out "$RUNS/waste-trashnet" --name waste-trashnet --licence "$licence"
    echo "the bundle is in $RUNS/waste-trashnet; sortd takes it with [model] bundle"
    exit 0
fi
say export --run "$run" --out models/waste --licence "$licence"
models/recipes/shipped.sh
say card "$RUNS"/*
