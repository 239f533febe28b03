"""Inline icons. Each only repeats the text beside it."""

from markupsafe import Markup

_SVG = Markup('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{}</svg>')


def _icon(*paths: str) -> Markup:
    return _SVG.format(Markup().join(Markup('<path d="{}"/>').format(path) for path in paths))


_CIRCLE = "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18"

TICK = _icon("M5 12.5l4.5 4.5L19 7.5")
CLOCK = _icon(_CIRCLE, "M12 7v5l3.5 2")
TICKETS = _icon(
    "M4 8a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v2a2 2 0 0 0 0 4v2a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2v-2a2 2 0 "
    "0 0 0-4z",
    "M14 6v2.5M14 11v2M14 15.5V18",
)
COPY = _icon("M9 9h10v11H9z", "M15 9V4H5v11h4")
CROSS = _icon("M7 7l10 10M17 7L7 17")
PAUSE = _icon("M9 6v12M15 6v12")
WAITING = _icon("M12 3a9 9 0 1 1-8.5 6")
SIGNAL = _icon(
    "M4 4l16 16",
    "M5 12.5a10 10 0 0 1 4-2.4M8.5 16a5 5 0 0 1 7 0M13 8.1a13 13 0 0 1 8 3.4M12 19.5v.1",
)
CHEVRON = _icon("M7 10l5 5l5-5")
LEAVE = _icon("M14 4h6v6M20 4l-9 9", "M18 14v6H4V6h6")
SEARCH = _icon("M11 4a7 7 0 1 0 0 14a7 7 0 1 0 0-14", "M16 16l4.5 4.5")
