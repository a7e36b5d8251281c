"""Writes what PEFT's AdaLoRA does in 50 steps, which AdaLoraPeftTest compares Meristem's with.

    pip install torch torchvision timm peft
    python bench/peers/adalora_fixture.py core/src/test/resources/adalora/peft.json

A network of two ungrouped convolutions and two linear layers, in float64. Weights, photos, P and Q are made from their names, as in
network_fixtures.py, so that both sides start from the same bits. After each step the file has PEFT's budget, the score of every triplet, every
lambda, and at a pruning which triplets are kept; layer after layer in the network's order.

Two runs: `pruning` has the orthogonality penalty and prunes up to the last step. `final` goes on for 15 steps after the last pruning, without the
penalty: PEFT keeps what it has pruned, masked, and its penalty would go on pulling the rest away from it, where Meristem removes it.

Reference: peft.tuners.adalora (model.py, layer.py) of the version that the file names, called as its documentation has it: backward, optimiser step,
update_and_allocate with steps from 1, zero_grad.
"""

import json
import math
import pathlib
import sys
import types

import peft
import torch
from torch import nn
from torch.nn import functional as F

from network_fixtures import bounds, tensor

STEPS = 50
BATCHES = 5
LAYERS = ["stem", "point", "mixer", "head"]
RUNS = {
    "pruning": dict(init_r=6, target_r=3, tinit=5, tfinal=0, deltaT=3, orth_reg_weight=0.5),
    "final": dict(init_r=6, target_r=2, tinit=4, tfinal=15, deltaT=2, orth_reg_weight=0.0),
}
ALPHA = 12
LR, DECAY = 1e-2, 1e-2
# Scores nearer to each other than this, relatively, could change places by rounding.
GAP = 1e-3


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.point = nn.Conv2d(8, 12, 1)
        self.mixer = nn.Linear(12, 10)
        self.head = nn.Linear(10, 6)

    def forward(self, x, labels):
        y = F.relu(self.point(F.relu(self.stem(x)))).mean((2, 3))
        logits = self.head(F.relu(self.mixer(y)))
        # PEFT adds its penalty to what is called `loss` in the model's output, and to nothing else.
        return types.SimpleNamespace(loss=F.cross_entropy(logits, labels), logits=logits)


def build(settings):
    net = Net()
    for name, parameter in net.named_parameters():
        parameter.data.copy_(tensor(name, parameter.shape, *bounds(name, parameter.shape)))
    config = peft.AdaLoraConfig(
        target_modules=LAYERS, lora_alpha=ALPHA, total_step=STEPS, beta1=0.85, beta2=0.85, **settings
    )
    model = peft.get_peft_model(net, config).double()
    bound = 0.02 * math.sqrt(3)
    for name in LAYERS:
        layer = net.get_submodule(name)
        for key, part in (("P", layer.lora_B), ("Q", layer.lora_A)):
            part.default.data.copy_(tensor(f"{name}.{key}", part.default.shape, -bound, bound))
    return net, model


def scores(allocator):
    """Of every triplet, from what PEFT has averaged."""
    result = []
    for name in LAYERS:
        s = {key: allocator._element_score(f"{name}.lora_{key}.default") for key in "EAB"}
        vectors = torch.cat([s["A"].mean(1, keepdim=True), s["B"].mean(0).view(-1, 1)], dim=1)
        result += allocator._combine_ipt(s["E"], vectors).tolist()
    return result


def run(settings):
    net, model = build(settings)
    allocator = model.base_model.rankallocator
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=LR, weight_decay=DECAY)
    steps = []
    latest = None
    for step in range(1, STEPS + 1):
        batch = step % BATCHES
        images = tensor(f"images.{batch}", (8, 3, 12, 12), -1, 1).double()
        labels = torch.tensor([(i + batch) % 6 for i in range(8)])
        # PeftModel without a task type would pass AdaLoRA's own forward by, and the penalty with it.
        model.base_model(images, labels).loss.backward()
        optimizer.step()
        end = STEPS - settings["tfinal"]
        prunes = step == end or (settings["tinit"] < step < end and step % settings["deltaT"] == 0)
        model.base_model.update_and_allocate(step)
        record = {"budget": allocator.budget_schedule(step)[0]}
        if step < end:
            latest = scores(allocator)
            record["scores"] = latest
        if prunes:
            pattern = model.peft_config["default"].rank_pattern
            record["kept"] = [int(k) for name in LAYERS for k in pattern[f"{name}.lora_E.default"]]
            order = sorted(latest, reverse=True)
            edge = record["budget"]
            assert sum(record["kept"]) == edge, (step, sum(record["kept"]), edge)
            assert order[edge - 1] > order[edge] * (1 + GAP), f"step {step}: choose other numbers, {order[edge - 1:edge + 1]}"
        record["lambdas"] = [v for name in LAYERS for v in net.get_submodule(name).lora_E.default.view(-1).tolist()]
        steps.append(record)
        optimizer.zero_grad()
    return steps


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, list) else value


def main(path):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    result = {"versions": {"peft": peft.__version__, "torch": torch.__version__}}
    for name, settings in RUNS.items():
        result[name] = rounded(run(settings))
    path.write_text(json.dumps(result, separators=(",", ":")).replace('{"budget"', '\n{"budget"') + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
