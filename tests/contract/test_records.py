"""View redemption records: each column, the list and the export."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from tests.support.api import Api

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture(scope="module")
def coupon(api: Api) -> dict[str, Any]:
    """Ann has redeemed, bob has a link, and =1+1 tries to be a formula."""
    coupon = api.coupon()
    for customer in ("bob", "=1+1", "ann"):
        link = api.distribute(coupon, customer, inbox_id="line-1")["redeem_url"]
    assert api.tap(link).status_code == 200
    return coupon


@pytest.fixture(scope="module")
def records(api: Api, coupon: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The coupon's records by customer."""
    return {record["customer_id"]: record for record in api.records(coupon)}


def test_record_has_the_redemption_id(api: Api, coupon: dict[str, Any], records: dict[str, Any]):
    assert len({record["redemption_id"] for record in records.values()}) == 3
    assert records["bob"]["redemption_id"] == api.distribute(coupon, "bob")["redemption_id"]


def test_record_has_the_customer_id(api: Api, coupon: dict[str, Any], records: dict[str, Any]):
    assert records.keys() == {"ann", "bob", "=1+1"}
    assert api.records(coupon, customer_id="bob") == [records["bob"]]


def test_record_has_the_inbox_id(records: dict[str, Any]):
    assert {record["inbox_id"] for record in records.values()} == {"line-1"}


def test_record_has_the_status(api: Api, coupon: dict[str, Any], records: dict[str, Any]):
    assert {name: record["status"] for name, record in records.items()} == {
        "ann": "redeemed",
        "bob": "distributed",
        "=1+1": "distributed",
    }
    assert api.records(coupon, status="redeemed") == [records["ann"]]


def test_record_has_the_time_of_redemption(
    api: Api, coupon: dict[str, Any], records: dict[str, Any]
):
    assert TIME.fullmatch(records["ann"]["redeemed_at"])
    assert records["bob"]["redeemed_at"] is None
    repeated = api.tap(api.redeem_url(api.coupon(), "carl")).json()
    assert TIME.fullmatch(repeated["redeemed_at"])


def test_redeemed_records_come_first_page_by_page(api: Api, coupon: dict[str, Any]):
    path = f"/v1/coupons/{coupon['coupon_id']}/redemptions"
    first = api.get(f"{path}?limit=1")
    rest = api.get(f"{path}?limit=2&cursor={first['next_cursor']}")

    assert [record["customer_id"] for record in first["items"] + rest["items"]] == [
        "ann",
        "=1+1",
        "bob",
    ]


def test_export_has_every_record_and_no_formula(
    api: Api, coupon: dict[str, Any], records: dict[str, Any]
):
    rows = exported(api, coupon)

    assert {row["redemption_id"] for row in rows} == {
        record["redemption_id"] for record in records.values()
    }
    assert {row["customer_id"] for row in rows} == {"ann", "bob", "'=1+1"}
    (ann,) = (row for row in rows if row["customer_id"] == "ann")
    assert (
        ann.items()
        >= {name: records["ann"][name] for name in ("inbox_id", "status", "redeemed_at")}.items()
    )


def test_export_of_a_coupon_without_records_is_a_header(api: Api):
    assert exported(api, api.coupon()) == []


def test_records_of_another_organisation_are_unknown(api: Api, coupon: dict[str, Any], new_api):
    other = new_api()

    for path in ("", "/redemptions", "/redemptions.csv", "/redeem-page"):
        answer = other.call("GET", f"/v1/coupons/{coupon['coupon_id']}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "coupon_not_found")


def exported(api: Api, coupon: dict[str, Any]) -> list[dict[str, str]]:
    """The rows of the CSV export, fetched where the API sends to."""
    answer = api.call("GET", f"/v1/coupons/{coupon['coupon_id']}/redemptions.csv")
    assert answer.status_code == 303, answer.text
    # A stranger's key would be sent along with the redirect: the file's address carries its own
    # signature.
    file = api.client.get(answer.headers["location"])
    assert (file.status_code, file.headers["content-type"]) == (200, "text/csv; charset=utf-8"), (
        file.text
    )
    text = file.content.decode("utf-8-sig")
    assert text.startswith("redemption_id,") or '"redemption_id"' in text.splitlines()[0]
    return list(csv.DictReader(io.StringIO(text, newline="")))
