"""Customers behind one address, as of a mobile carrier: misses of one refuse no genuine link."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from couponflow.web.http import rate_limits
from couponflow.web.http.rate_limits import RateLimit
from tests.integration.test_guesses import archived_link, link_without_addon
from tests.support.api import Api

MOST_FAILURES = 5
FORGED = "/r/" + "0" * 52
PAGE = {"accept": "text/html"}


@pytest.fixture(autouse=True)
def few_failures(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A low limit, in new environments, which have counted nothing."""
    monkeypatch.setattr(
        rate_limits, "FAILURES_BY_ADDRESS", RateLimit("few failures", MOST_FAILURES)
    )
    api.gateway.restart()


def look(api: Api, path: str, method: str = "GET") -> int:
    """The status that a browser behind the shared address gets."""
    answer = api.client.send(httpx.Request(method, f"https://coupons.example{path}", headers=PAGE))
    assert answer.status_code in (200, 308) or answer.headers["content-type"].startswith("text")
    return answer.status_code


def tap(api: Api, link: str) -> int:
    return api.client.post(f"{link}/redeem", data={"use": "1"}, headers=PAGE).status_code


def close_address(api: Api, link: str) -> None:
    """Fail at every function that customers reach, until the address is refused."""
    for _ in range(MOST_FAILURES + 1):
        look(api, FORGED)
        look(api, "/anything")
        tap(api, FORGED)
    assert [look(api, FORGED), look(api, "/anything"), tap(api, FORGED)] == [429, 429, 429]
    assert look(api, link[:-1] + ("0" if link[-1] != "0" else "1")) == 429


def test_genuine_link_is_not_refused_for_its_address(api: Api):
    link = api.link(api.coupon(), "ann")
    close_address(api, link)
    assert [look(api, link), look(api, link, "HEAD")] == [200, 200]
    assert [look(api, damaged) for damaged in (f"{link}/", f"{link}.", link.upper())] == [308] * 3
    assert tap(api, link) == 303
    assert api.page_state(link) == "redeemed"


def test_genuine_link_is_known_by_a_new_environment(api: Api):
    """The terms are read: a link is not refused because its coupon is not in the cache."""
    other, link = api.link(api.coupon(), "bob"), api.link(api.coupon(), "ann")
    api.gateway.restart()
    close_address(api, other)
    assert look(api, link) == 200


@pytest.mark.parametrize("miss", [archived_link, link_without_addon])
def test_misses_of_a_genuine_link_do_not_count(
    api: Api, organisation: Callable[[str], Api], miss: Callable[[Api], str]
):
    gone = miss(organisation("other"))
    api.gateway.restart()
    for _ in range(MOST_FAILURES + 5):
        assert (look(api, gone), tap(api, gone)) == (404, 404)
    assert look(api, FORGED) == 404, "the address is not refused"


def test_control_misses_of_a_forged_link_count(api: Api):
    assert [look(api, FORGED) for _ in range(MOST_FAILURES + 1)] == [404] * MOST_FAILURES + [429]


def test_ipv6_addresses_of_one_network_share_a_limit(api: Api):
    def status(address: str) -> int:
        request = httpx.Request(
            "GET", f"https://coupons.example{FORGED}", extensions={"source_ip": address}
        )
        return api.client.send(request).status_code

    assert [status(f"2001:db8::{host:x}") for host in range(MOST_FAILURES)] == [404] * MOST_FAILURES
    assert status("2001:db8:0:0:ffff::1") == 429
    assert [status("2001:db8:0:1::1"), status("2001:db8:1::1")] == [404, 404]
