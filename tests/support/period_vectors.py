"""Whole days, own ends and opening times around every change of the clocks until 2037, in every
zone: for the API and for the console.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from couponflow.domain import opening_hours, times
from couponflow.domain.opening_hours import OpeningWindow, Weekday
from couponflow.domain.own_end import ValidFor, own_end

# "Factory" means that no zone was set.
ZONES = sorted(set(files("tzdata").joinpath("zones").read_text().split()) - {"Factory"})
FIRST, LAST = date(2026, 1, 1), date(2037, 12, 31)
Vector = tuple[str, str, str, str]
# Clocks change by half an hour, at midnight, at the end of Ramadan, or never.
AWKWARD_ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/Santiago",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "UTC",
)
VALIDITIES = (ValidFor(hours=1), ValidFor(hours=49), ValidFor(days=0), ValidFor(days=7))
_NIGHT = (Weekday.SAT, Weekday.SUN)
HOURS = (
    (OpeningWindow(_NIGHT, "02:00", "03:30"),),
    (OpeningWindow(_NIGHT, "22:15", "00:30"), OpeningWindow((Weekday.THU,), "00:00", "24:00")),
    (OpeningWindow(tuple(Weekday)[:5], "11:00", "14:30"),),
)
# Minutes from midnight of a day: in front of, at and after the hours above.
_MINUTES = (-1, 0, 61, 119, 120, 179, 180, 210, 875)


def vectors() -> Iterator[Vector]:
    """Zone, last day, and the start and end of a period of that day, for the days at each
    change.
    """
    for zone in ZONES:
        for changed in _days_with_a_change(zone):
            for day in (changed - timedelta(days=1), changed, changed + timedelta(days=1)):
                text = day.isoformat()
                starts_at, ends_at = times.parse_start(text, zone), times.parse_end(text, zone)
                yield zone, text, times.format_utc(starts_at), times.format_utc(ends_at)


def distinct_vectors() -> list[Vector]:
    """As `vectors`, without zones whose clocks change as those of another one."""
    by_zone: dict[str, list[Vector]] = {}
    for vector in vectors():
        by_zone.setdefault(vector[0], []).append(vector)
    distinct = {tuple(each[1:] for each in found): found for found in by_zone.values()}
    return [vector for found in distinct.values() for vector in found]


def own_end_vectors() -> Iterator[tuple[str, str, dict[str, int], str]]:
    """Zone, when a customer received a coupon, how long it is valid, and when it ends for them."""
    for zone, received in _awkward_moments():
        for validity in VALIDITIES:
            unit = "days" if validity.hours is None else "hours"
            value = {unit: getattr(validity, unit)}
            ends_at = own_end(received, validity, zone)
            yield zone, times.format_utc(received), value, times.format_utc(ends_at)


def opening_vectors() -> Iterator[tuple[str, str, list[dict[str, object]], bool, str | None]]:
    """Zone, moment, opening hours as the API has them, whether the coupon is open then, and when it
    opens next.
    """
    for zone, at in _awkward_moments():
        for hours in HOURS:
            opens_at = opening_hours.next_opening(
                hours, at, zone, before=datetime.max.replace(tzinfo=UTC)
            )
            windows: list[dict[str, object]] = [
                {"days": list(each.days), "from": each.from_, "until": each.until} for each in hours
            ]
            is_open = opening_hours.is_open(hours, at, zone)
            yield (
                zone,
                times.format_utc(at),
                windows,
                is_open,
                None if opens_at is None else times.format_utc(opens_at),
            )


def _awkward_moments() -> Iterator[tuple[str, datetime]]:
    for zone in AWKWARD_ZONES:
        for day in _days_with_a_change(zone):
            # Two years have each kind of change.
            if day.year < FIRST.year + 2:
                midnight = times.start_of_day(day, zone)
                yield from ((zone, midnight + timedelta(minutes=minute)) for minute in _MINUTES)


@cache
def _days_with_a_change(zone: str) -> list[date]:
    """Local days in which the zone's offset changes, and 1 June 2026 for every zone."""
    local, found = ZoneInfo(zone), [date(2026, 6, 1)]
    at = datetime(FIRST.year, 1, 1, tzinfo=UTC)
    while at.date() <= LAST:
        if (
            at.astimezone(local).utcoffset()
            != (at + timedelta(days=1)).astimezone(local).utcoffset()
        ):
            found += [
                at.astimezone(local).date(),
                (at + timedelta(days=1)).astimezone(local).date(),
            ]
        at += timedelta(days=1)
    return sorted(set(found))
