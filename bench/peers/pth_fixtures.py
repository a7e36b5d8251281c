"""Writes the small PyTorch files that TorchZipFileTest reads: python pth_fixtures.py ../../core/src/test/resources/weights

Every float tensor holds i / 8 for i = 0, 1, ... in row-major order, which all floating types hold exactly; integers hold i.
"""

import collections
import os
import sys

import torch

out = sys.argv[1]
os.makedirs(out, exist_ok=True)


def numbers(*shape, dtype=torch.float32):
    count = torch.Size(shape).numel()
    values = torch.arange(count, dtype=torch.float64)
    return (values if not dtype.is_floating_point else values / 8).to(dtype).reshape(shape)


def save(name, thing, **options):
    torch.save(thing, os.path.join(out, name), **options)


model = torch.nn.Sequential(
    collections.OrderedDict(
        conv=torch.nn.Conv2d(3, 2, 3), norm=torch.nn.BatchNorm2d(2), fc=torch.nn.Linear(2, 3)
    )
)
with torch.no_grad():
    for tensor in model.state_dict().values():
        tensor.copy_(numbers(*tensor.shape, dtype=tensor.dtype))
save("state_dict.pth", model.state_dict())
save("plain_dict.pth", {"b": numbers(2, 3), "a": numbers(4)})
save("protocol4.pth", model.state_dict(), pickle_protocol=4)
save(
    "dtypes.pth",
    {
        str(dtype).split(".")[1]: numbers(2, 3, dtype=dtype)
        for dtype in (
            torch.float64,
            torch.float32,
            torch.float16,
            torch.bfloat16,
            torch.int64,
            torch.int32,
            torch.int16,
            torch.int8,
            torch.uint8,
        )
    }
    | {"bool": torch.tensor([True, False, True])},
)
base = numbers(4, 6)
save(
    "views.pth",
    {
        "base": base,
        "turned": base.t(),
        "part": base[1:3, 2:5],
        "strided": base[::2, ::3],
        "last": numbers(2, 3, 2, 2).contiguous(memory_format=torch.channels_last),
        "scalar": torch.tensor(1.5),
        "empty": torch.empty(0, 5),
    },
)
save("parameters.pth", {"w": torch.nn.Parameter(numbers(2, 3)), "b": torch.nn.Parameter(numbers(2), requires_grad=False)})
sgd = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for parameter in model.parameters():
    parameter.grad = torch.zeros_like(parameter)
sgd.step()
for key in ("state_dict", "model", "model_state", "model_ema"):
    save(
        f"nested_{key}.pth",
        {
            "epoch": 3,
            "best": 0.5,
            "note": None,
            "done": True,
            "big": 2**70,
            "history": [1, 2.5, "x", (1, 2), {3}, b"bytes"],
            "size": torch.Size([1, 2]),
            "dtype": torch.float16,
            "device": torch.device("cpu"),
            "optimizer": sgd.state_dict(),
            key: collections.OrderedDict(("module." + n, t) for n, t in model.state_dict().items()),
        },
    )
save("legacy.pth", {"a": numbers(2)}, _use_new_zipfile_serialization=False)
save("whole_module.pth", model)
save("quantity.pth", {"expanded": numbers(1).expand(1 << 40)})
save("no_tensors.pth", {"epoch": 3, "words": ["a"]})


class Calls:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


save("evil_system.pth", {"a": numbers(2), "b": Calls(os.system, "touch meristem-was-here")})
save("evil_eval.pth", {"a": numbers(2), "b": Calls(eval, "open('meristem-was-here', 'w')")})
save("evil_protocol4.pth", {"b": Calls(os.system, "touch meristem-was-here")}, pickle_protocol=4)
save("evil_getattr.pth", {"a": Calls(getattr, Calls(collections.OrderedDict), "__class__")})
