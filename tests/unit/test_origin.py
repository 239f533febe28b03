"""Viewer address, host and origin checks: only the CDN's headers are trusted."""

from __future__ import annotations

import pytest

from couponflow.domain.errors import ForeignOrigin
from couponflow.web.http.origin import (
    cookies_in,
    lower_names,
    require_same_origin,
    trust_cdn_headers,
)


def event(**headers: str):
    return {
        "headers": headers,
        "requestContext": {"domainName": "api.example", "http": {"sourceIp": "203.0.113.7"}},
    }


CDN_HEADERS = {"x-couponflow-host": "cdn.example", "x-couponflow-viewer": "198.51.100.9"}


def test_cdn_headers_with_the_secret_are_trusted():
    context = trust_cdn_headers(
        event(**CDN_HEADERS, **{"x-couponflow-origin": "secret"}), "secret"
    )["requestContext"]
    assert (context["domainName"], context["http"]["sourceIp"]) == ("cdn.example", "198.51.100.9")


@pytest.mark.parametrize(
    ("sent", "secret"), [("wrong", "secret"), ("", "secret"), ("", ""), ("sécret", "secret")]
)
def test_cdn_headers_without_the_secret_are_ignored(sent: str, secret: str):
    came = event(**CDN_HEADERS, **{"x-couponflow-origin": sent})
    assert trust_cdn_headers(came, secret) == came


def test_event_without_cdn_headers_is_unchanged():
    assert trust_cdn_headers(event(), "secret") == event()


HERE = "https://coupons.example"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": HERE},
        {"sec-fetch-site": "same-origin", "origin": HERE},
        {"sec-fetch-site": "none"},
        # An older host name of ours: the browser reports that the page had the same name.
        {"sec-fetch-site": "same-origin", "origin": "https://older.example"},
    ],
)
def test_own_page_and_program_may_redeem(headers: dict[str, str]):
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
def test_page_of_another_site_may_not_redeem(headers: dict[str, str]):
    with pytest.raises(ForeignOrigin):
        require_same_origin(headers, HERE)


@pytest.mark.parametrize("headers", [None, {}, {"Authorization": "x", "accept": "y"}])
def test_header_names_are_lowered(headers):
    assert lower_names(headers) == ({"authorization": "x", "accept": "y"} if headers else {})


def test_cookies_are_read_from_a_header_too():
    assert cookies_in({"cookie": "a=1; b=2;"}) == ["a=1", "b=2"]
    assert cookies_in({}) == []
