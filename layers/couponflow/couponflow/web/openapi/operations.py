"""What each address takes and answers: beside web/routes.py, all that the OpenAPI document is made
of.
"""

from dataclasses import dataclass, field
from typing import Any

from couponflow.domain import errors
from couponflow.domain.errors import CouponflowError
from couponflow.web.admin import (
    coupon_schemas,
    customer_schemas,
    flow_block_schemas,
    image_schemas,
    redeem_page_schemas,
)
from couponflow.web.admin.response_models import (
    CouponOut,
    ErasureOut,
    ExportOut,
    FlowBlockOut,
    ImageOut,
    JournalEntryOut,
    Page,
    RecordOut,
    RedeemPageOut,
    ResponseModel,
    UploadOut,
)
from couponflow.web.admin.statistics_models import StatisticsOut, StatisticsQuery
from couponflow.web.http import validation
from couponflow.web.http.request import LONGEST_KEY
from couponflow.web.openapi import response_schemas
from couponflow.web.page.state import State

Answer = type[ResponseModel] | dict[str, Any] | str | None
Errors = tuple[type[CouponflowError], ...]
HTML, TEXT = "text/html", "text/plain"


@dataclass(frozen=True)
class Operation:
    """`answer`: the model or schema of a JSON response, the media type of another, None for an
    empty one.
    """

    summary: str
    answer: Answer = None
    status: int = 200
    body: type[validation.Schema] | dict[str, Any] | None = None
    body_is_needed: bool = True
    query: type[validation.Schema] | dict[str, Any] | None = None
    headers: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: Errors = ()
    flow: bool = False
    more: dict[int, str] = field(default_factory=dict)


_BODY: Errors = (
    errors.InvalidJson,
    errors.BodyTooLarge,
    errors.UnsupportedMediaType,
    errors.ValidationFailed,
)
_QUERY: Errors = (errors.InvalidRequest, errors.ValidationFailed)
_LIST: Errors = (errors.InvalidCursor, *_QUERY)
_COUPON: Errors = (errors.CouponNotFound,)
_REFUSALS: Errors = (
    errors.CouponDisabled,
    errors.CouponExpired,
    errors.CouponNotStarted,
    errors.CouponNotOpen,
    errors.CustomerMaxUsesReached,
    errors.CustomerPeriodUsesReached,
    errors.CouponMaxUsesReached,
)

# What builders send is text mostly, with placeholders that they did not fill; what we don't know is
# ignored.
_TEXT: dict[str, Any] = {"type": "string"}
_KEY: dict[str, Any] = {"type": "string", "maxLength": LONGEST_KEY}
_SAID = {"type": ["string", "number", "null"]}
_ASK_FIELDS = dict.fromkeys(
    (
        "block_id",
        "coupon_id",
        "coupon_code",
        "customer_id",
        "inbox_id",
        "message",
        "button_title",
        "image_url",
        "channel",
    ),
    _SAID,
)
_ASK = {"type": "object", "properties": _ASK_FIELDS}
_ASKS = {
    "type": "object",
    # Errors of one customer, and of the other fields, are in each customer's outcome.
    "properties": {"customers": {"type": "array", "minItems": 1, "maxItems": 100}},
    "required": ["customers"],
}
_TILL = {
    "type": "object",
    "properties": {
        "code": _SAID,
        "coupon_id": _SAID,
        "customer_id": {"type": ["string", "number"]},
        "inbox_id": _SAID,
    },
    "required": ["customer_id"],
}
_USE = {
    "type": "object",
    "properties": {
        "use": {"type": ["integer", "string"], "minimum": 1, "pattern": "^[1-9][0-9]{0,5}$"}
    },
}

OPERATIONS: dict[str, Operation] = {
    "GET /v1/openapi.json": Operation("This document", {"type": "object"}, more={304: ""}),
    "POST /v1/coupons": Operation(
        "Create a coupon",
        CouponOut,
        201,
        body=coupon_schemas.CouponIn,
        headers={"Idempotency-Key": _KEY},
        errors=(*_BODY, errors.CodeTaken),
    ),
    "GET /v1/coupons": Operation(
        "List coupons, newest first",
        Page[CouponOut],
        query=coupon_schemas.CouponListing,
        errors=_LIST,
    ),
    "GET /v1/coupons/{coupon_id}": Operation("Read a coupon", CouponOut, errors=_COUPON),
    "PATCH /v1/coupons/{coupon_id}": Operation(
        "Change a coupon; after the response no redemption commits under the old terms",
        CouponOut,
        body=coupon_schemas.CouponChange,
        headers={"If-Match": _TEXT, "Idempotency-Key": _KEY},
        errors=(
            *_BODY,
            *_COUPON,
            errors.CouponArchived,
            errors.LimitBelowUsed,
            errors.VersionConflict,
            errors.VersionRequired,
        ),
    ),
    "DELETE /v1/coupons/{coupon_id}": Operation("Archive a coupon", None, 204, errors=_COUPON),
    "GET /v1/coupons/{coupon_id}/redeem-page": Operation(
        "Read a redeem page", RedeemPageOut, errors=_COUPON
    ),
    "PUT /v1/coupons/{coupon_id}/redeem-page": Operation(
        "Save a redeem page",
        RedeemPageOut,
        body=redeem_page_schemas.RedeemPageIn,
        headers={"If-Match": _TEXT, "Idempotency-Key": _KEY},
        errors=(errors.VersionConflict, *_BODY, *_COUPON, errors.CouponArchived),
    ),
    "POST /v1/coupons/{coupon_id}/redeem-page/preview": Operation(
        "The page that unsaved settings would make",
        HTML,
        body=redeem_page_schemas.RedeemPageIn,
        query={"type": "object", "properties": {"state": {"enum": list(State)}}},
        errors=(*_BODY, *_COUPON, errors.InvalidRequest),
    ),
    "GET /v1/coupons/{coupon_id}/redemptions": Operation(
        "List redemption records: redeemed ones first, then open ones, each newest first. Without "
        "`status`, the last pages have the records that were redeemed since the first page: none "
        "is missed, and one that was listed as open may come again as redeemed. Of a customer with "
        "100 records or more, each page is in order",
        Page[RecordOut],
        query=coupon_schemas.RecordListing,
        errors=(*_COUPON, *_LIST),
    ),
    "GET /v1/coupons/{coupon_id}/redemptions.csv": Operation(
        "All redemption records as a file: its address where `Accept` asks for JSON, else a "
        "redirect to it. The address works for five minutes, without a key",
        ExportOut,
        more={303: ""},
        query=coupon_schemas.RecordListing,
        errors=(*_COUPON, *_QUERY),
    ),
    "POST /v1/customers/erase": Operation(
        "Erase a customer; go on with `next_cursor` until it is null, once more after a minute",
        ErasureOut,
        body=customer_schemas.ErasureIn,
        errors=(*_BODY, errors.InvalidCursor),
    ),
    "GET /v1/journal": Operation(
        "Erasures of a month, newest first",
        Page[JournalEntryOut],
        query=customer_schemas.JournalListing,
        errors=_LIST,
    ),
    "GET /v1/coupons/{coupon_id}/statistics": Operation(
        "Counts of a coupon, at most ten seconds old: all of them by inbox, and by local day",
        StatisticsOut,
        query=StatisticsQuery,
        errors=(*_COUPON, *_QUERY),
    ),
    "POST /v1/images": Operation(
        "Announce an image",
        UploadOut,
        201,
        body=image_schemas.ImageIn,
        headers={"Idempotency-Key": _KEY},
        errors=_BODY,
    ),
    "POST /v1/images/{image_id}/complete": Operation(
        "Check and publish an uploaded image",
        ImageOut,
        errors=(errors.NotFound, errors.ValidationFailed),
    ),
    "GET /images/{name}": Operation("An image", "image/*", errors=(errors.NotFound,)),
    "HEAD /images/{name}": Operation("As GET, without the image", None, errors=(errors.NotFound,)),
    "GET /v1/flow/blocks": Operation(
        "List Distribute Coupon blocks", Page[FlowBlockOut], query=validation.Listing, errors=_LIST
    ),
    "POST /v1/flow/blocks": Operation(
        "Save a new block",
        FlowBlockOut,
        201,
        body=flow_block_schemas.BlockIn,
        headers={"Idempotency-Key": _KEY},
        errors=(*_BODY, *_COUPON),
    ),
    "GET /v1/flow/blocks/{block_id}": Operation(
        "Read a block", FlowBlockOut, errors=(errors.NotFound,)
    ),
    "PUT /v1/flow/blocks/{block_id}": Operation(
        "Replace a block",
        FlowBlockOut,
        body=flow_block_schemas.BlockIn,
        headers={"If-Match": _TEXT, "Idempotency-Key": _KEY},
        errors=(errors.VersionConflict, *_BODY, *_COUPON, errors.NotFound),
    ),
    "DELETE /v1/flow/blocks/{block_id}": Operation(
        "Delete a block", None, 204, errors=(errors.NotFound,)
    ),
    "POST /v1/flow/distribute": Operation(
        "Give a customer the link to a coupon",
        response_schemas.OUTCOME,
        body=_ASK,
        errors=(*_BODY, errors.InvalidRequest),
        flow=True,
    ),
    "GET /v1/flow/distribute": Operation(
        "The same, for builders that can only GET",
        response_schemas.OUTCOME,
        query={"type": "object", "properties": dict.fromkeys(_ASK_FIELDS, {"type": "string"})},
        errors=_QUERY,
        flow=True,
    ),
    "POST /v1/flow/distribute/manychat": Operation(
        "The same, answered as ManyChat's Dynamic Block",
        response_schemas.DYNAMIC_BLOCK,
        body=_ASK,
        errors=(*_BODY, errors.InvalidRequest),
        flow=True,
    ),
    "POST /v1/flow/distribute/batch": Operation(
        "The same for up to 100 customers",
        response_schemas.OUTCOMES,
        body=_ASKS,
        errors=_BODY,
        flow=True,
    ),
    "POST /v1/redemptions": Operation(
        "Redeem at a till",
        response_schemas.REDEEMED,
        body=_TILL,
        headers={"Idempotency-Key": _KEY},
        errors=(*_BODY, *_COUPON, *_REFUSALS),
    ),
    "GET /r/{token}": Operation("The redeem page", HTML, more={404: HTML}),
    "HEAD /r/{token}": Operation("As GET, without the page", None, more={404: HTML}),
    "POST /r/{token}/redeem": Operation(
        "Redeem by link: JSON where `Accept` asks for it, else the way back to the page",
        response_schemas.REDEEMED,
        body=_USE,
        body_is_needed=False,
        errors=(
            *_BODY,
            errors.InvalidRequest,
            *_COUPON,
            *_REFUSALS,
            errors.RedeemNotOffered,
            errors.ForeignOrigin,
        ),
        more={303: "", 404: HTML},
    ),
    "POST /r/{token}/opened": Operation(
        "The page's script reports that a person sees it; the same response for any link",
        None,
        204,
        errors=(errors.ForeignOrigin,),
    ),
    "GET /": Operation("The way to the console", None, 308),
    "HEAD /": Operation("As GET", None, 308),
    "GET /console": Operation("The way to the console", None, 308),
    "HEAD /console": Operation("As GET", None, 308),
    "GET /console/{path+}": Operation(
        "The console's files", "*/*", more={304: ""}, errors=(errors.NotFound,)
    ),
    "HEAD /console/{path+}": Operation(
        "As GET, without the file", None, more={304: ""}, errors=(errors.NotFound,)
    ),
}
