"""An uploaded image looks as the browser would have shown the file itself."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser, Page

from couponflow.domain.models import ImageKind
from couponflow.services import image_processing
from tests.support import odd_images

CORPUS = odd_images.corpus()
# In levels of 256, on average: WebP is lossy, and scaling is not involved.
TOLERANCE = 5.0
_DRAW = """async (address) => {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d", { colorSpace: "srgb" });
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0);
  return canvas.toDataURL("image/png");
}"""


@pytest.fixture(scope="module")
def page(chromium: Browser):
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def as_shown(page: Page, data: bytes) -> Image.Image:
    """The file's first frame on white, as Chromium draws it."""
    address = "data:;base64," + base64.b64encode(data).decode()
    drawn = page.evaluate(_DRAW, address)
    return Image.open(io.BytesIO(base64.b64decode(drawn.partition(",")[2]))).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    assert one.size == other.size
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)


def test_corpus_has_at_least_sixty_files():
    assert len(CORPUS) >= 60


@pytest.mark.parametrize("name", CORPUS)
def test_published_image_looks_like_the_uploaded_file(page: Page, name: str):
    published = image_processing.reencode(CORPUS[name], ImageKind.CAMPAIGN_IMAGE)
    expected = as_shown(page, CORPUS[name])
    assert difference(as_shown(page, published.webp), expected) < TOLERANCE
    assert difference(as_shown(page, published.jpeg), expected) < 1.5 * TOLERANCE


def test_wrong_colors_and_wrong_orientation_exceed_the_tolerance():
    """The control: the difference that a missing conversion makes is seen."""
    scene = odd_images.scene()
    assert difference(scene, scene.rotate(180)) > TOLERANCE
    assert difference(scene, scene.point(lambda value: min(255, value + 8))) > TOLERANCE
