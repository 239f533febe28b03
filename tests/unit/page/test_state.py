"""What the page says to whom, and whether it offers another use."""

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


def test_an_open_use_of_a_valid_coupon_is_available_and_offered():
    shown = seen(OPEN)
    assert (shown.state, shown.next_use, shown.uses_left) == (State.AVAILABLE, 1, 3)


@pytest.mark.parametrize("state", ENDS)
def test_an_open_use_is_worth_what_the_coupon_is_and_not_offered_when_it_is_nothing(state):
    shown = seen(OPEN, **ENDS[state])
    assert (shown.state, shown.next_use) == (state, None)


@pytest.mark.parametrize(
    ("first", "then"),
    [("disabled", "expired"), ("expired", "upcoming"), ("expired", "sold_out"), ("upcoming", "sold_out")],
)
def test_the_first_reason_that_fits_is_shown(first, then):
    assert seen(OPEN, **ENDS[then] | ENDS[first]).state == first


def test_the_coupon_starts_and_ends_on_the_very_instant():
    assert seen(OPEN, starts_at=NOW).state == State.AVAILABLE
    assert seen(OPEN, ends_at=NOW).state == State.EXPIRED


@pytest.mark.parametrize("state", ENDS)
def test_a_redeemed_use_stays_redeemed_whatever_happens_to_the_coupon_and_nothing_more_is_offered(state):
    shown = seen(USED, **ENDS[state])
    assert (shown.state, shown.next_use) == (State.REDEEMED, None)


def test_another_use_is_offered_beside_a_redeemed_one_while_the_limit_allows():
    assert seen(USED).next_use == 2
    assert seen(USED, max_redemptions_per_customer=1).next_use is None
    assert seen(USED, max_redemptions_per_customer=None).next_use == 2


def test_a_use_given_out_after_a_redeemed_one_is_shown_as_available():
    shown = seen(USED, redemption("000002"))
    assert (shown.state, shown.next_use, shown.uses_left, len(shown.used)) == (State.AVAILABLE, 2, 2, 1)


def test_a_use_beyond_a_limit_lowered_since_shows_the_last_redeemed_one():
    shown = seen(USED, redemption("000002"), max_redemptions_per_customer=1)
    assert (shown.state, shown.next_use, shown.uses_left) == (State.REDEEMED, None, 0)


def test_a_tills_use_counts_against_the_limit_but_has_no_number():
    shown = seen(USED, redemption("A#attempt", minutes_ago=1))
    assert (shown.state, shown.next_use, shown.uses_left) == (State.REDEEMED, 2, 1)
    assert seen(USED, redemption("A#attempt", minutes_ago=1), max_redemptions_per_customer=2).next_use is None


def test_uses_are_listed_in_the_order_of_time():
    shown = seen(redemption("000001", minutes_ago=2), redemption("A#attempt", minutes_ago=9))
    assert [use.redeemed_at for use in shown.used] == [NOW - timedelta(minutes=9), NOW - timedelta(minutes=2)]


@pytest.mark.parametrize("behavior", ["none", "open_url"])
def test_a_page_without_a_redeem_button_offers_no_use(behavior):
    page = RedeemPage(redeem_button=RedeemButton(behavior, url="https://shop.example"))
    assert seen(OPEN, page=page).next_use is None
    assert seen(USED, page=page).next_use is None


def test_the_pages_form_leads_to_the_customers_own_link():
    assert seen(OPEN).token.startswith(COUPON.coupon_id)
