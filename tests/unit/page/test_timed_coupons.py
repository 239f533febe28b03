"""The page of a coupon with opening hours, an own end or a period limit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from couponflow.domain.models import RedeemPage, Redemption
from couponflow.domain.opening_hours import OpeningWindow, Weekday
from couponflow.domain.own_end import ValidFor
from couponflow.domain.use_periods import PeriodLimit, PeriodUnit
from couponflow.web.page import preview, render
from couponflow.web.page.state import PageState, State
from tests.unit.page import samples
from tests.unit.page.samples import NOW, OPEN, redemption

# NOW is a Sunday, 12:00 UTC.
SUNDAY_EVENING = (OpeningWindow((Weekday.SUN,), "17:00", "19:00"),)
SUNDAY_NOON = (OpeningWindow((Weekday.SUN,), "11:00", "12:15"),)
DAILY = PeriodLimit(1, PeriodUnit.DAY)
USED = redemption("000001", minutes_ago=1)
COUPON = replace(samples.COUPON, timezone="UTC")
FIVE_PM, MIDNIGHT = datetime(2026, 11, 22, 17, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)


def seen(use: Redemption, **changes: Any) -> PageState:
    return samples.seen(use, **{"timezone": "UTC"} | changes)


def html(use: Redemption, **changes: Any) -> str:
    return render.render(seen(use, **changes))


@pytest.mark.parametrize(
    ("changes", "state", "usable_from"),
    [
        ({"hours": SUNDAY_NOON}, State.AVAILABLE, None),
        ({"hours": SUNDAY_EVENING}, State.UPCOMING, FIVE_PM),
        ({"hours": SUNDAY_EVENING, "ends_at": NOW + timedelta(hours=1)}, State.UPCOMING, None),
        # It starts while it is closed, so it can be used from the opening on.
        ({"hours": SUNDAY_EVENING, "starts_at": NOW + timedelta(hours=1)}, State.UPCOMING, FIVE_PM),
        ({"starts_at": FIVE_PM}, State.UPCOMING, FIVE_PM),
    ],
)
def test_page_says_when_the_coupon_can_be_used(
    changes: dict[str, Any], state: State, usable_from: datetime | None
):
    shown = seen(OPEN, **changes)
    assert (shown.state, shown.usable_from) == (state, usable_from)
    assert (shown.next_use is None) == (state is not State.AVAILABLE)


@pytest.mark.parametrize(
    ("changes", "usable_from"),
    [
        ({}, MIDNIGHT),
        ({"hours": (OpeningWindow(tuple(Weekday), "09:00", "19:00"),)}, MIDNIGHT.replace(hour=9)),
        ({"ends_at": MIDNIGHT}, None),
    ],
)
def test_page_says_when_a_period_begins_again(
    changes: dict[str, Any], usable_from: datetime | None
):
    shown = seen(USED, period_limit=DAILY, **changes)
    assert (shown.state, shown.next_use, shown.usable_from) == (State.REDEEMED, None, usable_from)
    assert ('data-renew-at="' in html(USED, period_limit=DAILY, **changes)) == bool(usable_from)


def test_use_of_an_earlier_period_leaves_the_next_one_open():
    yesterday = redemption("000001", minutes_ago=13 * 60)
    assert seen(yesterday, period_limit=DAILY).next_use == 2


def test_own_end_is_shown_and_ends_the_page():
    day = ValidFor(days=0)
    assert seen(OPEN, valid_for=day).ends_at == MIDNIGHT
    assert "Nov 22, 2026, 23:59" in html(OPEN, valid_for=day).replace("\u00a0", " ")
    assert seen(OPEN, valid_for=day, ends_at=NOW + timedelta(hours=1)).ends_at.hour == 13


def test_closed_page_has_its_own_words_and_no_code():
    page = html(OPEN, hours=SUNDAY_EVENING)
    assert "Not valid right now" in page and "Valid again" in page
    assert COUPON.code not in page
    never = html(OPEN, hours=SUNDAY_EVENING, ends_at=NOW + timedelta(hours=1))
    assert "become valid again" in never and 'data-until="' not in never
    assert "Your code appears here" in page and "Your code appears here" not in never


def preview_of(state: State, **changes: Any) -> Any:
    return preview.view(state, replace(COUPON, **changes), RedeemPage(), "Acme", NOW)


def test_preview_shows_hours_own_end_and_period():
    assert preview_of(State.UPCOMING, hours=SUNDAY_EVENING).usable_from == FIVE_PM
    # Open now, so the opening after the next closing.
    assert preview_of(State.UPCOMING, hours=SUNDAY_NOON).usable_from == NOW.replace(day=29, hour=11)
    assert preview_of(State.REDEEMED, period_limit=DAILY).usable_from == MIDNIGHT
    assert preview_of(State.AVAILABLE, valid_for=ValidFor(hours=2)).ends_at == NOW + timedelta(
        hours=2
    )
    assert preview_of(State.EXPIRED, valid_for=ValidFor(hours=2)).ends_at < NOW


@pytest.mark.parametrize("state", [state for state in State if state is not State.NOT_FOUND])
def test_preview_of_a_timed_coupon_renders_every_state(state: State):
    shown = preview_of(state, hours=SUNDAY_EVENING, valid_for=ValidFor(days=7), period_limit=DAILY)
    assert f'data-state="{state}"' in render.render(shown)
