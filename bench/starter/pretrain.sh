#!/usr/bin/env bash
# Makes the starter network's weights: draws the patterns and pre-trains on them in two stages, all seeded.
# Usage: bench/starter/pretrain.sh WORK-FOLDER    (a new folder; takes 200 MB, and half an hour on 2 cores)
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
work="${1:?give a new folder to work in}"
seed=20261123

"$root/meristem" synth --kind patterns --out "$work/patterns" --per-class 200 --val-per-class 10 --test-per-class 10 --size 96 --seed $seed

common=(--data "$work/patterns" --model mobilenet_v2_035 --size 96 --crop 1 --method full --norm trained
    --weight-decay 0.02 --label-smoothing 0.1 --head-lr 4e-3 --seed $seed)

"$root/meristem" train "${common[@]}" --from-scratch --epochs 14 --batch 64 --lr 4e-3 --warmup-epochs 1 --out "$work/stage1"

"$root/meristem" train "${common[@]}" --weights "$work/stage1/best.safetensors" --epochs 16 --batch 32 --lr 2e-3 --warmup-epochs 0.5 --out "$work/stage2"

cp "$work/stage2/best.safetensors" "$root/core/src/main/resources/io/meristem/starter/mobilenet_v2_035.safetensors"
echo "The starter weights are in place; see $work/stage2/summary.txt"
