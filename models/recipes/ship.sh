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
# Confidences are calibrated on what held-out.sh said of sources that its runs were not trained on.
away=
for run in "$RUNS"/left-out-both-1-*; do
    [ ! -d "$run" ] || away="$away $run"
done
[ -n "$away" ] || echo "recipe: held-out.sh was not run, so confidences are calibrated at home" >&2
# shellcheck disable=SC2086 # The runs are several words on purpose.
say export --run "$RUNS/waste-int8" --out models/waste --licence "$licence" ${away:+--left-out $away}
# What the held-out sources say of confidences is told at the temperature that ships.
for run in $away; do
    say evaluate --run "$run" --test "left-out/${run##*left-out-both-1-}" --kshot 1,5,20 --heads nearest-mean,logistic \
        --views 1,5 --temperature "$(sed -n 's/^temperature = //p' models/waste/model.toml)"
done
say export --run "$RUNS/$small" --out models/waste-small --name waste-small --licence "$licence"
models/recipes/shipped.sh
say card "$RUNS"/*
