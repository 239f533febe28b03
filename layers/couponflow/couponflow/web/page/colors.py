"""The merchant's color, and text colors with enough contrast on it."""

import re
from dataclasses import dataclass

BLACK, WHITE = "#000000", "#ffffff"
# The cards on the merchant's color, light and dark; page.css has the same values.
CARD, CARD_BY_NIGHT = "#ffffff", "#1c1e23"
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
# WCAG: the least contrast of a button with its surroundings.
_STANDS_OUT = 3.0
# In dark mode a background is darkened to at most this luminance.
_NIGHT_LIGHT = 0.03


@dataclass(frozen=True, slots=True)
class Scheme:
    """Four colours: the page and the text on it, the button and the text on it."""

    background: str
    ink: str
    accent: str
    on_accent: str


def schemes(background: str) -> tuple[Scheme, Scheme]:
    """The light and the dark scheme. Anything but #rrggbb counts as white."""
    color = background.lower() if _COLOR.fullmatch(background) else WHITE
    return _scheme(color, color, CARD), _scheme(_at_night(color), color, CARD_BY_NIGHT)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(color: str) -> str:
    """Black or white, whichever has more contrast: at least 4.5:1 on any color."""
    return max(BLACK, WHITE, key=lambda ink: contrast(ink, color))


def luminance(color: str) -> float:
    """The relative luminance of WCAG, 0 to 1."""
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
        darker = "#" + "".join(
            f"{int(color[at : at + 2], 16) * percent // 100:02x}" for at in (1, 3, 5)
        )
        if luminance(darker) <= _NIGHT_LIGHT:
            return darker
    return BLACK
