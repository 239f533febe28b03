"""Whole days around every change of the clocks until 2037, in every zone: for the API and for the
console.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from couponflow.domain import times

# "Factory" means that no zone was set.
ZONES = sorted(set(files("tzdata").joinpath("zones").read_text().split()) - {"Factory"})
FIRST, LAST = date(2026, 1, 1), date(2037, 12, 31)
Vector = tuple[str, str, str, str]


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
