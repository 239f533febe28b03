"""Sound images with oddities that real files have. Browsers show every one of them."""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageCms

SIZE = (120, 80)


def corpus() -> dict[str, bytes]:
    """Files by what is odd about them; at least 60."""
    return dict(itertools.chain(_modes(), _jpegs(), _rotated(), _profiles(), _webps(), _pngs()))


def scene(size: tuple[int, int] = SIZE) -> Image.Image:
    """Four smooth color ramps, so that errors of color, of depth and of orientation show."""
    across = Image.linear_gradient("L").rotate(90).resize(size)
    down = Image.linear_gradient("L").resize(size)
    diagonal = Image.blend(across, down, 0.5)
    return Image.merge("RGB", (across, down, diagonal))


def _file(image: Image.Image, format_: str, **options: Any) -> bytes:
    written = io.BytesIO()
    image.save(written, format_, **options)
    return written.getvalue()


def _transparent() -> Image.Image:
    image = scene().convert("RGBA")
    image.putalpha(Image.radial_gradient("L").resize(SIZE))
    return image


def _modes() -> Iterator[tuple[str, bytes]]:
    for mode in ("1", "L", "LA", "RGB", "RGBA"):
        yield f"PNG {mode}", _file(scene().convert(mode), "PNG")
    for colors in (2, 16, 256):
        yield f"PNG palette of {colors}", _file(scene().quantize(colors), "PNG")
    yield "PNG palette with one clear color", _file(scene().quantize(16), "PNG", transparency=3)
    clear = bytes(range(0, 256, 16))
    yield "PNG palette with alpha", _file(scene().quantize(16), "PNG", transparency=clear)
    yield "PNG grey with one clear value", _file(scene().convert("L"), "PNG", transparency=128)
    yield "PNG RGB with one clear color", _file(scene(), "PNG", transparency=(0, 0, 0))
    yield "PNG transparent", _file(_transparent(), "PNG")
    grey = scene().convert("L")
    yield "PNG 16-bit grey", _png(16, 0, [[value * 257 for value in row] for row in _rows(grey)])
    dark = [[value * 64 for value in row] for row in _rows(grey)]
    yield "PNG 16-bit grey, dark", _png(16, 0, dark)
    ramp = [[min(65535, 3 * value * 257) for value in row] for row in _rows(grey)]
    yield "PNG 16-bit grey, bright", _png(16, 0, ramp)
    yield (
        "PNG 16-bit RGB",
        _png(16, 2, [[v * 257 for pixel in row for v in pixel] for row in _rows(scene())]),
    )
    for bits in (1, 2, 4):
        scaled = [[value >> (8 - bits) for value in row] for row in _rows(grey)]
        yield f"PNG {bits}-bit grey", _png(bits, 0, scaled)


def _jpegs() -> Iterator[tuple[str, bytes]]:
    for quality in (25, 50, 100):
        yield f"JPEG quality {quality}", _file(scene(), "JPEG", quality=quality)
    for subsampling in (0, 1, 2):
        yield (
            f"JPEG subsampling {subsampling}",
            _file(scene(), "JPEG", quality=95, subsampling=subsampling),
        )
    yield "JPEG grey", _file(scene().convert("L"), "JPEG", quality=95)
    yield "JPEG progressive", _file(scene(), "JPEG", quality=95, progressive=True)
    yield "JPEG restart markers", _file(scene(), "JPEG", quality=95, restart_marker_rows=1)
    yield "JPEG without JFIF header", _without_segment(_file(scene(), "JPEG", quality=95), 0xE0)
    yield "JPEG comment", _file(scene(), "JPEG", quality=95, comment=b"made by a phone")
    yield "JPEG odd size", _file(scene((121, 79)), "JPEG", quality=95)
    yield "JPEG density 1 x 2", _file(scene(), "JPEG", quality=95, dpi=(72, 144))
    plain = _file(scene(), "JPEG", quality=95)
    yield (
        "JPEG broken multi-picture index",
        _with_segment(plain, 0xE2, b"MPF\0" + b"II*\0" + b"\xff" * 20),
    )
    yield "JPEG half an EXIF header", _with_segment(plain, 0xE1, b"Exif\0\0II*\0")
    yield "JPEG EXIF of noise", _with_segment(plain, 0xE1, b"Exif\0\0" + bytes(range(7, 200, 3)))
    yield "JPEG EXIF pointing nowhere", _with_segment(plain, 0xE1, b"Exif\0\0II*\0\xff\xff\xff\x7f")
    yield "JPEG text in an unknown segment", _with_segment(plain, 0xEC, b"Ducky\0" * 20)
    yield "JPEG XMP", _with_segment(plain, 0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>")
    yield "JPEG zeros behind it", plain + bytes(64)
    yield "JPEG a second picture behind it", plain + _file(scene().rotate(180), "JPEG")
    yield "JPEG spells <svg", _file(scene(), "JPEG", quality=95, comment=b"<svg")


def _rotated() -> Iterator[tuple[str, bytes]]:
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield f"JPEG orientation {orientation}", _file(scene(), "JPEG", quality=95, exif=exif)
    for orientation in (0, 9, 6):
        entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
        count = 2 if orientation == 6 else 1  # 6: the tag is there twice
        tiff = b"II*\0\x08\0\0\0" + struct.pack("<H", count) + entry * count + bytes(4)
        plain = _file(scene(), "JPEG", quality=95)
        name = "repeated orientation" if count == 2 else f"orientation {orientation}"
        yield f"JPEG {name}", _with_segment(plain, 0xE1, b"Exif\0\0" + tiff)
    exif = Image.Exif()
    exif[0x0112] = 6
    yield "WebP orientation 6", _file(scene(), "WEBP", quality=95, exif=exif)
    yield "PNG orientation 6", _file(scene(), "PNG", exif=exif)


def _profiles() -> Iterator[tuple[str, bytes]]:
    wide = _wide_gamut()
    for format_ in ("JPEG", "PNG", "WEBP"):
        yield f"{format_} wide gamut", _file(scene(), format_, quality=95, icc_profile=wide)
        yield (
            f"{format_} broken profile",
            _file(scene(), format_, quality=95, icc_profile=b"profile"),
        )
    yield "PNG wide gamut, transparent", _file(_transparent(), "PNG", icc_profile=wide)
    yield (
        "PNG wide gamut, palette",
        _file(scene().quantize(64, dither=Image.Dither.NONE), "PNG", icc_profile=wide),
    )
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    yield "JPEG sRGB profile", _file(scene(), "JPEG", quality=95, icc_profile=srgb)
    yield (
        "JPEG grey with a color profile",
        _file(scene().convert("L"), "JPEG", quality=95, icc_profile=srgb),
    )


def _webps() -> Iterator[tuple[str, bytes]]:
    yield "WebP lossless", _file(scene(), "WEBP", lossless=True)
    yield "WebP transparent", _file(_transparent(), "WEBP", lossless=True)
    yield "WebP low quality", _file(scene(), "WEBP", quality=20)
    frames = [scene().rotate(180), scene()]
    yield (
        "WebP animated",
        _file(scene(), "WEBP", lossless=True, save_all=True, append_images=frames, duration=60_000),
    )


def _pngs() -> Iterator[tuple[str, bytes]]:
    yield (
        "PNG animated",
        _file(scene(), "PNG", save_all=True, append_images=[scene().rotate(180)], duration=60_000),
    )
    yield "PNG 1-bit clear", _png(1, 0, [[0] * SIZE[0]] * SIZE[1])
    yield "PNG interlaced palette", _file(scene().quantize(32), "PNG", bits=8)
    yield "PNG resolution", _file(scene(), "PNG", dpi=(300, 300))
    yield "PNG small", _file(scene((16, 16)), "PNG")


def _rows(image: Image.Image) -> list[list[Any]]:
    values = list(image.get_flattened_data())
    return [values[at : at + image.width] for at in range(0, len(values), image.width)]


def _png(bits: int, color_type: int, rows: list[list[int]]) -> bytes:
    """A PNG of samples as they are: Pillow writes few of these kinds."""
    samples = len(rows[0]) // (3 if color_type == 2 else 1)

    def packed(row: list[int]) -> bytes:
        text = "".join(f"{value:0{bits}b}" for value in row)
        text += "0" * (-len(text) % 8)
        return int(text, 2).to_bytes(len(text) // 8)

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", samples, len(rows), bits, color_type, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + packed(row) for row in rows))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def _with_segment(jpeg: bytes, marker: int, content: bytes) -> bytes:
    segment = bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content
    return jpeg[:2] + segment + jpeg[2:]


def _without_segment(jpeg: bytes, marker: int) -> bytes:
    at = jpeg.index(bytes([0xFF, marker]))
    length = int.from_bytes(jpeg[at + 2 : at + 4])
    return jpeg[:at] + jpeg[at + 2 + length :]


def _wide_gamut() -> bytes:
    """A profile with Display P3's primaries and sRGB's curve, written by hand: none ships with
    Pillow.
    """

    def number(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(map(number, values))

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256))
    text = b"desc\0\0\0\0" + struct.pack(">I", 3) + b"P3\0" + bytes(78)
    tags = {
        b"desc": text,
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.5151, 0.2412, -0.0011),
        b"gXYZ": xyz(0.2919, 0.6922, 0.0419),
        b"bXYZ": xyz(0.1572, 0.0666, 0.7841),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, data = struct.pack(">I", len(tags)), b""
    offset = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        table += name + struct.pack(">II", offset + len(data), len(content))
        data += content
    size = offset + len(data)
    header = struct.pack(">I4sI4s4s4s", size, b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + number(0.9642) + number(1.0) + number(0.8249)
    return header.ljust(128, b"\0") + table + data
