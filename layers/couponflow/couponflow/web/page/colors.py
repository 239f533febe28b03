"""A merchant's colour, and what can be read on it."""

import re
from dataclasses import dataclass

BLACK, WHITE = "#000000", "#ffffff"
# The cards that lie on the merchant's colour, by day and by night; page.css has the same.
CARD, CARD_BY_NIGHT = "#ffffff", "#1c1e23"
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
# WCAG: a button must stand out from its surroundings this much.
_STANDS_OUT = 3.0
# At night nothing shines: a background is darkened until it gives off no more light than this.
_NIGHT_LIGHT = 0.03


@dataclass(frozen=True, slots=True)
class Scheme:
    """Four colours: the page and the text on it, the button and the text on it."""

    background: str
    ink: str
    accent: str
    on_accent: str


def schemes(background: str) -> tuple[Scheme, Scheme]:
    """By day and by night. Anything but #rrggbb counts as white."""
    color = background.lower() if _COLOR.fullmatch(background) else WHITE
    return _scheme(color, color, CARD), _scheme(_at_night(color), color, CARD_BY_NIGHT)


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(color: str) -> str:
    """Black or white, whichever reads better: pure ones, which reach 4.5:1 on any colour."""
    return max(BLACK, WHITE, key=lambda ink: contrast(ink, color))


def luminance(color: str) -> float:
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _scheme(background: str, accent: str, card: str) -> Scheme:
    if contrast(accent, card) < _STANDS_OUT:
        accent = ink_on(card)
    return Scheme(background, ink_on(background), accent, ink_on(accent))


def _at_night(color: str) -> str:
    for percent in range(100, 0, -5):
        darker = "#" + "".join(f"{int(color[at : at + 2], 16) * percent // 100:02x}" for at in (1, 3, 5))
        if luminance(darker) <= _NIGHT_LIGHT:
            return darker
    return BLACK
