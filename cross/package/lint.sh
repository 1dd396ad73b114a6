#!/bin/sh
# Holds packages against Debian's rules: `lint.sh PACKAGE...`. Errors end it; what is known and meant is in
# lintian-overrides beside this file, with its reason.
set -eu
here=$(dirname "$0")
command -v lintian >/dev/null 2>&1 || {
    command -v apt-get >/dev/null 2>&1 || {
        echo "lint: lintian is missing; this needs Debian or one of its relatives" >&2
        exit 1
    }
    "$here/../as_root.sh" lint lintian "apt-get update && apt-get install -y --no-install-recommends lintian"
}
lintian --fail-on error --tag-display-limit 0 --allow-root "$@"
