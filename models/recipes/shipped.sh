#!/bin/sh
# Measures the shipped bundle in the daemon's engine, on every test that its run was not trained on.
. "$(dirname "$0")/common.sh"

run=$RUNS/blocked-cbam-both-44M-int8
for test in $(tests_of "$run"); do
    say evaluate --run "$run" --bundle models/waste --test "$test" --kshot 1,3,5
done
say evaluate --run "$run" --bundle models/waste --test trashnet/blocked-test --framing item
say parity --run "$run" --bundle models/waste
