"""What a caller saw: the version of a coupon, in the body or as an entity tag, and the revision of
a redeem page or a flow block, as an entity tag.
"""

import re

from couponflow.domain.errors import VersionRequired
from couponflow.web.http.request import Request

_TAG = re.compile(r'(?:W/)?(?:"([^"]*)"|([^\s",]+))')
# No client has seen more versions of one thing.
_MOST_TAGS = 20
_ETAG = re.compile(r'(?:W/)?"?([1-9][0-9]{0,17})"?')


def etag(version: int | str) -> str:
    """The entity tag of a version or a revision."""
    return f'"{version}"'


def is_known(request: Request, etag: str) -> bool:
    """Whether If-None-Match names the entity tag, so that 304 is enough. Weak tags count."""
    known = request.headers.get("if-none-match", "")
    wanted = etag.removeprefix("W/").strip('"')
    return known.strip() == "*" or wanted in [
        quoted or bare for quoted, bare in _TAG.findall(known)
    ]


def seen_revisions(request: Request) -> tuple[str, ...] | None:
    """Return the revisions in If-Match; None without one, or if it says that any is right.

    Weak tags count: proxies that compress a response make tags weak.
    """
    header = request.headers.get("if-match", "").strip()
    if header in ("", "*"):
        return None
    tags = [quoted or bare for quoted, bare in _TAG.findall(header)]
    return tuple(dict.fromkeys(tags))[:_MOST_TAGS]


def expected_version(request: Request, in_body: int | None) -> int:
    """The version in the body, else in If-Match. Raises VersionRequired."""
    if in_body is not None:
        return in_body
    given = _ETAG.fullmatch(request.headers.get("if-match", "").strip())
    if given is None:
        raise VersionRequired
    return int(given[1])
