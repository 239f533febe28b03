"""Every public address, as template.yaml has them; a test holds the two equal.

Known here so that a wrong method is told from a wrong path.
"""

import re

_PARAMETER = re.compile(r"\{[^}]*\}")

ROUTES = (
    "POST /v1/coupons",
    "GET /v1/coupons",
    "GET /v1/coupons/{coupon_id}",
    "PATCH /v1/coupons/{coupon_id}",
    "DELETE /v1/coupons/{coupon_id}",
    "GET /v1/coupons/{coupon_id}/redeem-page",
    "PUT /v1/coupons/{coupon_id}/redeem-page",
    "POST /v1/coupons/{coupon_id}/redeem-page/preview",
    "GET /v1/coupons/{coupon_id}/redemptions",
    "POST /v1/images",
    "POST /v1/images/{image_id}/complete",
    "GET /images/{name}",
    "POST /v1/flow/distribute",
    "POST /v1/redemptions",
    "GET /r/{token}",
    "HEAD /r/{token}",
    "POST /r/{token}/redeem",
)


def methods_of(path: str) -> list[str]:
    """The methods that the address takes; none if there is no such address."""
    known = (route.split(" ", 1) for route in ROUTES)
    return sorted(method for method, pattern in known if re.fullmatch(_PARAMETER.sub("[^/]+", pattern), path))
