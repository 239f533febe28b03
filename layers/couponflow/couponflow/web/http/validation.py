"""What the admin API takes, checked field by field. Unknown fields are refused."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from couponflow.domain import codes, customer_ids, message_templates, times, urls
from couponflow.domain.errors import ValidationFailed
from couponflow.domain.models import CouponStatus, RedemptionStatus
from couponflow.store.images import LARGEST_UPLOAD

LONGEST_URL = 2_000


class Schema(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


T = TypeVar("T")


def parse(schema: type[T] | TypeAdapter[T], value: object, *, lax: bool = False, **context: Any) -> T:
    """`lax` takes numbers written as text, as queries have them. Raises ValidationFailed, with all that is wrong."""
    adapter: TypeAdapter[T] = schema if isinstance(schema, TypeAdapter) else TypeAdapter(schema)
    try:
        return adapter.validate_python(value, strict=not lax, context=context)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        raise ValidationFailed(
            errors=[{"field": ".".join(map(str, each["loc"])) or "body", "message": each["msg"]} for each in wrong]
        ) from None


def _refuse(message: str) -> PydanticCustomError:
    return PydanticCustomError("invalid", "{message}", {"message": message})


def _is_code(code: str) -> str:
    if not codes.is_code(code):
        raise _refuse("must be 3 to 40 letters, digits, hyphens or underscores")
    return code


def _is_zone(name: str) -> str:
    try:
        times.zone(name)
    except ValueError as wrong:
        raise _refuse(str(wrong)) from None
    return name


def is_https(url: str) -> str:
    if not urls.is_https(url):
        raise _refuse("must be an https address")
    return url


def _line(text: str) -> str:
    """Without what nobody sees and what would turn the direction of a page or a file."""
    line = message_templates.single_line(text)
    if not any(unicodedata.category(character)[0] not in "CZ" for character in line):
        raise _refuse("must have something to see")
    return line


Code = Annotated[str, AfterValidator(_is_code), WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_-]{3,40}$"})]
Zone = Annotated[str, AfterValidator(_is_zone)]
HTTPS_SCHEMA = WithJsonSchema({"type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]://", "maxLength": LONGEST_URL})
HttpsUrl = Annotated[str, StringConstraints(max_length=LONGEST_URL), AfterValidator(is_https), HTTPS_SCHEMA]
# A time with an offset, a local time, or a date.
Moment = Annotated[datetime, WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].+)?$"})]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_line)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40), AfterValidator(_line)]
MaxRedemptions = Annotated[int, Field(ge=1, le=1_000_000_000)]
MaxRedemptionsPerCustomer = Annotated[int, Field(ge=1, le=100)]


def _moment(value: object, info: ValidationInfo, read: Any) -> datetime:
    if not isinstance(value, str):
        raise _refuse("must be a text, such as 2026-12-24 or 2026-12-24T18:00:00+01:00")
    zone = info.data.get("timezone") or (info.context or {}).get("timezone") or "UTC"
    try:
        moment: datetime = read(value, zone)
    except ValueError as wrong:
        raise _refuse(str(wrong)) from None
    return moment


class Period(Schema):
    """Local times and dates are those of `timezone`, which therefore is read first."""

    @field_validator("starts_at", "from_", mode="before", check_fields=False)
    @classmethod
    def _start(cls, value: object, info: ValidationInfo) -> datetime:
        return _moment(value, info, times.parse_start)

    @field_validator("ends_at", "to", mode="before", check_fields=False)
    @classmethod
    def _end(cls, value: object, info: ValidationInfo) -> datetime:
        return _moment(value, info, times.parse_end)


class CouponIn(Period):
    timezone: Zone = "UTC"
    name: Name
    code: Code | None = None
    starts_at: Moment
    ends_at: Moment
    max_redemptions: MaxRedemptions | None = None
    max_redemptions_per_customer: MaxRedemptionsPerCustomer | None = None
    active: bool = True


class CouponChange(Period):
    """Context: `timezone`, the coupon's, in which local times are read where none is given."""

    version: Annotated[int, Field(ge=1)] | None = None
    timezone: Zone = ""
    name: Name = ""
    starts_at: Moment = datetime.min
    ends_at: Moment = datetime.min
    max_redemptions: MaxRedemptions | None = None
    max_redemptions_per_customer: MaxRedemptionsPerCustomer | None = None
    active: bool = True

    def changes(self) -> dict[str, Any]:
        """The fields that were given, but for the version; the defaults above are never seen."""
        return self.model_dump(exclude_unset=True, exclude={"version"})


class RedeemButtonIn(Schema):
    behavior: Literal["none", "redeem", "open_url"] = "redeem"
    label: Label | None = None
    url: HttpsUrl | None = None

    @model_validator(mode="after")
    def _opens_something(self) -> Self:
        if self.behavior == "open_url" and self.url is None:
            raise _refuse("needs a url to open")
        return self


class RedeemPageIn(Schema):
    code_display: Literal["text", "qr", "barcode", "hidden"] = "text"
    redeem_button: RedeemButtonIn = RedeemButtonIn()
    copy_code_button: bool = True
    background_color: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$", to_lower=True)] = "#ffffff"
    brand_icon: Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{13}$")] | None = None
    campaign_image: Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{13}$")] | None = None
    terms: Annotated[str, StringConstraints(max_length=10_000)] = ""
    locale: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)] | None = None


class ImageIn(Schema):
    kind: Literal["brand_icon", "campaign_image", "block_image"]
    content_type: Literal["image/jpeg", "image/png", "image/webp"]
    size: Annotated[int, Field(ge=1, le=LARGEST_UPLOAD)]


class Listing(Schema):
    model_config = ConfigDict(extra="ignore", strict=False)

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: str | None = None


class CouponListing(Listing):
    status: CouponStatus | None = None
    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""


class RecordListing(Period, Listing):
    """Context: `timezone`, in which dates are read."""

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
            raise _refuse(str(wrong)) from None
        if value is not None and canonical is None:
            raise _refuse("names no customer")
        return canonical


def given(query: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a query that say something: forms send empty ones too."""
    return {name: value for name, value in query.items() if value != ""}
