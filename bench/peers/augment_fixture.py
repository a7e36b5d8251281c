"""Prints torchvision's colour adjustments of four pixels, for ColorJitterTest. Run: python bench/peers/augment_fixture.py"""

import torch
from torchvision.transforms.v2 import functional as F

PIXELS = [[0.8, 0.2, 0.1], [0.1, 0.7, 0.3], [0.25, 0.3, 0.9], [0.5, 0.5, 0.5]]


def main():
    image = torch.tensor(PIXELS).T.reshape(3, 2, 2)
    for name, adjust, factor in [
        ("brightness", F.adjust_brightness, 1.3),
        ("contrast", F.adjust_contrast, 0.6),
        ("saturation", F.adjust_saturation, 1.7),
        ("hue", F.adjust_hue, 0.1),
        ("hue", F.adjust_hue, -0.37),
    ]:
        values = adjust(image, factor).reshape(3, 4).T.reshape(-1).tolist()
        print(name, factor, ", ".join(f"{v:.6f}f" for v in values))


if __name__ == "__main__":
    main()
