"""Who reads an error: a person gets a page, a program a problem in JSON."""

from typing import Any

from couponflow.web.http import accept
from couponflow.web.http.accept import Format

# Forms of the redeem page are sent by people, whatever Accept says.
_PAGES_OF_FORMS = {429, 500, 503}


def is_person(event: dict[str, Any], status: int) -> bool:
    """Whether an error with this status is shown to a person.

    Outside links, a request with a key is a program's: some HTTP libraries ask for HTML by default.
    Without a preference in the headers, links are opened by people and all else by programs.
    """
    headers, is_link = event.get("headers") or {}, event["rawPath"].startswith("/r/")
    if "authorization" in headers and not is_link:
        return False
    preferred = accept.preferred_format(headers)
    if preferred is not None:
        return preferred is Format.PAGE
    if not is_link:
        return False
    method = event["requestContext"]["http"].get("method") or event["routeKey"].partition(" ")[0]
    return method in ("GET", "HEAD") or status in _PAGES_OF_FORMS
