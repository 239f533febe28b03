"""Checks of web addresses that marketers enter and our pages and messages link to."""

import re
from urllib.parse import urlsplit

# White space, invisible characters and direction marks too: an address must be what it looks like.
_UNFIT = re.compile(
    r"[\s\x00-\x20\x7f<>\"\\^`{|}\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)


def is_https(url: str) -> bool:
    """Whether it is https with a host and no user name: https://bank.example@evil.example leads to
    the second host.
    """
    try:
        parts = urlsplit(url)
        leads_somewhere = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return leads_somewhere and "@" not in parts.netloc and not _UNFIT.search(url)
