"""The language of the page: the coupon's, else the browser's first supported one, else English."""

import re

SUPPORTED = ("en", "zh-Hant", "zh-Hans", "ja", "th", "id", "es", "ar")
_RIGHT_TO_LEFT = {"ar"}
_RANGE = re.compile(
    r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?"
)
_TRADITIONAL = {"hant", "tw", "hk", "mo"}
_OLD_NAMES = {"in": "id"}
_LONGEST_HEADER = 500


def choose(setting: str | None, accept_language: str) -> str:
    """One of `SUPPORTED`."""
    return (_known(setting) if setting else None) or _of_browser(accept_language) or "en"


def direction(locale: str) -> str:
    """ "rtl" or "ltr"."""
    return "rtl" if locale in _RIGHT_TO_LEFT else "ltr"


def _of_browser(accept_language: str) -> str | None:
    ranges = map(_RANGE.fullmatch, map(str.strip, accept_language[:_LONGEST_HEADER].split(",")))
    wanted = [(float(found[2] or 1), found[1]) for found in ranges if found]
    wanted.sort(key=lambda pair: -pair[0])
    known = (_known(tag) for quality, tag in wanted if quality > 0)
    return next(filter(None, known), None)


def _known(tag: str) -> str | None:
    language, *rest = tag.lower().split("-")
    if language == "zh":
        return "zh-Hant" if _TRADITIONAL & set(rest) and "hans" not in rest else "zh-Hans"
    language = _OLD_NAMES.get(language, language)
    return language if language in SUPPORTED else None
