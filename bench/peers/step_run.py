"""Alternates Meristem's `bench step` with step_peer.py and compares medians; with --curves N, the losses of N steps from one start.

Run it as bench/peers/run. The two sides take turns, and the order turns with each round, because the speed of a machine drifts by more than the
differences that matter.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEER = pathlib.Path(__file__).with_name("step_peer.py")
PACKAGES = ["torch", "torchvision", "timm", "peft"]
METHODS = ["floor", "lora", "dra", "full"]
VARIANTS = ["peft", "peft-tuned", "full", "full-tuned"]
# ratio: (method of Meristem, variant)
RATIOS = {
    "lora_over_peft": ("lora", "peft"),
    "lora_over_peft_tuned": ("lora", "peft-tuned"),
    "dra_over_peft": ("dra", "peft"),
    "dra_over_peft_tuned": ("dra", "peft-tuned"),
    "full_over_torch": ("full", "full"),
    "full_over_torch_tuned": ("full", "full-tuned"),
}
# Large blocks stay with the process, as Meristem's launcher has it for itself.
KEEP_BLOCKS = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "8589934592", "MALLOC_ARENA_MAX": "1"}
# A user's Python starts without these; what the shell has set must not decide the comparison.
SCRUBBED = ("MALLOC_", "OMP_", "KMP_", "GOMP_")


class Refusal(Exception):
    """What the user can mend; shown as one sentence."""


class Failure(Exception):
    """A side that did not do its work."""


def options(arguments):
    parser = argparse.ArgumentParser(prog="bench/peers/run", description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="mobilenet_v2")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=10, help="timed steps of a Python process")
    parser.add_argument("--warmup", type=int, default=3, help="its steps before them")
    parser.add_argument("--threads", type=int, help="default: all processors; Meristem is told only if this is given")
    parser.add_argument("--precision", choices=["auto", "float32", "bfloat16"], default="auto", help="of the tuned variants (auto: what is faster) and of Meristem (auto: its own choice)")
    parser.add_argument("--variants", default=",".join(VARIANTS), help="which of %(default)s")
    parser.add_argument("--no-tune", action="store_true", help="take the tuned variants as step_peer.py has them, with the allocator's settings")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--compile", action="store_true", help="try torch.compile as well; it compiles for minutes")
    parser.add_argument("--curves", type=int, metavar="N", help="compare the losses of N steps in place of times")
    parser.add_argument("--dump", metavar="DIR", help="keep the shared start of --curves here")
    parser.add_argument("--python", metavar="PATH", help="Python with " + ", ".join(PACKAGES))
    parser.add_argument("--java", default=str(ROOT / "meristem"), metavar="COMMAND", help="default: the launcher of this checkout")
    parser.add_argument("--no-java", action="store_true", help="the Python side alone")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args(arguments)
    chosen.variants = chosen.variants.split(",")
    if not set(chosen.variants) <= set(VARIANTS):
        raise Refusal(f"variants are {', '.join(VARIANTS)}")
    if chosen.rounds < 1 or (chosen.curves is not None and chosen.curves < 1):
        raise Refusal("at least one round and one step are needed")
    chosen.processors = chosen.threads or len(os.sched_getaffinity(0))
    lacking = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if lacking:
        raise Refusal(f"{sys.executable} has no {', '.join(lacking)}: name the Python of a virtual environment that has (--python PATH)")
    return chosen


def last_object(text):
    """The JSON object that ends the text, whatever stands before it."""
    decoder = json.JSONDecoder()
    at = 0
    found = None
    while (at := text.find("{", at)) >= 0:
        try:
            found, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            at += 1
    return found


def call(command, environment):
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    except OSError as error:
        raise Failure(f"cannot start {command[0]}: {error.strerror}") from error
    result = last_object(done.stdout)
    if done.returncode or result is None:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-8:])
        raise Failure(f"{shlex.join(map(str, command))} ended with {done.returncode} and said:\n{said}")
    return result


def shape(chosen):
    return ["--model", chosen.model, "--batch", chosen.batch, "--size", chosen.size, "--rank", chosen.rank, "--device", chosen.device]


def java(chosen, what, extra=()):
    command = [*shlex.split(chosen.java), "bench", what, *shape(chosen), *extra, "--json"]
    if chosen.threads:
        command += ["--threads", chosen.threads]
    if chosen.precision != "auto":
        command += ["--precision", {"float32": "fp32", "bfloat16": "bf16"}[chosen.precision]]
    return call([str(word) for word in command], dict(os.environ))


def python(chosen, variant, setting, steps, warmup, extra=()):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(SCRUBBED)}
    environment.update(setting["environment"])
    command = [sys.executable, "-W", "ignore", PEER, *shape(chosen), "--variant", variant, "--threads", chosen.processors]
    command += ["--steps", steps, "--warmup", warmup, *setting["options"], *extra, "--json"]
    return call([str(word) for word in command], environment)


def trials(chosen, variant):
    """What a tuned variant may gain from, one change after the other: (name, options, environment)."""
    pinned = {"OMP_NUM_THREADS": str(chosen.processors), "OMP_PROC_BIND": "true"}
    changes = [
        ("allocator", [], KEEP_BLOCKS),
        ("pinned threads", [], pinned),
        ("busy waiting", [], {"OMP_WAIT_POLICY": "active"}),
        ("plain AdamW", ["--optimizer", "plain"], {}),
        ("default layout", ["--layout", "nchw"], {}),
    ]
    if chosen.precision == "auto":
        changes.append(("float32", ["--precision", "float32"], {}))
    if variant == "peft-tuned":
        changes.append(("inputs of adapters cast", ["--input-cast"], {}))
        if chosen.precision != "float32":
            changes.append(("frozen weights in bfloat16", ["--base", "bfloat16"], {}))
    if chosen.compile:
        changes.append(("torch.compile", ["--compile"], {}))
    return changes


def tune(chosen, variant):
    """The fastest setting, found by keeping each change that helps on top of those before it, and what every trial took."""
    precision = [] if chosen.precision == "auto" else ["--precision", chosen.precision]
    if chosen.no_tune:
        return {"options": precision, "environment": KEEP_BLOCKS, "tried": []}

    def time(setting):
        # The best step of few: other work on the machine can only add.
        return python(chosen, variant, setting, 4, 2)["step_ms_min"]

    best = {"options": precision, "environment": {}}
    fastest = time(best)
    tried = [{"change": "none", "step_ms_min": fastest, "kept": True}]
    for change, extra, environment in trials(chosen, variant):
        setting = {"options": best["options"] + extra, "environment": {**best["environment"], **environment}}
        # A frozen base in bfloat16 needs autocast.
        if "--base" in setting["options"] and "float32" in setting["options"]:
            continue
        took = time(setting)
        tried.append({"change": change, "step_ms_min": took, "kept": took < fastest})
        note(f"{variant}, {change}: {took:.0f} ms against {fastest:.0f}")
        if took < fastest:
            best, fastest = setting, took
    return {**best, "tried": tried}


def note(text):
    print(f"bench/peers/run: {text}", file=sys.stderr, flush=True)


def medians(results):
    """The last result, with each number replaced by its median over the rounds."""
    merged = dict(results[-1])
    for key, value in merged.items():
        values = [result.get(key) for result in results]
        if all(v == value for v in values):
            continue
        if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
            median = statistics.median(values)
            merged[key] = round(median, 3) if isinstance(median, float) else median
        elif isinstance(value, dict) and all(isinstance(v, dict) for v in values):
            merged[key] = medians(values)
    return merged


def number(thing, *keys):
    """The first of the fields that is a number; None if there is none."""
    for key in keys:
        value = thing.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
    return None


def memory_of(own, method):
    """What Meristem needs above its loaded network for one method, or for the largest where it reports one figure."""
    for key in ("peak_above_loaded_mib", "peaks_above_loaded_mib"):
        if isinstance(own.get(key), dict):
            return number(own[key], method)
    return number(own, f"{method}_peak_above_loaded_mib", "peak_above_loaded_mib")


def over(a, b):
    return round(a / b, 3) if a and b else None


def compare(own, peers):
    ratios = {}
    for name, (method, variant) in RATIOS.items():
        if variant in peers:
            ratios[name] = over(number(own, method + "_ms"), peers[variant]["step_ms"])
    for variant, name in (("peft", "memory_over_peft"), ("peft-tuned", "memory_over_peft_tuned")):
        if variant in peers:
            ratios[name] = over(memory_of(own, "lora"), peers[variant]["peak_above_loaded_mib"])
    return ratios


def steps(chosen):
    settings = {v: tune(chosen, v) if v.endswith("-tuned") else {"options": [], "environment": {}} for v in chosen.variants}
    sides = ([] if chosen.no_java else ["java"]) + chosen.variants
    results = {side: [] for side in sides}
    for i in range(chosen.rounds):
        for side in sides if i % 2 == 0 else reversed(sides):
            if side == "java":
                results[side].append(java(chosen, "step"))
            else:
                results[side].append(python(chosen, side, settings[side], chosen.steps, chosen.warmup))
            note(f"round {i + 1} of {chosen.rounds}: {side} done")
    own = medians(results.pop("java")) if not chosen.no_java else {}
    peers = {variant: medians(of) for variant, of in results.items()}
    for variant, peer in peers.items():
        if "tried" in settings[variant]:
            peer["tried"] = settings[variant]["tried"]
    if own.get("threads", chosen.processors) != chosen.processors:
        note(f"unequal: Meristem used {own['threads']} threads, Python {chosen.processors}")
    asked = {key: getattr(chosen, key) for key in ("model", "batch", "size", "rank", "rounds")}
    return {**asked, "meristem": own, "python": peers, **compare(own, peers)}


def shown(value, form="{:.0f}"):
    return "" if value is None else form.format(value)


def table(result):
    print(f"{result['model']}, batch {result['batch']}, {result['size']} px, rank {result['rank']}, medians of {result['rounds']} rounds\n")
    print(f"{'':22}{'step ms':>9}{'peak MiB above loaded':>24}  dtype")
    own, peers = result["meristem"], result["python"]
    for method in METHODS:
        if number(own, method + "_ms") is not None:
            memory = shown(memory_of(own, method))
            print(f"{'meristem ' + method:22}{own[method + '_ms']:9.0f}{memory:>24}  {own.get('precision', '')}")
    for variant, peer in peers.items():
        form = ", ".join([peer["layout"], *(["AdamW fused"] if peer["optimizer"] == "fused" else []), *(["compiled"] if peer["compile"] else [])])
        refused = f", {peer['refused_layers']} layers refused" if peer["refused_layers"] else ""
        print(f"{variant:22}{peer['step_ms']:9.0f}{peer['peak_above_loaded_mib']:24.0f}  {peer['precision']} ({form}{refused})")
    print()
    for name in [*RATIOS, "memory_over_peft", "memory_over_peft_tuned", "lora_over_floor"]:
        value = result.get(name, own.get(name))
        if value is not None:
            print(f"{name:26}{value:8.2f}")
    print()
    if own:
        known = [f"{key} {own[key]}" for key in ("threads", "blas", "libtorch", "version") if own.get(key) is not None]
        print("meristem: " + ", ".join(known))
    for variant, peer in list(peers.items())[:1]:
        versions = ", ".join(f"{name} {version}" for name, version in peer["versions"].items())
        print(f"python: threads {peer['threads']}, {peer['blas']}, {peer['omp']}, {peer['cpu_capability']}, {versions}")
    for variant, peer in peers.items():
        if peer["environment"]:
            print(f"{variant}: " + " ".join(f"{key}={value}" for key, value in peer["environment"].items()))


def curves(chosen):
    if chosen.no_java:
        raise Refusal("--curves needs both sides")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(chosen.dump or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        own = java(chosen, "curve", ["--steps", chosen.curves, "--dump", folder])
        files = ["--batches", folder / "batches.bin", "--weights", folder / "weights.safetensors"]
        files += ["--adapter-init", folder / "adapter.safetensors", "--layers", folder / "layers.txt"]
        # Float32 and frozen statistics, so that both sides compute the same function; the allocator's settings only save time.
        setting = {"options": ["--frozen-norm", "--curve", chosen.curves, *files], "environment": KEEP_BLOCKS}
        peer = python(chosen, "peft", setting, chosen.curves, 0)
        # The yardstick: AdamW turns rounding into steps of full size wherever a gradient is nearly zero, so that even PEFT does not agree with itself.
        setting["options"] += ["--layout", "channels_last"]
        again = python(chosen, "peft", setting, chosen.curves, 0)
    ours, theirs = own.get("losses"), peer["losses"]
    if not isinstance(ours, list) or len(ours) != len(theirs):
        raise Failure(f"Meristem gave no {len(theirs)} losses")
    gap, step = widest(ours, theirs)
    own_gap, own_step = widest(again["losses"], theirs)
    asked = {key: getattr(chosen, key) for key in ("model", "batch", "size", "rank")}
    return {
        **asked,
        "steps": chosen.curves,
        "meristem": ours,
        "peft": theirs,
        "peft_channels_last": again["losses"],
        "largest_difference": gap,
        "at_step": step,
        "peft_largest_difference": own_gap,
        "peft_at_step": own_step,
        "adapter_effect": peer["adapter_effect"],
        "versions": peer["versions"],
    }


def widest(losses, others):
    """The largest difference of two curves, and its step."""
    gaps = [abs(a - b) for a, b in zip(losses, others)]
    step = max(range(len(gaps)), key=gaps.__getitem__)
    return gaps[step], step


def curve_table(result):
    print(f"{result['model']}, batch {result['batch']}, {result['size']} px, rank {result['rank']}: loss of each step, float32, frozen normalisation\n")
    print(f"{'step':>5}{'meristem':>12}{'peft':>12}{'difference':>13}{'peft with channels last':>26}{'difference':>13}")
    for i, (ours, theirs, again) in enumerate(zip(result["meristem"], result["peft"], result["peft_channels_last"])):
        print(f"{i:5}{ours:12.6f}{theirs:12.6f}{ours - theirs:13.2e}{again:26.6f}{again - theirs:13.2e}")
    print(f"\nlargest difference {result['largest_difference']:.2e}, at step {result['at_step']}")
    print(f"of PEFT with itself, layout alone changed, {result['peft_largest_difference']:.2e}, at step {result['peft_at_step']}")
    print(f"without its adapters, PEFT's network at the end has a loss that differs by {result['adapter_effect']:.2e}")
    if result["adapter_effect"] < 10 * result["largest_difference"] or result["adapter_effect"] < 1e-3:
        print("so the curves say little about the adapters: start from weights whose activations do not vanish")


def main(arguments):
    try:
        chosen = options(arguments)
        result = curves(chosen) if chosen.curves else steps(chosen)
    except Refusal as refusal:
        note(f"{refusal}.")
        return 2
    except Failure as failure:
        note(str(failure))
        return 1
    if chosen.json:
        print(json.dumps(result))
    elif chosen.curves:
        curve_table(result)
    else:
        table(result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
