#!/bin/sh
# Runs cargo-deny (deny.toml): licences, sources and doubtful crates. Builds the tool on first use.
set -eu
if ! command -v cargo-deny >/dev/null 2>&1; then
    echo "deny: cargo-deny is missing; building it once (some minutes)" >&2
    cargo install --locked --quiet cargo-deny
fi
cargo deny check --hide-inclusion-graph bans licenses sources
# Advisories come from a database that is fetched. Without it the rest is still worth checking.
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
if ! cargo deny check --hide-inclusion-graph advisories >"$answer" 2>&1; then
    if grep -qi 'failed to fetch' "$answer"; then
        echo "deny: the advisory database cannot be fetched here; advisories were NOT checked" >&2
    else
        cat "$answer" >&2
        exit 1
    fi
fi
