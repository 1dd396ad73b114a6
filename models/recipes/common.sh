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
# Photographs, in the folders that `trainer data fetch` tells of.
: "${DATA:=../shared/data}"

if [ ! -x "$TRAINER" ]; then
    echo "recipe: $TRAINER is missing; build it with: cargo build --locked --release -p sortd-trainer" >&2
    exit 1
fi

# say COMMAND...: shows a trainer command and runs it.
say() {
    echo "+ trainer $*"
    # shellcheck disable=SC2086 # TRAIN_WITH is several words on purpose.
    case "$1" in
    train | prune | sparsify | quantise | blend) "$TRAINER" "$@" --data "$DATA" --resume $TRAIN_WITH ;;
    evaluate | export | parity) "$TRAINER" "$@" --data "$DATA" ;;
    *) "$TRAINER" "$@" ;;
    esac
}

# first_stage NAME OPTIONS...: the training run in which the baseline's parts are compared, and with which its
# second teacher begins.
first_stage() {
    name=$1
    shift
    say train --run "$RUNS/blocked-cbam-$name" --sources "$(described blocked)" --net mobilenet-cbam --width 0.75 \
        --side 128 --epochs 24 --rate 1.2e-3 --probe 1 --scale-penalty 1e-4 "$@"
}

# in_the_daemon RUN TEST OPTIONS...: exports a run in int8 and measures its bundle in the daemon's engine.
in_the_daemon() {
    run=$1 test=$2
    shift 2
    say export --run "$run" "$@"
    say evaluate --run "$run" --bundle "$run/bundle" --test "$test" "$@"
}

# tests_of RUN: the tests that a run's sources describe, one a line.
tests_of() {
    sed -n 's/^\[\[data\.sources\.tests\."\{0,1\}\([^]"]*\)"\{0,1\}\]\]$/\1/p' "$1/config.toml" | sort -u
}

# described SPLIT: the description of waste by that split, blocked or author, or of all places, everywhere; where TrashNet alone is here, its own.
described() {
    if [ "$1" = blocked ] && trashnet_alone; then
        echo $SOURCES/waste-trashnet.toml
    else
        echo "$SOURCES/waste-$1.toml"
    fi
}

# trashnet_alone: whether the data folder holds TrashNet and nothing else that the descriptions of waste name.
trashnet_alone() {
    [ -d "$DATA/trashnet" ] && [ ! -d "$DATA/litter-crops" ] && [ ! -d "$DATA/more" ]
}
if trashnet_alone; then
    : "${SPLITS:=blocked}"
    echo "recipe: $DATA holds TrashNet alone. What is trained on it knows items on a white board and no other place;" \
        "\`$TRAINER data fetch\` tells where the other sets come from" >&2
elif [ -d "$DATA/trashnet" ] && [ ! -f "$DATA/trashnet/splits/author-train.txt" ]; then
    : "${SPLITS:=blocked}"
    echo "recipe: without the author's own lists, splits/author-{train,val,test}.txt, nothing is compared with papers" >&2
fi
