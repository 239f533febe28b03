"""Responses, and the one table from errors to their HTTP status."""

import base64
import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from couponflow.domain import errors
from couponflow.domain.errors import CouponflowError

# Nothing that is one customer's or one organisation's may be kept by anybody in between.
PRIVATE = {"cache-control": "no-store", "x-content-type-options": "nosniff"}

STATUS: dict[type[CouponflowError], int] = {
    errors.InvalidJson: 400,
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
    errors.CustomerMaxUsesReached: 409,
    errors.CouponMaxUsesReached: 409,
    errors.VersionConflict: 412,
    errors.BodyTooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.ValidationFailed: 422,
    errors.VersionRequired: 428,
    errors.TooManyRequests: 429,
    errors.InternalError: 500,
    errors.TryAgain: 503,
}


@dataclass(frozen=True)
class Response:
    status: int
    body: str | bytes = ""
    headers: dict[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()

    def to_lambda(self) -> dict[str, Any]:
        """As API Gateway takes it, payload format 2.0."""
        is_binary = isinstance(self.body, bytes)
        body = base64.b64encode(self.body).decode() if isinstance(self.body, bytes) else self.body
        return {
            "statusCode": self.status,
            "headers": PRIVATE | self.headers,
            "cookies": list(self.cookies),
            "body": body,
            "isBase64Encoded": is_binary,
        }


def json_response(value: object, status: int = 200, **headers: str) -> Response:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(status, text, {"content-type": "application/json"} | headers)


def problem_response(error: CouponflowError) -> Response:
    """RFC 9457, with the error's stable code and whatever else it carries."""
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
    headers = {"content-type": "application/problem+json"}
    if status in (429, 503):
        headers["retry-after"] = str(body.get("retry_after", 1))
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(status, json.dumps(body, ensure_ascii=False, separators=(",", ":")), headers)
