"""Erasing a customer: no name stays, counts stay, links die, and nothing appears afterwards."""

from __future__ import annotations

import csv
import io
import itertools
import json
from typing import Any

import httpx
import pytest

from couponflow.services import erasure
from tests.integration.conftest import Stored
from tests.support.api import Api, eventually

ANN, BOB = "canary-ann", "canary-bob"


def erase(api: Api, customer_id: str = ANN) -> int:
    """Erase until the end; the number of records whose names were removed."""
    erased, cursor = 0, None
    while True:
        body = {"customer_id": customer_id} | ({"cursor": cursor} if cursor else {})
        answer = api.call("POST", "/v1/customers/erase", body)
        assert answer.status_code == 200, answer.text
        erased += int(answer.json()["erased_records"])
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return erased


def holding(stored: Stored, text: str) -> list[dict[str, Any]]:
    return [item for item in stored() if text in json.dumps(item, default=str)]


def used(api: Api, coupon: dict[str, Any]) -> int:
    return int(api.read(coupon)["times_redeemed"])


@pytest.fixture
def campaigns(api: Api) -> dict[str, dict[str, Any]]:
    """Coupons with every kind of row: open, used, used beside the numbers, archived, none."""
    made = {
        "open": api.coupon(max_redemptions_per_customer=2),
        "used": api.coupon(max_redemptions_per_customer=2),
        "unlimited": api.coupon(max_redemptions_per_customer=None),
        "archived": api.coupon(),
        "never": api.coupon(),
    }
    for customer in (ANN, BOB):
        for name in ("open", "used", "archived"):
            api.distribute(made[name], customer, inbox_id=f"inbox-{customer}")
        api.till(made["used"], customer)
        for number in range(3):
            api.till(made["unlimited"], customer, idempotency_key=f"{customer}-{number}")
    api.call("DELETE", f"/v1/coupons/{made['archived']['coupon_id']}")
    return made


def test_no_item_holds_the_customer_and_counts_stay(api: Api, stored: Stored, campaigns):
    before = {name: used(api, campaigns[name]) for name in campaigns}
    bobs = len(holding(stored, BOB))
    assert holding(stored, ANN)
    assert erase(api) == 6  # one open, one archived, one used, three beside the numbers
    assert holding(stored, ANN) == []
    assert len(holding(stored, BOB)) == bobs > 0
    assert {name: used(api, campaigns[name]) for name in campaigns} == before
    assert erase(api) == 0


def test_links_lead_to_the_neutral_page(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=3)
    link, other = api.link(coupon, ANN), api.link(coupon, BOB)
    erase(api)
    gone, unknown = api.open(link), api.open(link[:-5] + "aaaaa")
    assert (gone.status_code, gone.content) == (404, unknown.content)
    assert api.tap(link).status_code == 404
    assert api.tap(link, use=2).status_code == 404
    assert api.open(other).status_code == 200
    assert used(api, coupon) == 0


@pytest.mark.parametrize("limit", [1, 3, None])
@pytest.mark.parametrize("uses", [0, 1, 2])
def test_erased_customer_gets_no_further_use(api: Api, limit: int | None, uses: int):
    coupon = api.coupon(max_redemptions_per_customer=limit)
    made = [api.till(coupon, ANN, idempotency_key=f"key-{n}") for n in range(uses)]
    counted = used(api, coupon)
    erase(api)
    answer = api.distribute(coupon, ANN)
    assert (answer["outcome"], answer["redeem_url"]) == ("customer_max_uses_reached", "")
    assert api.till(coupon, ANN).json()["code"] == "customer_max_uses_reached"
    for number, first in enumerate(made):  # a repetition is still answered like the first request
        again = api.till(coupon, ANN, idempotency_key=f"key-{number}")
        assert again.json().get("redemption_id") == first.json().get("redemption_id")
    assert used(api, coupon) == counted
    assert api.distribute(coupon, BOB)["outcome"] == "distributed"


def test_records_show_an_erased_customer_without_a_name(api: Api, bucket: None):
    coupon = api.coupon(max_redemptions_per_customer=2)
    api.distribute(coupon, ANN, inbox_id="whatsapp")
    api.till(coupon, ANN)
    api.distribute(coupon, ANN)
    api.distribute(coupon, BOB)
    erase(api)
    wanted = {"redeemed": ("", None, True), "distributed": ("", None, True)}
    shown = eventually(
        lambda: {
            each["status"]: (each["customer_id"], each["inbox_id"], each["erased"])
            for each in api.records(coupon)
            if each["customer_id"] != BOB
        },
        wanted,
    )
    assert shown == wanted
    assert [each["erased"] for each in api.records(coupon) if each["customer_id"] == BOB] == [False]
    assert api.records(coupon, customer_id=ANN) == []

    path = f"/v1/coupons/{coupon['coupon_id']}/redemptions.csv"
    file = httpx.get(api.call("GET", path).headers["location"], trust_env=False)
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert sorted((row["customer_id"], row["erased"]) for row in rows) == [
        ("", "true"),
        ("", "true"),
        (BOB, ""),
    ]


def test_customer_of_a_live_coupon_without_records_is_guarded_for_an_hour(api: Api, stored: Stored):
    coupon, archived = api.coupon(), api.coupon()
    api.call("DELETE", f"/v1/coupons/{archived['coupon_id']}")
    before = stored()
    assert erase(api) == 0
    added = [item for item in stored() if item not in before]
    guards = [item for item in added if item["pk"].startswith("HOLDER#")]
    assert [item["pk"].split("#")[1] for item in guards] == [coupon["coupon_id"]]
    assert guards[0]["status"] == "erased" and "expires_at" in guards[0]
    assert api.records(coupon) == []
    assert api.distribute(coupon, ANN)["outcome"] == "customer_max_uses_reached"


def test_spellings_of_one_customer_are_erased_together(api: Api, stored: Stored):
    coupon = api.coupon()
    api.distribute(coupon, "Jose\u0301-spelled")
    assert erase(api, "  Jos\u00e9-spelled ") == 1
    assert holding(stored, "-spelled") == []


def test_other_organisations_keep_the_customer(organisation, stored: Stored):
    ours, theirs = organisation("ours"), organisation("theirs")
    kept = theirs.coupon()
    theirs.distribute(kept, ANN)
    ours.distribute(ours.coupon(), ANN)
    assert erase(ours) == 1
    assert [each["customer_id"] for each in theirs.records(kept)] == [ANN]


def test_journal_says_who_when_and_how_many_but_no_name(api: Api, stored: Stored):
    api.distribute(api.coupon(), ANN)
    erase(api)
    entries = api.call("GET", "/v1/journal").json()["items"]
    assert [(each["action"], each["erased_records"]) for each in entries] == [
        ("customer_erased", 1)
    ]
    assert entries[0]["key_id"] == api.keys["admin"].split("_")[1]
    assert ANN not in json.dumps(entries)
    assert api.call("GET", "/v1/journal?month=2020-01").json()["items"] == []
    assert api.call("GET", "/v1/journal?month=2020-13").status_code == 422


@pytest.mark.parametrize("customer_id", ["", " ", "null", "{{customer}}", "x" * 201, None, 5, []])
def test_erasure_needs_a_customer(api: Api, customer_id: object):
    answer = api.call("POST", "/v1/customers/erase", {"customer_id": customer_id})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "customer_id"


@pytest.mark.parametrize("scope", ["distribute", "redeem"])
def test_only_an_admin_key_erases(api: Api, scope: str):
    body = {"customer_id": ANN}
    assert api.call("POST", "/v1/customers/erase", body, scope).status_code == 403
    assert api.call("GET", "/v1/journal", scope=scope).status_code == 403


def test_long_list_of_coupons_is_erased_over_several_calls(
    api: Api, stored: Stored, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(erasure, "COUPONS_FOR_A_CALL", 2)
    for _ in range(5):
        api.distribute(api.coupon(), "canary-carl")
    first = api.call("POST", "/v1/customers/erase", {"customer_id": "canary-carl"}).json()
    assert (first["erased_records"], bool(first["next_cursor"])) == (2, True)
    assert erase(api, "canary-carl") == 3
    assert holding(stored, "canary-carl") == []


def test_call_without_time_left_goes_on_where_it_stopped(
    api: Api, stored: Stored, monkeypatch: pytest.MonkeyPatch
):
    coupon = api.coupon(max_redemptions_per_customer=None)
    for number in range(7):
        api.till(coupon, "canary-dora", idempotency_key=str(number))
    service = api.gateway.function("CouponsFunction").services.erasure_service
    monkeypatch.setattr(service, "_timer", itertools.count().__next__)
    monkeypatch.setattr(erasure, "NAMES_AT_ONCE", 2)
    monkeypatch.setattr(erasure, "SECONDS_FOR_A_CALL", 0)
    body, erased = {"customer_id": "canary-dora"}, []
    while body.get("cursor", "") is not None:
        answer = api.call("POST", "/v1/customers/erase", body).json()
        erased.append(answer["erased_records"])
        body["cursor"] = answer["next_cursor"]
    assert erased == [1, 2, 2, 2, 0]  # the closed number has no name
    assert holding(stored, "canary-dora") == []


@pytest.mark.parametrize("cursor", ["x", "WyIxIl0", 5])
def test_wrong_cursor_is_refused(api: Api, cursor: object):
    body = {"customer_id": ANN, "cursor": cursor}
    assert api.call("POST", "/v1/customers/erase", body).status_code in (400, 422)
