"""Opening hours, own ends and periods of use, at changes of the clocks in awkward zones."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from couponflow.domain import times
from couponflow.domain.opening_hours import OpeningWindow, Weekday, is_open, next_opening
from couponflow.domain.own_end import ValidFor, own_end
from couponflow.domain.use_periods import PeriodUnit, first_day, next_period

SECOND, QUARTER = timedelta(seconds=1), timedelta(minutes=15)
EVERY_DAY = tuple(Weekday)
DAY, WEEK, MONTH = PeriodUnit
BERLIN, LORD_HOWE, APIA, SANTIAGO, BEIRUT, HAVANA, CASABLANCA = (
    "Europe/Berlin",
    "Australia/Lord_Howe",  # half an hour at two o'clock
    "Pacific/Apia",  # no 30 December 2011
    "America/Santiago",  # changes at midnight
    "Asia/Beirut",  # midnight is skipped, or comes twice
    "America/Havana",  # midnight is skipped, and the hour after it comes twice
    "Africa/Casablanca",  # changes around Ramadan
)
ZONES = [BERLIN, LORD_HOWE, APIA, SANTIAGO, BEIRUT, HAVANA, CASABLANCA, "Asia/Kathmandu", "UTC"]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "received", "days", "ends"),
    [
        ("UTC", "2026-03-01T23:59:59", 0, "2026-03-02T00:00"),
        ("UTC", "2026-03-02T00:00", 0, "2026-03-03T00:00"),
        ("UTC", "2026-02-22T10:00", 7, "2026-03-02T00:00"),
        (BERLIN, "2026-03-28T22:59:59", 0, "2026-03-28T23:00"),
        (BERLIN, "2026-03-28T23:00", 0, "2026-03-29T22:00"),
        (BERLIN, "2026-10-24T22:00", 0, "2026-10-25T23:00"),
        (BERLIN, "2026-03-25T12:00", 4, "2026-03-29T22:00"),
        (LORD_HOWE, "2026-10-03T12:00", 1, "2026-10-04T13:00"),
        (LORD_HOWE, "2026-04-04T12:00", 1, "2026-04-05T13:30"),
        # The day after 29 December is 31 December.
        (APIA, "2011-12-29T20:00", 0, "2011-12-30T10:00"),
        (APIA, "2011-12-29T20:00", 1, "2011-12-30T10:00"),
        (APIA, "2011-12-29T20:00", 2, "2011-12-31T10:00"),
        (SANTIAGO, "2026-09-05T12:00", 0, "2026-09-06T04:00"),
        (SANTIAGO, "2026-09-06T04:00", 0, "2026-09-07T03:00"),
        (SANTIAGO, "2026-04-04T12:00", 0, "2026-04-05T04:00"),
        (BEIRUT, "2026-03-28T12:00", 0, "2026-03-28T22:00"),
        (BEIRUT, "2026-03-28T22:00", 0, "2026-03-29T21:00"),
        (BEIRUT, "2026-10-24T12:00", 0, "2026-10-24T22:00"),
        (HAVANA, "2026-03-07T12:00", 0, "2026-03-08T05:00"),
        (HAVANA, "2026-10-31T12:00", 0, "2026-11-01T04:00"),
        (HAVANA, "2026-11-01T04:30", 0, "2026-11-02T05:00"),
        (CASABLANCA, "2026-02-14T12:00", 0, "2026-02-14T23:00"),
        (CASABLANCA, "2026-02-15T12:00", 0, "2026-02-16T00:00"),
    ],
)
def test_days_of_validity_end_with_the_local_day(zone, received, days, ends):
    assert own_end(utc(received), ValidFor(days=days), zone) == utc(ends)


def test_hours_of_validity_pass_whatever_the_clocks_do():
    for received in ("2026-03-28T23:30", "2026-10-24T22:30"):
        assert own_end(utc(received), ValidFor(hours=24), BERLIN) == utc(received) + timedelta(1)


LUNCH = OpeningWindow((Weekday.MON, Weekday.TUE), "11:00", "14:30")
NIGHT = OpeningWindow((Weekday.SAT,), "22:00", "02:00")
GAP = OpeningWindow(EVERY_DAY, "02:30", "04:00")


@pytest.mark.parametrize(
    ("zone", "window", "opens", "closes"),
    [
        ("UTC", LUNCH, "2026-03-02T11:00", "2026-03-02T14:30"),
        ("UTC", NIGHT, "2026-03-07T22:00", "2026-03-08T02:00"),
        ("UTC", OpeningWindow((Weekday.SUN,), "00:00", "24:00"), "2026-03-08", "2026-03-09"),
        ("UTC", OpeningWindow((Weekday.SUN,), "18:00", "00:00"), "2026-03-08T18:00", "2026-03-09"),
        # The night of the change is an hour shorter, or longer.
        (BERLIN, NIGHT, "2026-03-28T21:00", "2026-03-29T01:00"),
        (BERLIN, OpeningWindow((Weekday.SAT,), "22:00", "03:15"), "2026-10-24T20:00",
         "2026-10-25T02:15"),
        # 02:30 is skipped.
        (BERLIN, GAP, "2026-03-29T01:00", "2026-03-29T02:00"),
        (LORD_HOWE, OpeningWindow(EVERY_DAY, "02:00", "03:00"), "2026-10-03T15:30",
         "2026-10-03T16:00"),
        (APIA, OpeningWindow((Weekday.SAT,), "00:00", "01:00"), "2011-12-30T10:00",
         "2011-12-30T11:00"),
        (SANTIAGO, OpeningWindow((Weekday.SUN,), "00:00", "02:00"), "2026-09-06T04:00",
         "2026-09-06T05:00"),
        (BEIRUT, OpeningWindow((Weekday.SUN,), "00:15", "01:30"), "2026-03-28T22:00",
         "2026-03-28T22:30"),
        (HAVANA, OpeningWindow((Weekday.SUN,), "00:45", "01:00"), "2026-11-01T04:45",
         "2026-11-01T05:00"),
        (CASABLANCA, OpeningWindow(EVERY_DAY, "02:15", "03:15"), "2026-03-22T02:00",
         "2026-03-22T02:15"),
    ],
)  # fmt: skip
def test_window_opens_and_closes_to_the_second(zone, window, opens, closes):
    opens, closes = utc(opens), utc(closes)
    found = [is_open((window,), at, zone) for at in (opens - SECOND, opens, opens + SECOND)]
    assert found == [False, True, True]
    found = [is_open((window,), at, zone) for at in (closes - SECOND, closes, closes + SECOND)]
    assert found == [True, False, False]
    before = opens - timedelta(minutes=1)
    assert next_opening((window,), before, zone, closes) == opens
    assert next_opening((window,), before, zone, opens) is None


def test_hour_that_comes_twice_is_open_twice():
    window = OpeningWindow((Weekday.SUN,), "00:45", "01:00")
    assert next_opening((window,), utc("2026-11-01T05:00"), HAVANA, utc("2026-12-01")) == utc(
        "2026-11-01T05:45"
    )


def test_window_in_a_skipped_day_opens_two_weeks_later():
    friday = OpeningWindow((Weekday.FRI,), "09:00", "10:00")
    closed = utc("2011-12-23T21:00")
    assert next_opening((friday,), closed, APIA, utc("2012-12-01")) == utc("2012-01-05T19:00")


@pytest.mark.parametrize(
    ("zone", "unit", "begins"),
    [
        ("UTC", DAY, "2026-03-02T00:00"),
        ("UTC", WEEK, "2026-03-02T00:00"),
        ("UTC", WEEK, "2026-12-28T00:00"),
        ("UTC", MONTH, "2026-03-01T00:00"),
        ("UTC", MONTH, "2027-01-01T00:00"),
        (BERLIN, DAY, "2026-03-29T22:00"),
        (BERLIN, WEEK, "2026-03-29T22:00"),
        (BERLIN, MONTH, "2026-10-31T23:00"),
        (LORD_HOWE, DAY, "2026-10-04T13:00"),
        (APIA, DAY, "2011-12-30T10:00"),
        (APIA, MONTH, "2011-12-31T10:00"),
        (SANTIAGO, DAY, "2026-09-06T04:00"),
        (BEIRUT, DAY, "2026-03-28T22:00"),
        (HAVANA, DAY, "2026-03-08T05:00"),
        (HAVANA, MONTH, "2026-11-01T04:00"),
        (CASABLANCA, DAY, "2026-02-16T00:00"),
    ],
)
def test_period_begins_to_the_second(zone, unit, begins):
    begins = utc(begins)
    before, at, after = (
        first_day(moment, unit, zone) for moment in (begins - SECOND, begins, begins + SECOND)
    )
    assert before < at == after
    assert next_period(begins - SECOND, unit, zone) == begins
    assert next_period(begins, unit, zone) > begins


def test_next_period_is_later_where_a_day_begins_twice():
    # In St. John's of 2006 the clock went back at one minute past midnight.
    for second in range(0, 7_200, 30):
        moment = utc("2006-10-29T02:00") + timedelta(seconds=second)
        assert next_period(moment, DAY, "America/St_Johns") > moment


MOMENTS = st.datetimes(datetime(1994, 1, 1), datetime(2036, 12, 31)).map(
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=UTC)
)
QUARTERS = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
WINDOWS = st.builds(
    OpeningWindow,
    st.lists(st.sampled_from(Weekday), min_size=1, max_size=7, unique=True).map(tuple),
    QUARTERS,
    QUARTERS,
).filter(lambda window: window.from_ != window.until)


@given(MOMENTS, st.integers(0, 180), st.integers(0, 40), st.sampled_from(ZONES))
def test_coupon_received_later_never_ends_earlier(received, minutes, days, zone):
    later = received + timedelta(minutes=minutes)
    ends, ends_later = (own_end(at, ValidFor(days=days), zone) for at in (received, later))
    assert received < ends <= ends_later
    last_day = received.astimezone(times.zone(zone)).date() + timedelta(days=days)
    local = times.zone(zone)
    assert (ends - SECOND).astimezone(local).date() <= last_day < ends.astimezone(local).date()


@given(MOMENTS, st.lists(WINDOWS, min_size=1, max_size=3), st.sampled_from(ZONES))
def test_nothing_is_open_before_the_next_opening(now, windows, zone):
    opens = next_opening(windows, now, zone, now + timedelta(days=20))
    assert opens is not None and opens > now and is_open(windows, opens, zone)
    probe = now + timedelta(minutes=1)
    for _ in range(200):
        if probe >= opens:
            break
        assert not is_open(windows, probe, zone) or is_open(windows, now, zone)
        probe += timedelta(minutes=5)


@given(MOMENTS, st.sampled_from(PeriodUnit), st.sampled_from(ZONES))
def test_next_period_is_the_end_of_this_one(moment, unit, zone):
    over = next_period(moment, unit, zone)
    assert over > moment
    period = first_day(moment, unit, zone)
    assert first_day(over - SECOND, unit, zone) == period < first_day(over, unit, zone)
