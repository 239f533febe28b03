"""A period's borders at the one place that decides: the gate on the quota shard, whatever is remembered of the coupon."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from couponflow.domain.errors import CouponflowError
from tests.integration.conftest import Api

MS, SECOND = timedelta(milliseconds=1), timedelta(seconds=1)
EVER = {"starts_at": datetime(1970, 1, 2, tzinfo=UTC), "ends_at": datetime(8999, 1, 1, tzinfo=UTC)}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(date: str, zone: str) -> dict[str, str]:
    return {"starts_at": date, "ends_at": date, "timezone": zone}


TWO_SECONDS = {"starts_at": "2026-05-01T10:00:00.500Z", "ends_at": "2026-05-01T10:00:02.500Z"}


@pytest.mark.parametrize(
    ("period", "starts", "ends"),
    [
        (TWO_SECONDS, "2026-05-01T10:00:00.500", "2026-05-01T10:00:02.500"),
        (day("2026-12-31", "UTC"), "2026-12-31T00:00", "2027-01-01T00:00"),
        (day("2026-03-29", "Europe/Berlin"), "2026-03-28T23:00", "2026-03-29T22:00"),
        (day("2026-10-25", "Europe/Berlin"), "2026-10-24T22:00", "2026-10-25T23:00"),
        (day("2026-05-01", "Pacific/Kiritimati"), "2026-04-30T10:00", "2026-05-01T10:00"),
        (day("2026-05-01", "Etc/GMT+12"), "2026-05-01T12:00", "2026-05-02T12:00"),
    ],
)
@pytest.mark.parametrize("remembered", [{}, EVER], ids=["as it is", "remembered otherwise"])
def test_a_use_is_made_from_the_first_to_the_last_millisecond_of_the_period(api: Api, period, starts, ends, remembered):
    made = api.coupon(**period)
    service = api.gateway.function("RedeemFunction").parts.couponflow
    coupon = replace(service.terms(api.organisation_id, coupon_id=made["coupon_id"]).coupon, **remembered)

    def outcome(now: datetime) -> str:
        try:
            return str(service.redeem_at_till(coupon, now.isoformat(), None, None, now).redemption.status)
        except CouponflowError as refusal:
            return refusal.code

    first, end = utc(starts), utc(ends)
    assert [outcome(first + by) for by in (-SECOND, -MS, 0 * MS, MS, SECOND)] == ["coupon_not_started"] * 2 + ["redeemed"] * 3
    assert [outcome(end + by) for by in (-SECOND, -MS, 0 * MS, MS, SECOND)] == ["redeemed"] * 2 + ["coupon_expired"] * 3
    # Between two milliseconds the earlier one counts, as for the rules.
    assert outcome(end - timedelta(microseconds=1)) == "redeemed"
    assert outcome(first - timedelta(microseconds=1)) == "coupon_not_started"
