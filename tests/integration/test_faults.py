"""Table without a response: customers get a page that reloads, programs a problem with
Retry-After.
"""

from __future__ import annotations

import pytest

from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.store.terms_cache import TermsCache
from couponflow.web.http import rate_limits
from couponflow.web.http.rate_limits import RateLimit
from couponflow.web.page import translations
from tests.support.api import Api


@pytest.mark.parametrize(
    "raised",
    [UnknownResultError, ContentionError, RuntimeError],
    ids=lambda raised: raised.__name__,
)
@pytest.mark.parametrize("tap", [False, True])
def test_table_failure_shows_customers_a_reloading_page(
    api: Api, monkeypatch: pytest.MonkeyPatch, raised, tap: bool
):
    link, words = api.link(api.coupon(), "ann"), translations.of("en")

    def fails(*_):
        raise raised

    monkeypatch.setattr(TermsCache, "get_coupon_and_page", fails)
    answer = api.client.post(f"{link}/redeem", data={"use": "1"}) if tap else api.client.get(link)

    assert answer.status_code == (500 if raised is RuntimeError else 503)
    assert 'data-state="unknown_outcome"' in answer.text
    assert link in answer.text
    may_be_redeemed = tap and raised is RuntimeError
    assert (words.unknown_why if may_be_redeemed else words.busy_why) in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_table_failure_is_a_problem_for_programs(api: Api, monkeypatch: pytest.MonkeyPatch):
    link = api.link(api.coupon(), "ann")

    def fails(*_):
        raise UnknownResultError

    monkeypatch.setattr(TermsCache, "get_coupon_and_page", fails)
    answer = api.tap(link)
    assert (answer.status_code, answer.json()["code"]) == (503, "try_again")
    assert answer.headers["retry-after"] == "1"


@pytest.fixture
def long_window(api: Api, monkeypatch: pytest.MonkeyPatch):
    """Make the window so long that all calls of a test are in one."""
    monkeypatch.setattr(rate_limits, "SECONDS", 10**8)
    api.gateway.restart()


@pytest.mark.usefixtures("long_window")
def test_rate_limited_customer_gets_a_page(api: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rate_limits, "BY_LINK", RateLimit("link", 2, local_batch=2))
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    for _ in range(4):
        assert api.tap(link).status_code == 200
    answer = api.client.post(f"{link}/redeem", data={"use": "1"})
    assert answer.status_code == 429
    assert 'data-state="unknown_outcome"' in answer.text
    assert int(answer.headers["retry-after"]) >= 1
    assert api.tap(link).json()["code"] == "too_many_requests"


@pytest.mark.usefixtures("long_window")
def test_rate_limited_flow_gets_an_outcome(api: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rate_limits, "BY_KEY", RateLimit("key", 2, local_batch=2))
    coupon = api.coupon()
    body = {"coupon_id": coupon["coupon_id"], "customer_id": "ann"}
    answers = [api.call("POST", "/v1/flow/distribute", body, "distribute") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert (answers[-1].json()["outcome"], answers[-1].json()["reason"]) == (
        "error",
        "too_many_requests",
    )
    assert all(
        isinstance(value, str) for name, value in answers[-1].json().items() if name != "coupon"
    )
    assert int(answers[-1].headers["retry-after"]) >= 1
