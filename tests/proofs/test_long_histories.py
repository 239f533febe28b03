"""Customers with many more uses than a request reads: bounded reads decide as full ones would."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from couponflow.domain import links, rules
from couponflow.domain.errors import CouponExpired, CustomerMaxUsesReached, UseOutOfOrder
from couponflow.domain.own_end import ValidFor
from couponflow.domain.use_periods import PeriodLimit, PeriodUnit
from couponflow.services.redemption import RedemptionService
from couponflow.store import keys
from couponflow.store.redemptions import FIRST_LOOK
from couponflow.web.page import state
from simulator.environments import ORGANISATION, START, environment, found_organisation, new_coupon
from simulator.faults import FaultyClient

USES = 30
assert USES > FIRST_LOOK + rules.MOST_SHOWN


class LongHistory:
    """A coupon that was distributed to ann. Each call runs in a new environment."""

    def __init__(self, **changes: Any) -> None:
        self.client = FaultyClient()
        found_organisation(self.client)
        new = replace(new_coupon(1_000), ends_at=START + timedelta(days=90), **changes)
        self.coupon = self.new().coupon_service.create(ORGANISATION, new, START).coupon
        self.token = self.service.distribute(self.coupon, "ann", None, START).token

    def new(self) -> Any:
        return environment(self.client, lambda _: None, lambda: 0.0, random.Random(0))

    @property
    def service(self) -> RedemptionService:
        service: RedemptionService = self.new().redemption_service
        return service

    def change(self, **changes: Any) -> None:
        coupons = self.new().coupon_service
        seen = coupons.coupon(ORGANISATION, self.coupon.coupon_id)
        self.coupon = coupons.change(
            ORGANISATION, seen.coupon_id, seen.version, changes, START
        ).coupon

    def tap(self, use: int, at: datetime = START) -> Any:
        return self.service.redeem_by_link(self.token, use, at)

    def sell(self, key: str | None, at: datetime = START) -> Any:
        return self.service.redeem_at_till(self.coupon, "ann", None, key, at)

    def distribute(self) -> Any:
        return self.service.distribute(self.coupon, "ann", None, START)

    def tap_all(self) -> list[str]:
        return [self.tap(use).redemption.redemption_id for use in range(1, USES + 1)]

    def sell_all(self) -> list[str]:
        return [self.sell(f"sale {n}").redemption.redemption_id for n in range(USES)]


def test_page_shows_the_newest_uses_and_offers_the_next():
    history = LongHistory()
    made = history.tap_all()
    page = state.page_state_for(history.service.open_link(history.token, START), START)
    assert [use.redemption_id for use in page.used] == made[-rules.MOST_SHOWN :]
    assert (page.times_used, page.next_use) == (USES, USES + 1)


@pytest.mark.parametrize("limit", [None, 100])
def test_tap_of_an_old_use_returns_its_redemption(limit):
    history = LongHistory()
    made = history.tap_all()
    history.change(max_redemptions_per_customer=limit)
    for use in (1, 2, USES - 15, USES - 10, USES - 9, USES):
        again = history.tap(use)
        assert (again.repeated, again.redemption.redemption_id) == (True, made[use - 1])
    with pytest.raises(UseOutOfOrder):
        history.tap(USES + 2)
    assert not history.tap(USES + 1).repeated


# How a coupon's uses came about, and the change that makes its reads others.
CHANGES: dict[str, dict[str, Any]] = {
    "no limit": {},
    "limit that is reached": {"max_redemptions_per_customer": USES},
    "limit that is exceeded": {"max_redemptions_per_customer": 3},
    "limit that is not reached": {"max_redemptions_per_customer": 99},
    "own end": {"valid_for": ValidFor(days=5)},
    "period limit": {"period_limit": PeriodLimit(50, PeriodUnit.DAY)},
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("first", [{}, {"period_limit": PeriodLimit(99, PeriodUnit.DAY)}])
def test_repeated_sale_returns_its_redemption(changes, first):
    history = LongHistory(**first)
    made = history.sell_all()
    history.change(**{"period_limit": None} | changes)
    again = [history.sell(f"sale {n}") for n in range(USES)]
    assert [each.redemption.redemption_id for each in again] == made
    assert all(each.repeated for each in again)


@pytest.mark.parametrize("make", [LongHistory.tap_all, LongHistory.sell_all])
def test_later_limit_counts_all_earlier_uses(make: Callable[[LongHistory], object]):
    history = LongHistory()
    make(history)
    history.change(max_redemptions_per_customer=USES)
    number = USES + 1 if make is LongHistory.tap_all else 2
    for call in (lambda: history.tap(number), lambda: history.sell("another"), history.distribute):
        with pytest.raises(CustomerMaxUsesReached):
            call()
    history.change(max_redemptions_per_customer=USES + 1)
    assert not history.sell("another").repeated
    with pytest.raises(CustomerMaxUsesReached):
        history.sell("one more")


@pytest.mark.parametrize("make", [LongHistory.tap_all, LongHistory.sell_all])
@pytest.mark.parametrize("period_limit", [None, PeriodLimit(99, PeriodUnit.DAY)])
def test_own_end_is_known_from_the_newest_use(make: Callable[[LongHistory], object], period_limit):
    """Only the first use was distributed; each later one carries its time on."""
    history = LongHistory(period_limit=period_limit, valid_for=ValidFor(hours=1))
    make(history)
    at = START + timedelta(hours=1)
    assert not history.sell("before", at - timedelta(seconds=1)).repeated
    with pytest.raises(CouponExpired):
        history.sell("after", at)
    opened = history.service.open_link(history.token, START)
    assert rules.ends_at(history.coupon, opened.redemptions) == at


def test_new_distribution_begins_a_new_own_end():
    history = LongHistory(valid_for=ValidFor(hours=1))
    history.tap_all()
    later = START + timedelta(minutes=30)
    history.service.distribute(history.coupon, "ann", None, later)
    for use in range(USES + 1, USES + 15):
        history.tap(use, later)
    assert not history.tap(USES + 15, START + timedelta(minutes=89)).repeated
    with pytest.raises(CouponExpired):
        history.tap(USES + 16, START + timedelta(minutes=90))


def test_control_reads_see_a_part_of_the_history():
    history = LongHistory()
    history.tap_all()
    uses = history.service.open_link(history.token, START).redemptions
    assert len(uses) == rules.MOST_SHOWN
    assert uses[0].slot == keys.slot(USES - rules.MOST_SHOWN + 1)
    assert links.derive_holder(history.coupon, "ann") == uses[0].holder
