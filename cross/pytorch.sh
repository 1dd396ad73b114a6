#!/bin/sh
# Installs PyTorch, which `make train-bench` measures the trainer beside. Says nothing where it is there.
set -eu
/usr/bin/python3 -c "import torch" 2>/dev/null && exit 0

command -v apt-get >/dev/null 2>&1 || {
    echo "train-bench: PyTorch is missing. Install it for /usr/bin/python3, or go on without it." >&2
    exit 1
}
exec "$(dirname "$0")/as_root.sh" train-bench "PyTorch" \
    "apt-get update && apt-get install -y --no-install-recommends python3-torch"
