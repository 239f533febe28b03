"""Only the CDN says from where and by which name a request came."""

from __future__ import annotations

import pytest

from couponflow.web.origin import settled


def event(**headers: str):
    return {"headers": headers, "requestContext": {"domainName": "api.example", "http": {"sourceIp": "203.0.113.7"}}}


TOLD = {"x-couponflow-host": "cdn.example", "x-couponflow-viewer": "198.51.100.9"}


def test_what_the_cdn_says_counts():
    context = settled(event(**TOLD, **{"x-couponflow-origin": "secret"}), "secret")["requestContext"]
    assert (context["domainName"], context["http"]["sourceIp"]) == ("cdn.example", "198.51.100.9")


@pytest.mark.parametrize(("sent", "secret"), [("wrong", "secret"), ("", "secret"), ("", ""), ("sécret", "secret")])
def test_nobody_else_is_believed(sent: str, secret: str):
    came = event(**TOLD, **{"x-couponflow-origin": sent})
    assert settled(came, secret) == came


def test_without_headers_nothing_is_changed():
    assert settled(event(), "secret") == event()
