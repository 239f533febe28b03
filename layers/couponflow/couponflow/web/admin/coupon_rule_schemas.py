"""What the admin API takes for a coupon's opening hours, validity and period limit."""

import re
from collections.abc import Callable
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    Strict,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from couponflow.domain.opening_hours import OpeningWindow, Weekday
from couponflow.domain.own_end import ValidFor
from couponflow.domain.use_periods import PeriodLimit, PeriodUnit
from couponflow.web.http.validation import Schema, validation_error


def _quarter_hour(pattern: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise validation_error("must be a quarter hour, such as 11:00 or 14:45")
        return text

    return check


def _pattern(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


class ValidForIn(Schema):
    """How long a customer may use the coupon: in hours or in days. The defaults are never used."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    hours: Annotated[int, Field(ge=1, le=8_760)] = 1
    days: Annotated[int, Field(ge=0, le=365)] = 0

    @model_validator(mode="after")
    def _has_one_unit(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise validation_error("needs either hours or days")
        return self

    def valid_for(self) -> ValidFor:
        """The domain's value."""
        return ValidFor(**self.model_dump(exclude_unset=True))


# Wall times in quarter hours.
_QUARTER = "([01][0-9]|2[0-3]):(00|15|30|45)"
_From = Annotated[str, AfterValidator(_quarter_hour(_QUARTER)), _pattern(_QUARTER)]
_UNTIL = f"({_QUARTER}|24:00)"
_Until = Annotated[str, AfterValidator(_quarter_hour(_UNTIL)), _pattern(_UNTIL)]


class OpeningWindowIn(Schema):
    """Opening hours of some weekdays.

    An `until` that is not later than `from` is on the next day.
    """

    days: Annotated[
        list[Annotated[Weekday, Strict(False)]],
        Field(min_length=1, max_length=7, json_schema_extra={"uniqueItems": True}),
    ]
    from_: Annotated[_From, Field(alias="from")]
    until: _Until

    @field_validator("days")
    @classmethod
    def _are_different(cls, days: list[Weekday]) -> list[Weekday]:
        if len(set(days)) < len(days):
            raise validation_error("must not name a day twice")
        return days

    @field_validator("until")
    @classmethod
    def _is_other_time(cls, until: str, info: ValidationInfo) -> str:
        if until == info.data.get("from_"):
            raise validation_error("must differ from `from`; a whole day is 00:00 until 24:00")
        return until

    def window(self) -> OpeningWindow:
        """The domain's value."""
        return OpeningWindow(tuple(self.days), self.from_, self.until)


class PeriodLimitIn(Schema):
    """How often a customer may use the coupon in each period."""

    uses: Annotated[int, Field(ge=1, le=100)]
    per: Annotated[PeriodUnit, Strict(False)]

    def limit(self) -> PeriodLimit:
        """The domain's value."""
        return PeriodLimit(self.uses, self.per)


def _windows(windows: list[OpeningWindowIn]) -> tuple[OpeningWindow, ...]:
    return tuple(window.window() for window in windows)


# Validated, then turned into the domain's values.
ValidForField = Annotated[ValidForIn, AfterValidator(ValidForIn.valid_for)]
Hours = Annotated[
    list[OpeningWindowIn], Field(min_length=1, max_length=14), AfterValidator(_windows)
]
PeriodLimitField = Annotated[PeriodLimitIn, AfterValidator(PeriodLimitIn.limit)]
