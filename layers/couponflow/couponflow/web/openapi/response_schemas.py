"""Schemas of the responses that are written without pydantic: the hot functions' ones, and
problems.
"""

from typing import Any

from couponflow.domain.flow_blocks import Outcome
from couponflow.web.flow import response

JsonSchema = dict[str, Any]

_TIME: JsonSchema = {"type": "string", "format": "date-time"}
_TEXT: JsonSchema = {"type": "string"}
_COUNT: JsonSchema = {"type": "integer", "minimum": 0}
_FLAG: JsonSchema = {"type": "boolean"}


def _or_null(of: JsonSchema) -> JsonSchema:
    return {"anyOf": [of, {"type": "null"}]}


def _object(**properties: JsonSchema) -> JsonSchema:
    """An object that always has all of these properties, and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


REDEEMED = _object(
    redemption_id=_TEXT, status={"const": "redeemed"}, redeemed_at=_TIME, repeated=_FLAG
)

_SAID = dict.fromkeys(response.FIELDS, _TEXT) | {"outcome": {"enum": list(Outcome)}}
# Every top-level value is text, in errors too; `coupon` has the same values again.
OUTCOME: JsonSchema = {
    "type": "object",
    "properties": _SAID
    | {"coupon": {"type": "object", "properties": _SAID, "additionalProperties": _TEXT}},
    "required": [*_SAID, "coupon"],
    "additionalProperties": _TEXT,
}
OUTCOMES = _object(results={"type": "array", "items": OUTCOME})
DYNAMIC_BLOCK: JsonSchema = {
    "type": "object",
    "properties": {"version": {"const": "v2"}, "content": {"type": "object"}},
    "required": ["version", "content"],
}


# Refusals that say when the coupon can be used; null if it ends before.
_MOMENTS = {"coupon_not_open": "opens_at", "customer_period_uses_reached": "again_at"}


def problem(status: int, codes: list[str]) -> JsonSchema:
    """A problem of RFC 9457 with the codes that this status can have."""
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
        }
        | {name: _or_null(_TIME) for code, name in _MOMENTS.items() if code in codes},
        "required": ["type", "title", "status", "code", "detail"]
        + (["errors"] if "validation_failed" in codes else []),
    }
