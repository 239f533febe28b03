"""Parsing of periods: clock changes, extreme offsets and dates without a time."""

import pytest

from couponflow.domain import times
from tests.support import period_vectors


@pytest.mark.parametrize(
    ("written", "zone", "utc"),
    [
        ("2026-12-24T18:00:00+01:00", "UTC", "2026-12-24T17:00:00.000Z"),
        ("2026-12-24T18:00:00Z", "Europe/Berlin", "2026-12-24T18:00:00.000Z"),
        ("2026-12-24 18:00", "Europe/Berlin", "2026-12-24T17:00:00.000Z"),
        ("2026-07-24T18:00:00.1239", "Europe/Berlin", "2026-07-24T16:00:00.123Z"),
        ("2026-12-24t18:00:00z".upper(), "UTC", "2026-12-24T18:00:00.000Z"),
        ("2026-01-01T00:00:00+14:00", "UTC", "2025-12-31T10:00:00.000Z"),
        ("2026-01-01T00:00:00-14:00", "UTC", "2026-01-01T14:00:00.000Z"),
        ("2026-01-01T00:00", "Pacific/Kiritimati", "2025-12-31T10:00:00.000Z"),
        ("2026-01-01T00:00", "Etc/GMT+12", "2026-01-01T12:00:00.000Z"),
    ],
)
def test_time_without_an_offset_is_local_to_the_zone(written, zone, utc):
    assert (
        times.format_utc(times.parse_start(written, zone))
        == times.format_utc(times.parse_end(written, zone))
        == utc
    )


@pytest.mark.parametrize(
    ("written", "zone", "starts", "ends"),
    [
        ("2026-12-24", "UTC", "2026-12-24T00:00:00.000Z", "2026-12-25T00:00:00.000Z"),
        (
            "2026-12-31",
            "Pacific/Kiritimati",
            "2026-12-30T10:00:00.000Z",
            "2026-12-31T10:00:00.000Z",
        ),
        ("2026-12-31", "Etc/GMT+12", "2026-12-31T12:00:00.000Z", "2027-01-01T12:00:00.000Z"),
        # Daylight saving changes: these days have 23 and 25 hours.
        ("2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"),
        ("2026-10-25", "Europe/Berlin", "2026-10-24T22:00:00.000Z", "2026-10-25T23:00:00.000Z"),
        # In Cairo the clock skips midnight, so the day begins at one.
        # In Havana it goes back at one, so the day has two midnights.
        ("2026-04-24", "Africa/Cairo", "2026-04-23T22:00:00.000Z", "2026-04-24T21:00:00.000Z"),
        ("2026-11-01", "America/Havana", "2026-11-01T04:00:00.000Z", "2026-11-02T05:00:00.000Z"),
        ("2024-02-29", "UTC", "2024-02-29T00:00:00.000Z", "2024-03-01T00:00:00.000Z"),
    ],
)
def test_date_without_a_time_means_that_whole_day(written, zone, starts, ends):
    assert times.format_utc(times.parse_start(written, zone)) == starts
    assert times.format_utc(times.parse_end(written, zone)) == ends


def test_skipped_local_time_is_as_long_after_the_clock_change():
    assert (
        times.format_utc(times.parse_start("2026-03-29T02:30", "Europe/Berlin"))
        == "2026-03-29T01:30:00.000Z"
    )


def test_repeated_local_time_is_its_first_occurrence():
    assert (
        times.format_utc(times.parse_end("2026-10-25T02:30", "Europe/Berlin"))
        == "2026-10-25T00:30:00.000Z"
    )


@pytest.mark.parametrize(
    "written",
    [
        "", "tomorrow", "2026", "2026-13-01", "2026-02-30", "2025-02-29", "2026-1-1", "20260101",
        "2026-01-01T", "2026-01-01Z",
        "2026-01-01T10", "2026-01-01T10:00:61", "2026-01-01T10:00+25:00", "2026-01-01T10:00 +01:00",
        " 2026-01-01", "1969-12-31",
        "2026-01-01T25:00", "2026-01-01\n", "0000-01-01", "9999-12-31", "2026-W01-1", "1767225600",
        "٢٠٢٦-01-01",
        "2026-01-01T10:00:00,5",
    ],
)  # fmt: skip
def test_invalid_date_or_time_is_refused(written):
    for read in (times.parse_start, times.parse_end):
        with pytest.raises(ValueError, match=r"must|is no date"):
            read(written, "UTC")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Berlin",
        "Europe",
        "Europe/Atlantis",
        "../etc/passwd",
        "Europe/../Europe/Berlin",
        "/UTC",
        "UTC\n",
        "x" * 99,
    ],
)
def test_unknown_time_zone_is_refused(name):
    with pytest.raises(ValueError, match="must be an IANA time zone"):
        times.zone(name)


@pytest.mark.parametrize(
    "name",
    [
        "localtime",
        "posixrules",
        "posix/UTC",
        "right/Europe/Berlin",
        "Factory",
        "Europe/Atlantis",
        "",
    ],
)
def test_zone_of_the_machine_alone_is_refused(name):
    with pytest.raises(ValueError, match="must be an IANA time zone"):
        times.check_zone(name)


def test_every_zone_of_tzdata_but_factory_is_accepted():
    for name in period_vectors.ZONES:
        times.check_zone(name)
    assert len(period_vectors.ZONES) > 500


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Santiago", "2027-09-04"),
        ("Africa/Cairo", "2027-04-29"),
        ("Asia/Beirut", "2027-03-27"),
        ("America/Havana", "2027-03-13"),
        ("America/Nuuk", "2027-03-27"),
        ("Atlantic/Azores", "2027-03-27"),
        ("Pacific/Apia", "2011-12-31"),
        ("UTC", "2027-01-01"),
    ],
)
def test_last_moment_of_a_date_is_on_that_date(zone, day):
    last = times.last_moment(times.parse_end(day, zone), zone)
    assert f"{last:%Y-%m-%d}" == day and f"{last:%M}" == "59"


def test_last_moment_is_on_the_last_day_at_every_clock_change():
    wrong = []
    for zone, day, _, ends_at in period_vectors.vectors():
        last = times.last_moment(times.parse_utc(ends_at), zone)
        if f"{last:%Y-%m-%d}" != day:
            wrong.append((zone, day, last))
    assert wrong == []


def test_end_within_a_day_is_its_own_last_moment():
    noon = times.parse_utc("2027-09-04T16:00:00.000Z")
    assert times.last_moment(noon, "America/Santiago") == noon
    second_midnight = times.parse_utc("2026-11-01T05:00:00.000Z")
    assert not times.is_start_of_day(second_midnight, "America/Havana")


def test_utc_texts_sort_in_order_of_time():
    written = [
        "2026-01-01T00:30+01:00",
        "2025-12-31T23:30:00.001Z",
        "2026-01-01T00:31+01:00",
        "2026-01-01",
    ]
    texts = [times.format_utc(times.parse_start(each, "UTC")) for each in written]
    assert texts == sorted(texts)
    assert {len(text) for text in texts} == {24}
    assert [times.format_utc(times.parse_utc(text)) for text in texts] == texts


def test_time_is_truncated_to_milliseconds():
    assert times.parse_end("2026-01-01T10:00:00.123999Z", "UTC") == times.parse_utc(
        "2026-01-01T10:00:00.123Z"
    )


@pytest.mark.parametrize(
    ("moment", "before", "after", "moved"),
    [
        ("2026-06-01T07:30:00.000Z", "Europe/Berlin", "America/New_York", "2026-06-01T13:30"),
        # Midnight is skipped in Santiago: the day begins at one o'clock there.
        ("2027-09-05T04:00:00.000Z", "America/Santiago", "UTC", "2027-09-05T00:00"),
        ("2027-09-05T00:00:00.000Z", "UTC", "America/Santiago", "2027-09-05T04:00"),
        ("2026-03-29T01:30:00.000Z", "UTC", "Europe/Berlin", "2026-03-29T00:30"),
        ("2026-03-29T02:30:00.000Z", "UTC", "Europe/Berlin", "2026-03-29T01:30"),
        ("2026-10-25T02:30:00.000Z", "UTC", "Europe/Berlin", "2026-10-25T00:30"),
    ],
)
def test_moment_moves_to_the_same_local_time(moment, before, after, moved):
    got = times.format_utc(times.move_to_zone(times.parse_utc(moment), before, after))
    assert got == f"{moved}:00.000Z"


def test_date_moves_to_the_same_date_at_every_clock_change():
    wrong = []
    for zone, day, starts_at, ends_at in period_vectors.vectors():
        for written, expected in ((starts_at, times.parse_start), (ends_at, times.parse_end)):
            moved = times.move_to_zone(times.parse_utc(written), zone, "Asia/Kolkata")
            if moved != expected(day, "Asia/Kolkata"):
                wrong.append((zone, day, written, moved))
    assert wrong == []
