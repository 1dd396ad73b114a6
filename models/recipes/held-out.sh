#!/bin/sh
# The recipes that were compared on held-out sources: the frozen reference, what shipped before, and feature distillation
# by its weight, alone and with a large model's embeddings; `both` is what ships. RECIPES chooses among them.
. "$(dirname "$0")/common.sh"
if trashnet_alone; then
    echo "recipe: with TrashNet alone no source can be held out" >&2
    exit 0
fi
: "${RECIPES:=both}"

features="--net mobilenet-cbam --width 0.75 --side 160 --head features --rate 8e-4"
for recipe in $RECIPES; do
    case $recipe in
    imagenet) options= ;;
    baseline) options="baseline --net mobilenet-cbam --width 0.75 --side 128 --metric 0.1 --scale-penalty 1e-4 --probe 1 --rate 1.2e-3" ;;
    features-*) options="$recipe $features --features ${recipe#features-}" ;;
    both) options="both $features --features 4 --embeddings 2" ;;
    *)
        echo "recipe: $recipe is not known; choose among imagenet, baseline, features-WEIGHT and both" >&2
        exit 2
        ;;
    esac
    # shellcheck disable=SC2086 # The options are several words on purpose.
    models/recipes/left-out.sh $options
done
