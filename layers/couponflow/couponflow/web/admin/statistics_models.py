"""The query and the response of a coupon's statistics."""

from datetime import date, timedelta
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from couponflow.domain.statistics import EventKind, InboxCounts
from couponflow.services.statistics import CouponStatistics
from couponflow.web.admin.response_models import Count, ResponseModel, Time
from couponflow.web.http.validation import Schema, validation_error

MOST_DAYS = 366
DEFAULT_DAYS = 30
# From here on, every day has days around it, as time zones need.
_FIRST, _LAST = date(1970, 1, 2), date(8999, 12, 31)
Day = Annotated[date, Field(ge=_FIRST, le=_LAST)]


class StatisticsQuery(Schema):
    """Local days, both included. Context: `today`, in the coupon's time zone."""

    model_config = ConfigDict(extra="ignore", strict=False)

    interval: Literal["day"] = "day"
    to: Annotated[Day | None, Field(validate_default=True)] = None
    from_: Annotated[Day | None, Field(alias="from", validate_default=True)] = None

    @field_validator("to")
    @classmethod
    def _last(cls, value: date | None, info: ValidationInfo) -> date:
        return value or today_of(info)

    @field_validator("from_")
    @classmethod
    def _first(cls, value: date | None, info: ValidationInfo) -> date:
        last: date = info.data.get("to") or today_of(info)
        first = value or max(_FIRST, last - timedelta(days=DEFAULT_DAYS - 1))
        if first > last:
            raise validation_error("must not be later than to")
        if (last - first).days >= MOST_DAYS:
            raise validation_error(f"must be at most {MOST_DAYS} days before to")
        return first

    @property
    def first(self) -> date:
        """The first day."""
        assert self.from_ is not None, "the validator sets it"
        return self.from_

    @property
    def last(self) -> date:
        """The last day."""
        assert self.to is not None, "the validator sets it"
        return self.to


def today_of(info: ValidationInfo) -> date:
    """The day of the request in the coupon's time zone, or a day for the OpenAPI document."""
    today: date = (info.context or {}).get("today", _FIRST)
    return today


class CountsOut(ResponseModel):
    """How often each kind of event happened."""

    distributed: Count
    opened: Count
    redeemed: Count
    rolled_back: Count


class DayOut(CountsOut):
    """The counts of one local day."""

    date: date


class InboxOut(CountsOut):
    """The counts of one inbox.

    `kind` is `none` for events without an inbox, and `other` for all inboxes beyond the first 50.
    """

    inbox_id: str | None
    kind: Literal["inbox", "none", "other"]

    @classmethod
    def from_counts(cls, inbox: InboxCounts) -> Self:
        """The counts as they are stored."""
        named: Literal["inbox", "none"] = "none" if inbox.inbox_id is None else "inbox"
        kind: Literal["inbox", "none", "other"] = "other" if inbox.is_rest else named
        return cls(inbox_id=inbox.inbox_id, kind=kind, **_counts(inbox.counts))


class StatisticsOut(ResponseModel):
    """Statistics of a coupon: of all time by inbox, and of the days asked for."""

    coupon_id: str
    timezone: str
    totals: CountsOut
    redemption_rate: float | None
    remaining: Count | None
    series: list[DayOut]
    by_inbox: list[InboxOut]
    updated_at: Time | None

    @classmethod
    def from_statistics(cls, of: CouponStatistics) -> Self:
        """The statistics of a coupon; `remaining` is None without a limit."""
        coupon, totals = of.coupon, {kind: of.statistics.total(kind) for kind in EventKind}
        return cls(
            coupon_id=coupon.coupon_id,
            timezone=coupon.timezone,
            totals=CountsOut(**_counts(totals)),
            redemption_rate=of.redemption_rate,
            remaining=None if coupon.max_redemptions is None else of.counts.remaining,
            series=[DayOut(date=day, **_counts(counts)) for day, counts in of.series],
            by_inbox=list(map(InboxOut.from_counts, of.statistics.inboxes)),
            updated_at=of.statistics.updated_at,
        )


def _counts(counts: dict[EventKind, int]) -> dict[str, int]:
    # A count can be below zero for seconds: an event moved to another inbox, and the stream's
    # shards are counted side by side.
    return {kind.value: max(0, counts.get(kind, 0)) for kind in EventKind}
