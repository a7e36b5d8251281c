"""Writes adapters that PEFT has made, and the logits that it computes with them: what PeftImportTest compares with.

    pip install torch torchvision timm peft
    python bench/peers/peft_fixture.py core/src/test/resources/peft

The networks' numbers are those of network_fixtures.py, which the Java side makes too; the adapters' are Gaussian, seeded. Each folder is what
save_pretrained leaves, without the README, and expected.json has the logits for a seeded input.
"""

import json
import math
import pathlib
import sys
import warnings

import torch
from peft import LoraConfig, PeftModel, get_peft_model

import network_fixtures as networks

SIDE = 64
BATCH = 2

CASES = {
    # Convolutions and a normalisation, ranks and alphas by pattern, rank-stabilised scale.
    "mobilenet_v2_035": (
        "mobilenet_v2_035",
        dict(
            target_modules=["features.0.0", "features.1.conv.1", "features.2.conv.0.0", "features.2.conv.2"],
            modules_to_save=["classifier.1", "features.0.1"],
            r=2,
            lora_alpha=6,
            rank_pattern={"features.0.0": 1, r"features\.2\.conv\.[0-9]": 3},
            alpha_pattern={"conv.2": 5},
            use_rslora=True,
            lora_dropout=0.1,
        ),
    ),
    # Linear layers by the end of their names; a later pattern must not win over an earlier one.
    "convnext_atto": (
        "convnext_atto",
        dict(
            target_modules=["stages.0.blocks.0.mlp.fc1", "stages.0.blocks.1.mlp.fc2", "stages.1.downsample.1"],
            modules_to_save=["head.fc"],
            r=2,
            lora_alpha=8,
            alpha_pattern={"fc1": 3, r".*blocks\.0\.mlp\.fc1": 100},
        ),
    ),
    # timm's names, and a normalisation with an activation in it.
    "regnety_002": (
        "regnety_002",
        dict(
            target_modules=["s1.b1.conv1.conv", "s1.b1.se.fc1", "stem.conv"],
            modules_to_save=["head.fc", "s1.b1.conv3.bn"],
            r=3,
            lora_alpha=3,
        ),
    ),
    # The classifier is the base's.
    "alexnet": ("alexnet", dict(target_modules=["features.0", "features.3"], r=4, lora_alpha=8)),
    # These cannot be imported, each for a reason of its own.
    "dora": ("mobilenet_v2_035", dict(target_modules=["features.18.0"], r=1, use_dora=True)),
    "grouped": ("regnety_002", dict(target_modules=["s1.b1.conv2.conv"], r=3)),
}


def base(name):
    model = networks.build(name).eval()
    with torch.no_grad():
        for key, value in networks.state(model).items():
            value.copy_(networks.tensor(key, tuple(value.shape), *networks.bounds(key, tuple(value.shape))))
    return model


def write(folder, name, config):
    torch.manual_seed(3)
    model = get_peft_model(base(name), LoraConfig(**config))
    with torch.no_grad():
        for key, value in model.named_parameters():
            if value.requires_grad:
                value.add_(torch.randn_like(value) * 0.1)
        for key, value in model.named_buffers():
            if ".modules_to_save." in key and key.endswith("running_mean"):
                value.add_(0.1)
    model.eval().save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    again = PeftModel.from_pretrained(base(name), folder).eval()
    image = networks.tensor("input", (BATCH, 3, SIDE, SIDE), -math.sqrt(3), math.sqrt(3))
    with torch.no_grad():
        logits = again(image)
        plain = base(name)(image)
    print(folder.name, float(logits.abs().max()), "changed by", float((logits - plain).abs().max()))
    (folder / "expected.json").write_text(
        json.dumps({"model": name, "side": SIDE, "classes": networks.CLASSES, "logits": logits.reshape(-1).tolist()})
        + "\n"
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    target = pathlib.Path(sys.argv[1])
    for case, (model_name, settings) in CASES.items():
        write(target / case, model_name, settings)
