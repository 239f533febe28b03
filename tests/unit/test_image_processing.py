"""Uploaded images: written anew, or refused."""

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
HONEST = {
    "transparent": (hostile_images.picture("PNG", (4_000, 3_050), "RGBA"), hostile_images.PNG),
    "a photo": (hostile_images.picture("JPEG", (4_000, 3_050)), hostile_images.JPEG),
    "a photo in several passes": (hostile_images.picture("JPEG", (4_000, 3_050), progressive=True), hostile_images.JPEG),
    "a WebP": (hostile_images.picture("WEBP", (4_000, 3_050), "RGBA"), hostile_images.WEBP),
    "in few colours": (hostile_images.picture("PNG", (4_000, 3_050), "P"), hostile_images.PNG),
}
ONE_FILE = """
import pathlib, sys
from couponflow.services import image_processing
from couponflow.domain.models import ImageKind
try:
    image_processing.reencode(pathlib.Path(sys.argv[1]).read_bytes(), ImageKind.CAMPAIGN_IMAGE, sys.argv[2])
except image_processing.InvalidImageError:
    pass
"""
# The most that this process ever held; getrusage would count what its parent held before it.
SAY_MEMORY = "import re; print(int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) / 1024)"
MEGABYTES = 256


def megabytes_for(program: str, *arguments: str) -> float:
    """What a process of its own needs at most."""
    path = f"{ROOT}:{ROOT / 'layers' / 'couponflow'}"
    command = [sys.executable, "-c", f"{program}\n{SAY_MEMORY}", *arguments]
    return float(subprocess.run(command, env={"PYTHONPATH": path}, capture_output=True, text=True, check=True).stdout)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_there_are_hostile_files_enough():
    assert len(HOSTILE) >= 15


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused(name):
    data, announced = HOSTILE[name]
    with pytest.raises(image_processing.InvalidImageError):
        image_processing.reencode(data, ImageKind.CAMPAIGN_IMAGE, announced)


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
def test_a_file_that_breaks_off_is_refused_wherever_it_does(format_, announced, options):
    data = hostile_images.picture(format_, (60, 40), **options)
    assert image_processing.reencode(data, ImageKind.CAMPAIGN_IMAGE, announced).width == 60
    for length in range(len(data)):
        with pytest.raises(image_processing.InvalidImageError):
            image_processing.reencode(data[:length], ImageKind.CAMPAIGN_IMAGE, announced)


@pytest.mark.parametrize("name", [name for name in HOSTILE if "bomb" in name or "huge" in name or "large" in name])
def test_a_hostile_file_takes_no_more_memory_than_a_function_has_to_spare(name, tmp_path):
    data, announced = HOSTILE[name]
    (tmp_path / "file").write_bytes(data)
    assert megabytes_for(ONE_FILE, str(tmp_path / "file"), announced) <= MEGABYTES


@pytest.mark.parametrize("name", HONEST)
def test_the_largest_image_that_is_allowed_fits_into_that_memory_too(name, tmp_path):
    data, announced = HONEST[name]
    assert image_processing.reencode(data, ImageKind.CAMPAIGN_IMAGE, announced).width == 1_200
    (tmp_path / "file").write_bytes(data)
    assert megabytes_for(ONE_FILE, str(tmp_path / "file"), announced) <= MEGABYTES


def test_measuring_memory_measures_it():
    """The control for the tests above."""
    assert megabytes_for("held = bytearray(300_000_000)") > MEGABYTES


@pytest.mark.parametrize(("format_", "announced"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
@pytest.mark.parametrize("kind", ImageKind)
def test_an_honest_image_is_shown_as_webp_and_as_jpeg_no_larger_than_needed(format_, announced, kind):
    anew = image_processing.reencode(hostile_images.picture(format_, (2_000, 1_000)), kind, announced)
    longest = 256 if kind is ImageKind.BRAND_ICON else 1_200
    assert (anew.width, anew.height) == (longest, longest // 2)
    assert (opened(anew.webp).format, opened(anew.webp).size) == ("WEBP", (anew.width, anew.height))
    assert (opened(anew.jpeg).format, opened(anew.jpeg).size) == ("JPEG", (anew.width, anew.height))


def test_a_small_image_is_not_blown_up():
    anew = image_processing.reencode(hostile_images.picture(size=(40, 30)), ImageKind.CAMPAIGN_IMAGE, "image/png")
    assert (anew.width, anew.height) == (40, 30)


def test_nothing_of_the_file_but_its_pixels_is_kept():
    exif = Image.Exif()
    exif[0x9286], exif[0x8825] = "canary-comment", {1: "N", 2: (52.0, 31.0, 12.0)}
    data = hostile_images.picture("JPEG", exif=exif, comment=b"canary-comment", icc_profile=b"canary-profile")
    anew = image_processing.reencode(data, ImageKind.CAMPAIGN_IMAGE, "image/jpeg")
    for written in (anew.webp, anew.jpeg):
        assert b"canary" not in written
        assert dict(opened(written).getexif()) == {} and "icc_profile" not in opened(written).info


def test_a_photo_taken_sideways_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    anew = image_processing.reencode(
        hostile_images.picture("JPEG", (400, 300), exif=exif), ImageKind.CAMPAIGN_IMAGE, "image/jpeg"
    )
    assert (anew.width, anew.height) == (300, 400)


def test_what_is_transparent_stays_so_and_is_white_in_the_preview():
    written = io.BytesIO()
    Image.new("RGBA", (100, 100), (255, 0, 0, 0)).save(written, "PNG")
    anew = image_processing.reencode(written.getvalue(), ImageKind.BRAND_ICON, "image/png")
    assert opened(anew.webp).convert("RGBA").getpixel((50, 50))[3] == 0  # type: ignore[index]
    assert opened(anew.jpeg).getpixel((50, 50)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_way_of_keeping_pixels_is_read(mode):
    written = io.BytesIO()
    Image.new(mode, (100, 80)).save(written, "PNG")
    assert image_processing.reencode(written.getvalue(), ImageKind.BRAND_ICON, "image/png").width == 100


@pytest.mark.parametrize("behind", [b"", bytes(100), b"\r\n", hostile_images.picture("JPEG", (100, 80))])
def test_what_phones_put_behind_a_photo_is_no_offence(behind):
    for options in ({}, {"progressive": True}, {"restart_marker_rows": 1}):
        data = hostile_images.picture("JPEG", **options) + behind
        assert image_processing.reencode(data, ImageKind.CAMPAIGN_IMAGE, "image/jpeg").width == 400
