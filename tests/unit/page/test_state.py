"""State of the redeem page per coupon and customer, and whether it offers another use."""

from datetime import timedelta
from typing import Any

import pytest

from couponflow.domain.models import RedeemButton, RedeemPage
from couponflow.web.page.state import State
from tests.unit.page.samples import COUPON, NOW, OPEN, redemption, seen

LATER, EARLIER = NOW + timedelta(hours=1), NOW - timedelta(hours=1)
ENDS: dict[str, dict[str, Any]] = {
    "disabled": {"active": False},
    "expired": {"ends_at": EARLIER},
    "sold_out": {"sold_out": True},
    "upcoming": {"starts_at": LATER},
}
USED = redemption("000001", minutes_ago=5)


def test_open_use_of_a_valid_coupon_is_available():
    shown = seen(OPEN)
    assert (shown.state, shown.next_use, shown.uses_left) == (State.AVAILABLE, 1, 3)


@pytest.mark.parametrize("state", ENDS)
def test_open_use_of_an_unusable_coupon_is_not_offered(state):
    shown = seen(OPEN, **ENDS[state])
    assert (shown.state, shown.next_use) == (state, None)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("disabled", "expired"),
        ("expired", "upcoming"),
        ("expired", "sold_out"),
        ("upcoming", "sold_out"),
    ],
)
def test_first_applicable_reason_is_shown(first, then):
    assert seen(OPEN, **ENDS[then] | ENDS[first]).state == first


def test_coupon_starts_and_ends_at_the_exact_instant():
    assert seen(OPEN, starts_at=NOW).state == State.AVAILABLE
    assert seen(OPEN, ends_at=NOW).state == State.EXPIRED


@pytest.mark.parametrize("state", ENDS)
def test_redeemed_use_stays_redeemed_after_the_coupon_closes(state):
    shown = seen(USED, **ENDS[state])
    assert (shown.state, shown.next_use) == (State.REDEEMED, None)


def test_next_use_is_offered_while_the_limit_allows_it():
    assert seen(USED).next_use == 2
    assert seen(USED, max_redemptions_per_customer=1).next_use is None
    assert seen(USED, max_redemptions_per_customer=None).next_use == 2


def test_use_distributed_after_a_redemption_is_available():
    shown = seen(USED, redemption("000002"))
    assert (shown.state, shown.next_use, shown.uses_left, len(shown.used)) == (
        State.AVAILABLE,
        2,
        2,
        1,
    )


def test_use_beyond_a_lowered_limit_shows_the_last_redemption():
    shown = seen(USED, redemption("000002"), max_redemptions_per_customer=1)
    assert (shown.state, shown.next_use, shown.uses_left) == (State.REDEEMED, None, 0)


def test_till_use_counts_against_the_limit_but_has_no_number():
    shown = seen(USED, redemption("A#attempt", minutes_ago=1))
    assert (shown.state, shown.next_use, shown.uses_left) == (State.REDEEMED, 2, 1)
    assert (
        seen(USED, redemption("A#attempt", minutes_ago=1), max_redemptions_per_customer=2).next_use
        is None
    )


def test_uses_are_listed_in_order_of_time():
    shown = seen(redemption("000001", minutes_ago=2), redemption("A#attempt", minutes_ago=9))
    assert [use.redeemed_at for use in shown.used] == [
        NOW - timedelta(minutes=9),
        NOW - timedelta(minutes=2),
    ]


@pytest.mark.parametrize("behavior", ["none", "open_url"])
def test_page_without_a_redeem_button_offers_no_use(behavior):
    page = RedeemPage(redeem_button=RedeemButton(behavior, url="https://shop.example"))
    assert seen(OPEN, page=page).next_use is None
    assert seen(USED, page=page).next_use is None


def test_form_posts_to_the_customers_own_link():
    assert seen(OPEN).token.startswith(COUPON.coupon_id)
