"""GET …/redemptions.csv: complete, without repetitions, for its owner only, for five minutes."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from couponflow.services import exports
from couponflow.store.redemption_records import RedemptionRecordStore
from tests.support.api import Api

pytestmark = pytest.mark.usefixtures("bucket")


def address(api: Api, coupon: dict[str, Any], query: str = "") -> str:
    answer = api.call("GET", f"/v1/coupons/{coupon['coupon_id']}/redemptions.csv{query}")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def rows(api: Api, coupon: dict[str, Any], query: str = "") -> list[dict[str, str]]:
    fetched = httpx.get(address(api, coupon, query), trust_env=False)
    assert fetched.status_code == 200, fetched.text
    assert fetched.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(fetched.content.decode(), newline="")))


def test_file_has_the_records_of_the_list(api: Api):
    coupon = api.coupon()
    for customer in ("ann", "bob", "=1+1"):
        api.distribute(coupon, customer, inbox_id="line-1")
    api.tap(api.link(coupon, "ann"))
    api.till(coupon, "Zoë")

    found = rows(api, coupon)

    listed = api.call("GET", f"/v1/coupons/{coupon['coupon_id']}/redemptions").json()["items"]
    wanted = [{name: each[name] or "" for name in exports.COLUMNS} for each in listed]
    for each in wanted:
        each["customer_id"] = each["customer_id"].replace("=1+1", "'=1+1")
    assert sorted(found, key=str) == sorted(wanted, key=str)
    assert [each["status"] for each in found] == ["distributed"] * 2 + ["redeemed"] * 2


def test_file_accepts_the_filters_of_the_list(api: Api):
    coupon = api.coupon()
    for customer in ("ann", "bob"):
        api.distribute(coupon, customer)
    api.tap(api.link(coupon, "ann"))

    assert [each["customer_id"] for each in rows(api, coupon, "?status=distributed")] == ["bob"]
    assert [each["customer_id"] for each in rows(api, coupon, "?customer_id=ann")] == ["ann"]
    assert rows(api, coupon, "?to=2026-01-01") == []
    assert (
        api.call("GET", f"/v1/coupons/{coupon['coupon_id']}/redemptions.csv?status=x").status_code
        == 422
    )


def test_use_redeemed_during_the_export_is_listed_once(api: Api, monkeypatch: pytest.MonkeyPatch):
    coupon = api.coupon()
    for customer in ("ann", "bob"):
        api.distribute(coupon, customer)
    read = RedemptionRecordStore.iterate

    def with_concurrent_tap(self, coupon_, status, *places):
        yield from list(read(self, coupon_, status, *places))
        if status == "distributed":
            api.tap(api.link(coupon, "ann"))

    monkeypatch.setattr(RedemptionRecordStore, "iterate", with_concurrent_tap)
    assert [(each["customer_id"], each["status"]) for each in rows(api, coupon)] == [
        ("bob", "distributed"),
        ("ann", "redeemed"),
    ]


def test_export_reads_every_page_of_the_table(api: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("couponflow.store.redemption_records._PAGE", 2)
    coupon = api.coupon()
    customers = [f"customer-{number}" for number in range(17)]
    for customer in customers:
        api.distribute(coupon, customer)
    assert sorted(each["customer_id"] for each in rows(api, coupon)) == sorted(customers)


def test_download_url_is_private_and_valid_for_five_minutes(api: Api):
    link = urlsplit(address(api, api.coupon(code="SPRING-26")))
    assert link.path.startswith(f"/images/exports/{api.organisation_id}/")
    assert parse_qs(link.query)["X-Amz-Expires"] == ["300"]
    assert parse_qs(link.query)["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]


@pytest.mark.parametrize("too_much", ["records", "time"])
def test_export_of_too_many_records_is_refused(
    api: Api, monkeypatch: pytest.MonkeyPatch, too_much: str
):
    coupon = api.coupon()
    for customer in ("ann", "bob"):
        api.distribute(coupon, customer)
    monkeypatch.setattr(
        exports, *{"records": ("MOST_RECORDS", 1), "time": ("SECONDS_TO_READ", -1)}[too_much]
    )
    answer = api.call("GET", f"/v1/coupons/{coupon['coupon_id']}/redemptions.csv")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "from")


@pytest.mark.parametrize(
    "accept",
    ["application/json", "application/json, text/plain, */*", "text/csv;q=0.5, application/json"],
)
def test_program_gets_the_address_instead_of_a_redirect(api: Api, accept: str):
    coupon = api.coupon()
    api.distribute(coupon, "ann")
    before = datetime.now(UTC)
    path = f"/v1/coupons/{coupon['coupon_id']}/redemptions.csv?status=distributed"
    answer = api.call("GET", path, accept=accept)
    assert (answer.status_code, "location" in answer.headers) == (200, False)
    assert answer.json().keys() == {"url", "expires_at"}
    fetched = httpx.get(answer.json()["url"], trust_env=False)
    assert (fetched.status_code, b'"ann"' in fetched.content) == (200, True)
    left = datetime.fromisoformat(answer.json()["expires_at"]) - before
    assert timedelta(seconds=295) < left <= timedelta(seconds=301)


@pytest.mark.parametrize(
    "accept", ["*/*", "text/csv", "text/html", "application/json;q=0, */*", ""]
)
def test_other_clients_are_redirected_to_the_file(api: Api, accept: str):
    coupon = api.coupon()
    path = f"/v1/coupons/{coupon['coupon_id']}/redemptions.csv"
    answer = api.call("GET", path, accept=accept)
    assert (answer.status_code, answer.content) == (303, b"")
    assert answer.headers["location"]


def test_export_requires_the_owner_and_the_admin_scope(api: Api, organisation):
    coupon = api.coupon()
    path = f"/v1/coupons/{coupon['coupon_id']}/redemptions.csv"
    other = organisation("other")
    assert (
        other.call("GET", path).json()
        == other.call("GET", "/v1/coupons/0000000000000/redemptions.csv").json()
    )
    assert [
        api.call("GET", path, scope=scope).status_code for scope in ("distribute", "redeem")
    ] == [403, 403]
