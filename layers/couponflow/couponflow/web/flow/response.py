"""Responses of the Distribute Coupon block.

Flow builders save values by name and do little else. Every top-level value is therefore a string,
"" if there is none, and `coupon` has the same values again.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from couponflow.domain import messages, times
from couponflow.domain.errors import CouponflowError
from couponflow.domain.flow_blocks import FlowBlockContent, Outcome
from couponflow.domain.messages import Message
from couponflow.domain.models import Coupon
from couponflow.services.redemption import DistributionResult
from couponflow.web.flow.request import DistributeRequest
from couponflow.web.http.problems import STATUS, render_problem
from couponflow.web.http.responses import Response

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


@dataclass(frozen=True, slots=True)
class Decision:
    """The result for one customer.

    No message without a coupon; no link in it without `distributed`. `ends_at` is the end of the
    coupon for the customer, None where it is the coupon's.
    """

    outcome: Outcome
    reason: str
    content: FlowBlockContent
    request: DistributeRequest
    coupon: Coupon | None = None
    message: Message | None = None
    distributed: DistributionResult | None = None
    ends_at: datetime | None = None

    @property
    def next_flow(self) -> str:
        """The flow to go on with; "" if none is set."""
        return self.content.fallback_flows.for_outcome(self.outcome)


def response_body(of: Decision) -> Answer:
    """All FIELDS as text, again under `coupon`, and the payload if the request asks for a
    format.
    """
    values = dict.fromkeys(FIELDS, "") | {
        "outcome": of.outcome,
        "reason": of.reason,
        "next_flow": of.next_flow,
    }
    if of.coupon is not None and of.message is not None:
        values |= {
            "coupon_code": of.coupon.code,
            "coupon_name": of.coupon.name,
            "message": of.message.text,
            "button_title": of.message.button_title,
            "image_url": of.message.image_url,
            "ends_at": times.format_utc(of.ends_at or of.coupon.ends_at),
            "ends_at_local": messages.last_moment(
                of.ends_at or of.coupon.ends_at, of.coupon.timezone
            ),
        }
    if of.message is not None and of.distributed is not None:
        left = of.distributed.uses_left
        values |= {
            "redemption_id": of.distributed.redemption.redemption_id,
            "redeem_url": of.message.url,
            "redeem_token": of.distributed.token,
            "uses_left": "" if left is None else str(left),
        }
    if of.request.format:
        values["payload"] = _payload(of, of.request.format)
    return values | {"coupon": dict(values)}


def dynamic_block(of: Decision) -> dict[str, Any]:
    """The response as ManyChat's Dynamic Block.

    The request names the contact's fields for the outcome.
    """
    from couponflow.web.flow.payloads import manychat

    said = {of.request.outcome_field: of.outcome, of.request.next_flow_field: of.next_flow}
    fields = {name: value for name, value in said.items() if name is not None}
    return manychat.block(of.message if of.distributed else None, of.content.channel, fields)


def error_response(error: CouponflowError) -> Answer:
    """A request that was not decided: the flow's error branch still works."""
    reason = "invalid_request" if STATUS[type(error)] in (400, 413, 415, 422) else error.code
    members = {name: _as_text(value) for name, value in error.members.items()}
    values = dict.fromkeys(FIELDS, "") | {
        "outcome": Outcome.ERROR,
        "reason": reason,
        "next_flow": members.pop("next_flow", ""),
    }
    return values | {"code": error.code, "detail": str(error)} | members | {"coupon": values}


def problem(error: CouponflowError) -> Response:
    """An error as a response. 415 and 422 become 400, because builders do not distinguish them."""
    status = STATUS[type(error)]
    status = 400 if status in (415, 422) else status
    return render_problem(status, error_response(error) | {"status": str(status)})


def _payload(of: Decision, format: str) -> str:
    """The channel's message as JSON text, because builders save only text; "" if there is no
    message.
    """
    if of.message is None or of.distributed is None:
        return ""
    from couponflow.web.flow import (
        payloads,
    )  # only for requests with a format: others start without it

    return payloads.payload(format, of.message, of.content.channel)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
