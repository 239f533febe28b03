"""What the admin API takes for coupons and for lists of their records."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from couponflow.domain import codes, customer_ids, texts, times
from couponflow.domain.models import CouponStatus, RedemptionStatus
from couponflow.web.admin.coupon_rule_schemas import Hours, PeriodLimitField, ValidForField
from couponflow.web.http.validation import Listing, Name, Schema, validation_error


def _is_code(code: str) -> str:
    if not codes.is_code(code):
        raise validation_error("must be 3 to 40 letters, digits, hyphens or underscores")
    return code


def _is_zone(name: str) -> str:
    try:
        times.check_zone(name)
    except ValueError as wrong:
        raise validation_error(str(wrong)) from None
    return name


Code = Annotated[
    str,
    AfterValidator(texts.clean),
    AfterValidator(_is_code),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_-]{3,40}$"}),
]
Zone = Annotated[str, AfterValidator(_is_zone)]
# A time with an offset, a local time or a date.
Moment = Annotated[
    datetime, WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].+)?$"})
]
MaxRedemptions = Annotated[int, Field(ge=1, le=1_000_000_000)]
MaxRedemptionsPerCustomer = Annotated[int, Field(ge=1, le=100)]


def _moment(value: object, info: ValidationInfo, read: Any) -> datetime:
    if not isinstance(value, str):
        raise validation_error("must be a text, such as 2026-12-24 or 2026-12-24T18:00:00+01:00")
    zone = info.data.get("timezone") or (info.context or {}).get("timezone") or "UTC"
    try:
        moment: datetime = read(value, zone)
    except ValueError as wrong:
        raise validation_error(str(wrong)) from None
    return moment


class Period(Schema):
    """Times of a period.

    Local times and dates are in `timezone`, which is therefore the first field.
    """

    @field_validator("starts_at", "from_", mode="before", check_fields=False)
    @classmethod
    def _start(cls, value: object, info: ValidationInfo) -> datetime:
        return _moment(value, info, times.parse_start)

    @field_validator("ends_at", "to", mode="before", check_fields=False)
    @classmethod
    def _end(cls, value: object, info: ValidationInfo) -> datetime:
        return _moment(value, info, times.parse_end)


class CouponIn(Period):
    """A new coupon."""

    timezone: Zone = "UTC"
    name: Name
    code: Code | None = None
    starts_at: Moment
    ends_at: Moment
    max_redemptions: MaxRedemptions | None = None
    max_redemptions_per_customer: MaxRedemptionsPerCustomer | None = None
    active: bool = True
    hours: Hours | None = None
    valid_for: ValidForField | None = None
    period_limit: PeriodLimitField | None = None


class CouponChange(Period):
    """A change of a coupon.

    Context: `timezone`, the coupon's own, for local times if the change has none.
    """

    version: Annotated[int, Field(ge=1)] | None = None
    timezone: Zone = ""
    name: Name = ""
    starts_at: Moment = datetime.min
    ends_at: Moment = datetime.min
    max_redemptions: MaxRedemptions | None = None
    max_redemptions_per_customer: MaxRedemptionsPerCustomer | None = None
    active: bool = True
    hours: Hours | None = None
    valid_for: ValidForField | None = None
    period_limit: PeriodLimitField | None = None

    def changes(self) -> dict[str, Any]:
        """The fields in the body, without the version. The defaults above are never used."""
        return {name: getattr(self, name) for name in self.model_fields_set - {"version"}}


class CouponListing(Listing):
    """The query of the list of coupons."""

    status: CouponStatus | None = None
    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""


class RecordListing(Period, Listing):
    """The query of the list of records. Context: `timezone`, for dates."""

    model_config = ConfigDict(extra="ignore", strict=False)

    status: RedemptionStatus | None = None
    customer_id: str | None = None
    from_: Annotated[Moment | None, Field(alias="from")] = None
    to: Moment | None = None

    @field_validator("customer_id")
    @classmethod
    def _is_somebody(cls, value: str | None) -> str | None:
        try:
            canonical = customer_ids.canonical(value)
        except ValueError as wrong:
            raise validation_error(str(wrong)) from None
        if value is not None and canonical is None:
            raise validation_error("names no customer")
        return canonical
