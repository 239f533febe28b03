"""Content negotiation: whether a client wants a page for people or JSON (RFC 9110, 12.5.1)."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

_PAGE_TYPES = {"text/html", "application/xhtml+xml", "text/*"}


class Format(StrEnum):
    """Who reads the response: a person in a browser, or a program."""

    PAGE = "page"
    JSON = "json"


def preferred_format(headers: Mapping[str, str]) -> Format | None:
    """Return the format that the headers ask for; None if they name neither.

    Of two formats with the same quality, the one named first is preferred. A browser that opens an
    address wants a page.
    """
    if headers.get("sec-fetch-mode") == "navigate":
        return Format.PAGE
    best, highest = None, 0.0
    for media_type, quality in weighted_values(headers.get("accept", "")):
        named = _format_of(media_type)
        if named and quality > highest:
            best, highest = named, quality
    return best


def _format_of(media_type: str) -> Format | None:
    if media_type in _PAGE_TYPES:
        return Format.PAGE
    is_json = media_type == "application/json" or media_type.endswith("+json")
    return Format.JSON if is_json else None


def weighted_values(header: str) -> Iterator[tuple[str, float]]:
    """Each value of an Accept or Accept-Encoding header in lower case, with its quality."""
    for part in header.lower().split(","):
        value, *parameters = (piece.strip() for piece in part.split(";"))
        yield value, _quality(parameters)


def _quality(parameters: list[str]) -> float:
    """Return the parameter q; 1 if there is none that is a number."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 1.0
    return 1.0
