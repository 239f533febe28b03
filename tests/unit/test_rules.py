"""When a coupon may be distributed and redeemed: at each boundary, and the order of refusals."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from couponflow.domain import rules
from couponflow.domain.errors import Refusal
from couponflow.domain.models import ButtonBehavior, CouponStatus, RedemptionStatus
from couponflow.domain.opening_hours import OpeningWindow, Weekday
from couponflow.domain.own_end import ValidFor
from couponflow.domain.use_periods import PeriodLimit, PeriodUnit
from tests.unit.examples import BETWEEN, ENDS_AT, STARTS_AT, a_coupon, a_redemption

MS, SECOND = timedelta(milliseconds=1), timedelta(seconds=1)


def code_of(refusal):
    return refusal and refusal.code


def decided(coupon, now, used=0, **by):
    """The refusal of a customer with so many uses, or None for a permit of this very coupon."""
    decision = rules.permit(
        coupon, [a_redemption(status=RedemptionStatus.REDEEMED)] * used, now, **by
    )
    if isinstance(decision, rules.Permit):
        assert decision.coupon is coupon
        return None
    return decision


@pytest.mark.parametrize(
    ("now", "refusal"),
    [
        (STARTS_AT - SECOND, "coupon_not_started"),
        (STARTS_AT - MS, "coupon_not_started"),
        (STARTS_AT, None),
        (STARTS_AT + MS, None),
        (ENDS_AT - SECOND, None),
        (ENDS_AT - MS, None),
        (ENDS_AT, "coupon_expired"),
        (ENDS_AT + MS, "coupon_expired"),
        (ENDS_AT + SECOND, "coupon_expired"),
    ],
)
def test_period_includes_its_start_and_excludes_its_end(now, refusal):
    assert code_of(decided(a_coupon(), now)) == refusal


def test_upcoming_coupon_is_distributed_but_expired_is_not():
    assert rules.distribution_refusal(a_coupon(), (), STARTS_AT - SECOND) is None
    assert rules.distribution_refusal(a_coupon(), (), ENDS_AT - MS) is None
    assert code_of(rules.distribution_refusal(a_coupon(), (), ENDS_AT)) == "coupon_expired"


ARCHIVED, DISABLED, ENDED, NOT_STARTED = (
    {"archived_at": BETWEEN},
    {"active": False},
    {"ends_at": BETWEEN, "starts_at": STARTS_AT},
    {"starts_at": BETWEEN + SECOND},
)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        (ARCHIVED | DISABLED | ENDED, "coupon_not_found"),
        (DISABLED | ENDED, "coupon_disabled"),
        (DISABLED | NOT_STARTED, "coupon_disabled"),
        (ENDED | NOT_STARTED, "coupon_expired"),
        (ENDED, "coupon_expired"),
        (NOT_STARTED, "coupon_not_started"),
        ({}, "customer_max_uses_reached"),
    ],
)
def test_first_refusal_in_contract_order_is_returned(changes, refusal):
    assert code_of(decided(a_coupon(**changes), BETWEEN, used=1)) == refusal


# BETWEEN is a Monday, 09:00 UTC.
LUNCH = (OpeningWindow((Weekday.MON,), "11:00", "14:30"),)
DAILY = PeriodLimit(1, PeriodUnit.DAY)
CLOSED, USED_TODAY, OWN_END = (
    {"hours": LUNCH},
    {"period_limit": DAILY},
    {"valid_for": ValidFor(hours=24)},
)
ONE_USE = {"max_redemptions_per_customer": 1}
TWO_USES = {"max_redemptions_per_customer": 2}


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        (DISABLED | OWN_END, "coupon_disabled"),
        (OWN_END | NOT_STARTED, "coupon_expired"),
        (NOT_STARTED | CLOSED, "coupon_not_started"),
        (CLOSED | ONE_USE, "coupon_not_open"),
        (USED_TODAY | ONE_USE, "customer_max_uses_reached"),
        (USED_TODAY | TWO_USES, "customer_period_uses_reached"),
        (TWO_USES, None),
    ],
)
def test_rules_about_time_have_their_place_in_the_order(changes, refusal):
    use = a_redemption(status=RedemptionStatus.REDEEMED, redeemed_at=BETWEEN)
    decision = rules.permit(a_coupon(**changes), [use], BETWEEN)
    assert code_of(None if isinstance(decision, rules.Permit) else decision) == refusal


def test_refusals_about_time_name_the_next_one_unless_it_ends():
    use = a_redemption(
        status=RedemptionStatus.REDEEMED, redeemed_at=BETWEEN, distributed_at=BETWEEN
    )
    for changes, member, at in (
        (CLOSED, "opens_at", "2026-03-02T11:00:00.000Z"),
        (USED_TODAY | TWO_USES, "again_at", "2026-03-03T00:00:00.000Z"),
    ):
        ends = {
            None: at,
            ValidFor(hours=1): None,
            ValidFor(days=1): at,
            ValidFor(days=0): at if member == "opens_at" else None,
        }
        for valid_for, expected in ends.items():
            decision = rules.permit(a_coupon(**changes, valid_for=valid_for), [use], BETWEEN)
            assert isinstance(decision, Refusal)
            assert decision.members == {member: expected}


def test_distribution_ignores_hours_but_not_own_ends_and_periods():
    use = a_redemption(status=RedemptionStatus.REDEEMED, redeemed_at=BETWEEN)
    for changes, refusal in (
        (CLOSED | TWO_USES, None),
        (OWN_END, "coupon_expired"),
        (USED_TODAY | TWO_USES, "customer_period_uses_reached"),
    ):
        coupon = a_coupon(**changes)
        found = rules.distribution_refusal(coupon, [use], BETWEEN)
        assert code_of(found) == refusal
        assert found is None or found.ends_at == rules.ends_at(coupon, [use])


def test_newest_distribution_counts_and_the_coupons_end_is_the_last():
    coupon, uses = a_coupon(valid_for=ValidFor(hours=24)), [a_redemption(), a_redemption()]
    uses[0] = a_redemption(distributed_at=BETWEEN)
    assert rules.ends_at(coupon, uses) == BETWEEN + timedelta(days=1)
    assert rules.ends_at(coupon, [a_redemption(distributed_at=None)]) == ENDS_AT
    assert rules.ends_at(coupon, [a_redemption(distributed_at=ENDS_AT - SECOND)]) == ENDS_AT
    assert rules.ends_at(a_coupon(), uses) == ENDS_AT


@pytest.mark.parametrize(
    ("limit", "nth", "refusal"),
    [(1, 1, None), (1, 2, "x"), (3, 3, None), (3, 4, "x"), (None, 1_000, None)],
)
def test_customer_has_exactly_the_limit_of_uses(limit, nth, refusal):
    found = decided(a_coupon(max_redemptions_per_customer=limit), BETWEEN, nth - 1)
    assert code_of(found) == (refusal and "customer_max_uses_reached")


def test_open_redemption_is_no_use():
    uses = [a_redemption(), a_redemption(status=RedemptionStatus.REDEEMED)]
    assert rules.count_redeemed(uses) == 1
    assert isinstance(
        rules.permit(a_coupon(max_redemptions_per_customer=2), uses, BETWEEN), rules.Permit
    )


@pytest.mark.parametrize(
    ("behavior", "by_link", "changes", "refusal"),
    [
        (ButtonBehavior.REDEEM, True, {}, None),
        (ButtonBehavior.NONE, True, {}, "redeem_not_offered"),
        (ButtonBehavior.OPEN_URL, True, {}, "redeem_not_offered"),
        (ButtonBehavior.NONE, False, {}, None),
        (ButtonBehavior.NONE, True, DISABLED, "redeem_not_offered"),
        (ButtonBehavior.NONE, True, ARCHIVED, "coupon_not_found"),
    ],
)
def test_page_without_redeem_button_refuses_taps_only(behavior, by_link, changes, refusal):
    coupon = a_coupon(button_behavior=behavior, **changes)
    assert code_of(decided(coupon, BETWEEN, by_link=by_link)) == refusal


@pytest.mark.parametrize(
    ("changes", "remaining", "status"),
    [
        (ARCHIVED | DISABLED | ENDED, 0, CouponStatus.ARCHIVED),
        (DISABLED | ENDED, 0, CouponStatus.DISABLED),
        (ENDED, 0, CouponStatus.EXPIRED),
        (NOT_STARTED, 0, CouponStatus.SOLD_OUT),
        (NOT_STARTED, 1, CouponStatus.SCHEDULED),
        ({}, 0, CouponStatus.SOLD_OUT),
        ({}, 1, CouponStatus.ACTIVE),
        # The status describes the coupon. A customer limit of 1 does not make it used up.
        ({"max_redemptions_per_customer": 1, "units": 100}, 99, CouponStatus.ACTIVE),
    ],
)
def test_status_is_the_first_that_applies(changes, remaining, status):
    assert rules.status(a_coupon(**changes), remaining, BETWEEN) is status


@pytest.mark.parametrize(
    ("limit", "most", "shards"),
    [
        (1, 16, 1),
        (15, 16, 1),
        (16, 16, 1),
        (31, 16, 1),
        (32, 16, 2),
        (255, 16, 15),
        (256, 16, 16),
        (10**9, 16, 16),
        (None, 16, 16),
    ]
    + [(10**9, 64, 64), (None, 1, 1), (100, 1, 1)],
)
def test_limit_is_split_into_one_shard_per_16_units(limit, most, shards):
    assert rules.shards_for(limit, most) == shards


@pytest.mark.parametrize(
    ("units", "shards"),
    [(0, 1), (0, 16), (1, 16), (15, 4), (16, 4), (1_000_003, 16), (16 * 10**15, 16)],
)
def test_shares_add_up_and_differ_by_at_most_one(units, shards):
    shares = rules.shares(units, shards)
    assert sum(shares) == units
    assert len(shares) == shards
    assert max(shares) - min(shares) <= 1


@pytest.mark.parametrize(
    ("held", "units", "filled"),
    [
        ([0, 0, 0], 7, [3, 2, 2]),
        ([5, 1, 0], 4, [5, 3, 2]),
        ([5, 1, 0], 9, [5, 5, 5]),
        ([9, 1, 0], 0, [9, 1, 0]),
        ([2, 2, 2], 2, [3, 3, 2]),
        ([50], 11, [61]),
    ],
)
def test_added_units_make_shards_as_even_as_can_be(held, units, filled):
    added = rules.additions(held, units)
    assert [has + more for has, more in zip(held, added, strict=True)] == filled


@given(st.lists(st.integers(0, 50), min_size=1), st.integers(0, 4), st.integers(0, 200), st.data())
def test_units_added_in_part_end_as_units_added_at_once(old, new, units, data):
    held = [*old, *[0] * new]
    added = rules.additions(held, units)
    assert sum(added) == units and min(added) >= 0
    # A raise makes the new shards first, then it fills the others, one after the other.
    until = data.draw(st.integers(0, len(old)))
    done = [number < until or number >= len(old) for number in range(len(held))]
    first = [more if is_done else 0 for more, is_done in zip(added, done, strict=True)]
    partly = [has + more for has, more in zip(held, first, strict=True)]
    rest = rules.additions(partly, units - sum(first))
    assert [more + later for more, later in zip(first, rest, strict=True)] == added
