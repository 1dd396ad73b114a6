#!/bin/sh
# Measures the shipped bundles in the daemon's engine, on every test that their runs were not trained on.
. "$(dirname "$0")/common.sh"

measure() { # RUN BUNDLE
    for test in $(tests_of "$1"); do
        say evaluate --run "$1" --bundle "$2" --test "$test" --kshot 1,5,20 --views 1,3,5
    done
    say evaluate --run "$1" --bundle "$2" --test trashnet/blocked-test --framing item
    say parity --run "$1" --bundle "$2"
}
measure "$RUNS/waste-int8" models/waste
measure "$RUNS/blocked-cbam-both-44M-int8" models/waste-small
