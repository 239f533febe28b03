"""What answers look like, as JSON Schema: for the OpenAPI document; tests hold real answers to it."""

from typing import Any

from couponflow.domain.flow_blocks import Outcome
from couponflow.domain.models import ButtonBehavior, CodeDisplay, CouponStatus, RedemptionStatus
from couponflow.web.flow import response

JsonSchema = dict[str, Any]

_TIME: JsonSchema = {"type": "string", "format": "date-time"}
_TEXT: JsonSchema = {"type": "string"}
_COUNT: JsonSchema = {"type": "integer", "minimum": 0}
_FLAG: JsonSchema = {"type": "boolean"}


def _or_null(of: JsonSchema) -> JsonSchema:
    return {"anyOf": [of, {"type": "null"}]}


def _object(**properties: JsonSchema) -> JsonSchema:
    """All of them are always there, and nothing else."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _page_of(item: JsonSchema) -> JsonSchema:
    return _object(items={"type": "array", "items": item}, next_cursor=_or_null(_TEXT))


COUPON = _object(
    coupon_id=_TEXT,
    code=_TEXT,
    name=_TEXT,
    starts_at=_TIME,
    ends_at=_TIME,
    timezone=_TEXT,
    max_redemptions=_or_null(_COUNT),
    max_redemptions_per_customer=_or_null(_COUNT),
    active=_FLAG,
    status={"enum": list(CouponStatus)},
    times_redeemed=_COUNT,
    remaining=_or_null(_COUNT),
    version=_COUNT,
    created_at=_TIME,
    updated_at=_TIME,
)
COUPONS = _page_of(COUPON)
REDEEM_PAGE = _object(
    code_display={"enum": list(CodeDisplay)},
    redeem_button=_object(behavior={"enum": list(ButtonBehavior)}, label=_or_null(_TEXT), url=_or_null(_TEXT)),
    copy_code_button=_FLAG,
    background_color={"type": "string", "pattern": "^#[0-9a-f]{6}$"},
    brand_icon=_or_null(_TEXT),
    campaign_image=_or_null(_TEXT),
    terms=_TEXT,
    locale=_or_null(_TEXT),
)
RECORD = _object(
    redemption_id=_TEXT,
    coupon_id=_TEXT,
    customer_id=_TEXT,
    inbox_id=_or_null(_TEXT),
    status={"enum": list(RedemptionStatus)},
    distributed_at=_or_null(_TIME),
    redeemed_at=_or_null(_TIME),
)
RECORDS = _page_of(RECORD)
UPLOAD = _object(image_id=_TEXT, upload=_object(url=_TEXT, fields={"type": "object", "additionalProperties": {"type": "string"}}))
IMAGE = _object(image_id=_TEXT, url=_TEXT, width=_COUNT, height=_COUNT)
BLOCK = _object(
    block_id=_TEXT,
    coupon_id=_TEXT,
    message=_or_null(_TEXT),
    button_title=_or_null(_TEXT),
    image_url=_or_null(_TEXT),
    fallback_flows=_object(
        coupon_expired=_or_null(_TEXT),
        customer_max_uses_reached=_or_null(_TEXT),
        coupon_max_uses_reached=_or_null(_TEXT),
        error=_or_null(_TEXT),
    ),
    channel=_or_null(_TEXT),
    created_at=_TIME,
    updated_at=_TIME,
)
BLOCKS = _page_of(BLOCK)
REDEEMED = _object(redemption_id=_TEXT, status={"const": "redeemed"}, redeemed_at=_TIME, repeated=_FLAG)

_SAID = dict.fromkeys(response.FIELDS, _TEXT) | {"outcome": {"enum": list(Outcome)}}
# Every value at the top is text, also those that come with an error; under `coupon` they stand once more.
OUTCOME: JsonSchema = {
    "type": "object",
    "properties": _SAID | {"coupon": {"type": "object", "properties": _SAID, "additionalProperties": _TEXT}},
    "required": [*_SAID, "coupon"],
    "additionalProperties": _TEXT,
}
OUTCOMES = _object(results={"type": "array", "items": OUTCOME})
DYNAMIC_BLOCK: JsonSchema = {
    "type": "object",
    "properties": {"version": {"const": "v2"}, "content": {"type": "object"}},
    "required": ["version", "content"],
}


def problem(status: int, codes: list[str]) -> JsonSchema:
    """RFC 9457, with the codes that this status can have here."""
    wrong = {"type": "array", "items": _object(field=_TEXT, message=_TEXT)}
    return {
        "type": "object",
        "properties": {
            "type": _TEXT,
            "title": _TEXT,
            "status": {"const": status},
            "code": {"enum": codes},
            "detail": _TEXT,
            "errors": wrong,
        },
        "required": ["type", "title", "status", "code", "detail"] + (["errors"] if "validation_failed" in codes else []),
    }
