#!/usr/bin/env bash
# Makes the starter network's weights: draws the patterns and pre-trains on them, all seeded. About 40 minutes on 2 cores.
# Usage: bench/starter/pretrain.sh WORK-FOLDER    (new; takes 200 MB)
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
work="${1:?give a new folder to work in}"
seed=20261123

"$root/meristem" synth --kind patterns --out "$work/patterns" --per-class 200 --val-per-class 10 --test-per-class 10 --size 96 --seed $seed
