"""Writes small pictures of unusual kinds with Pillow, and the RGB that Pillow reads back from each (NAME.rgb, raw bytes).

Run from the repository root: python bench/peers/decode_fixture.py
"""

import pathlib

import numpy as np
from PIL import Image, ImageCms

OUT = pathlib.Path("core/src/test/resources/io/meristem/data/decode")


def swapped_profile():
    """An RGB profile with red and green exchanged: whoever applies it shows."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = data.find(b"rXYZ"), data.find(b"gXYZ")
    data[red : red + 4], data[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(data)


def as_ycck(path):
    """Tells decoders that the ink of a CMYK JPEG is stored as YCCK: the transform byte of Adobe's marker becomes 2."""
    data = bytearray(path.read_bytes())
    data[data.find(b"Adobe") + 11] = 2
    path.write_bytes(data)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[0:16, 0:24]
    pixels = np.stack([x * 255 / 23, y * 255 / 15, 128 + 100 * np.sin(x / 9 + y / 7)], -1).astype(np.uint8)
    image = Image.fromarray(pixels)
    image.convert("CMYK").save(OUT / "cmyk.jpg", quality=95)
    image.convert("CMYK").save(OUT / "ycck_inverted.jpg", quality=95)
    as_ycck(OUT / "ycck_inverted.jpg")
    image.save(OUT / "prog.jpg", quality=90, progressive=True)
    image.save(OUT / "keep_rgb.jpg", quality=95, keep_rgb=True)
    image.save(OUT / "icc.jpg", quality=95, icc_profile=swapped_profile())
    image.save(OUT / "icc.webp", lossless=True, icc_profile=swapped_profile())
    image.save(OUT / "lossless.webp", lossless=True)
    image.save(OUT / "lossy.webp", quality=90)
    image.save(OUT / "rgb.bmp")
    image.quantize(32).save(OUT / "rgb.gif")
    Image.fromarray(np.dstack([pixels, (x * 255 / 23).astype(np.uint8)])).save(OUT / "rgba.webp", lossless=True)
    wide = (y * 65535 // 15).astype(np.uint16)
    Image.fromarray(wide).save(OUT / "grey16.png")
    for path in sorted(OUT.iterdir()):
        if path.suffix == ".rgb":
            continue
        read = Image.open(path)
        if path.name == "grey16.png":  # Pillow clips here instead of scaling
            rgb = np.repeat(np.round(wide * 255.0 / 65535).astype(np.uint8)[..., None], 3, 2)
        elif read.mode == "RGBA":
            rgb = np.array(Image.alpha_composite(Image.new("RGBA", read.size, "white"), read).convert("RGB"))
        else:
            rgb = np.array(read.convert("RGB"))
        path.with_name(path.name + ".rgb").write_bytes(rgb.tobytes())


if __name__ == "__main__":
    main()
