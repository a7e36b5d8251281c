"""Prints a small picture turned by torchvision, edges mirrored, for RotationTest. Run: python bench/peers/rotate_fixture.py"""

import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F

WIDTH, HEIGHT, PAD = 7, 5, 4


def main():
    y, x = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
    image = ((x * x * 23 + x * y * 41 + y * 57) % 256).float()[None]
    wide = F.pad(image, [PAD] * 4, padding_mode="symmetric")
    for degrees in [30, -100]:
        turned = F.rotate(wide, degrees, interpolation=InterpolationMode.BILINEAR)
        values = turned[0, PAD:-PAD, PAD:-PAD].reshape(-1).tolist()
        print(degrees, ", ".join(f"{v:.2f}" for v in values))


if __name__ == "__main__":
    main()
