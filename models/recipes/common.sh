# What all recipes share: where the trainer and the runs are. Sourced, not run.
#
# Each step is a run of its own that goes on where it was interrupted and does nothing once it is
# done, so a recipe can be stopped and started at any time.
set -eu
cd "$(dirname "$0")/../.."
: "${CARGO_TARGET_DIR:=target}" "${RUNS:=models/runs}" "${RESULTS:=models/results}"
: "${TRAINER:=$CARGO_TARGET_DIR/release/trainer}"
# Arguments for every training command, such as "--device cuda".
: "${TRAIN_WITH:=}"
SOURCES=models/trainer/data

if [ ! -x "$TRAINER" ]; then
    echo "recipe: $TRAINER is missing; build it with: cargo build --locked --release -p sortd-trainer" >&2
    exit 1
fi

# say COMMAND...: shows a trainer command and runs it.
say() {
    echo "+ trainer $*"
    # shellcheck disable=SC2086 # TRAIN_WITH is several words on purpose.
    case "$1" in
    train | prune | sparsify | quantise | blend) "$TRAINER" "$@" --resume $TRAIN_WITH ;;
    *) "$TRAINER" "$@" ;;
    esac
}

# first_stage NAME OPTIONS...: the training run in which the shipped network's parts are compared, and with which its
# second teacher begins.
first_stage() {
    name=$1
    shift
    say train --run "$RUNS/blocked-cbam-$name" --sources $SOURCES/waste-blocked.toml --net mobilenet-cbam --width 0.75 \
        --side 128 --epochs 24 --rate 1.2e-3 --probe 1 --scale-penalty 1e-4 "$@"
}

# in_the_daemon RUN TEST OPTIONS...: exports a run in int8 and measures its bundle in the daemon's engine.
in_the_daemon() {
    run=$1 test=$2
    shift 2
    say export --run "$run" "$@"
    say evaluate --run "$run" --bundle "$run/bundle" --test "$test" "$@"
}
