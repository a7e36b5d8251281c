"""Writes small pictures of unusual kinds with Pillow, and the RGB that Pillow reads back from each (NAME.rgb, raw bytes).

Run from the repository root: python bench/peers/decode_fixture.py
"""

import io
import pathlib

import numpy as np
from PIL import Image, ImageCms

OUT = pathlib.Path("core/src/test/resources/io/meristem/data/image/decode")


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


JFIF = b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"


def segment(data, name):
    """The marker segment that holds a name, whole."""
    at = data.find(name) - 4
    return data[at : at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")]


def without(data, name):
    return data.replace(segment(data, name), b"")


def with_transform(data, transform):
    at = data.find(b"Adobe") + 11
    return data[:at] + bytes([transform]) + data[at + 1 :]


def with_names(data, names):
    """Other identifiers of the three components, in the frame header and in the scan's."""
    data = bytearray(data)
    frame, scan = data.find(b"\xff\xc0"), data.find(b"\xff\xda")
    for i, name in enumerate(names):
        data[frame + 10 + 3 * i] = data[scan + 5 + 2 * i] = name
    return bytes(data)


def jpeg_markers(image):
    """JPEGs whose markers say different things about how their colours are stored."""
    plain = io.BytesIO()
    image.save(plain, "JPEG", quality=95, subsampling=0)
    plain = plain.getvalue()
    rgb = (OUT / "keep_rgb.jpg").read_bytes()
    cmyk = (OUT / "cmyk.jpg").read_bytes()
    ycck = (OUT / "ycck_inverted.jpg").read_bytes()
    ids = (ord("R"), ord("G"), ord("B"))
    return {
        "marker_none.jpg": without(plain, b"JFIF"),
        "marker_none_names_rgb.jpg": without(rgb, b"Adobe"),
        "marker_none_names_012.jpg": with_names(without(plain, b"JFIF"), (0, 1, 2)),
        "marker_jfif_names_rgb.jpg": with_names(plain, ids),
        "marker_jfif_adobe0.jpg": rgb[:2] + JFIF + rgb[2:],
        "marker_adobe1_names_rgb.jpg": with_transform(rgb, 1),
        "marker_adobe2.jpg": with_transform(rgb, 2),
        "marker_none_cmyk.jpg": without(cmyk, b"Adobe"),
        "marker_none_ycck.jpg": without(ycck, b"Adobe"),
        "marker_adobe1_ycck.jpg": with_transform(ycck, 1),
        "marker_jfif_cmyk.jpg": cmyk[:2] + JFIF + cmyk[2:],
    }


def webps(image):
    image.save(OUT / "lossy.webp", quality=90)
    image.crop((0, 0, 23, 15)).resize((37, 29), Image.BICUBIC).save(OUT / "lossy_odd.webp", quality=60)
    y, x = np.mgrid[0:16, 0:24]
    image.putalpha(Image.fromarray((255 - x * 255 / 23).astype(np.uint8)))
    image.save(OUT / "lossy_alpha.webp", quality=80)
    second = Image.new("RGBA", image.size, "red")
    image.save(OUT / "animated.webp", quality=80, save_all=True, append_images=[second], minimize_size=False)


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
    for name, data in jpeg_markers(image).items():
        (OUT / name).write_bytes(data)
    webps(image.copy())
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
