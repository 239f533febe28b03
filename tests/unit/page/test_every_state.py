"""The map from refusals to page states is total, for every combination of coupon and uses."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from couponflow.domain import errors, rules
from couponflow.domain.errors import CouponflowError, Refusal
from couponflow.domain.models import Redemption
from couponflow.web.page.state import STATE_OF, State
from tests.unit.page.samples import COUPON, NOW, OPEN, redemption, seen

ARCHIVED = (None, NOW - timedelta(days=1))
PERIODS = tuple(
    (NOW + timedelta(hours=starts), NOW + timedelta(hours=ends))
    for starts, ends in ((-2, -1), (-1, 1), (1, 2))
)
LIMITS = (None, 1, 2, 100)
USED = redemption("000001", minutes_ago=5)
HISTORIES: tuple[tuple[Redemption, ...], ...] = (
    (OPEN,),
    (USED,),
    (USED, redemption("000002")),
    (USED, redemption("A#attempt", minutes_ago=1)),
    tuple(redemption(f"{number:06d}", minutes_ago=999 - number) for number in range(491, 501)),
)
FIRST = (
    ("disabled", State.DISABLED),
    ("expired", State.EXPIRED),
    ("upcoming", State.UPCOMING),
    ("sold out", State.SOLD_OUT),
)


def all_refusals(of: type[CouponflowError] = Refusal) -> set[type[CouponflowError]]:
    return {of} - {Refusal} | {each for sub in of.__subclasses__() for each in all_refusals(sub)}


def test_every_refusal_has_a_page_state():
    assert STATE_OF.keys() == all_refusals()


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("uses", HISTORIES, ids=len)
def test_every_combination_has_a_state(uses, active):
    for archived_at, (starts_at, ends_at), limit, is_sold_out in itertools.product(
        ARCHIVED, PERIODS, LIMITS, (False, True)
    ):
        shown = seen(
            *uses,
            archived_at=archived_at,
            active=active,
            starts_at=starts_at,
            ends_at=ends_at,
            max_redemptions_per_customer=limit,
            sold_out=is_sold_out,
        )
        holds = {
            "disabled": not active,
            "expired": ends_at <= NOW,
            "upcoming": starts_at > NOW,
            "sold out": is_sold_out,
        }
        expected = next((state for name, state in FIRST if holds[name]), State.AVAILABLE)
        if (
            all(use.is_redeemed for use in uses)
            or not is_within(limit, uses)
            and expected in (State.SOLD_OUT, State.AVAILABLE)
        ):
            expected = State.REDEEMED
        assert shown.state is (State.NOT_FOUND if archived_at else expected)
        assert shown.state is State.REDEEMED or not (shown.state.is_refusal and shown.next_use)


def is_within(limit: int | None, uses: tuple[Redemption, ...]) -> bool:
    return limit is None or rules.count_redeemed(uses) < limit


def test_uses_below_the_newest_ones_are_counted():
    newest = HISTORIES[-1]
    shown = seen(*newest, max_redemptions_per_customer=None)
    assert (shown.times_used, shown.next_use) == (500, 501)
    assert [use.reference for use in shown.used] == [
        use.reference for use in seen(*newest, max_redemptions_per_customer=600).used
    ]
    assert seen(*newest, max_redemptions_per_customer=600).uses_left == 100
    assert seen(*newest, max_redemptions_per_customer=500).next_use is None


def test_page_lists_the_ten_newest_uses():
    uses = [redemption(f"{number:06d}", minutes_ago=99 - number) for number in range(1, 12)]
    assert [use.redeemed_at for use in seen(*uses).used] == [use.redeemed_at for use in uses[1:]]


def test_archived_coupon_is_not_found_whatever_else_holds():
    assert isinstance(rules.permit(COUPON, (), NOW), rules.Permit), (
        "the sample is valid but for the archive"
    )
    assert seen(OPEN, archived_at=NOW).state is State.NOT_FOUND
    assert STATE_OF[errors.CouponNotFound] is State.NOT_FOUND
