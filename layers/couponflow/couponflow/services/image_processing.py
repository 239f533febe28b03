"""Validates an uploaded image and re-encodes it from its pixels, as sRGB.

The file counts as an attack until it is decoded. Nothing of it but its pixels is kept, so text or
scripts inside an otherwise sound image do no harm. What browsers show is accepted.
"""

import io
import warnings
from contextlib import suppress
from dataclasses import dataclass

from PIL import Image as Pixels
from PIL import ImageCms, ImageOps, UnidentifiedImageError

from couponflow.domain.models import ImageKind
from couponflow.store.images import LARGEST_UPLOAD

# By content, whatever type was announced: browsers go by the content too.
FORMATS = ("JPEG", "PNG", "WEBP")
SMALLEST_SIDE, LONGEST_SIDE = 16, 8_000
# A phone's camera takes 12 megapixels. Decoders hold them in memory up to four times, 49 MB each.
MOST_PIXELS = 12_200_000
# Decoding time grows with the scans of a JPEG: 336 KB with thousands of them took 22 s.
MOST_SCANS = 100
_LONGEST_SHOWN = {
    ImageKind.BRAND_ICON: 256,
    ImageKind.CAMPAIGN_IMAGE: 1_200,
    ImageKind.BLOCK_IMAGE: 1_200,
}


class InvalidImageError(Exception):
    """The file is refused. The text says why, as the end of a sentence about the file."""


@dataclass(frozen=True, slots=True)
class ReencodedImage:
    """The image as the page shows it, and as JPEG for chats that show link previews."""

    webp: bytes
    jpeg: bytes
    width: int
    height: int


def reencode(data: bytes, kind: ImageKind) -> ReencodedImage:
    """Decode the file and encode its first frame again, no larger than the page shows it.

    Raises InvalidImageError.
    """
    if len(data) > LARGEST_UPLOAD:
        raise InvalidImageError("must have 2 MiB at most")
    if not _ends_where_it_should(data):
        raise InvalidImageError("holds more than an image")
    pixels = _decode(data, _LONGEST_SHOWN[kind])
    jpeg = _encode(_on_white(pixels), "JPEG")
    return ReencodedImage(_encode(pixels, "WEBP"), jpeg, pixels.width, pixels.height)


def _decode(data: bytes, longest: int) -> Pixels.Image:
    """Return the first frame, upright, in sRGB, at most `longest` pixels a side: RGB or RGBA."""
    try:
        with warnings.catch_warnings():
            # Other warnings are about metadata, which is not kept.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Pixels.DecompressionBombWarning)
            with Pixels.open(io.BytesIO(data), formats=FORMATS) as opened:
                _check_size(*opened.size)
                opened.draft("RGB", (2 * longest, 2 * longest))
                opened.load()
                pixels = _in_eight_bits(opened)
                pixels.thumbnail((longest, longest), Pixels.Resampling.LANCZOS, reducing_gap=2.0)
                pixels = _in_srgb(_upright(opened, pixels), opened.info.get("icc_profile"))
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
        raise InvalidImageError("is no sound JPEG, PNG or WebP image") from broken
    pixels.info.clear()
    return pixels


def _in_eight_bits(opened: Pixels.Image) -> Pixels.Image:
    """Return the pixels as L, RGB, RGBA or CMYK: what can be scaled smoothly."""
    if opened.mode.startswith("I"):
        # 16-bit grey. Converting alone would cut values off at 255: nearly all white.
        grey = opened.convert("I").point(lambda value: value * (1 / 257)).convert("L")
        grey.info = opened.info
        return grey
    if opened.mode in ("RGBA", "LA", "PA") or "transparency" in opened.info:
        return opened if opened.mode == "RGBA" else opened.convert("RGBA")
    return opened if opened.mode in ("L", "RGB", "CMYK") else opened.convert("RGB")


def _upright(opened: Pixels.Image, pixels: Pixels.Image) -> Pixels.Image:
    """Turn the picture as its EXIF orientation says. Browsers ignore EXIF that cannot be read."""
    if opened.format == "WEBP":
        return pixels  # Chromium does not turn these
    with suppress(Exception):
        return ImageOps.exif_transpose(pixels)
    return pixels


def _in_srgb(pixels: Pixels.Image, profile: bytes | None) -> Pixels.Image:
    """Convert the colors. Browsers ignore a profile that is broken or does not fit."""
    alpha = pixels.getchannel("A") if pixels.mode == "RGBA" else None
    color = pixels.convert("RGB") if pixels.mode == "RGBA" else pixels
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(color, source, srgb, outputMode="RGB")
            assert converted is not None, "it is not converted in place"
            color = converted
    if color.mode != "RGB":
        color = color.convert("RGB")
    if alpha is not None:
        color.putalpha(alpha)
    return color


def _check_size(width: int, height: int) -> None:
    if min(width, height) < SMALLEST_SIDE:
        raise InvalidImageError(f"must measure {SMALLEST_SIDE} pixels at least")
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise InvalidImageError(
            f"must have {MOST_PIXELS // 1_000_000} million pixels at most, {LONGEST_SIDE} a side"
        )


def _on_white(pixels: Pixels.Image) -> Pixels.Image:
    if pixels.mode != "RGBA":
        return pixels
    ground = Pixels.new("RGB", pixels.size, "white")
    ground.paste(pixels, mask=pixels.getchannel("A"))
    return ground


def _encode(pixels: Pixels.Image, format_: str) -> bytes:
    written = io.BytesIO()
    pixels.save(written, format_, quality=82, method=4, optimize=True, progressive=True)
    return written.getvalue()


def _ends_where_it_should(data: bytes) -> bool:
    """Whether nothing follows the image, and a PNG has its end, which its decoder does not miss;
    the others do.
    """
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _end_of_png(data) == len(data)
    if data.startswith(b"RIFF"):
        size = int.from_bytes(data[4:8], "little")
        return len(data) == 8 + size + size % 2
    if data.startswith(b"\xff\xd8"):
        end, scans = _end_of_jpeg(data)
        if scans > MOST_SCANS:
            raise InvalidImageError(f"must have {MOST_SCANS} scans at most")
        rest = data[end:].strip(b"\0\r\n ")
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


def _end_of_jpeg(data: bytes) -> tuple[int, int]:
    """Return where the picture ends, and its number of scans.

    Segments state their length. The pixels of a scan end with the next marker that is not theirs.
    """
    at, scans = 2, 0
    while 0 <= at < len(data) - 3:
        marker = data[at + 1]
        if data[at] != 0xFF:
            at = _next_marker(data, at)
        elif marker == 0xD9:
            return at + 2, scans
        elif marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4])
            if marker == 0xDA:
                at, scans = _next_marker(data, at), scans + 1
    return len(data), scans


def _next_marker(data: bytes, at: int) -> int:
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] not in (0x00, 0xFF) and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 1
    return len(data)
