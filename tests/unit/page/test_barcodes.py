"""QR codes and barcodes: an independent reader (ZXing) decodes the code that we drew."""

import re

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from couponflow.domain import codes
from couponflow.web.page import barcodes

READ = {"qr": zxingcpp.BarcodeFormat.QRCode, "barcode": zxingcpp.BarcodeFormat.Code128}
CODES = ["SAVE20", "summer-25", "A_b-C_d", "GENERATED", "0123456789", "x" * 40, "Z9-" * 13]


def rasterize(svg: str, scale: int = 4) -> Image.Image:
    """Rasterize the dark modules of the SVG symbol."""
    size = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    assert size
    image = Image.new("L", (int(size[1]) * scale, int(size[2]) * scale), 255)
    for x, y, width, height in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+z", svg):
        left, top = int(x) * scale, int(y) * scale
        ImageDraw.Draw(image).rectangle(
            (left, top, left + int(width) * scale - 1, top + int(height) * scale - 1), fill=0
        )
    return image


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("kind", READ)
def test_scanner_reads_the_exact_code(kind, code):
    # Generated here: every worker of pytest-xdist must collect the same parameters.
    code = codes.generate() if code == "GENERATED" else code
    found = zxingcpp.read_barcodes(rasterize(barcodes.RENDERERS[kind](code)))
    assert [(result.format, result.text) for result in found] == [(READ[kind], code)]
