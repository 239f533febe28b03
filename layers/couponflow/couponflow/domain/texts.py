"""Text that comes in: which characters are invisible or blank, and the forms in which texts are
compared.
"""

import math
import re
import unicodedata

# Default_Ignorable_Code_Point of Unicode: joiners, direction marks, fillers, variation selectors,
# tags. Python's unicodedata does not have the property.
_DEFAULT_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Control characters that are no white space, and the marks of interlinear notes. Scanners send the
# separators of a barcode (\x1d).
_CONTROLS = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufff9-\ufffb"
INVISIBLE = _DEFAULT_IGNORABLE + _CONTROLS
"""The invisible characters, as the inside of a character class of `re`."""

# White space, and the empty Braille pattern, which people type where a form refuses blanks.
BLANKS = (
    "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u3000\u2800"
)
# A decoder puts it where bytes were no text. A lone surrogate can be neither stored nor hashed.
REPLACEMENT = "\ufffd"
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
# Inside a name, joiners and selectors shape letters and emoji; these do nothing there.
_MARKS_AT_ENDS = "\u200b\u200e\u200f\u061c\u00ad\u2060\u180e\ufeff"


def to_text(value: object) -> str | None:
    """A value of JSON as text: 7 and 7.0 are "7". None for None.

    Raises ValueError if it is neither text nor a number, or has a lone surrogate.
    """
    if value is None:
        return None
    if isinstance(value, str):
        if _HALF_PAIR.search(value) is None:
            return value
    elif isinstance(value, float):
        if math.isfinite(value):
            return str(int(value) if value.is_integer() else value)
    elif isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError("must be text")


def encodable(text: str) -> str:
    """The text with U+FFFD for each lone surrogate."""
    return _HALF_PAIR.sub(REPLACEMENT, text)


def clean(text: str) -> str:
    """The text in NFC, without invisible characters and surrounding blanks."""
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return text.strip(BLANKS)


def trim(text: str) -> str:
    """The text in NFC, without surrounding blanks and marks. Emoji and scripts keep their joiners;
    a text with nothing to see becomes "".
    """
    text = unicodedata.normalize("NFC", text.replace("\ufeff", "")).strip(BLANKS + _MARKS_AT_ENDS)
    return text if has_visible(text) else ""


def fold(text: str) -> str:
    """The form in which a search compares: NFKC without case, invisible characters and repeated
    blanks.
    """
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold()
    return " ".join(unicodedata.normalize("NFKC", text).split())


def has_visible(text: str) -> bool:
    """Whether there is anything to see in the text."""
    seen = _INVISIBLE.sub("", text).strip(BLANKS)
    return any(
        unicodedata.category(character)[0] not in "CZ" and character not in BLANKS
        for character in seen
    )
