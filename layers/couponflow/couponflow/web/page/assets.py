"""Inline styles and script of the page, and the content security policy that allows only them.

The policy names them by hash. The merchant's colours are a separate style, so that the other one is
the same on every page. The preview's policy uses STYLE_SOURCE and SCRIPT_SOURCE too.
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
    """The CSP source of an inline style or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


STYLE = Markup(_css("page.css"))
SCRIPT = Markup(_js("page.js"))
STYLE_SOURCE, SCRIPT_SOURCE = source_of(STYLE), source_of(SCRIPT)


@lru_cache(1_000)
def colors(background: str) -> Markup:
    """The style with the merchant's colours, light and dark."""
    by_day, by_night = schemes(background)
    return Markup(":root{}@media(prefers-color-scheme:dark){{:root{}}}").format(
        _variables(by_day), _variables(by_night)
    )


def security_policy(background: str = WHITE) -> str:
    """Allow the inline style and script, and images and forms of this origin only."""
    return (
        f"default-src 'none'; style-src {STYLE_SOURCE} {source_of(colors(background))}; script-src "
        f"{SCRIPT_SOURCE}; "
        "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def _variables(scheme: Scheme) -> str:
    ground = f"--bg:{scheme.background};--ink:{scheme.ink}"
    return f"{{{ground};--accent:{scheme.accent};--on:{scheme.on_accent}}}"
