"""Texts of a flow block: fill the placeholders, and truncate to a channel's limit.

`{{customer_name|you}}` has a fallback: "you" if there is no customer name.
"""

import re
import unicodedata
from collections.abc import Mapping

PLACEHOLDERS = (
    "coupon_name",
    "coupon_code",
    "starts_at",
    "starts_at_local",
    "ends_at",
    "ends_at_local",
    "last_day",
    "uses_left",
    "customer_name",
)
_PLACEHOLDER = re.compile(r"( ?)\{\{([^{}]*)\}\}")
_SPACES = re.compile(r"\s+")
# A code or an address: truncated, it would be wrong rather than short.
_UNBREAKABLE = re.compile(r"[!-~]+\Z")
_END_OF_A_CUT = " \n\t,;:.-–—"
_JOINER = "\u200d"
_BLANKS = {ord("\t"): " ", ord("\v"): "\n", ord("\f"): "\n"}


def placeholder_error(text: str) -> str | None:
    """The first error in the placeholders of a text to be saved; None if there is none."""
    unknown = sorted({name for name in _names(text) if name not in PLACEHOLDERS})
    if unknown:
        known = ", ".join(PLACEHOLDERS)
        return f"has a placeholder that nobody fills: {', '.join(unknown)}; there are {known}"
    left = _PLACEHOLDER.sub("", text)
    if "{{" in left or "}}" in left:
        return "has a placeholder that is not closed, such as {{coupon_name}"
    return None


def render(text: str, values: Mapping[str, str]) -> str:
    """Fill the placeholders in one pass: braces in a value are plain text.

    A placeholder without a value is removed, with the space before it.
    """

    def value_of(found: re.Match[str]) -> str:
        name, _, instead = found[2].partition("|")
        value = values.get(name.strip()) or instead.strip()
        return found[1] + value if value else ""

    return _PLACEHOLDER.sub(value_of, text).strip()


def strip_control(text: str) -> str:
    """The text without control characters and direction marks; line ends stay."""
    return "".join(
        character
        for character in text.translate(_BLANKS)
        if character == "\n" or not _is_control(character)
    )


def single_line(text: str) -> str:
    """The text without control characters, every run of white space as one space."""
    return _SPACES.sub(" ", strip_control(text)).strip()


def length(text: str) -> int:
    """The length of the text in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def truncate(text: str, longest: int) -> str:
    """At most `longest` UTF-16 units; a truncated text ends with an ellipsis, at a whole word,
    code, address or emoji.
    """
    if length(text) <= longest:
        return text
    head = text.encode("utf-16-le")[: 2 * (longest - 1)].decode("utf-16-le", errors="ignore")
    return (_whole_words(head, text[len(head)]) or _whole_characters(head, text) or head) + "…"


def _whole_words(head: str, following: str) -> str:
    """The whole words of `head`; "" if they are less than half of it."""
    if following.isspace():
        return head.rstrip(_END_OF_A_CUT)
    at = max(head.rfind(" "), head.rfind("\n"))
    return head[:at].rstrip(_END_OF_A_CUT) if at >= len(head) // 2 else ""


def _whole_characters(head: str, text: str) -> str:
    if "!" <= text[len(head)] <= "~":
        head = _UNBREAKABLE.sub("", head) or head
    while head and (_belongs_to_the_one_before(text[len(head)]) or head[-1] == _JOINER):
        head = head[:-1]
    flags = len(head) - len(head.rstrip("".join(map(chr, range(0x1F1E6, 0x1F200)))))
    return head[: len(head) - flags % 2].rstrip(_END_OF_A_CUT)


def _belongs_to_the_one_before(character: str) -> bool:
    is_skin_tone = "\U0001f3fb" <= character <= "\U0001f3ff"
    return character == _JOINER or is_skin_tone or unicodedata.category(character).startswith("M")


def _is_control(character: str) -> bool:
    # Joiners and the marks inside emoji are of the same category (Cf) as the overrides, but people
    # need them.
    return (
        unicodedata.category(character) in {"Cc", "Co", "Cs"}
        or character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )


def _names(text: str) -> list[str]:
    return [found[2].partition("|")[0].strip() for found in _PLACEHOLDER.finditer(text)]
