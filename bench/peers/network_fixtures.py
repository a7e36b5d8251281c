"""Writes the figures that NetworkEqualityTest compares Meristem's networks with.

    pip install torch torchvision timm
    python bench/peers/network_fixtures.py core/src/test/resources/networks [NAME ...]

With names, only their files and registry.json are written: another processor rounds the others otherwise.

Every tensor is filled from a stream of its own: SplitMix64, seeded by the FNV-1a hash of the tensor's name, 24 bits per value. The Java side
does the same, so both hold the same bits. One file per model says what the home library computes in eval mode, and registry.json what the
state dict of every model looks like and where its weights are.
"""

import hashlib
import json
import math
import pathlib
import sys

import numpy as np
import timm
import torch
import torchvision
from timm.models import get_pretrained_cfg
from timm.models._registry import get_arch_pretrained_cfgs

CLASSES = 10
BATCH = 2
# Odd sides show padding and rounding at the strides.
RUNS = {
    "alexnet": 96,
    "mobilenet_v2": 224,
    "mobilenet_v2_035": 75,
    "regnety_002": 97,
    "regnety_040": 64,
    "convnext_atto": 96,
    "convnext_tiny": 64,
    "shufflenet_v2_x0_5": 97,
    "tf_efficientnet_lite0": 97,
    "tf_efficientnet_lite1": 64,
}
REGNETS = "002 004 006 008 016 032 040 064 080 120 160 320".split()
CONVNEXTS = "atto femto pico nano tiny small base large xlarge".split()
TORCHVISION = ("alexnet", "mobilenet_v2", "shufflenet_v2")  # other names are timm's, torchvision's convnext_tiny too
SHUFFLENETS = "x0_5 x1_0 x1_5 x2_0".split()
LITES = "0 1 2 3 4".split()
NAMES = (
    ["alexnet", "mobilenet_v2", "mobilenet_v2_035", "mobilenet_v2_140"]
    + ["regnety_" + size for size in REGNETS]
    + ["convnext_" + size for size in CONVNEXTS]
    + ["shufflenet_v2_" + size for size in SHUFFLENETS]
    + ["tf_efficientnet_lite" + size for size in LITES]
)
VERSIONS = {"torch": torch.__version__, "torchvision": torchvision.__version__, "timm": timm.__version__}


def build(name, classes=CLASSES):
    if name.startswith("mobilenet_v2_"):
        return torchvision.models.mobilenet_v2(num_classes=classes, width_mult=int(name[-3:]) / 100)
    if name.startswith(TORCHVISION):
        return torchvision.models.get_model(name, weights=None, num_classes=classes)
    return timm.create_model(name, num_classes=classes)


def uniforms(name, count):
    """`count` doubles in [0, 1) with 24 bits each."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) * 2.0**-24


def tensor(name, shape, low, high):
    count = math.prod(shape)
    return torch.from_numpy((low + (high - low) * uniforms(name, count)).astype(np.float32).reshape(shape))


def bounds(name, shape):
    """Ranges that keep the activations of deep networks neither vanishing nor exploding."""
    if len(shape) > 1:
        bound = math.sqrt(3.0 / (math.prod(shape) // shape[0]))
        return -bound, bound
    if name.endswith(("weight", "running_var", "gamma")):
        return 0.5, 1.5
    return -0.1, 0.1


def state(model):
    return {key: value for key, value in model.state_dict().items() if not key.endswith("num_batches_tracked")}


def difference(got, want):
    return float((got.double() - want.double()).abs().max() / want.double().abs().max())


def run(name, side):
    model = build(name).eval()
    with torch.no_grad():
        for key, value in state(model).items():
            value.copy_(tensor(key, tuple(value.shape), *bounds(key, tuple(value.shape))))
    image = tensor("input", (BATCH, 3, side, side), -math.sqrt(3), math.sqrt(3))
    coefficients = tensor("coefficients", (BATCH, CLASSES), -1.0, 1.0)

    def logits_and_gradient(dtype):
        x = image.to(dtype, copy=True).requires_grad_(True)
        logits = model.to(dtype)(x)
        (logits * coefficients.to(dtype)).sum().backward()
        return logits.detach(), x.grad.reshape(-1)

    logits, gradient = logits_and_gradient(torch.float32)
    exact_logits, exact_gradient = logits_and_gradient(torch.float64)
    every = gradient.numel() // 17 | 1  # odd, so that the samples wander over rows and columns
    return {
        "model": name,
        "side": side,
        "logits": logits.reshape(-1).tolist(),
        "gradientSum": float(gradient.double().sum()),
        "gradientAbsSum": float(gradient.double().abs().sum()),
        "gradientMax": float(gradient.abs().max()),
        "gradientEvery": every,
        "gradientSamples": gradient[::every].tolist(),
        # How far the library itself is from its own float64 result: the scale for judging any other difference.
        "ownLogitError": difference(logits, exact_logits),
        "ownGradientError": difference(gradient, exact_gradient),
        "versions": VERSIONS,
    }


def entry(name):
    with torch.device("meta"):
        model = build(name)
    lines = [f"{key}:{'x'.join(map(str, value.shape))}\n" for key, value in state(model).items()]
    described = {
        "parameters": sum(p.numel() for p in model.parameters()),
        "state": hashlib.sha256("".join(lines).encode()).hexdigest(),
    }
    if name.startswith(TORCHVISION) and name in torchvision.models.list_models():
        described["urls"] = {w.name.lower(): w.url for w in torchvision.models.get_model_weights(name)}
    if not name.startswith(TORCHVISION):
        default = get_pretrained_cfg(name)
        described["defaultTag"] = default.tag
        described["input"] = " ".join(map(str, default.input_size[-1:] + default.mean + default.std))
        described["weights"] = {
            tag.split(".", 1)[1]: {
                "hub": cfg.hf_hub_id,
                "classes": cfg.num_classes,
                "licence": cfg.license,
                "head": cfg.classifier,
            }
            for tag, cfg in get_arch_pretrained_cfgs(name).items()
            if usable(cfg, default)
        }
    return described


def usable(cfg, default):
    """Weights with a head, for the input that the registry states for the whole model."""
    alike = cfg.mean == default.mean and cfg.std == default.std and cfg.input_size == default.input_size
    return alike and cfg.num_classes > 0


def write(path, content):
    path.write_text(json.dumps(content, indent=1) + "\n")
    print(path)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "registry.json", {"versions": VERSIONS, "models": {name: entry(name) for name in NAMES}})
    for name, side in RUNS.items():
        if len(sys.argv) > 2 and name not in sys.argv[2:]:
            continue
        content = run(name, side)
        write(folder / f"{name}.json", content)
        print("  own errors", content["ownLogitError"], content["ownGradientError"], "logits", content["logits"][:3])


if __name__ == "__main__":
    main()
