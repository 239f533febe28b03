"""Only the CDN says from where and by which name a request came."""

from __future__ import annotations

import pytest

from couponflow.domain.errors import ForeignOrigin
from couponflow.web.http.origin import require_same_origin, trust_cdn_headers


def event(**headers: str):
    return {"headers": headers, "requestContext": {"domainName": "api.example", "http": {"sourceIp": "203.0.113.7"}}}


TOLD = {"x-couponflow-host": "cdn.example", "x-couponflow-viewer": "198.51.100.9"}


def test_what_the_cdn_says_counts():
    context = trust_cdn_headers(event(**TOLD, **{"x-couponflow-origin": "secret"}), "secret")["requestContext"]
    assert (context["domainName"], context["http"]["sourceIp"]) == ("cdn.example", "198.51.100.9")


@pytest.mark.parametrize(("sent", "secret"), [("wrong", "secret"), ("", "secret"), ("", ""), ("sécret", "secret")])
def test_nobody_else_is_believed(sent: str, secret: str):
    came = event(**TOLD, **{"x-couponflow-origin": sent})
    assert trust_cdn_headers(came, secret) == came


def test_without_headers_nothing_is_changed():
    assert trust_cdn_headers(event(), "secret") == event()


HERE = "https://coupons.example"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": HERE},
        {"sec-fetch-site": "same-origin", "origin": HERE},
        {"sec-fetch-site": "none"},
        # Links go on under an older name of ours; the browser knows that the page had it too.
        {"sec-fetch-site": "same-origin", "origin": "https://older.example"},
    ],
)
def test_a_page_of_ours_and_a_program_may_redeem(headers: dict[str, str]):
    require_same_origin(headers, HERE)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "https://coupons.example.evil.example"},
        {"origin": "https://coupons.example:8443"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "https://["},
        {"sec-fetch-site": "cross-site", "origin": HERE},
        {"sec-fetch-site": "same-site", "origin": "https://blog.example"},
    ],
)
def test_another_sites_page_may_not(headers: dict[str, str]):
    with pytest.raises(ForeignOrigin):
        require_same_origin(headers, HERE)
