"""Terms and conditions: a merchant's text, sanitised."""

import re
from functools import lru_cache

import nh3
from markupsafe import Markup, escape

_TAGS = {
    "a",
    "b",
    "blockquote",
    "br",
    "em",
    "h3",
    "h4",
    "hr",
    "i",
    "li",
    "ol",
    "p",
    "s",
    "strong",
    "sub",
    "sup",
    "u",
    "ul",
}
_SCHEMES = {"https", "mailto", "tel"}
_HAS_TAG = re.compile(r"</?[a-zA-Z]")
_PARAGRAPHS = re.compile(r"\n\s*\n")


@lru_cache(256)
def sanitised(text: str) -> Markup:
    """HTML of a few harmless tags, or plain text whose lines and paragraphs are kept."""
    if _HAS_TAG.search(text):
        return Markup(
            nh3.clean(
                text,
                tags=_TAGS,
                attributes={"a": {"href"}},
                url_schemes=_SCHEMES,
                link_rel="noopener noreferrer nofollow",
            )
        )
    paragraphs = (
        escape(part.strip()).replace("\n", Markup("<br>"))
        for part in _PARAGRAPHS.split(text.replace("\r\n", "\n"))
    )
    return Markup().join(Markup("<p>{}</p>").format(part) for part in paragraphs if part)
