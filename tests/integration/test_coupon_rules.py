"""Own ends, opening hours and period limits: the same at every entry point, and changed at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from couponflow.domain import times
from couponflow.domain.errors import CouponflowError
from couponflow.services.redemption import RedemptionService
from tests.support.api import Api

MS, DAY = timedelta(milliseconds=1), timedelta(days=1)
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ALL_DAY = [{"days": WEEK, "from": "00:00", "until": "24:00"}]


def closed_now() -> list[dict[str, Any]]:
    """Opening hours of the weekday three days from now."""
    return [ALL_DAY[0] | {"days": [WEEK[(datetime.now(UTC).weekday() + 3) % 7]]}]


def refusal(answer: Any) -> str:
    assert answer.status_code == 409, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["code"])


def service(api: Api, function: str = "RedeemFunction") -> RedemptionService:
    found: RedemptionService = api.gateway.function(function).services.redemption_service
    return found


def code_or(call: Callable[[], Any], result: str) -> str:
    try:
        call()
    except CouponflowError as refused:
        return refused.code
    return result


def test_change_of_opening_hours_is_obeyed_at_once(api: Api):
    coupon = api.coupon(max_redemptions=50, max_redemptions_per_customer=3)
    link = api.link(coupon, "ann")
    assert api.till(coupon, "eve").status_code == 200  # the function caches the coupon as open

    assert api.patch(coupon, hours=closed_now()).status_code == 200

    for refused in (api.tap(link), api.till(coupon, "eve"), api.till(coupon, "bob")):
        assert refusal(refused) == "coupon_not_open"
        opens_at = times.parse_utc(refused.json()["opens_at"])
        assert timedelta(0) < opens_at - datetime.now(UTC) < 4 * DAY
        assert opens_at == times.start_of_day(opens_at.date(), "UTC")
    assert api.read(coupon)["times_redeemed"] == 1
    assert api.read(coupon)["status"] == "active"

    assert api.patch(coupon, hours=None).status_code == 200

    assert api.tap(link).status_code == api.till(coupon, "bob").status_code == 200


def test_opening_after_the_end_is_not_promised(api: Api):
    tomorrow = times.format_utc(datetime.now(UTC) + DAY)
    coupon = api.coupon(hours=closed_now(), ends_at=tomorrow)
    refused = api.till(coupon, "ann")
    assert (refusal(refused), refused.json()["opens_at"]) == ("coupon_not_open", None)


def test_coupon_is_distributed_outside_its_hours(api: Api):
    coupon = api.coupon(hours=closed_now())
    given = api.distribute(coupon, "ann")
    assert (given["outcome"], given["reason"]) == ("distributed", "ok")
    assert api.distribute(coupon, "ann")["reason"] == "already_distributed"


def test_change_of_a_period_limit_is_obeyed_at_once(api: Api):
    coupon = api.coupon(max_redemptions=50)
    link = api.link(coupon, "ann")
    assert api.tap(link).status_code == 200
    assert api.till(coupon, "ann").status_code == api.till(coupon, "ann").status_code == 200

    assert api.patch(coupon, period_limit={"uses": 3, "per": "month"}).status_code == 200

    for refused in (api.till(coupon, "ann"), api.tap(link, 2)):
        assert refusal(refused) == "customer_period_uses_reached"
        again_at = times.parse_utc(refused.json()["again_at"])
        assert again_at > datetime.now(UTC) and (again_at.day, again_at.hour) == (1, 0)
    repeated = api.tap(link)
    assert (repeated.status_code, repeated.json()["repeated"]) == (200, True)
    assert api.till(coupon, "bob").status_code == 200

    assert api.patch(coupon, period_limit=None).status_code == 200

    assert api.till(coupon, "ann").status_code == 200


def test_change_of_an_own_end_is_obeyed_at_once(api: Api):
    made = api.coupon(valid_for={"hours": 1}, max_redemptions_per_customer=2)
    given = api.distribute(made, "ann")
    token, phone = given["redeem_token"], service(api)
    (record,) = api.records(made)
    received = times.parse_utc(record["distributed_at"])
    ends = received + timedelta(hours=1)
    assert given["ends_at"] == times.format_utc(ends)

    def tap(now: datetime, use: int) -> str:
        return code_or(lambda: phone.redeem_by_link(token, use, now), "redeemed")

    assert tap(ends, 1) == tap(ends + DAY, 1) == "coupon_expired"
    assert tap(ends - MS, 1) == "redeemed"

    assert api.patch(made, valid_for={"days": 1}).status_code == 200

    ends = times.start_of_day(received.date() + 2 * DAY, "UTC")
    assert tap(ends, 2) == "coupon_expired"

    assert api.patch(made, valid_for=None).status_code == 200

    assert tap(ends, 2) == "redeemed"


@pytest.mark.parametrize("is_direct", [False, True])
def test_flow_gets_the_customers_own_end(api: Api, is_direct):
    message = "Until {{ends_at}}, {{ends_at_local}}, on {{last_day}}."
    coupon = api.coupon(valid_for={"days": 0}, timezone="Asia/Tokyo")
    fields = {"coupon_id": coupon["coupon_id"], "customer_id": "ann", "message": message}
    if is_direct:
        event = fields | {"organisation_id": api.organisation_id}
        given = dict(api.gateway.invoke("DistributeFunction", event))
    else:
        given = api.distribute(coupon, "ann", message=message)
    (record,) = api.records(coupon)
    received = times.parse_utc(record["distributed_at"]).astimezone(times.zone("Asia/Tokyo"))
    last = f"{received:%Y-%m-%d} 23:59"
    assert given["ends_at_local"] == given["coupon"]["ends_at_local"] == last
    assert given["message"] == f"Until {last}, {last}, on {last[:10]}."
    assert times.parse_utc(given["ends_at"]).astimezone(received.tzinfo).date() == (
        received.date() + DAY
    )
    assert api.read(coupon)["ends_at"] > given["ends_at"]


def test_flow_refuses_by_own_end_and_period(api: Api):
    made = api.coupon(valid_for={"hours": 2}, period_limit={"uses": 1, "per": "day"})
    flow, now = service(api, "DistributeFunction"), datetime.now(UTC)
    coupon = flow.find_coupon(api.organisation_id, coupon_id=made["coupon_id"]).coupon

    def give(at: datetime, customer: str = "ann") -> str:
        return code_or(lambda: flow.distribute(coupon, customer, None, at), "distributed")

    assert give(now) == give(now + timedelta(hours=2) - MS) == "distributed"
    assert give(now + timedelta(hours=2)) == give(now + DAY) == "coupon_expired"

    # The next use that is distributed has an own end of its own.
    api.link(made, "bob")
    assert api.till(made, "bob").status_code == 200
    used = api.distribute(made, "bob", message="Until {{ends_at}}")
    assert (used["outcome"], used["reason"]) == (
        "customer_max_uses_reached",
        "customer_period_uses_reached",
    )
    assert (used["redeem_url"], used["ends_at"] < api.read(made)["ends_at"]) == ("", True)
    answer = api.call(
        "POST",
        "/v1/flow/distribute/batch",
        {"coupon_id": made["coupon_id"], "customers": [{"customer_id": "bob"}]},
        "distribute",
    )
    assert answer.json()["results"][0]["reason"] == "customer_period_uses_reached"


def test_used_period_leads_to_the_fallback_flow(api: Api):
    coupon = api.coupon(period_limit={"uses": 1, "per": "day"})
    block = api.call(
        "POST",
        "/v1/flow/blocks",
        {
            "coupon_id": coupon["coupon_id"],
            "fallback_flows": {"customer_max_uses_reached": "tomorrow"},
        },
    ).json()
    assert api.till(coupon, "ann").status_code == 200
    body = {"block_id": block["block_id"], "customer_id": "ann"}
    answer = api.call("POST", "/v1/flow/distribute", body, "distribute").json()
    assert answer["next_flow"] == "tomorrow"


def test_first_of_several_refusals_is_returned(api: Api):
    rules = {"hours": closed_now(), "period_limit": {"uses": 1, "per": "day"}}
    coupon = api.coupon(max_redemptions=1, max_redemptions_per_customer=1)
    assert api.till(coupon, "ann").status_code == 200
    found = []
    for change in (
        rules,
        {"hours": None},
        {"max_redemptions_per_customer": 2},
        {"period_limit": None},
    ):
        assert api.patch(coupon, **change).status_code == 200
        found.append(refusal(api.till(coupon, "ann")))
    assert found == [
        "coupon_not_open",
        "customer_max_uses_reached",
        "customer_period_uses_reached",
        "coupon_max_uses_reached",
    ]


@pytest.mark.parametrize("change", [{"max_redemptions_per_customer": 1}, {"period_limit": None}])
def test_period_limit_is_at_most_the_customer_limit(api: Api, change):
    limit = {"uses": 3, "per": "day"}
    body = {"name": "x", "starts_at": "2026-01-01", "ends_at": "2026-12-31", "period_limit": limit}
    created = api.call("POST", "/v1/coupons", body | {"max_redemptions_per_customer": 2})
    coupon = api.coupon(max_redemptions_per_customer=3, period_limit=limit)
    changed = api.patch(coupon, **change)
    if change == {"period_limit": None}:
        assert changed.status_code == 200
        changed = api.patch(coupon, max_redemptions_per_customer=2, period_limit=limit)
    for refused in (created, changed):
        assert refused.status_code == 422
        assert [error["field"] for error in refused.json()["errors"]] == ["period_limit.uses"]
    assert api.read(coupon)["max_redemptions_per_customer"] == 3


def test_repeated_key_holds_for_a_coupon_with_a_period_limit(api: Api):
    coupon = api.coupon(period_limit={"uses": 2, "per": "week"})
    made = [
        api.till(coupon, "ann", idempotency_key=key).json() for key in ("one", "two", "one", "two")
    ]
    assert [each["repeated"] for each in made] == [False, False, True, True]
    assert made[0]["redemption_id"] == made[2]["redemption_id"]
    assert refusal(api.till(coupon, "ann", idempotency_key="three")) == (
        "customer_period_uses_reached"
    )
    assert len(api.records(coupon, status="redeemed")) == 2
