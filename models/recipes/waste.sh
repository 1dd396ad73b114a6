#!/bin/sh
# What ships: `waste`, for a Pi 3 and better. (`waste-small` is made by baseline.sh and two-teachers.sh.)
#
# A MobileNet-CBAM is fine-tuned on all sources while its features go on telling what ImageNet's and those of a large model
# tell, so that they stay general (feature distillation); first from near and far and in bad light, then as things are
# in a bin. Its channels are pruned by their importance to that whole objective, with the unpruned network for a teacher. It is
# quantised to int8 after training, with bias correction: quantisation-aware training made it worse.
#
# SPLIT=author trains on the split of TrashNet's authors, for comparison with papers.
. "$(dirname "$0")/common.sh"

: "${SPLIT:=everywhere}"
if trashnet_alone; then
    SPLIT=blocked
fi
prefix=
[ "$SPLIT" = everywhere ] || prefix=$SPLIT-

# What CLIP ViT-B/16 says of each photograph, where somebody has let it say that.
: "${EMBEDDINGS:=../shared/teachers/clip-vit-b16.safetensors}"
general="--features 4"
if [ -f "$EMBEDDINGS" ]; then
    general="$general --embeddings 2"
else
    echo "recipe: $EMBEDDINGS is missing, so the large model is no teacher; the features of ImageNet are" >&2
fi
near="--augmentation models/recipes/near.toml"

# fine_tuned COMMAND NAME OPTIONS...: a stage of the chain, with the features' objective.
fine_tuned() {
    command=$1 name=$2
    shift 2
    # shellcheck disable=SC2086 # The objective is several words on purpose.
    say "$command" --run "$RUNS/$prefix$name" $general "$@"
}

# distilled COMMAND NAME FROM TEACHER SHARE OPTIONS...: the same from another run, with a teacher.
distilled() {
    command=$1 name=$2 from=$RUNS/$prefix$3 teacher=$RUNS/$prefix$4 share=$5
    shift 5
    # shellcheck disable=SC2086
    fine_tuned "$command" "$name" --from "$from" --teacher "$teacher" --teacher-share "$share" $near "$@"
}

fine_tuned train general --sources "$(described "$SPLIT")" --net mobilenet-cbam --width 0.75 --side 160 --head features \
    --rate 8e-4 --epochs 20
# shellcheck disable=SC2086
fine_tuned train general-near --from "$RUNS/${prefix}general" --rate 1e-3 --epochs 40 $near
distilled prune waste-pruned general-near general-near 0.5 --macs 145M --parameters 1.18M --importance taylor \
    --rate 8e-4 --epochs 20
distilled train waste-longer waste-pruned general-near 0.7 --rate 1e-3 --epochs 24
fine_tuned quantise waste-int8 --from "$RUNS/${prefix}waste-longer" --epochs 0
