"""Redemption records: filtered, in order, and page by page without gaps or repeats."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from couponflow.domain import times
from tests.support.api import Api

START = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def history(api: Api) -> dict[str, Any]:
    """A coupon with 12 customers, one per minute; customer-3 and -4 share a millisecond.

    Customers with even numbers redeemed ten minutes later.
    """
    coupon = api.coupon(max_redemptions_per_customer=2)
    distribute = without_deadline(api, "DistributeFunction").redemption_service
    redeem = without_deadline(api, "RedeemFunction").redemption_service
    known = distribute.find_coupon(api.organisation_id, coupon_id=coupon["coupon_id"]).coupon
    for number in range(12):
        at = START + timedelta(minutes=3 if number == 4 else number)
        token = distribute.distribute(known, f"customer-{number}", f"inbox-{number % 2}", at).token
        if number % 2 == 0:
            redeem.redeem_by_link(token, 1, at + timedelta(minutes=10))
    return coupon


def without_deadline(api: Api, function: str) -> Any:
    """The services of a function, without the deadline of its last request."""
    services = api.gateway.function(function).services
    services.request.start()
    return services


def customers(records: list[dict[str, Any]]) -> list[int]:
    return [int(record["customer_id"].removeprefix("customer-")) for record in records]


REDEEMED, OPEN = [10, 8, 6, 4, 2, 0], [11, 9, 7, 5, 3, 1]


def test_redeemed_records_come_first_each_status_newest_first(api: Api, history):
    assert customers(api.records(history)) == REDEEMED + OPEN
    assert customers(api.records(history, status="redeemed")) == REDEEMED
    assert customers(api.records(history, status="distributed")) == OPEN


def test_record_has_the_contract_columns(api: Api, history):
    record = api.records(history, customer_id="customer-2")[0]
    assert record.pop("redemption_id")
    assert record == {
        "coupon_id": history["coupon_id"],
        "customer_id": "customer-2",
        "inbox_id": "inbox-0",
        "status": "redeemed",
        "distributed_at": "2026-05-01T00:02:00.000Z",
        "redeemed_at": "2026-05-01T00:12:00.000Z",
        "erased": False,
    }


def paged(api: Api, coupon: dict[str, Any], limit: int, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        asked = query | {"limit": str(limit), "cursor": cursor}
        page = api.client.get(
            f"/v1/coupons/{coupon['coupon_id']}/redemptions", params=asked, headers=api.bearer()
        ).json()
        assert len(page["items"]) <= limit
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize(
    "query", [{}, {"status": "redeemed"}, {"status": "distributed"}, {"from": "2026-05-01T00:03Z"}]
)
def test_pages_of_any_size_list_each_record_once_in_order(api: Api, history, query):
    whole = api.records(history, **query)
    for limit in (1, 2, 3, 5, 6, 7, 12, 100):
        assert paged(api, history, limit, **query) == whole


def test_new_record_does_not_disturb_the_next_page(api: Api, history):
    asked = {"status": "distributed", "limit": "3"}
    path = f"/v1/coupons/{history['coupon_id']}/redemptions"
    first = api.client.get(path, params=asked, headers=api.bearer()).json()
    api.distribute(history, "customer-99")
    second = api.client.get(
        path, params=asked | {"cursor": first["next_cursor"]}, headers=api.bearer()
    ).json()
    assert customers(first["items"] + second["items"]) == OPEN


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        ("2026-05-01T00:12:00.000Z", None, [10, 8, 6, 4, 2]),
        ("2026-05-01T00:12:00.001Z", None, [10, 8, 6, 4]),
        (None, "2026-05-01T00:13:00.000Z", [2, 0]),
        (None, "2026-05-01T00:13:00.001Z", [4, 2, 0]),
        ("2026-05-01T00:13Z", "2026-05-01T00:13:00.001Z", [4]),
        ("2026-05-01", "2026-05-01", [10, 8, 6, 4, 2, 0]),
        ("2026-05-02", None, []),
        ("2026-05-02", "2026-05-01T00:13Z", []),
        ("2026-06-01", "2026-04-01", []),
    ],
)
def test_time_filter_includes_from_and_excludes_to(api: Api, history, since, until, found):
    query = (
        {"status": "redeemed"}
        | ({"from": since} if since else {})
        | ({"to": until} if until else {})
    )
    assert customers(api.records(history, **query)) == found
    assert customers(paged(api, history, 2, **query)) == found
    of_one = [
        number
        for number in range(12)
        if api.records(history, customer_id=f"customer-{number}", **query)
    ]
    assert of_one == sorted(found)


def test_records_of_one_customer_are_current(api: Api, history):
    assert api.records(history, customer_id="nobody") == []
    api.till(history, "customer-2", inbox_id="pos")
    api.till(history, "customer-3")
    assert [record["status"] for record in api.records(history, customer_id=" customer-2 ")] == [
        "redeemed",
        "redeemed",
    ]
    assert api.records(history, customer_id="customer-2", status="distributed") == []
    assert paged(api, history, 1, customer_id="customer-2") == api.records(
        history, customer_id="customer-2"
    )
    assert [record["inbox_id"] for record in api.records(history, customer_id="customer-2")] == [
        "pos",
        "inbox-0",
    ]
    assert api.records(history, customer_id="customer-3")[0]["status"] == "redeemed"


def test_use_without_distribution_has_no_distribution_time(api: Api, history):
    api.till(history, "walk-in")
    record = api.records(history, customer_id="walk-in")[0]
    assert (record["distributed_at"], record["inbox_id"], record["status"]) == (
        None,
        None,
        "redeemed",
    )
    assert record["redeemed_at"] is not None


@pytest.mark.parametrize(
    "cursor", ["x", "e30", "W10", "WyJhIl0", "WyJyZWRlZW1lZCIsIiJd", "WyJ1c2VkIiwgIjIwMjYiXQ"]
)
def test_foreign_cursor_is_refused(api: Api, history, cursor):
    answer = api.client.get(
        f"/v1/coupons/{history['coupon_id']}/redemptions",
        params={"cursor": cursor},
        headers=api.bearer(),
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_cursor_of_another_filter_or_coupon_gives_a_list(api: Api, history):
    path = f"/v1/coupons/{history['coupon_id']}/redemptions"
    cursor = api.client.get(path, params={"limit": "2"}, headers=api.bearer()).json()["next_cursor"]
    other = f"/v1/coupons/{api.coupon()['coupon_id']}/redemptions"
    for where, query in (
        (path, {"from": "2026-06-01"}),
        (path, {"status": "distributed"}),
        (other, {}),
        (path, {"customer_id": "x"}),
    ):
        answer = api.client.get(where, params=query | {"cursor": cursor}, headers=api.bearer())
        assert answer.status_code == 200, answer.text


def test_counts_equal_the_number_of_records(
    api: Api, history, stored: Callable[[], list[dict[str, Any]]]
):
    assert api.read(history)["times_redeemed"] == len(REDEEMED)
    kept = [item for item in stored() if item["pk"].startswith(f"HOLDER#{history['coupon_id']}#")]
    assert len(kept) == 12
    assert times.format_utc(START) == min(str(item["distributed_at"]) for item in kept)


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 12])
@pytest.mark.parametrize("query", [{}, {"customer_id": "customer-3"}])
def test_record_redeemed_between_two_pages_is_not_missed(api: Api, history, limit, query):
    """It leaves the open records before the walk comes to them, and joins the redeemed ones after
    it left those.
    """
    links = {number: api.link(history, f"customer-{number}") for number in OPEN}
    before = {record["redemption_id"] for record in paged(api, history, 50, **query)}
    seen: list[dict[str, Any]] = []
    cursor: str | None = ""
    waiting = list(links.values())
    while cursor is not None:
        page = api.call(
            "GET",
            f"/v1/coupons/{history['coupon_id']}/redemptions?"
            + urlencode({"limit": limit, **query} | ({"cursor": cursor} if cursor else {})),
        ).json()
        seen, cursor = seen + page["items"], page["next_cursor"]
        if waiting:
            assert api.tap(waiting.pop()).status_code == 200
    assert before <= {record["redemption_id"] for record in seen}
    shown = [(record["redemption_id"], record["status"]) for record in seen]
    assert len(shown) == len(set(shown)), "twice, it is shown once open and once redeemed"


def test_walk_of_a_customer_with_very_many_records_lists_each_once(api: Api):
    coupon = api.coupon()
    services = without_deadline(api, "RedeemFunction")
    known = services.coupon_store.get(coupon["coupon_id"])
    made = set()
    for number in range(130):
        at = START + timedelta(minutes=number)
        sale = services.redemption_service.redeem_at_till(known, "ann", None, str(number), at)
        made.add(sale.redemption.redemption_id)
    for limit in (30, 100):
        found = paged(api, coupon, limit, customer_id="ann")
        assert sorted(record["redemption_id"] for record in found) == sorted(made)
    assert len(paged(api, coupon, 50, customer_id="ann", status="redeemed")) == 130
    assert paged(api, coupon, 50, customer_id="ann", status="distributed") == []
