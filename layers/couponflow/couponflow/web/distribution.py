"""The Distribute Coupon block's request and answer.

Flow builders save values by name and can do little else: every top-level value of an answer is a string, empty where there
is none, and the same values stand once more under `coupon`. They may also send placeholders that they did not fill: those
count as missing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from couponflow.domain import customers, times
from couponflow.domain.errors import (
    AddonDisabled,
    CouponExpired,
    CouponflowError,
    CouponMaxUsesReached,
    CustomerMaxUsesReached,
    Refusal,
    ValidationFailed,
)
from couponflow.domain.models import Coupon
from couponflow.service import Couponflow, Distributed
from couponflow.web.answers import STATUS, Response, problem_response

FIELDS = (
    "outcome",
    "reason",
    "redemption_id",
    "redeem_url",
    "redeem_token",
    "coupon_code",
    "coupon_name",
    "message",
    "button_title",
    "image_url",
    "ends_at",
    "ends_at_local",
    "uses_left",
    "next_flow",
)
Answer = dict[str, Any]

LONGEST = {"message": 1_024, "button_title": 40, "image_url": 2_000, "channel": 40}
DEFAULT_BUTTON_TITLE = "Redeem"

# The outcomes that a flow can branch on; every other refusal is an error with its reason.
_OUTCOMES: dict[type[Refusal], str] = {
    CouponExpired: "coupon_expired",
    CustomerMaxUsesReached: "customer_max_uses_reached",
    CouponMaxUsesReached: "coupon_max_uses_reached",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """What a block asks for; None where it says nothing."""

    block_id: str | None
    coupon_id: str | None
    coupon_code: str | None
    customer_id: str | None
    inbox_id: str | None
    message: str | None
    button_title: str | None
    image_url: str | None
    channel: str | None

    @classmethod
    def of(cls, body: object) -> "Ask":
        """Fields that we don't know are ignored. Raises ValidationFailed."""
        if not isinstance(body, Mapping):
            raise ValidationFailed.of("body", "must be a JSON object")
        values, wrong = {}, []
        for name in cls.__dataclass_fields__:
            try:
                values[name] = _read(name, body.get(name))
            except ValueError as error:
                wrong.append({"field": name, "message": str(error)})
        image_url = values.get("image_url")
        if image_url and not image_url.startswith("https://"):
            wrong.append({"field": "image_url", "message": "must be an https address"})
        if wrong:
            raise ValidationFailed(errors=wrong)
        return cls(**values)


def _read(name: str, value: object) -> str | None:
    """Texts may hold placeholders of ours; an id with one in it is nobody's."""
    return customers.said(value, LONGEST[name]) if name in LONGEST else customers.canonical(value)


def answer(couponflow: Couponflow, organisation_id: str, ask: Ask, base_url: str, now: datetime) -> Answer:
    """Every outcome that was decided; whatever is our own fault is raised."""
    coupon: Coupon | None = None
    try:
        if ask.block_id:
            return _answer("error", "block_not_found", ask, None)
        if ask.customer_id is None:
            return _answer("error", "customer_missing", ask, None)
        coupon = couponflow.terms(organisation_id, coupon_id=ask.coupon_id, code=ask.coupon_code).coupon
        distributed = couponflow.distribute(coupon, ask.customer_id, ask.inbox_id, now)
    except Refusal as refusal:
        return _answer(_OUTCOMES.get(type(refusal), "error"), refusal.code, ask, coupon)
    except AddonDisabled as refusal:
        return _answer("error", refusal.code, ask, None)
    return _answer("distributed", "ok" if distributed.is_new else "already_distributed", ask, coupon, distributed, base_url)


def _answer(
    outcome: str,
    reason: str,
    ask: Ask,
    coupon: Coupon | None,
    distributed: Distributed | None = None,
    base_url: str = "",
) -> Answer:
    values = dict.fromkeys(FIELDS, "") | {"outcome": outcome, "reason": reason}
    if coupon is not None:
        values |= {
            "coupon_code": coupon.code,
            "coupon_name": coupon.name,
            "message": ask.message or coupon.name,
            "button_title": ask.button_title or DEFAULT_BUTTON_TITLE,
            "image_url": ask.image_url or "",
            "ends_at": times.text(coupon.ends_at),
            "ends_at_local": times.until(coupon.ends_at, coupon.timezone).strftime("%Y-%m-%d %H:%M"),
        }
    if distributed is not None:
        left = distributed.uses_left
        values |= {
            "redemption_id": distributed.redemption.redemption_id,
            "redeem_url": f"{base_url}/r/{distributed.token}",
            "redeem_token": distributed.token,
            "uses_left": "" if left is None else str(left),
        }
    return values | {"coupon": dict(values)}


def failure(error: CouponflowError) -> Answer:
    """A request that was not decided: the flow's error branch still works."""
    reason = "invalid_request" if STATUS[type(error)] in (400, 413, 415, 422) else error.code
    members = {name: json.dumps(value, ensure_ascii=False) for name, value in error.members.items()}
    values = dict.fromkeys(FIELDS, "") | {"outcome": "error", "reason": reason}
    return values | {"code": error.code, "detail": str(error)} | members | {"coupon": values}


def problem(error: CouponflowError) -> Response:
    """What cannot be understood is 400 here, whatever is wrong with it: builders tell no finer statuses apart."""
    status = STATUS[type(error)]
    status = 400 if status in (415, 422) else status
    return problem_response(status, failure(error) | {"status": str(status)})


def directly(couponflow: Couponflow, event: object, base_url: str, now: datetime) -> Answer:
    """A direct Lambda invocation: the same object in and out, the organisation named in the event."""
    try:
        organisation_id = customers.canonical(event.get("organisation_id")) if isinstance(event, Mapping) else None
        if organisation_id is None:
            raise ValidationFailed.of("organisation_id", "is needed")
        return answer(couponflow, organisation_id, Ask.of(event), base_url, now)
    except CouponflowError as error:
        return failure(error)
