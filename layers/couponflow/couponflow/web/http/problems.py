"""Problem responses (RFC 9457), and the one table from errors to their HTTP status."""

import json
from http import HTTPStatus
from typing import Any

from couponflow.domain import errors
from couponflow.domain.errors import CouponflowError
from couponflow.web.http.responses import Response

STATUS: dict[type[CouponflowError], int] = {
    errors.InvalidJson: 400,
    errors.InvalidRequest: 400,
    errors.InvalidCursor: 400,
    errors.Unauthenticated: 401,
    errors.ScopeMissing: 403,
    errors.AddonDisabled: 403,
    errors.ForeignOrigin: 403,
    errors.NotFound: 404,
    errors.CouponNotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.CodeTaken: 409,
    errors.LimitBelowUsed: 409,
    errors.CouponArchived: 409,
    errors.RedeemNotOffered: 409,
    errors.CouponDisabled: 409,
    errors.CouponExpired: 409,
    errors.CouponNotStarted: 409,
    errors.CouponNotOpen: 409,
    errors.CustomerMaxUsesReached: 409,
    errors.CustomerPeriodUsesReached: 409,
    errors.CouponMaxUsesReached: 409,
    errors.VersionConflict: 412,
    errors.BodyTooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.ValidationFailed: 422,
    errors.UseOutOfOrder: 422,
    errors.VersionRequired: 428,
    errors.TooManyRequests: 429,
    errors.InternalError: 500,
    errors.TryAgain: 503,
    errors.OutcomeUnknown: 503,
}


def problem_response(error: CouponflowError) -> Response:
    """The error as RFC 9457, with its stable code and its members."""
    status = STATUS[type(error)]
    body = {
        "type": f"urn:couponflow:problem:{error.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": error.code,
        "detail": str(error),
        **error.members,
    }
    response = render_problem(status, body)
    if isinstance(error, errors.MethodNotAllowed):
        response.headers["allow"] = ", ".join(error.methods)
    return response


def render_problem(status: int, body: dict[str, Any]) -> Response:
    """A problem body with its headers: Retry-After for 429 and 503, WWW-Authenticate for 401."""
    headers = {"content-type": "application/problem+json"}
    if status in (429, 503):
        headers["retry-after"] = str(body.get("retry_after", 1))
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(status, json.dumps(body, ensure_ascii=False, separators=(",", ":")), headers)
