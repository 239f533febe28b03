"""Files that pose as images, or are images that should not be opened.

Each with the type that it was announced as.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image

PNG, JPEG, WEBP = "image/png", "image/jpeg", "image/webp"


def picture(
    format_: str = "PNG", size: tuple[int, int] = (400, 300), mode: str = "RGB", **options: Any
) -> bytes:
    """A valid image."""
    written = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert(mode).save(written, format_, **options)
    return written.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *more: bytes, rows: int | None = None) -> bytes:
    """A PNG of one bit per pixel and one colour: billions of pixels in a few kilobytes."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    row = bytes(1 + (width + 7) // 8)
    packer = zlib.compressobj(9)
    data = (
        b"".join(packer.compress(row) for _ in range(rows if rows is not None else height))
        + packer.flush()
    )
    return (
        b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def zipped() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("index.html", "<script>alert(1)</script>")
    return written.getvalue()


def files() -> dict[str, tuple[bytes, str]]:
    bomb = zlib.compress(bytes(100_000_000), 9)
    jpeg = picture("JPEG")
    claims = jpeg.replace(struct.pack(">HH", 300, 400), struct.pack(">HH", 65_535, 65_535))
    return {
        "a drawing with a script": (
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            PNG,
        ),
        "a page": (b"<!doctype html><script>alert(1)</script>", JPEG),
        "a page behind a signature": (b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script>", PNG),
        "a GIF": (picture("GIF"), PNG),
        "a GIF that is a script": (b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)", PNG),
        "a BMP": (picture("BMP"), PNG),
        "a TIFF": (picture("TIFF"), JPEG),
        "an icon": (picture("ICO", (64, 64)), PNG),
        "a PostScript file": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\nquit\n", PNG),
        "a PDF": (b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript>>>>endobj", JPEG),
        "an archive": (zipped(), PNG),
        "a program": (b"MZ" + random.Random(1).randbytes(4_000), PNG),
        "noise": (random.Random(2).randbytes(10_000), WEBP),
        "nothing": (b"", PNG),
        "one byte": (b"\x89", PNG),
        "a bomb of 900 million pixels": (png(30_000, 30_000), PNG),
        "a bomb that is long and thin": (png(60_000, 20), PNG),
        "a bomb of just too many pixels": (png(4_001, 4_001), PNG),
        "a bomb in its text": (png(64, 64, chunk(b"zTXt", b"x\0\0" + bomb)), PNG),
        "a bomb in its colours": (png(64, 64, chunk(b"iCCP", b"x\0\0" + bomb)), PNG),
        "a JPEG that claims to be huge": (claims, JPEG),
        "a WebP of the largest size": (picture("WEBP", (16_383, 1_000), quality=1), WEBP),
        "an image with an archive behind it": (picture() + zipped(), PNG),
        "a JPEG with an archive behind it": (jpeg + zipped(), JPEG),
        "a WebP with an archive behind it": (picture("WEBP") + zipped(), WEBP),
        "a JPEG with a page behind it": (jpeg + b"<html><script>alert(1)</script>", JPEG),
        "half a PNG": (picture()[:300], PNG),
        "half a JPEG": (jpeg[: len(jpeg) // 2], JPEG),
        "half a WebP": (picture("WEBP")[:80], WEBP),
        "a PNG with a wrong checksum": (picture().replace(b"IDAT", b"IDAt", 1), PNG),
        "too small to see": (picture(size=(8, 8)), PNG),
        "too large": (picture() + bytes(2 * 1024 * 1024), PNG),
    }


def harmless() -> dict[str, tuple[bytes, str]]:
    """Files that look suspicious but are sound images: browsers show them, re-encoding
    cleans them.
    """
    jpeg = picture("JPEG")
    comment = (
        b"\xff\xd8\xff\xfe"
        + struct.pack(">H", 32)
        + b"<?php system($_GET[0]); ?>".ljust(30)
        + jpeg[2:]
    )
    # One in 2,500 noisy photos spells such a word in its compressed pixels.
    drawing = b"\xff\xd8\xff\xfe" + struct.pack(">H", 32) + b"<svg onload=alert(1)>".ljust(30)
    return {
        "a JPEG with a program in its comment": (comment, JPEG),
        "an image with a script in its text": (
            png(64, 64, chunk(b"tEXt", b"x\0<script>alert(1)</script>")),
            PNG,
        ),
        "a PNG announced as JPEG": (picture(), JPEG),
        "a JPEG announced as PNG": (jpeg, PNG),
        "a WebP announced as JPEG": (picture("WEBP"), JPEG),
        "a JPEG that spells the start of a drawing": (drawing + jpeg[2:], JPEG),
    }
