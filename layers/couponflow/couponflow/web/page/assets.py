"""Styles and script of the page, inside the page: one request, and a policy that lets nothing else run.

A content security policy names them by hash. The merchant's colours are a style of their own, so that the rest is the same
on every page; a page shown inside another, such as a preview, is allowed by STYLE_SOURCE and SCRIPT_SOURCE there.
"""

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from couponflow.web.page.colors import WHITE, Scheme, schemes

_HERE = Path(__file__).parent
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SPACE = re.compile(r"\s*\n\s*")


def _css(name: str) -> str:
    return _SPACE.sub("", _COMMENT.sub("", (_HERE / name).read_text("utf-8")))


def _js(name: str) -> str:
    lines = (line.strip() for line in (_HERE / name).read_text("utf-8").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def source_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


STYLE = Markup(_css("page.css"))
SCRIPT = Markup(_js("page.js"))
STYLE_SOURCE, SCRIPT_SOURCE = source_of(STYLE), source_of(SCRIPT)


@lru_cache(1_000)
def colors(background: str) -> Markup:
    """The style that holds the merchant's colours, by day and by night."""
    by_day, by_night = schemes(background)
    return Markup(":root{}@media(prefers-color-scheme:dark){{:root{}}}").format(_variables(by_day), _variables(by_night))


def security_policy(background: str = WHITE) -> str:
    """Nothing but what the page itself brings along, images from here, and forms that lead here."""
    return (
        f"default-src 'none'; style-src {STYLE_SOURCE} {source_of(colors(background))}; script-src {SCRIPT_SOURCE}; "
        "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _variables(scheme: Scheme) -> str:
    return f"{{--bg:{scheme.background};--ink:{scheme.ink};--accent:{scheme.accent};--on:{scheme.on_accent}}}"
