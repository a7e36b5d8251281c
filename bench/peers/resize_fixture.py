"""Resizes one seeded random picture with torchvision (antialias=True) and Pillow to several sizes; stores the results as raw RGB.

The picture is byte k = (k * 2654435761 mod 2^32) >> 24, so the Java test makes the same one. Run from the repository root:
python bench/peers/resize_fixture.py
"""

import pathlib

import numpy as np
import torch
from PIL import Image
from torchvision.transforms.v2 import functional as F

OUT = pathlib.Path("core/src/test/resources/io/meristem/data/image/resize")
WIDTH, HEIGHT = 61, 47
SIZES = [(32, 24), (20, 31), (61, 20), (9, 7), (90, 70), (1, 1)]  # (width, height)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    k = np.arange(WIDTH * HEIGHT * 3, dtype=np.uint64)
    pixels = ((k * 2654435761 % 2**32) >> 24).astype(np.uint8).reshape(HEIGHT, WIDTH, 3)
    tensor = torch.from_numpy(pixels).permute(2, 0, 1)
    for width, height in SIZES:
        resized = F.resize(tensor, [height, width], antialias=True).permute(1, 2, 0).contiguous()
        (OUT / f"torchvision_{width}x{height}.rgb").write_bytes(resized.numpy().tobytes())
        pillow = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
        (OUT / f"pillow_{width}x{height}.rgb").write_bytes(np.array(pillow).tobytes())


if __name__ == "__main__":
    main()
