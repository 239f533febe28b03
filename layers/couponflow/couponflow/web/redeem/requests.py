"""Requests and responses of redemptions.

The hot redeem function imports it, so it does not use pydantic.
"""

import re
from dataclasses import dataclass

from couponflow import observability
from couponflow.domain import codes, customer_ids, times
from couponflow.domain.errors import CouponNotFound, RedeemNotOffered, Refusal, ValidationFailed
from couponflow.services.shard_redeemer import RedemptionResult
from couponflow.web.http import accept
from couponflow.web.http.accept import Format
from couponflow.web.http.fields import Fields
from couponflow.web.http.problems import problem_response
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response, json_response
from couponflow.web.page import error_pages, refresh_cookie

_USE = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True)
class RedeemForm:
    """A redemption by link: the use that the page showed, and whether the client wants JSON."""

    use: int
    wants_json: bool

    @classmethod
    def of(cls, request: Request) -> "RedeemForm":
        """Raises ValidationFailed, BodyTooLarge, InvalidJson, UnsupportedMediaType."""
        is_json = request.is_json and request.body
        fields = request.json_object if is_json else request.form
        use = fields.get("use", 1)
        if isinstance(use, bool) or not _USE.fullmatch(str(use)):
            raise ValidationFailed.for_field("use", "must be a whole number from 1")
        return cls(int(use), accept.preferred_format(request.headers) is Format.JSON)


@dataclass(frozen=True, slots=True)
class TillRequest:
    """A redemption at a till: the coupon by code or id, and the customer."""

    coupon_id: str | None
    code: str | None
    customer_id: str
    inbox_id: str | None
    idempotency_key: str | None

    @classmethod
    def of(cls, request: Request) -> "TillRequest":
        """Parse the body. Raises ValidationFailed with every error."""
        fields = Fields(request.json_object)
        coupon_id = fields.read("coupon_id", _coupon_id)
        code = fields.read("code", codes.parse)
        customer_id = fields.read("customer_id", customer_ids.canonical)
        inbox_id = fields.read("inbox_id", customer_ids.canonical)
        if (coupon_id is None) == (code is None) and not fields.is_wrong("coupon_id"):
            fields.add_error("code", "either code or coupon_id is needed")
        elif code is not None and not codes.is_code(code):
            fields.add_error("code", "must be 3 to 40 letters, digits, hyphens or underscores")
        if customer_id is None:
            fields.add_error("customer_id", "is needed")
        fields.check()
        return cls(coupon_id, code, customer_id or "", inbox_id, request.idempotency_key)


def _coupon_id(value: object) -> str | None:
    # An id has letters. A number is the value of another field.
    if isinstance(value, int | float):
        raise ValueError("must be text")
    return customer_ids.canonical(value)


def redeemed_response(made: RedemptionResult) -> Response:
    """A redemption as JSON; `repeated` if this request did not make it."""
    redemption = made.redemption
    assert redemption.redeemed_at is not None, "it is redeemed"
    return json_response(
        {
            "redemption_id": redemption.redemption_id,
            "status": redemption.status,
            "redeemed_at": times.format_utc(redemption.redeemed_at),
            "repeated": made.repeated,
        }
    )


# What the service raises for a link; everything else is the app's to answer.
LINK_ERRORS = (Refusal, RedeemNotOffered)


def link_response(result: RedemptionResult, form: RedeemForm, token: str) -> Response:
    """The result as JSON for a program; for a page, a redirect back to it."""
    return redeemed_response(result) if form.wants_json else _redirect_to_page(token)


def link_error_response(
    error: Refusal | RedeemNotOffered, form: RedeemForm, token: str, request: Request
) -> Response:
    """One of LINK_ERRORS as a problem for a program; for a page, the page that says how
    things are.
    """
    observability.set_refusal(error.code)
    problem = problem_response(error)
    if isinstance(error, CouponNotFound):
        if form.wants_json:
            return problem
        return error_pages.error_page(problem, None, request.headers, may_be_redeemed=False)
    response = problem if form.wants_json else _redirect_to_page(token)
    return refresh_cookie.set_refresh_cookie(response, token)


def _redirect_to_page(token: str) -> Response:
    return Response(303, headers={"location": f"/r/{token}"})
