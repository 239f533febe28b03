"""The version of a coupon that a caller saw: in the body, or as an entity tag."""

import re

from couponflow.domain.errors import VersionRequired
from couponflow.web.http.request import Request

_ETAG = re.compile(r'(?:W/)?"?([1-9][0-9]{0,17})"?')


def etag(version: int) -> str:
    """The entity tag of a version."""
    return f'"{version}"'


def expected_version(request: Request, in_body: int | None) -> int:
    """The version in the body, else in If-Match. Raises VersionRequired."""
    if in_body is not None:
        return in_body
    given = _ETAG.fullmatch(request.headers.get("if-match", "").strip())
    if given is None:
        raise VersionRequired
    return int(given[1])
