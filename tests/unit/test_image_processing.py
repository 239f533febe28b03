"""Uploaded images are re-encoded or refused."""

import io
import subprocess
import sys

import pytest
from PIL import Image

from couponflow.domain.models import ImageKind
from couponflow.services import image_processing
from tests.support import hostile_images
from tools.paths import ROOT

HOSTILE = hostile_images.files()
LARGEST_ALLOWED = {
    "transparent": (hostile_images.picture("PNG", (4_000, 3_050), "RGBA"), hostile_images.PNG),
    "a photo": (hostile_images.picture("JPEG", (4_000, 3_050)), hostile_images.JPEG),
    "a photo in several passes": (
        hostile_images.picture("JPEG", (4_000, 3_050), progressive=True),
        hostile_images.JPEG,
    ),
    "a WebP": (hostile_images.picture("WEBP", (4_000, 3_050), "RGBA"), hostile_images.WEBP),
    "in few colours": (hostile_images.picture("PNG", (4_000, 3_050), "P"), hostile_images.PNG),
}
ONE_FILE = """
import pathlib, sys
from couponflow.services import image_processing
from couponflow.domain.models import ImageKind
try:
    image_processing.reencode(pathlib.Path(sys.argv[1]).read_bytes(), ImageKind.CAMPAIGN_IMAGE)
except image_processing.InvalidImageError:
    pass
"""
# Peak memory of this process; getrusage would include the parent's peak before the fork.
PRINT_PEAK_MEMORY = """import re
status = open('/proc/self/status').read()
print(int(re.search(r'VmHWM:\\s+(\\d+)', status)[1]) / 1024)
"""
MEGABYTES = 256


def peak_megabytes(program: str, *arguments: str) -> float:
    """Peak memory, in MB, of a separate process that runs `program`."""
    path = f"{ROOT}:{ROOT / 'layers' / 'couponflow'}"
    command = [sys.executable, "-c", f"{program}\n{PRINT_PEAK_MEMORY}", *arguments]
    return float(
        subprocess.run(
            command, env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
        ).stdout
    )


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_at_least_15_hostile_files_are_tried():
    assert len(HOSTILE) >= 15


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_refused(name):
    data, _ = HOSTILE[name]
    with pytest.raises(image_processing.InvalidImageError):
        image_processing.reencode(data, ImageKind.CAMPAIGN_IMAGE)


@pytest.mark.parametrize(
    ("format_", "announced", "options"),
    [
        ("PNG", hostile_images.PNG, {}),
        ("JPEG", hostile_images.JPEG, {}),
        ("JPEG", hostile_images.JPEG, {"progressive": True}),
        ("JPEG", hostile_images.JPEG, {"restart_marker_rows": 1}),
        ("WEBP", hostile_images.WEBP, {}),
        ("WEBP", hostile_images.WEBP, {"lossless": True}),
    ],
)
def test_truncated_file_is_refused_at_any_length(format_, announced, options):
    data = hostile_images.picture(format_, (60, 40), **options)
    assert image_processing.reencode(data, ImageKind.CAMPAIGN_IMAGE).width == 60
    for length in range(len(data)):
        with pytest.raises(image_processing.InvalidImageError):
            image_processing.reencode(data[:length], ImageKind.CAMPAIGN_IMAGE)


@pytest.mark.parametrize(
    "name", [name for name in HOSTILE if "bomb" in name or "huge" in name or "large" in name]
)
def test_hostile_file_needs_at_most_256_mb(name, tmp_path):
    data, _ = HOSTILE[name]
    (tmp_path / "file").write_bytes(data)
    assert peak_megabytes(ONE_FILE, str(tmp_path / "file")) <= MEGABYTES


@pytest.mark.parametrize("name", LARGEST_ALLOWED)
def test_largest_allowed_image_needs_at_most_256_mb(name, tmp_path):
    data, _ = LARGEST_ALLOWED[name]
    assert image_processing.reencode(data, ImageKind.CAMPAIGN_IMAGE).width == 1_200
    (tmp_path / "file").write_bytes(data)
    assert peak_megabytes(ONE_FILE, str(tmp_path / "file")) <= MEGABYTES


def test_control_memory_measurement_sees_300_mb():
    """Control: the measurement notices a process that holds 300 MB."""
    assert peak_megabytes("held = bytearray(300_000_000)") > MEGABYTES


@pytest.mark.parametrize(
    ("format_", "announced"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
@pytest.mark.parametrize("kind", ImageKind)
def test_valid_image_becomes_webp_and_jpeg_of_limited_size(format_, announced, kind):
    image = image_processing.reencode(hostile_images.picture(format_, (2_000, 1_000)), kind)
    longest = 256 if kind is ImageKind.BRAND_ICON else 1_200
    assert (image.width, image.height) == (longest, longest // 2)
    assert (opened(image.webp).format, opened(image.webp).size) == (
        "WEBP",
        (image.width, image.height),
    )
    assert (opened(image.jpeg).format, opened(image.jpeg).size) == (
        "JPEG",
        (image.width, image.height),
    )


def test_small_image_is_not_enlarged():
    image = image_processing.reencode(
        hostile_images.picture(size=(40, 30)), ImageKind.CAMPAIGN_IMAGE
    )
    assert (image.width, image.height) == (40, 30)


def test_metadata_is_removed_from_the_image():
    exif = Image.Exif()
    exif[0x9286], exif[0x8825] = "canary-comment", {1: "N", 2: (52.0, 31.0, 12.0)}
    data = hostile_images.picture(
        "JPEG", exif=exif, comment=b"canary-comment", icc_profile=b"canary-profile"
    )
    image = image_processing.reencode(data, ImageKind.CAMPAIGN_IMAGE)
    for written in (image.webp, image.jpeg):
        assert b"canary" not in written
        assert dict(opened(written).getexif()) == {} and "icc_profile" not in opened(written).info


def test_rotated_photo_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = image_processing.reencode(
        hostile_images.picture("JPEG", (400, 300), exif=exif), ImageKind.CAMPAIGN_IMAGE
    )
    assert (image.width, image.height) == (300, 400)


def test_transparency_is_kept_in_webp_and_white_in_jpeg():
    written = io.BytesIO()
    Image.new("RGBA", (100, 100), (255, 0, 0, 0)).save(written, "PNG")
    image = image_processing.reencode(written.getvalue(), ImageKind.BRAND_ICON)
    assert opened(image.webp).convert("RGBA").getpixel((50, 50))[3] == 0  # type: ignore[index]
    assert opened(image.jpeg).getpixel((50, 50)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_pixel_format_is_read(mode):
    written = io.BytesIO()
    Image.new(mode, (100, 80)).save(written, "PNG")
    assert image_processing.reencode(written.getvalue(), ImageKind.BRAND_ICON).width == 100


@pytest.mark.parametrize(
    "behind", [b"", bytes(100), b"\r\n", hostile_images.picture("JPEG", (100, 80))]
)
def test_trailing_data_after_a_photo_is_accepted(behind):
    for options in ({}, {"progressive": True}, {"restart_marker_rows": 1}):
        data = hostile_images.picture("JPEG", **options) + behind
        assert image_processing.reencode(data, ImageKind.CAMPAIGN_IMAGE).width == 400


@pytest.mark.parametrize("name", hostile_images.harmless())
def test_suspicious_but_sound_file_is_cleaned(name):
    data, _ = hostile_images.harmless()[name]
    image = image_processing.reencode(data, ImageKind.CAMPAIGN_IMAGE)
    for written in (image.webp, image.jpeg):
        assert not any(word in written for word in (b"<script", b"<?php", b"<svg"))


def test_jpeg_with_too_many_scans_is_refused_before_decoding(monkeypatch):
    data = hostile_images.picture("JPEG", progressive=True)
    scan = data.index(b"\xff\xda")
    many = data[:scan] + data[scan : data.index(b"\xff\xda", scan + 1)] * 101 + data[scan:]
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("decoded"))
    with pytest.raises(image_processing.InvalidImageError, match="100 scans"):
        image_processing.reencode(many, ImageKind.CAMPAIGN_IMAGE)
