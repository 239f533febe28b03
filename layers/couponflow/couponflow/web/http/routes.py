"""Every route, and the scope that its caller's key must have; None: no key is needed.

template.yaml has the same routes; a test holds them equal. HttpApp takes the scopes from here, the
default route tells a wrong method from a wrong path, and tests loop over all routes.
"""

import re

_PARAMETER = re.compile(r"\{[^}]*[^+]\}")
_REST = re.compile(r"\{[^}]*\+\}")

ROUTES: dict[str, str | None] = {
    "GET /v1/openapi.json": None,
    "POST /v1/coupons": "admin",
    "GET /v1/coupons": "admin",
    "GET /v1/coupons/{coupon_id}": "admin",
    "PATCH /v1/coupons/{coupon_id}": "admin",
    "DELETE /v1/coupons/{coupon_id}": "admin",
    "GET /v1/coupons/{coupon_id}/redeem-page": "admin",
    "PUT /v1/coupons/{coupon_id}/redeem-page": "admin",
    "POST /v1/coupons/{coupon_id}/redeem-page/preview": "admin",
    "GET /v1/coupons/{coupon_id}/redemptions": "admin",
    "GET /v1/coupons/{coupon_id}/redemptions.csv": "admin",
    "POST /v1/customers/erase": "admin",
    "GET /v1/journal": "admin",
    "GET /v1/coupons/{coupon_id}/statistics": "admin",
    "POST /v1/images": "admin",
    "POST /v1/images/{image_id}/complete": "admin",
    "GET /images/{name}": None,
    "HEAD /images/{name}": None,
    "GET /v1/flow/blocks": "admin",
    "POST /v1/flow/blocks": "admin",
    "GET /v1/flow/blocks/{block_id}": "admin",
    "PUT /v1/flow/blocks/{block_id}": "admin",
    "DELETE /v1/flow/blocks/{block_id}": "admin",
    "POST /v1/flow/distribute": "distribute",
    "GET /v1/flow/distribute": "distribute",
    "POST /v1/flow/distribute/manychat": "distribute",
    "POST /v1/flow/distribute/batch": "distribute",
    "POST /v1/redemptions": "redeem",
    "GET /r/{token}": None,
    "HEAD /r/{token}": None,
    "POST /r/{token}/redeem": None,
    "POST /r/{token}/opened": None,
    "GET /": None,
    "HEAD /": None,
    "GET /console": None,
    "HEAD /console": None,
    "GET /console/{path+}": None,
    "HEAD /console/{path+}": None,
}

# HEAD is answered like GET, but for this one: a GET of a flow builder distributes.
WITHOUT_HEAD = "/v1/flow/distribute"

# API Gateway calls this route for every other address. It needs no key.
DEFAULT = "$default"


def methods_of(path: str) -> list[str]:
    """The methods of an address, sorted; [] if there is no such address."""
    known = (route.split(" ", 1) for route in ROUTES)
    methods = {method for method, pattern in known if _match(pattern, path)}
    return sorted(methods | ({"HEAD"} if find_get(path) else set()))


def find_get(path: str) -> tuple[str, dict[str, str]] | None:
    """Return the route that a HEAD of this address is answered like, and its path parameters."""
    for route in ROUTES:
        method, pattern = route.split(" ", 1)
        if method == "GET" and pattern != WITHOUT_HEAD and (found := _match(pattern, path)):
            return route, found.groupdict()
    return None


def _match(pattern: str, path: str) -> re.Match[str] | None:
    rest = _REST.sub(lambda found: f"(?P<{found[0][1:-2]}>.+)", pattern)
    return re.fullmatch(
        _PARAMETER.sub(lambda found: f"(?P<{found[0][1:-1]}>[^/]+)", rest), path, re.DOTALL
    )
