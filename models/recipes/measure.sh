#!/bin/sh
# Measures runs on every test of their data: `measure.sh RUN...`; in the daemon where they were exported.
. "$(dirname "$0")/common.sh"

for run in "$@"; do
    [ -f "$run/config.toml" ] || continue # A pattern that nothing fits.
    for test in $(tests_of "$run"); do
        if [ -d "$run/bundle" ]; then
            say evaluate --run "$run" --bundle "$run/bundle" --test "$test" --kshot 1,3,5
        else
            say evaluate --run "$run" --test "$test" --kshot 1,3,5
        fi
    done
done
