"""One call for the customers of a broadcast: one outcome each, and the same links on a
repetition.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from couponflow.bootstrap import Services
from couponflow.web.flow.distribute import MOST_CUSTOMERS, Caller, Distribution
from tests.support.api import Api


def send(api: Api, **body: Any) -> httpx.Response:
    return api.call("POST", "/v1/flow/distribute/batch", body, "distribute")


def results(api: Api, **body: Any) -> list[dict[str, Any]]:
    answer = send(api, **body)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


def named(*customers: str) -> list[dict[str, str]]:
    return [{"customer_id": customer} for customer in customers]


def records_of(api: Api, coupon: dict[str, Any]) -> list[str]:
    answer = api.call("GET", f"/v1/coupons/{coupon['coupon_id']}/redemptions?limit=100")
    return sorted(record["customer_id"] for record in answer.json()["items"])


def test_100_customers_get_one_link_each_in_order(api: Api):
    coupon = api.coupon()
    customers = [f"customer-{n}" for n in range(MOST_CUSTOMERS)]

    answers = results(api, coupon_id=coupon["coupon_id"], customers=named(*customers))

    assert [answer["customer_id"] for answer in answers] == customers
    assert {answer["reason"] for answer in answers} == {"ok"}
    assert len({answer["redeem_url"] for answer in answers}) == MOST_CUSTOMERS
    assert records_of(api, coupon) == sorted(customers)


def test_invalid_customer_does_not_affect_the_others(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=1)
    block = {
        "coupon_id": coupon["coupon_id"],
        "message": "Hi {{customer_name|you}}",
        "fallback_flows": {"error": "flow-error"},
    }
    saved = api.call("POST", "/v1/flow/blocks", block).json()["block_id"]
    api.tap(api.link(coupon, "had"))
    customers: list[Any] = [
        {"customer_id": "ann", "customer_name": "Ann"},
        {"customer_id": "had"},
        {"customer_id": "x" * 201},
        "bob",
        {"customer_id": "{{id}}"},
        {"customer_id": "ann"},
        {"customer_id": "bob", "customer_name": "Bob"},
    ]

    answers = results(api, block_id=saved, customers=customers)

    assert [(answer["outcome"], answer["reason"]) for answer in answers] == [
        ("distributed", "ok"),
        ("customer_max_uses_reached", "customer_max_uses_reached"),
        ("error", "invalid_request"),
        ("error", "invalid_request"),
        ("error", "customer_missing"),
        ("distributed", "already_distributed"),
        ("distributed", "ok"),
    ]
    assert [answers[0]["message"], answers[5]["message"], answers[6]["message"]] == [
        "Hi Ann",
        "Hi you",
        "Hi Bob",
    ]
    assert [answers[2]["next_flow"], answers[4]["next_flow"]] == ["flow-error", "flow-error"]
    assert all(
        isinstance(value, str)
        for answer in answers
        for name, value in answer.items()
        if name != "coupon"
    )


def test_repeated_batch_returns_the_same_links(api: Api):
    coupon = api.coupon()
    body = {"coupon_id": coupon["coupon_id"], "customers": named("ann", "bob", "cy")}

    first, second = results(api, **body), results(api, **body)

    assert [answer["redeem_url"] for answer in first] == [answer["redeem_url"] for answer in second]
    assert records_of(api, coupon) == ["ann", "bob", "cy"]


@pytest.mark.parametrize(
    "customers",
    [None, [], "ann", {"customer_id": "ann"}, named(*map(str, range(MOST_CUSTOMERS + 1)))],
)
def test_batch_size_outside_1_to_100_is_refused(api: Api, customers: object):
    answer = send(api, coupon_id=api.coupon()["coupon_id"], customers=customers)

    assert answer.status_code == 400
    assert (answer.json()["outcome"], answer.json()["reason"]) == ("error", "invalid_request")
    assert json.loads(answer.json()["errors"])[0]["field"] == "customers"


class FlakyClient:
    """A DynamoDB client whose puts sometimes fail, before or after the write."""

    def __init__(self, client: Any) -> None:
        self._client, self._puts = client, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_item(self, **request: Any) -> Any:
        self._puts += 1
        match self._puts % 7:
            case 1 | 2 | 3:
                body = {
                    "Error": {"Code": "ThrottlingException", "Message": ""},
                    "ResponseMetadata": {"HTTPStatusCode": 400},
                }
                raise ClientError(body, "PutItem")  # type: ignore[arg-type]
            case 5:
                self._client.put_item(**request)
                raise ReadTimeoutError(endpoint_url="")
        return self._client.put_item(**request)


def test_put_errors_neither_lose_nor_repeat_a_customer(api: Api, monkeypatch: pytest.MonkeyPatch):
    coupon = api.coupon()
    services = Services()
    monkeypatch.setattr(services.table, "_client", FlakyClient(services.table._client))
    caller = Caller(api.organisation_id, "https://coupons.example", datetime.now(UTC))
    fields = {
        "coupon_id": coupon["coupon_id"],
        "customers": named(*(f"customer-{n}" for n in range(20))),
    }

    first = services.distribution.respond_batch(caller, fields)["results"]
    undecided = [answer["customer_id"] for answer in first if answer["reason"] == "try_again"]
    second = results(api, coupon_id=coupon["coupon_id"], customers=named(*undecided))

    assert 0 < len(undecided) < 20
    assert {answer["outcome"] for answer in second} == {"distributed"}
    assert {answer["reason"] for answer in first} <= {"ok", "already_distributed", "try_again"}
    assert records_of(api, coupon) == sorted(answer["customer_id"] for answer in first)


def test_customers_after_the_time_limit_get_try_again(api: Api):
    coupon, services = api.coupon(), Services()
    seconds = iter([0.0, 0.0, 4.9, 5.0, 6.0])
    distribution = Distribution(
        services.redemption_service, services.distribution._blocks, timer=lambda: next(seconds)
    )
    caller = Caller(api.organisation_id, "https://coupons.example", datetime.now(UTC))

    answers = distribution.respond_batch(
        caller, {"coupon_id": coupon["coupon_id"], "customers": named("ann", "bob", "cy", "di")}
    )

    assert [answer["reason"] for answer in answers["results"]] == [
        "ok",
        "ok",
        "try_again",
        "try_again",
    ]
    assert records_of(api, coupon) == ["ann", "bob"]


def test_exception_for_one_customer_spares_the_others(api: Api, monkeypatch: pytest.MonkeyPatch):
    coupon, services = api.coupon(), Services()
    distribute = services.redemption_service.distribute

    def fail_for_bob(coupon: Any, customer_id: str, *rest: Any) -> Any:
        if customer_id == "bob":
            raise ZeroDivisionError
        return distribute(coupon, customer_id, *rest)

    monkeypatch.setattr(services.redemption_service, "distribute", fail_for_bob)
    caller = Caller(api.organisation_id, "https://coupons.example", datetime.now(UTC))

    answers = services.distribution.respond_batch(
        caller, {"coupon_id": coupon["coupon_id"], "customers": named("ann", "bob", "cy")}
    )

    assert [answer["reason"] for answer in answers["results"]] == ["ok", "internal_error", "ok"]
