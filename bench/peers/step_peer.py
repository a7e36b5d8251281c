"""Times training steps of one network with PEFT's LoRA, or in full, on PyTorch: one process, one variant. bench/peers/run calls it.

    python bench/peers/step_peer.py --model mobilenet_v2 --variant peft --json

Needs a virtual environment with torch, torchvision, timm and peft. The weights are random: neither time nor memory depends on them.

`peft` and `full` are written as a user writes them after reading the documentation: float32, default layout, AdamW. The `-tuned` variants are the
fastest that we know for the same work; options override each part, so that the runner can try others.
"""

import argparse
import contextlib
import ctypes
import gc
import json
import os
import pathlib
import statistics
import struct
import sys
import time

import numpy as np
import peft
import timm
import torch
import torchvision
from peft.helpers import disable_input_dtype_casting
from torch.nn import functional as F

MIB = 1 << 20
VARIANTS = ["peft", "peft-tuned", "full", "full-tuned"]
# Read once by the C library and the thread pools, so a result without them cannot be repeated.
ENVIRONMENT = ("MALLOC_", "OMP_", "KMP_", "GOMP_", "MKL_", "ONEDNN_", "TORCH_", "LD_PRELOAD")


class Refusal(Exception):
    """What the user can mend; shown as one sentence."""


def options(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="alexnet or mobilenet_v2 of torchvision, or a name of timm")
    parser.add_argument("--classes", type=int, default=5)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rank", type=int, default=8, help="lora_alpha is twice this")
    parser.add_argument("--steps", type=int, default=10, help="steps that are timed")
    parser.add_argument("--warmup", type=int, default=3, help="steps before them")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--variant", choices=VARIANTS, default="peft")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    tuned = parser.add_argument_group("what a variant is made of (by default, what its name says)")
    tuned.add_argument("--precision", choices=["float32", "bfloat16"], help="bfloat16 is autocast")
    tuned.add_argument("--layout", choices=["nchw", "channels_last"])
    tuned.add_argument("--optimizer", choices=["plain", "fused"], help="the form of AdamW")
    tuned.add_argument("--frozen-norm", action=argparse.BooleanOptionalAction, help="BatchNorm uses its running statistics")
    tuned.add_argument("--input-cast", action=argparse.BooleanOptionalAction, help="PEFT casts what goes into an adapter to float32 (its default)")
    tuned.add_argument("--base", choices=["float32", "bfloat16"], default="float32", help="how frozen weights are stored")
    tuned.add_argument("--compile", action="store_true", help="torch.compile")
    same = parser.add_argument_group("to start where another program starts")
    same.add_argument("--batches", metavar="FILE", help="images and labels: int32 count, n, size; per batch float32 NHWC, then int64 labels; little-endian")
    same.add_argument("--weights", metavar="FILE", help="safetensors: the network's state dict")
    same.add_argument("--adapter-init", metavar="FILE", help="safetensors: LAYER.lora_A of shape (rank, columns)")
    same.add_argument("--layers", metavar="FILE", help="names of the layers to adapt, one a line, in place of all")
    same.add_argument("--curve", metavar="FILE_OR_N", help="N steps, none for warm-up, without dropout and weight decay, and print every loss; a FILE gets the losses of --steps steps")
    chosen = parser.parse_args(arguments)
    fast = chosen.variant.endswith("-tuned")
    for name, plain, quick in [
        ("precision", "float32", "bfloat16"),
        ("layout", "nchw", "channels_last"),
        ("optimizer", "plain", "fused"),
        ("frozen_norm", False, True),
        ("input_cast", True, False),
    ]:
        if getattr(chosen, name) is None:
            setattr(chosen, name, quick if fast else plain)
    chosen.peft = chosen.variant.startswith("peft")
    if chosen.curve:
        chosen.warmup = 0
        if chosen.curve.isdigit():
            chosen.steps = int(chosen.curve)
    if chosen.steps < 1:
        raise Refusal("at least one step is needed")
    return chosen


def build(name, classes):
    """The network and the name of its head."""
    if name == "alexnet":
        return torchvision.models.alexnet(weights=None, num_classes=classes), "classifier.6"
    if name == "mobilenet_v2":
        return torchvision.models.mobilenet_v2(weights=None, num_classes=classes), "classifier.1"
    if not timm.is_model(name):
        raise Refusal(f"no network is called {name}")
    model = timm.create_model(name, pretrained=False, num_classes=classes)
    head = model.pretrained_cfg["classifier"]
    if not isinstance(head, str):
        raise Refusal(f"{name} has several heads, which this benchmark does not do")
    return model, head


def load(model, path):
    from safetensors.torch import load_file

    missing, unexpected = model.load_state_dict(load_file(path), strict=False)
    missing = [key for key in missing if not key.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise Refusal(f"{path} does not fit: it lacks {missing[:3]} and has {unexpected[:3]} beside")


def adaptable(model, head, rank):
    """Names of the layers to adapt, and of those that PEFT would refuse."""
    names, refused = [], []
    for name, module in model.named_modules():
        if name == head or not isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            continue
        # PEFT's lora_B is grouped as the layer is, so it raises a ValueError for the whole network where the rank cannot be divided.
        (refused if rank % getattr(module, "groups", 1) else names).append(name)
    return names, refused


def adapt(model, head, chosen):
    names, refused = adaptable(model, head, chosen.rank)
    if chosen.layers:
        wanted = pathlib.Path(chosen.layers).read_text().split()
        strange = sorted(set(wanted) - set(names))
        if strange:
            why = "PEFT refuses it at this rank" if strange[0] in refused else "the network has no such layer"
            raise Refusal(f"cannot adapt {strange[0]}: {why}")
        names = wanted
    config = peft.LoraConfig(r=chosen.rank, lora_alpha=2 * chosen.rank, target_modules=names, modules_to_save=[head])
    adapted = peft.get_peft_model(model, config)
    # PEFT matches names by their ends as well.
    got = [name.removeprefix("base_model.model.") for name, module in adapted.named_modules() if hasattr(module, "lora_A")]
    assert sorted(got) == sorted(names), sorted(set(got) ^ set(names))
    if chosen.adapter_init:
        start(adapted, names, chosen.adapter_init)
    return adapted, names, refused


def start(model, names, path):
    from safetensors.torch import load_file

    factors = load_file(path)
    for name in names:
        layer = model.base_model.model.get_submodule(name)
        if getattr(layer.get_base_layer(), "groups", 1) > 1:
            # PEFT's lora_A sees all channels there, so no start makes both compute the same function.
            raise Refusal(f"{name} is grouped, where PEFT's adapter is another function: leave it out of the layers")
        a = layer.lora_A["default"].weight
        given = factors.get(name + ".lora_A")
        if given is None or given.numel() != a.numel():
            raise Refusal(f"{path} has no {name}.lora_A with {a.numel()} numbers")
        with torch.no_grad():
            a.copy_(given.reshape(a.shape))


class Batches:
    """Images (n, 3, size, size) and labels of step i; from a file one at a time, since a hundred of them need 2 GiB."""

    def __init__(self, chosen):
        self.chosen = chosen
        self.kept = None
        if chosen.batches:
            with open(chosen.batches, "rb") as file:
                self.count, self.n, self.size = struct.unpack("<3i", file.read(12))
            if (self.n, self.size) != (chosen.batch, chosen.size):
                raise Refusal(f"{chosen.batches} holds batches of {self.n} at {self.size} px, not {chosen.batch} at {chosen.size}")
            expected = 12 + self.count * (self.numbers() * 4 + self.n * 8)
            if self.count < 1 or os.path.getsize(chosen.batches) != expected:
                raise Refusal(f"{chosen.batches} should have {expected} bytes for {self.count} batches")

    def numbers(self):
        return self.n * self.size * self.size * 3

    def read(self, i):
        offset = 12 + i % self.count * (self.numbers() * 4 + self.n * 8)
        with open(self.chosen.batches, "rb") as file:
            file.seek(offset)
            pixels = np.fromfile(file, "<f4", self.numbers()).reshape(self.n, self.size, self.size, 3)
            return torch.from_numpy(pixels).permute(0, 3, 1, 2), torch.from_numpy(np.fromfile(file, "<i8", self.n))

    def draw(self, i):
        generator = torch.Generator().manual_seed(self.chosen.seed * 1_000_003 + i)
        images = torch.randn(self.chosen.batch, 3, self.chosen.size, self.chosen.size, generator=generator)
        return images, torch.randint(self.chosen.classes, (self.chosen.batch,), generator=generator)

    def get(self, i):
        if self.kept is None or self.chosen.curve:
            images, labels = self.read(i) if self.chosen.batches else self.draw(i)
            form = torch.channels_last if self.chosen.layout == "channels_last" else torch.contiguous_format
            self.kept = images.to(self.chosen.device).contiguous(memory_format=form), labels.to(self.chosen.device)
        return self.kept


def set_mode(model, chosen):
    model.train()
    for module in model.modules():
        if chosen.frozen_norm and isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.eval()
        if chosen.curve and isinstance(module, torch.nn.modules.dropout._DropoutNd):
            module.eval()


def status(key):
    """A line of /proc/self/status in MiB."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) / 1024
    raise Refusal(f"/proc/self/status has no {key}")


class Memory:
    """Resident memory, or the device's own, and its peak since loading."""

    def __init__(self, device):
        self.cuda = device == "cuda"
        gc.collect()
        self.fresh = True
        if self.cuda:
            torch.cuda.reset_peak_memory_stats()
            self.loaded = torch.cuda.memory_allocated() / MIB
            return
        with contextlib.suppress(OSError, AttributeError):
            # Otherwise steps would fill free space that loading left, and seem to need less than they do.
            ctypes.CDLL(None).malloc_trim(0)
        self.loaded = status("VmRSS")
        try:
            pathlib.Path("/proc/self/clear_refs").write_text("5")
        except OSError:
            self.fresh = False

    def peak(self):
        return torch.cuda.max_memory_allocated() / MIB if self.cuda else status("VmHWM")


def now(device):
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() * 1e3


def measure(model, optimizer, batches, chosen):
    """(forward, backward, rest) of every step in milliseconds, and the losses if a curve is asked for."""
    times, losses = [], []
    for i in range(chosen.warmup + chosen.steps):
        images, labels = batches.get(i)
        begin = now(chosen.device)
        optimizer.zero_grad()
        with torch.autocast(chosen.device, dtype=torch.bfloat16, enabled=chosen.precision == "bfloat16"):
            loss = F.cross_entropy(model(images), labels)
        forward = now(chosen.device)
        loss.backward()
        backward = now(chosen.device)
        optimizer.step()
        end = now(chosen.device)
        times.append((forward - begin, backward - forward, end - backward))
        if chosen.curve:
            losses.append(float(loss))
    return times, losses


def adapter_effect(model, batches, chosen):
    """How much the loss of the last batch owes to the adapters. Where activations vanish, as with random weights and untouched statistics, curves
    agree whatever the adapters do."""
    images, labels = batches.get(chosen.steps - 1)
    with torch.no_grad():
        whole = float(F.cross_entropy(model(images), labels))
        for module in model.modules():
            if hasattr(module, "lora_A"):
                module.scaling["default"] = 0.0
        return abs(whole - float(F.cross_entropy(model(images), labels)))


def libraries():
    """Which OpenMP libraries the process really loaded."""
    try:
        mapped = pathlib.Path("/proc/self/maps").read_text()
    except OSError:
        return ""
    names = {os.path.basename(line.split()[-1]) for line in mapped.splitlines() if "omp" in line}
    return ", ".join(sorted(name for name in names if name.startswith(("libgomp", "libiomp", "libomp"))))


def blas():
    lines = [line.strip(" -") for line in torch.__config__.show().splitlines()]
    return "; ".join(line.split(" for ")[0] for line in lines if "Math Kernel" in line or "MKL-DNN" in line or "OpenBLAS" in line)


def run(chosen):
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(chosen.seed)
    model, head = build(chosen.model, chosen.classes)
    if chosen.weights:
        load(model, chosen.weights)
    names, refused = [], []
    if chosen.peft:
        model, names, refused = adapt(model, head, chosen)
    if chosen.base == "bfloat16":
        for module in model.modules():
            if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)) and not module.weight.requires_grad:
                module.to(torch.bfloat16)
    model.to(chosen.device)
    if chosen.layout == "channels_last":
        model.to(memory_format=torch.channels_last)
    set_mode(model, chosen)
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    decay = {"weight_decay": 0.0} if chosen.curve else {}
    optimizer = torch.optim.AdamW(trainable, lr=chosen.lr, fused=True if chosen.optimizer == "fused" else None, **decay)
    batches = Batches(chosen)
    batches.get(0)
    forward = torch.compile(model) if chosen.compile else model
    memory = Memory(chosen.device)
    casting = disable_input_dtype_casting(model) if chosen.peft and not chosen.input_cast else contextlib.nullcontext()
    with casting:
        times, losses = measure(forward, optimizer, batches, chosen)
    peak = memory.peak()
    steps = [sum(parts) for parts in times]
    timed = times[chosen.warmup :]
    result = {
        "model": chosen.model,
        "variant": chosen.variant,
        "batch": chosen.batch,
        "size": chosen.size,
        "rank": chosen.rank if chosen.peft else 0,
        "threads": torch.get_num_threads(),
        "device": chosen.device,
        "precision": chosen.precision,
        "layout": chosen.layout,
        "optimizer": chosen.optimizer,
        "frozen_norm": chosen.frozen_norm,
        "input_cast": chosen.input_cast,
        "base": chosen.base,
        "compile": chosen.compile,
        "steps": chosen.steps,
        "step_ms": statistics.median(steps[chosen.warmup :]),
        "step_ms_min": min(steps[chosen.warmup :]),
        "first_step_ms": steps[0],
        "forward_ms": statistics.median(parts[0] for parts in timed),
        "backward_ms": statistics.median(parts[1] for parts in timed),
        "optimizer_ms": statistics.median(parts[2] for parts in timed),
        "trainable": sum(parameter.numel() for parameter in trainable),
        "adapted_layers": len(names),
        "refused_layers": len(refused),
        "loaded_mib": memory.loaded,
        "peak_mib": peak,
        "peak_above_loaded_mib": peak - memory.loaded,
        "peak_counts_loading": not memory.fresh,
        "versions": {name: module.__version__ for name, module in (("torch", torch), ("peft", peft), ("timm", timm), ("torchvision", torchvision))},
        "blas": blas(),
        "omp": libraries(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "environment": {key: value for key, value in sorted(os.environ.items()) if key.startswith(ENVIRONMENT)},
    }
    result = {key: round(value, 3) if isinstance(value, float) else value for key, value in result.items()}
    if chosen.curve:
        result["losses"] = losses
        if chosen.peft:
            result["adapter_effect"] = adapter_effect(model, batches, chosen)
        if not chosen.curve.isdigit():
            pathlib.Path(chosen.curve).write_text("".join(f"{loss!r}\n" for loss in losses))
    return result


def main(arguments):
    try:
        chosen = options(arguments)
        result = run(chosen)
    except Refusal as refusal:
        print(f"step_peer: {refusal}.", file=sys.stderr)
        return 2
    if chosen.json:
        print(json.dumps(result))
    else:
        for key, value in result.items():
            print(f"{key:22} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
