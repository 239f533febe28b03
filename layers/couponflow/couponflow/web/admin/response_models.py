"""Responses of the admin API.

Each model is the serializer of a response and its schema in the OpenAPI document.
"""

from datetime import datetime
from typing import Annotated, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from couponflow.domain import times
from couponflow.domain.flow_blocks import FlowBlock
from couponflow.domain.models import (
    ButtonBehavior,
    CodeDisplay,
    CouponStatus,
    Image,
    RedeemPage,
    Redemption,
    RedemptionStatus,
)
from couponflow.domain.opening_hours import Weekday
from couponflow.domain.own_end import ValidFor
from couponflow.domain.use_periods import PeriodUnit
from couponflow.services.coupons import CouponWithCounts
from couponflow.store.images import Upload
from couponflow.web.http.responses import Response, json_response

Time = Annotated[
    datetime,
    PlainSerializer(times.format_utc, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Count = Annotated[int, Field(ge=0)]


class ResponseModel(BaseModel):
    """Every field is always present, and nothing else."""

    model_config = ConfigDict(extra="forbid")

    def response(self, status: int = 200, **headers: str) -> Response:
        """The model as a JSON response."""
        return json_response(self.model_dump(mode="json", by_alias=True), status, **headers)


Item = TypeVar("Item", bound=ResponseModel)


class Page(ResponseModel, Generic[Item]):
    """One page of a list; `next_cursor` is None on the last one."""

    items: list[Item]
    next_cursor: str | None


class OpeningWindowOut(ResponseModel):
    """Opening hours of some weekdays."""

    model_config = ConfigDict(from_attributes=True)

    days: list[Weekday]
    from_: Annotated[str, Field(serialization_alias="from")]
    until: str


class PeriodLimitOut(ResponseModel):
    """How often a customer may use the coupon in each period."""

    model_config = ConfigDict(from_attributes=True)

    uses: Count
    per: PeriodUnit


def _valid_for(valid_for: ValidFor) -> dict[str, int]:
    units = {"hours": valid_for.hours, "days": valid_for.days}
    return {unit: count for unit, count in units.items() if count is not None}


ValidForOut = Annotated[
    ValidFor,
    PlainSerializer(_valid_for, return_type=dict[str, int]),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {unit: {"type": "integer", "minimum": 0} for unit in ("hours", "days")},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }
    ),
]


class CouponOut(ResponseModel):
    """A coupon with its uses as they are now."""

    coupon_id: str
    code: str
    name: str
    starts_at: Time
    ends_at: Time
    timezone: str
    max_redemptions: Count | None
    max_redemptions_per_customer: Count | None
    active: bool
    hours: list[OpeningWindowOut] | None
    valid_for: ValidForOut | None
    period_limit: PeriodLimitOut | None
    status: CouponStatus
    times_distributed: Count
    times_redeemed: Count
    remaining: Count | None
    version: Count
    created_at: Time
    updated_at: Time

    @classmethod
    def from_coupon(cls, counted: CouponWithCounts, now: datetime) -> Self:
        """The coupon at `now`; `remaining` is None without a limit."""
        coupon, counts = counted.coupon, counted.counts
        return cls(
            coupon_id=coupon.coupon_id,
            code=coupon.code,
            name=coupon.name,
            starts_at=coupon.starts_at,
            ends_at=coupon.ends_at,
            timezone=coupon.timezone,
            max_redemptions=coupon.max_redemptions,
            max_redemptions_per_customer=coupon.max_redemptions_per_customer,
            active=coupon.active,
            hours=[OpeningWindowOut.model_validate(each) for each in coupon.hours]
            if coupon.hours
            else None,
            valid_for=coupon.valid_for,
            period_limit=PeriodLimitOut.model_validate(coupon.period_limit)
            if coupon.period_limit
            else None,
            status=counted.status(now),
            times_distributed=counted.times_distributed,
            times_redeemed=counts.used,
            remaining=None if coupon.max_redemptions is None else counts.remaining,
            version=coupon.version,
            created_at=coupon.created_at,
            updated_at=coupon.updated_at,
        )


class RedeemButtonOut(ResponseModel):
    """The button of a redeem page."""

    model_config = ConfigDict(from_attributes=True)

    behavior: ButtonBehavior
    label: str | None
    url: str | None


class ExportOut(ResponseModel):
    """Where an exported file is fetched, without a key."""

    url: str
    expires_at: Time


class RedeemPageOut(ResponseModel):
    """Settings of a redeem page; images by their ids."""

    code_display: CodeDisplay
    redeem_button: RedeemButtonOut
    copy_code_button: bool
    background_color: Annotated[str, Field(pattern="^#[0-9a-f]{6}$")]
    brand_icon: str | None
    campaign_image: str | None
    terms: str
    locale: str | None

    @classmethod
    def from_page(cls, page: RedeemPage) -> Self:
        """The settings as they are stored."""
        return cls(
            code_display=page.code_display,
            redeem_button=RedeemButtonOut.model_validate(page.redeem_button),
            copy_code_button=page.copy_code_button,
            background_color=page.background_color,
            brand_icon=page.brand_icon.image_id if page.brand_icon else None,
            campaign_image=page.campaign_image.image_id if page.campaign_image else None,
            terms=page.terms,
            locale=page.locale,
        )


class RecordOut(ResponseModel):
    """A redemption record."""

    redemption_id: str
    coupon_id: str
    customer_id: str
    inbox_id: str | None
    status: RedemptionStatus
    distributed_at: Time | None
    redeemed_at: Time | None
    erased: bool

    @classmethod
    def from_redemption(cls, redemption: Redemption) -> Self:
        """The record of a redemption."""
        return cls(
            redemption_id=redemption.redemption_id,
            coupon_id=redemption.holder.coupon_id,
            customer_id=redemption.customer_id,
            inbox_id=redemption.inbox_id,
            status=redemption.status,
            distributed_at=redemption.distributed_at,
            redeemed_at=redemption.redeemed_at,
            erased=redemption.erased_at is not None,
        )


class ErasureOut(ResponseModel):
    """The records whose names one call removed. A `next_cursor` means that there may be more."""

    erased_records: int
    next_cursor: str | None


class JournalEntryOut(ResponseModel):
    """A change that concerns people's data: when, what, by which key. It names no customer.

    `erased_records`: those that this call removed. A repetition after a lost answer removes less.
    """

    model_config = ConfigDict(from_attributes=True)

    at: Time
    action: str
    key_id: str
    erased_records: int


class UploadFormOut(ResponseModel):
    """A presigned POST form."""

    url: str
    fields: dict[str, str]


class UploadOut(ResponseModel):
    """An announced image and the form that uploads it."""

    image_id: str
    upload: UploadFormOut

    @classmethod
    def from_upload(cls, image: Image, upload: Upload) -> Self:
        """The announced image with its form."""
        return cls(
            image_id=image.image_id, upload=UploadFormOut(url=upload.url, fields=upload.fields)
        )


class ImageOut(ResponseModel):
    """A completed image."""

    image_id: str
    url: str
    width: Count
    height: Count

    @classmethod
    def from_image(cls, image: Image, base_url: str) -> Self:
        """A completed image; `base_url` is the service's own address."""
        assert image.shown is not None, "only a completed image is shown"
        return cls(
            image_id=image.image_id,
            url=base_url + image.path,
            width=image.shown.width,
            height=image.shown.height,
        )


class FallbackFlowsOut(ResponseModel):
    """The flow to go on with, for each outcome that is not a coupon."""

    model_config = ConfigDict(from_attributes=True)

    coupon_expired: str | None
    customer_max_uses_reached: str | None
    coupon_max_uses_reached: str | None
    error: str | None


class FlowBlockOut(ResponseModel):
    """A saved Distribute Coupon block."""

    block_id: str
    coupon_id: str
    message: str | None
    button_title: str | None
    image_url: str | None
    fallback_flows: FallbackFlowsOut
    channel: str | None
    created_at: Time
    updated_at: Time

    @classmethod
    def from_block(cls, block: FlowBlock) -> Self:
        """The block as it is stored."""
        content = block.content
        return cls(
            block_id=block.block_id,
            coupon_id=content.coupon_id,
            message=content.message,
            button_title=content.button_title,
            image_url=content.image_url,
            fallback_flows=FallbackFlowsOut.model_validate(content.fallback_flows),
            channel=content.channel,
            created_at=block.created_at,
            updated_at=block.updated_at,
        )
