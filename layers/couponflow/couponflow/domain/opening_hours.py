"""Opening hours of a coupon: weekdays and wall times in its own time zone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from couponflow.domain import times


class Weekday(StrEnum):
    """A day of the week, Monday first."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


_WEEK = tuple(Weekday)
_QUARTER = timedelta(minutes=15)
# A weekly window that falls into an hour or a day that a zone skips opens two weeks later.
_QUARTERS_SEARCHED = 15 * 24 * 4


@dataclass(frozen=True, slots=True)
class OpeningWindow:
    """Hours of some weekdays: wall times "HH:MM" in quarter hours, `until` exclusive.

    An `until` that is not later than `from_` is on the next day; "24:00" is the end of the day.
    """

    days: tuple[Weekday, ...]
    from_: str
    until: str

    def is_open(self, local: datetime) -> bool:
        """Whether the window is open at a local time."""
        today, at = local.weekday(), f"{local:%H:%M}"
        begins_today = _WEEK[today] in self.days
        if self.from_ < self.until:
            return begins_today and self.from_ <= at < self.until
        began_yesterday = _WEEK[today - 1] in self.days
        return (begins_today and at >= self.from_) or (began_yesterday and at < self.until)


def is_open(hours: Sequence[OpeningWindow], now: datetime, timezone: str) -> bool:
    """Whether one of the windows is open at `now`."""
    local = now.astimezone(times.zone(timezone))
    return any(window.is_open(local) for window in hours)


def next_opening(
    hours: Sequence[OpeningWindow], now: datetime, timezone: str, before: datetime
) -> datetime | None:
    """Return the first open quarter hour after `now`; None if there is none `before` that time.

    Every quarter hour is tried, because the start of a window may fall into a skipped hour. Windows
    and changes of a zone's offset are both on quarter hours.
    """
    quarters = int(now.timestamp()) // 900
    at = datetime.fromtimestamp(quarters * 900, UTC)
    for _ in range(_QUARTERS_SEARCHED):
        at += _QUARTER
        if at >= before:
            return None
        if is_open(hours, at, timezone):
            return at
    return None
