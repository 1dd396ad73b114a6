#!/bin/sh
# How long each compared network takes in the daemon, whole and in int8. What its weights are does not matter
# for that, so nothing is trained and no run is kept. Leave the machine alone meanwhile.
. "$(dirname "$0")/common.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

latency() { # NAME OPTIONS...
    run=$work/$1
    shift
    say train --run "$run" --sources "$(described blocked)" --epochs 0 --from-scratch "$@"
    say quantise --run "$run-int8" --from "$run" --epochs 0
    say export --run "$run-int8"
    say evaluate --run "$run-int8" --bundle "$run-int8/bundle" --test empty-test
    sed -n 's/.*"latency_ms": \([0-9.]*\).*/latency: \1 ms/p' "$run-int8/evaluation-empty-test-int8.json"
}
latency mobilenet-v1 --net mobilenet-v1 --width 0.75
latency cbam --net mobilenet-cbam --width 0.75
latency blnet --net mobile-blnet --size food-101
latency elnet --net elnet
