"""Boundaries of a period, to the millisecond, for any cached coupon."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from couponflow.domain.errors import CouponflowError
from tests.support.api import Api

MS, SECOND = timedelta(milliseconds=1), timedelta(seconds=1)
ALWAYS_OPEN = {
    "starts_at": datetime(1970, 1, 2, tzinfo=UTC),
    "ends_at": datetime(8999, 1, 1, tzinfo=UTC),
}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(date: str, zone: str) -> dict[str, str]:
    return {"starts_at": date, "ends_at": date, "timezone": zone}


def code_or(answer: Callable[[], str]) -> str:
    try:
        return answer()
    except CouponflowError as refusal:
        return refusal.code


TWO_SECONDS = {"starts_at": "2026-05-01T10:00:00.500Z", "ends_at": "2026-05-01T10:00:02.500Z"}
ALL_ROUND = {"starts_at": "2026-05-01T00:00:00+14:00", "ends_at": "2026-05-01T00:00:00-14:00"}


@pytest.mark.parametrize(
    ("period", "starts", "ends"),
    [
        (TWO_SECONDS, "2026-05-01T10:00:00.500", "2026-05-01T10:00:02.500"),
        (day("2026-12-31", "UTC"), "2026-12-31T00:00", "2027-01-01T00:00"),
        (day("2026-03-29", "Europe/Berlin"), "2026-03-28T23:00", "2026-03-29T22:00"),
        (day("2026-10-25", "Europe/Berlin"), "2026-10-24T22:00", "2026-10-25T23:00"),
        (day("2026-05-01", "Pacific/Kiritimati"), "2026-04-30T10:00", "2026-05-01T10:00"),
        # In Cairo the clock skips midnight, so this day begins at one. Then the extreme offsets.
        (day("2026-04-24", "Africa/Cairo"), "2026-04-23T22:00", "2026-04-24T21:00"),
        (ALL_ROUND, "2026-04-30T10:00", "2026-05-01T14:00"),
        (day("2026-05-01", "Etc/GMT+12"), "2026-05-01T12:00", "2026-05-02T12:00"),
    ],
)
@pytest.mark.parametrize("cached", [{}, ALWAYS_OPEN], ids=["as it is", "cached otherwise"])
def test_till_redeems_exactly_within_the_period(api: Api, period, starts, ends, cached):
    made = api.coupon(**period)
    service = api.gateway.function("RedeemFunction").services.redemption_service
    coupon = service.find_coupon(api.organisation_id, coupon_id=made["coupon_id"]).coupon
    if cached:
        coupon = replace(coupon, **cached)
        api.change(made, name="other")  # now the cached coupon is an older version

    def outcome(now: datetime) -> str:
        return code_or(
            lambda: str(
                service.redeem_at_till(coupon, now.isoformat(), None, None, now).redemption.status
            )
        )

    first, end = utc(starts), utc(ends)
    assert [outcome(first + by) for by in (-SECOND, -MS, 0 * MS, MS, SECOND)] == [
        "coupon_not_started"
    ] * 2 + ["redeemed"] * 3
    assert [outcome(end + by) for by in (-SECOND, -MS, 0 * MS, MS, SECOND)] == ["redeemed"] * 2 + [
        "coupon_expired"
    ] * 3
    # Times are truncated to milliseconds, as in the rules.
    assert outcome(end - timedelta(microseconds=1)) == "redeemed"
    assert outcome(first - timedelta(microseconds=1)) == "coupon_not_started"


@pytest.mark.parametrize(
    ("zone", "starts", "ends"),
    [
        ("UTC", "2026-04-24T00:00", "2026-04-25T00:00"),
        ("Africa/Cairo", "2026-04-23T22:00", "2026-04-24T21:00"),
    ],
)
def test_link_redeems_within_the_period_and_flow_until_its_end(api: Api, zone, starts, ends):
    made, first, end = api.coupon(**day("2026-04-24", zone)), utc(starts), utc(ends)
    flow, phone = (
        api.gateway.function(name).services.redemption_service
        for name in ("DistributeFunction", "RedeemFunction")
    )
    coupon = flow.find_coupon(api.organisation_id, coupon_id=made["coupon_id"]).coupon

    def given(now: datetime) -> str:
        return code_or(
            lambda: str(flow.distribute(coupon, now.isoformat(), None, now).redemption.status)
        )

    def tapped(now: datetime) -> str:
        token = flow.distribute(coupon, f"taps at {now}", None, first).token
        return code_or(lambda: str(phone.redeem_by_link(token, 1, now).redemption.status))

    borders = [border + by for border in (first, end) for by in (-SECOND, -MS, 0 * MS, SECOND)]
    assert [given(now) for now in borders] == ["distributed"] * 6 + ["coupon_expired"] * 2
    assert [tapped(now) for now in borders] == ["coupon_not_started"] * 2 + ["redeemed"] * 4 + [
        "coupon_expired"
    ] * 2
