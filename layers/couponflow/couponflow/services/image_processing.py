"""An uploaded file, taken for an attack until it has been decoded, and then written anew from its pixels alone."""

import io
import warnings
from dataclasses import dataclass

from PIL import Image as Pixels
from PIL import ImageOps, UnidentifiedImageError

from couponflow.domain.models import ImageKind
from couponflow.store.images import LARGEST_UPLOAD

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
SMALLEST_SIDE, LONGEST_SIDE = 16, 8_000
# What a phone's camera takes; decoders hold it in memory up to four times, 49 MB each.
MOST_PIXELS = 12_200_000
_LONGEST_SHOWN = {ImageKind.BRAND_ICON: 256, ImageKind.CAMPAIGN_IMAGE: 1_200, ImageKind.BLOCK_IMAGE: 1_200}
# No camera writes these, but files that pose as an image and as something else do.
_FOREIGN = (b"<script", b"<?php", b"<html", b"<!doctype", b"<svg", b"%pdf-")


class InvalidImageError(Exception):
    """Why, as the end of a sentence about the file."""


@dataclass(frozen=True, slots=True)
class ReencodedImage:
    """The image as the page shows it, and as JPEG for chats that show links."""

    webp: bytes
    jpeg: bytes
    width: int
    height: int


def reencode(data: bytes, kind: ImageKind, content_type: str) -> ReencodedImage:
    """Nothing of the file but its pixels is in the result. Raises Unacceptable."""
    if len(data) > LARGEST_UPLOAD:
        raise InvalidImageError("must have 2 MiB at most")
    if any(sign in data.lower() for sign in _FOREIGN) or not _ends_where_it_should(data):
        raise InvalidImageError("holds more than an image")
    pixels = _decoded(data, FORMATS[content_type], _LONGEST_SHOWN[kind])
    return ReencodedImage(_saved(pixels, "WEBP"), _saved(_on_white(pixels), "JPEG"), pixels.width, pixels.height)


def _decoded(data: bytes, format_: str, longest: int) -> Pixels.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            # Only the decoder of the type that was announced is ever asked.
            with Pixels.open(io.BytesIO(data), formats=[format_]) as opened:
                _check_size(*opened.size)
                opened.draft("RGB", (2 * longest, 2 * longest))
                opened.load()
                has_alpha = opened.mode in ("RGBA", "LA", "PA") or "transparency" in opened.info
                target = "RGBA" if has_alpha else "RGB"
                pixels = opened if opened.mode == target else opened.convert(target)
                pixels.thumbnail((longest, longest), Pixels.Resampling.LANCZOS, reducing_gap=2.0)
                pixels = ImageOps.exif_transpose(pixels)
    except InvalidImageError:
        raise
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        Warning,
        Pixels.DecompressionBombError,
        MemoryError,
    ) as broken:
        raise InvalidImageError(f"is no sound {format_} image") from broken
    pixels.info.clear()
    return pixels


def _check_size(width: int, height: int) -> None:
    if min(width, height) < SMALLEST_SIDE:
        raise InvalidImageError(f"must measure {SMALLEST_SIDE} pixels at least")
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise InvalidImageError(f"must have {MOST_PIXELS // 1_000_000} million pixels at most, {LONGEST_SIDE} a side")


def _on_white(pixels: Pixels.Image) -> Pixels.Image:
    if pixels.mode != "RGBA":
        return pixels
    ground = Pixels.new("RGB", pixels.size, "white")
    ground.paste(pixels, mask=pixels.getchannel("A"))
    return ground


def _saved(pixels: Pixels.Image, format_: str) -> bytes:
    written = io.BytesIO()
    pixels.save(written, format_, quality=82, method=4, optimize=True, progressive=True)
    return written.getvalue()


def _ends_where_it_should(data: bytes) -> bool:
    """Whether nothing follows the image, and a PNG has its end, which its decoder does not miss; the others do."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _end_of_png(data) == len(data)
    if data.startswith(b"RIFF"):
        size = int.from_bytes(data[4:8], "little")
        return len(data) == 8 + size + size % 2
    if data.startswith(b"\xff\xd8"):
        rest = data[_end_of_jpeg(data) :].strip(b"\0\r\n ")
        # Phones append a second picture, with depth or brightness.
        return not rest or rest.startswith(b"\xff\xd8\xff")
    return True


def _end_of_png(data: bytes) -> int | None:
    at = 8
    while at + 8 <= len(data):
        length, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        at += 12 + length
        if name == b"IEND":
            return at
    return None


def _end_of_jpeg(data: bytes) -> int:
    """Segments state their length; the pixels after a start of scan end with the next marker that is none of theirs."""
    at = 2
    while 0 <= at < len(data) - 3:
        marker = data[at + 1]
        if data[at] != 0xFF:
            at = _next_marker(data, at)
        elif marker == 0xD9:
            return at + 2
        elif marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4])
            if marker == 0xDA:
                at = _next_marker(data, at)
    return len(data)


def _next_marker(data: bytes, at: int) -> int:
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] not in (0x00, 0xFF) and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 1
    return len(data)
