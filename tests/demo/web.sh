#!/bin/sh
# `make demo-web`: a daemon that replays photographs, and its page in a browser of this machine; until Ctrl-C. All that they keep lies in
# a folder that goes with them. `web.sh PROGRAM [ADDRESS:PORT]`.
set -eu
program=$1
listen=${2:-127.0.0.1:8080}
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
# Both end with this script, the page first.
trap 'kill $page $daemon 2>/dev/null || true; wait $page $daemon 2>/dev/null || true; rm -rf "$folder"' EXIT
trap 'exit 0' INT TERM
page='' daemon=''

# The example's daemon, which begins again at the end of its photographs.
mkdir "$folder/photos" "$folder/state" "$folder/web"
cp "$here"/*/*/*.jpg "$folder/photos"
sed -e "s#^path = .*#path = \"photos\"#" -e 's/^repeat = false/repeat = true/' \
    "$here/../../config/examples/replay.toml" >"$folder/sortd.toml"
"$program" run --config "$folder/sortd.toml" --sockets "$folder" --state "$folder/state" >"$folder/log" 2>&1 &
daemon=$!
until status=$("$program" status --json --sockets "$folder" 2>/dev/null); do
    kill -0 $daemon 2>/dev/null || {
        cat "$folder/log" >&2
        exit 1
    }
    sleep 0.1
done
"$program" web --listen "$listen" --sockets "$folder" --state "$folder/web" &
page=$!
code=$(printf '%s' "$status" | sed 's/.*"pairing":"\([0-9]*\)".*/\1/')
echo "demo: open http://$listen and pair with the code $code; Ctrl-C ends it"
wait $page
