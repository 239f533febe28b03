"""Stories of coupons with opening hours, an own end and a period limit, in a browser.

The functions run in this process, so that their clock can be set. The page has a clock of its own,
which the story sets too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from couponflow.web.http import request as requests
from tests.browser.page.test_redeeming import expect_state, redeem
from tests.support.api import Api
from tests.support.gateway import Gateway
from tests.support.service import BASE_URL, environment_of, new_table, service_under_test


class Clock:
    """The time of the functions and of one customer's phone; replaces `datetime` in requests."""

    def __init__(self, now: str) -> None:
        self._now = datetime.fromisoformat(now).astimezone(UTC)
        self.page: Page | None = None

    def now(self, zone: object = UTC) -> datetime:
        return self._now

    def pass_time(self, **units: float) -> None:
        """Let time pass; timers of the page that are due run once."""
        self._now += timedelta(**units)
        if self.page:
            self.page.clock.fast_forward(int(timedelta(**units).total_seconds() * 1000))
            self.page.clock.run_for(4_000)  # pages renew themselves within seconds


@pytest.fixture(scope="module")
def functions(dynamodb: str) -> Iterator[Gateway]:
    with (
        new_table(dynamodb) as table,
        service_under_test(environment_of(table.name, dynamodb)) as gateway,
    ):
        yield gateway


@pytest.fixture
def cafe(functions: Gateway) -> Iterator[Api]:
    with httpx.Client(transport=functions, base_url=BASE_URL) as client:
        yield Api.create(functions, client, "cafe")


@pytest.fixture
def clock_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Clock]:
    """`clock_at("2026-12-01T10:00+08:00")`: the functions' clock."""

    def set_clock(now: str) -> Clock:
        clock = Clock(now)
        monkeypatch.setattr(requests, "datetime", clock)
        return clock

    return set_clock


@pytest.fixture
def open_link(
    phone: Callable[..., BrowserContext], cafe: Api
) -> Callable[[dict[str, Any], str, Clock], Page]:
    """`open_link(coupon, customer, clock)`: the customer's page on a phone with this clock."""

    def answer(route: Route) -> None:
        asked = route.request
        response = cafe.client.request(
            asked.method, asked.url, content=asked.post_data_buffer, headers=asked.all_headers()
        )
        headers = {k: v for k, v in response.headers.items() if k != "content-encoding"}
        route.fulfill(status=response.status_code, headers=headers, body=response.content)

    def opened(coupon: dict[str, Any], customer: str, clock: Clock) -> Page:
        context = phone()
        context.route("**/*", answer)
        clock.page = context.new_page()
        clock.page.clock.install(time=clock.now())
        clock.page.goto(BASE_URL + cafe.link(coupon, customer))
        return clock.page

    return opened


def test_happy_hour_opens_when_clocks_go_forward(cafe: Api, clock_at, open_link):
    # In Berlin, 02:00 to 03:00 does not exist on 28 March 2027.
    coupon = cafe.coupon(
        timezone="Europe/Berlin", hours=[{"days": ["sun"], "from": "02:00", "until": "03:30"}]
    )
    clock = clock_at("2027-03-28T01:50:00+01:00")
    page = open_link(coupon, "ann", clock)
    expect_state(page, "upcoming")
    expect(page.locator("h2").first).to_have_text("Not valid right now")
    expect(page.locator(".outcome")).to_contain_text(
        "Valid again Sun, Mar 28, 2027, 03:00 GMT+02:00"
    )
    expect(page.locator("[data-code]")).to_have_count(0)

    clock.pass_time(minutes=10)
    expect_state(page, "available")
    redeem(page)
    expect_state(page, "redeemed")
    assert cafe.count_redeemed(coupon) == 1

    clock.pass_time(minutes=30)
    late = open_link(coupon, "bob", clock)
    expect_state(late, "upcoming")
    expect(late.locator(".outcome")).to_contain_text("Sun, Apr 4, 2027, 02:00 GMT+02:00")


def test_tap_after_closing_shows_the_next_opening(cafe: Api, clock_at, open_link):
    hours = [{"days": ["mon", "tue"], "from": "17:00", "until": "19:00"}]
    coupon = cafe.coupon(timezone="Asia/Hong_Kong", hours=hours)
    clock = clock_at("2026-11-30T18:59:50+08:00")
    page = open_link(coupon, "ann", clock)
    expect_state(page, "available")
    clock.pass_time(seconds=10)
    redeem(page)
    expect_state(page, "upcoming")
    expect(page.locator(".outcome")).to_contain_text("Tue, Dec 1, 2026, 17:00")
    assert cafe.count_redeemed(coupon) == 0


def test_coupon_valid_for_seven_days_ends_with_the_seventh(cafe: Api, clock_at, open_link):
    coupon = cafe.coupon(timezone="Asia/Hong_Kong", valid_for={"days": 7})
    clock = clock_at("2026-12-01T10:00:00+08:00")
    page = open_link(coupon, "ann", clock)
    expect(page.locator(".facts")).to_contain_text("Valid until Tue, Dec 8, 2026, 23:59")

    clock.pass_time(days=7, hours=13, minutes=59, seconds=55)
    page.reload()
    expect_state(page, "available")
    clock.pass_time(seconds=5)
    redeem(page)
    expect_state(page, "expired")
    expect(page.locator(".outcome")).to_contain_text("was valid until Tue, Dec 8, 2026, 23:59")
    assert cafe.count_redeemed(coupon) == 0

    # Another customer who receives it today has seven days of their own.
    fresh = open_link(coupon, "bob", clock)
    expect(fresh.locator(".facts")).to_contain_text("Valid until Wed, Dec 16, 2026, 23:59")


def test_daily_treat_comes_back_at_midnight(cafe: Api, clock_at, open_link):
    coupon = cafe.coupon(
        timezone="Asia/Hong_Kong",
        period_limit={"uses": 1, "per": "day"},
        max_redemptions_per_customer=None,
    )
    clock = clock_at("2026-12-01T23:30:00+08:00")
    page = open_link(coupon, "ann", clock)
    redeem(page)
    expect_state(page, "redeemed")
    expect(page.locator(".uses")).to_contain_text(
        "You can use it again from Wed, Dec 2, 2026, 00:00"
    )
    expect(page.get_by_role("button", name="Use again")).to_have_count(0)
    refused = cafe.till(coupon, "ann")
    assert refused.json()["code"] == "customer_period_uses_reached"

    clock.pass_time(minutes=30)
    again = page.get_by_role("button", name="Use again")
    expect(again).to_be_visible()
    again.click()
    page.get_by_role("button", name="Redeem now").click()
    expect(page.locator(".uses li")).to_have_count(2)
    assert cafe.count_redeemed(coupon) == 2
