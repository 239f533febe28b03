"""Uses of a coupon with a period limit: counted by period, and read newest first, as many as the
rules need.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from couponflow.domain import links
from couponflow.domain.errors import CouponflowError, CouponNotFound
from couponflow.domain.own_end import ValidFor
from couponflow.domain.use_periods import PeriodLimit, PeriodUnit
from simulator.environments import (
    ORGANISATION,
    START,
    environment,
    found_organisation,
    new_coupon,
)
from tests.proofs.scenarios import EngineClient

DAY, YEARS = timedelta(days=1), timedelta(days=3_000)
ONE_A_DAY = PeriodLimit(1, PeriodUnit.DAY)


class Shop:
    """One coupon and one execution environment; `calls` are its calls of DynamoDB."""

    def __init__(self, **rules: Any) -> None:
        self.client, self.seconds, self.calls = EngineClient(), 0.0, list[str]()
        found_organisation(self.client)
        self.env = environment(
            self, lambda _: None, lambda: self.seconds, random.Random(0), most_shards=1
        )
        new = replace(new_coupon(None), **{"ends_at": START + YEARS} | rules)
        self.coupon = self.env.coupon_service.create(ORGANISATION, new, START).coupon
        self.token = links.format_token(self.coupon, links.derive_holder(self.coupon, "ann"))

    def __getattr__(self, method: str) -> Any:
        def call(**request: Any) -> Any:
            self.calls.append(method)
            return getattr(self.client, method)(**request)

        return call

    def change(self, at: datetime = START, **changes: Any) -> None:
        version = self.env.coupon_store.get(self.coupon.coupon_id).version
        coupon_id = self.coupon.coupon_id
        self.env.coupon_service.change(ORGANISATION, coupon_id, version, changes, at)

    def outcome(self, call: Any) -> str:
        try:
            made = call()
        except CouponflowError as refused:
            return refused.code
        return "repeated" if made.repeated else "redeemed"

    def sell(self, at: datetime, key: str | None = None) -> str:
        seen = self.env.redemption_service.find_coupon
        coupon = seen(ORGANISATION, coupon_id=self.coupon.coupon_id).coupon
        sell = self.env.redemption_service.redeem_at_till
        return self.outcome(lambda: sell(coupon, "ann", None, key, at))

    def tap(self, use: int, at: datetime) -> str:
        tap = self.env.redemption_service.redeem_by_link
        return self.outcome(lambda: tap(self.token, use, at))

    def distribute(self, at: datetime) -> datetime:
        found = self.env.redemption_service.distribute(self.coupon, "ann", None, at)
        return found.ends_at


def test_each_use_counts_in_the_period_of_its_own_time():
    shop = Shop(period_limit=PeriodLimit(2, PeriodUnit.DAY))
    late, early = START + DAY - timedelta(milliseconds=1), START + DAY
    assert [shop.sell(at) for at in (START, late, late)] == ["redeemed"] * 2 + [
        "customer_period_uses_reached"
    ]
    assert [shop.sell(at) for at in (early, late, early, early)] == [
        "redeemed",
        "customer_period_uses_reached",
        "redeemed",
        "customer_period_uses_reached",
    ]


def test_coupon_is_used_daily_for_longer_than_a_hundred_days():
    shop = Shop(period_limit=ONE_A_DAY, valid_for=ValidFor(days=250))
    assert shop.distribute(START) == START + 251 * DAY
    for day in range(251):
        assert shop.tap(day + 1, START + day * DAY) == "redeemed"
        assert shop.sell(START + day * DAY) == "customer_period_uses_reached"
    assert shop.sell(START + 251 * DAY) == shop.tap(252, START + 251 * DAY) == "coupon_expired"
    assert shop.tap(1, START + 251 * DAY) == shop.tap(90, START + 300 * DAY) == "repeated"
    # The page has the newest uses, which carry the time of the distribution on.
    opened = shop.env.redemption_service.open_link(shop.token, START + 251 * DAY)
    assert [made.slot for made in opened.redemptions] == [f"{n:06d}" for n in range(242, 252)]


def test_repeated_key_of_any_age_gets_its_own_redemption():
    shop = Shop(period_limit=ONE_A_DAY)
    for day in range(230):
        assert shop.sell(START + day * DAY, f"sale {day}") == "redeemed"
    later = START + 400 * DAY
    for day in (0, 1, 2, 100, 128, 129, 130, 131, 229):
        assert shop.sell(later, f"sale {day}") == "repeated"
    assert shop.sell(later, "new sale") == "redeemed"
    assert shop.tap(300, later) == "validation_failed"


@pytest.mark.parametrize(("uses", "read"), [(1, 10), (9, 10), (10, 11), (100, 101)])
def test_look_at_a_long_row_of_uses_reads_what_its_rules_need(uses, read):
    """The uses of a period and one more, which may be open; ten for the page."""
    shop = Shop(period_limit=PeriodLimit(uses, PeriodUnit.DAY))
    for day in range(150):
        shop.sell(START + day * DAY)
    shop.calls.clear()
    assert shop.sell(START + 500 * DAY) == "redeemed"
    assert shop.calls.count("query") == 1
    opened = shop.env.redemption_service.open_link
    with pytest.raises(CouponNotFound):
        opened(shop.token[:-1] + ("1" if shop.token[-1] == "0" else "0"), START)
    uses = opened(shop.token, START).redemptions
    assert [uses[0].slot, uses[-1].slot, len(uses)] == [
        f"{152 - read:06d}",
        "000151",
        read,
    ]


def test_newest_of_several_distributions_sets_the_own_end():
    shop = Shop(max_redemptions_per_customer=3, valid_for=ValidFor(days=1))
    assert shop.distribute(START) == START + 2 * DAY
    assert shop.distribute(START + DAY) == START + 2 * DAY  # repeated: nothing changes
    assert shop.tap(1, START + DAY) == "redeemed"
    assert shop.distribute(START + DAY) == START + 3 * DAY
    assert shop.tap(2, START + 2 * DAY) == "redeemed"
    assert shop.tap(2, START + 9 * DAY) == "repeated"
    assert shop.sell(START + 3 * DAY) == "coupon_expired"


def test_customer_of_a_till_has_no_own_end():
    shop = Shop(valid_for=ValidFor(hours=1), max_redemptions_per_customer=2)
    assert shop.sell(START + 9 * DAY) == shop.sell(START + 10 * DAY) == "redeemed"


def test_uses_from_before_a_period_limit_count_in_it():
    shop = Shop()
    for number in range(3):
        assert shop.sell(START, f"sale {number}") == "redeemed"
    shop.change(period_limit=PeriodLimit(4, PeriodUnit.WEEK))
    shop.seconds += 3  # the till has read the coupon again
    assert [shop.sell(START), shop.sell(START + DAY)] == [
        "redeemed",
        "customer_period_uses_reached",
    ]
    assert shop.sell(START + DAY, "sale 2") == "repeated"
    assert [shop.sell(START + 7 * DAY) for _ in range(5)] == ["redeemed"] * 4 + [
        "customer_period_uses_reached"
    ]


def test_shards_are_read_once_after_uses_were_numbered():
    shop = Shop()
    shop.sell(START)
    shop.change(period_limit=PeriodLimit(9, PeriodUnit.WEEK))
    shop.seconds += 3
    shop.calls.clear()
    assert shop.sell(START) == shop.sell(START) == "redeemed"
    assert shop.calls.count("batch_get_item") == 1
