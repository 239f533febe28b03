"""Days, weeks and months in which a customer's uses are counted, in the coupon's time zone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from couponflow.domain import times


class PeriodUnit(StrEnum):
    """The length of a period: a local day, an ISO week (from Monday), a month."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class PeriodLimit:
    """How often a customer may use a coupon in each period."""

    uses: int
    per: PeriodUnit


def first_day(moment: datetime, unit: PeriodUnit, timezone: str) -> date:
    """Return the first local day of the period of `moment`: equal days, same period."""
    day = moment.astimezone(times.zone(timezone)).date()
    if unit is PeriodUnit.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit is PeriodUnit.MONTH else day


def next_period(moment: datetime, unit: PeriodUnit, timezone: str) -> datetime:
    """Return when the period after the one of `moment` begins."""
    first = first_day(moment, unit, timezone)
    if unit is PeriodUnit.MONTH:
        following = (first + timedelta(days=32)).replace(day=1)
    else:
        following = first + timedelta(days=7 if unit is PeriodUnit.WEEK else 1)
    begins = times.start_of_day(following, timezone)
    # Where clocks go back just after midnight, the day begins twice.
    return begins if begins > moment else times.start_of_day(following, timezone, fold=1)
