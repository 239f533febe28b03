"""QR codes and barcodes as SVG.

They are dark on white with a quiet zone in dark mode too, for scanners.
"""

from functools import lru_cache
from itertools import accumulate

from markupsafe import Markup

_SVG = Markup(
    '<svg class="{kind}" viewBox="0 0 {width} {height}" shape-rendering="crispEdges"{stretch} '
    'aria-hidden="true">'
    '<path fill="#fff" d="M0 0h{width}v{height}H0z"/><path d="{path}"/></svg>'
)
_QR_QUIET, _BAR_QUIET, _BAR_HEIGHT = 4, 10, 60

# Code 128: six widths of bars and spaces for each value, and the stop.
_WIDTHS = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221"
    "223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321"
    "112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131"
    "311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114"
    "122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141"
    "214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214211232"
)
_STOP = "2331112"
_START_B = 104


@lru_cache(256)
def qr(text: str) -> Markup:
    """A QR code, error correction M."""
    import segno  # only pages with a QR code wait for it

    rows = segno.make(text, error="m", micro=False).matrix
    side = len(rows) + 2 * _QR_QUIET
    dark = (
        f"M{x + _QR_QUIET} {y + _QR_QUIET}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, module in enumerate(row)
        if module
    )
    return _SVG.format(kind="qr", width=side, height=side, stretch="", path="".join(dark))


@lru_cache(256)
def barcode(text: str) -> Markup:
    """Code 128, set B: any printable ASCII."""
    values = [_START_B, *(ord(character) - 32 for character in text)]
    check = sum(value * max(place, 1) for place, value in enumerate(values)) % 103
    widths = list(
        map(int, "".join(_WIDTHS[6 * value : 6 * value + 6] for value in (*values, check)) + _STOP)
    )
    starts = list(accumulate(widths, initial=_BAR_QUIET))
    bars = (
        f"M{starts[at]} 0h{widths[at]}v{_BAR_HEIGHT}h-{widths[at]}z"
        for at in range(0, len(widths), 2)
    )
    stretch = Markup(' preserveAspectRatio="none"')
    width = starts[-1] + _BAR_QUIET
    return _SVG.format(
        kind="barcode", width=width, height=_BAR_HEIGHT, stretch=stretch, path="".join(bars)
    )


RENDERERS = {"qr": qr, "barcode": barcode}
