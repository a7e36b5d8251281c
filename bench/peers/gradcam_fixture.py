"""Writes the maps that GradCamTest compares with: Grad-CAM by PyTorch's autograd in float64, on the weights of network_fixtures.py.

    pip install torch torchvision timm
    python bench/peers/gradcam_fixture.py core/src/test/resources/gradcam.json
"""

import json
import math
import pathlib
import sys

import torch
from network_fixtures import BATCH, CLASSES, VERSIONS, bounds, build, state, tensor

# Name, side of the input, the layer whose output is the map.
RUNS = [
    ("alexnet", 127, "features.11"),
    ("mobilenet_v2_035", 150, "features.18"),
    ("regnety_002", 150, "s4"),
    ("convnext_atto", 160, "stages"),
    ("convnext_tiny", 96, "stages"),
    ("shufflenet_v2_x0_5", 150, "conv5"),
]


def maps(model, layer, image, label):
    kept = {}

    def keep(module, inputs, output):
        # A copy, because the layers after it may work in place.
        kept["map"] = output.detach().clone().requires_grad_(True)
        return kept["map"].clone()

    handle = model.get_submodule(layer).register_forward_hook(keep)
    logits = model(image)
    handle.remove()
    (gradient,) = torch.autograd.grad(logits[:, label].sum(), kept["map"])
    weights = gradient.mean((2, 3), keepdim=True)
    return torch.relu((weights * kept["map"]).sum(1)).detach()


def run(name, side, layer):
    model = build(name).eval()
    with torch.no_grad():
        for key, value in state(model).items():
            value.copy_(tensor(key, tuple(value.shape), *bounds(key, tuple(value.shape))))
    model = model.double()
    image = tensor("input", (BATCH, 3, side, side), -math.sqrt(3), math.sqrt(3)).double()
    found = {label: maps(model, layer, image, label) for label in range(CLASSES)}
    # Where nothing speaks for a class its map is empty, and compares nothing.
    full = [label for label, both in found.items() if float(both.max()) > 0][:2]
    return {
        "model": name,
        "side": side,
        "shape": list(found[0].shape),
        "maps": {str(label): found[label].reshape(-1).tolist() for label in full},
    }


content = {"versions": VERSIONS, "runs": [run(*entry) for entry in RUNS]}
pathlib.Path(sys.argv[1]).write_text(json.dumps(content, indent=1) + "\n")
for entry in content["runs"]:
    print(entry["model"], entry["shape"], [max(m) for m in entry["maps"].values()])
