"""Dates and times in the customer's language and the coupon's time zone."""

from datetime import datetime, timedelta

from couponflow.domain import times

_NO_BREAK = "\u00a0"


def moment(at: datetime, timezone: str, locale: str) -> str:
    """For example "Thu, Dec 24, 2026, 18:00 GMT+01:00"."""
    from babel.dates import (
        get_timezone_gmt,
    )  # a tenth of a cold start; the page of an unknown link has no date

    offset = get_timezone_gmt(_local(at, timezone), locale=_language(locale))
    return f"{_written(at, timezone, locale, '%H:%M')}{_NO_BREAK}{offset}"


def last_moment(ends_at: datetime, timezone: str, locale: str) -> str:
    """Return the end of a period that excludes it: a day's first moment is 23:59 of the
    day before.
    """
    return moment(times.last_moment(ends_at, timezone), timezone, locale)


def second(at: datetime, timezone: str, locale: str) -> str:
    """For example "Thu, Dec 24, 2026, 18:00:07"."""
    return _written(at, timezone, locale, "%H:%M:%S")


def day(at: datetime, timezone: str, locale: str) -> str:
    """For example "Thu, Dec 24, 2026"."""
    from babel.dates import format_skeleton

    return format_skeleton("yMMMEd", _local(at, timezone), locale=_language(locale))


def clock(at: datetime, timezone: str) -> str:
    """For example "18:00:07"."""
    return f"{_local(at, timezone):%H:%M:%S}"


def ago(at: datetime, now: datetime, locale: str) -> str:
    """For example "2 hours ago"."""
    from babel.dates import format_timedelta

    passed = min(at - now, timedelta(minutes=-1))
    return format_timedelta(
        passed, granularity="minute", add_direction=True, locale=_language(locale)
    )


def seconds_east(at: datetime, timezone: str) -> int:
    """The zone's offset from UTC in seconds."""
    return int((_local(at, timezone).utcoffset() or timedelta()).total_seconds())


def _written(at: datetime, timezone: str, locale: str, clock_format: str) -> str:
    from babel.dates import get_datetime_format

    joint = str(get_datetime_format("medium", locale=_language(locale)))
    # A date and a time of day are each kept on one line.
    return joint.format(
        _local(at, timezone).strftime(clock_format),
        day(at, timezone, locale).replace(" ", _NO_BREAK),
    )


def _local(at: datetime, timezone: str) -> datetime:
    return at.astimezone(times.zone(timezone))


def _language(locale: str) -> str:
    return locale.replace("-", "_")
