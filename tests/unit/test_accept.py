"""Content negotiation: a page for browsers, JSON for programs."""

import pytest

from couponflow.web.http.accept import Format, preferred_format


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "TEXT/HTML",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/html, application/xhtml+xml, image/jxr, */*",
        "application/xhtml+xml",
        "text/*",
        "text/html;q=0.5",
        "application/json;q=0.4, text/html;level=1;q=0.5",
        "text/html, application/json",
        "application/json;q=0, text/html",
        "text/html;q=x, application/json;q=0.9",
    ],
)
def test_browser_prefers_a_page(accept: str):
    assert preferred_format({"accept": accept}) is Format.PAGE


@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/problem+json",
        "application/vnd.api+json",
        "application/json, text/plain, */*",
        "application/json, text/javascript, */*; q=0.01",
        "application/json, text/html",
        "text/html;q=0.9, application/json",
        "text/html;q=0, application/json;q=0.1",
    ],
)
def test_program_prefers_json(accept: str):
    assert preferred_format({"accept": accept}) is Format.JSON


@pytest.mark.parametrize(
    "accept", ["", "*/*", "image/avif,image/webp,*/*;q=0.8", "text/plain", "text/html;q=0", ",;=,"]
)
def test_other_types_say_nothing(accept: str):
    assert preferred_format({"accept": accept}) is None
    assert preferred_format({}) is None


def test_browser_that_opens_an_address_wants_a_page():
    assert preferred_format({"sec-fetch-mode": "navigate", "accept": "*/*"}) is Format.PAGE
    assert preferred_format({"sec-fetch-mode": "cors", "accept": "*/*"}) is None
