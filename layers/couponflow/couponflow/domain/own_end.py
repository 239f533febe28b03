"""The end of a coupon for one customer, counted from the time when they received it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from couponflow.domain import times


@dataclass(frozen=True, slots=True)
class ValidFor:
    """How long a customer may use a coupon; exactly one of the two is set.

    `hours` pass after the coupon was received. `days` end with the n-th local day after that day:
    with 0, the same day.
    """

    hours: int | None = None
    days: int | None = None


def own_end(received: datetime, valid_for: ValidFor, timezone: str) -> datetime:
    """Return when the coupon ends for a customer who received it then (exclusive).

    Days end with the day. "The same wall time n days later" would end earlier for a customer who
    received the coupon later, in an hour that comes twice.
    """
    if valid_for.hours is not None:
        return received + timedelta(hours=valid_for.hours)
    last_day = received.astimezone(times.zone(timezone)).date() + timedelta(
        days=valid_for.days or 0
    )
    return times.start_of_day(last_day + timedelta(days=1), timezone)
