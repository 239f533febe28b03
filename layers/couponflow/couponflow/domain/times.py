"""Times in the format of the contract, and active periods as people write them."""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:[T ](?P<clock>\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?P<offset>[Zz]|"
    r"[+-]\d\d:\d\d)?)?"
)
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+\-/]{0,63}")
_FIRST, _LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def format_utc(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds. The width is fixed, so texts sort like times."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_utc(written: str) -> datetime:
    """The inverse of `format_utc`."""
    return datetime.fromisoformat(written)


def zone(name: str) -> ZoneInfo:
    """Return the IANA time zone. Raises ValueError if there is none of that name."""
    try:
        if _ZONE.fullmatch(name):
            return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        pass
    raise ValueError("must be an IANA time zone, such as Europe/Berlin")


def check_zone(name: str) -> None:
    """Raises ValueError unless the `tzdata` package lists the zone.

    A machine's own files hold more: `localtime`, `posixrules` and the folders `posix` and `right`
    have no meaning elsewhere, and browsers know none of them.
    """
    if name not in _listed_zones():
        raise ValueError("must be an IANA time zone, such as Europe/Berlin")


@cache
def _listed_zones() -> frozenset[str]:
    # "Factory" means that a machine's zone was never set.
    return frozenset(files("tzdata").joinpath("zones").read_text().split()) - {"Factory"}


def parse_start(written: str, timezone: str) -> datetime:
    """When a period starts: a time with an offset, a local time in the zone, or a date, which means
    its midnight there.
    """
    return _moment(written, timezone, days_later=0)


def parse_end(written: str, timezone: str) -> datetime:
    """When a period is over (exclusive): as `start`, but a date means the midnight after it."""
    return _moment(written, timezone, days_later=1)


def last_moment(ends_at: datetime, timezone: str) -> datetime:
    """Return the last local moment of a period as people name it.

    An end at the first moment of a local day becomes the last minute of the day before. Where
    clocks go forward at midnight, that first moment is one o'clock.
    """
    if is_start_of_day(ends_at, timezone):
        ends_at -= timedelta(minutes=1)
    return ends_at.astimezone(zone(timezone))


def start_of_day(day: date, timezone: str, fold: int = 0) -> datetime:
    """Return the first instant of a local day, in UTC. Where midnight comes twice, `fold=1` is the
    second one.

    Where midnight is skipped, this is the moment of the change.
    """
    return datetime.combine(day, time(fold=fold), zone(timezone)).astimezone(UTC)


def is_start_of_day(moment: datetime, timezone: str) -> bool:
    """Whether a local day begins at this moment."""
    local = zone(timezone)
    before = (moment - timedelta(milliseconds=1)).astimezone(local)
    return before.date() < moment.astimezone(local).date()


def move_to_zone(moment: datetime, timezone: str, to: str) -> datetime:
    """Return when the clocks of the zone `to` show what those of `timezone` show at the moment, in
    UTC.

    The first moment of a local day stays the first of that day, also where midnight is skipped.

    Raises ValueError for a moment that no coupon can have.
    """
    if is_start_of_day(moment, timezone):
        day = moment.astimezone(zone(timezone)).date()
        return _within_bounds(start_of_day(day, to))
    return _within_bounds(moment.astimezone(zone(timezone)).replace(tzinfo=zone(to)))


def _moment(written: str, timezone: str, days_later: int) -> datetime:
    local = zone(timezone)
    parts = _MOMENT.fullmatch(written)
    if parts is None:
        raise ValueError(
            "must be a date or a time, such as 2026-12-24 or 2026-12-24T18:00:00+01:00"
        )
    try:
        day = date.fromisoformat(parts["day"])
        if parts["clock"] is None:
            moment = datetime.combine(day + timedelta(days=days_later), time(), local)
        else:
            moment = datetime.fromisoformat(
                f"{day}T{parts['clock']}{(parts['offset'] or '').upper()}"
            )
            moment = moment if moment.tzinfo else moment.replace(tzinfo=local)
    except (ValueError, OverflowError):
        raise ValueError("is no date or time that exists") from None
    return _within_bounds(moment)


def _within_bounds(moment: datetime) -> datetime:
    """The moment in UTC, to the millisecond. Raises ValueError."""
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is no date or time that exists") from None
    if not _FIRST <= moment < _LAST:
        raise ValueError("must lie between the years 1970 and 9000")
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
