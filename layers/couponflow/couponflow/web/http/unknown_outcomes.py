"""How a caller finds out what became of a write whose outcome is unknown."""

from collections.abc import Mapping

_SAFE = "The change may have been made. Send the same request again: it is made once."
_WITHOUT_KEY = (
    "{} Read {} before you send it again. With an Idempotency-Key, a repetition is always safe."
)
_CREATING = {
    "POST /v1/coupons": ("The coupon may have been created.", "GET /v1/coupons"),
    "POST /v1/flow/blocks": ("The block may have been created.", "GET /v1/flow/blocks"),
    "POST /v1/redemptions": (
        "The coupon may have been redeemed.",
        "GET /v1/coupons/{coupon_id}/redemptions?customer_id=",
    ),
}


def describe(route_key: str, headers: Mapping[str, str]) -> str:
    """Return the detail of a problem response `outcome_unknown`."""
    if route_key in _CREATING and not headers.get("idempotency-key", "").strip():
        return _WITHOUT_KEY.format(*_CREATING[route_key])
    return _SAFE
