"""People get pages, programs get problems: any path, any method, any Accept."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from couponflow.domain.errors import (
    CouponflowError,
    OutcomeUnknown,
    TooManyRequests,
    TryAgain,
)
from couponflow.web.http.app import Route
from couponflow.web.http.routes import DEFAULT
from tests.support.api import Api

PAGE, PROBLEM = "text/html; charset=utf-8", "application/problem+json"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "TRACE"]
CHROME = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7"
)
PEOPLE: list[dict[str, str]] = [
    {"accept": CHROME, "sec-fetch-mode": "navigate"},
    {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
    {"accept": "text/html, application/xhtml+xml, image/jxr, */*"},
    {"accept": "TEXT/HTML"},
    {"accept": "*/*", "sec-fetch-mode": "navigate"},
    {"accept": "text/html;q=0.9, application/json;q=0.8"},
]
PROGRAMS: list[dict[str, str]] = [
    {"accept": "application/json"},
    {"accept": "application/json, text/plain, */*"},
    {"accept": "application/problem+json"},
    {"accept": "text/html;q=0.5, application/json"},
]
WITH_KEY = {"accept": "text/html", "authorization": "Bearer cf_x_y"}
SILENT: list[dict[str, str]] = [{"accept": "*/*"}, {"accept": ""}, {"accept": "image/webp"}]

NOWHERE = [
    *["/r", "/r/", "/r/x", "/r//", "/r/x/", "/r/x/redeem", "/r/x/redeem/", "/R/X", "/r/%20"],
    *["/r/" + "0" * 52, "/r/" + "a" * 2_000, "/r/%00", "/r/..%2F..%2Fv1"],
    *["/anything", "/favicon.ico", "/robots.txt", "/index.php?a=b", "/%E9", "/..%2f", "/%F0%9F%8E"],
    *["/v1", "/v1/", "/v1/nothing", "/v1/coupons/", "/V1/coupons", "/console/nothing.js"],
    *["/console/assets/x", "/images/", "/images/x", "/images/a/b", "//evil.example/", "/r/x?use=1"],
]
_addresses = itertools.count()


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    """The console's function reads it as it starts."""
    monkeypatch.setenv("AWS_REGION", "eu-central-1")


def send(api: Api, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    """Send from an address of its own: the limits by address are not tested here."""
    number = next(_addresses)
    request = httpx.Request(
        method,
        f"https://coupons.example{path}",
        headers=headers,
        extensions={"source_ip": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"},
    )
    return api.client.send(request)


def kind(answer: httpx.Response) -> str:
    """The content type, which fits the body."""
    named = answer.headers["content-type"]
    if named == PAGE:
        assert answer.text.startswith("<!doctype html>")
        assert "data-state=" in answer.text
    else:
        assert answer.json()["status"] == answer.status_code
    return named


def check_error(answer: httpx.Response, expected: str) -> None:
    assert answer.status_code in (401, 404, 405), answer.text
    assert kind(answer) == expected
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.status_code == 405) == ("allow" in answer.headers)


@pytest.mark.parametrize("path", NOWHERE)
def test_wrong_address_is_a_page_for_people_and_a_problem_for_programs(api: Api, path: str):
    statuses = {}
    for method in METHODS:
        of_links = path.startswith("/r/") and method in ("GET", "HEAD")
        for headers in PEOPLE:
            check_error(answer := send(api, method, path, headers), PAGE)
        for headers in PROGRAMS:
            expected = answer.status_code
            answer = send(api, method, path, headers)
            check_error(answer, PROBLEM)
            assert answer.status_code == expected, "the status depends on no header"
        check_error(send(api, method, path, WITH_KEY), PAGE if path.startswith("/r/") else PROBLEM)
        for headers in SILENT:
            if method == "POST" and path == "/r/x/redeem":
                continue  # as before: the form's page, or a problem where Accept asks for JSON
            check_error(send(api, method, path, headers), PAGE if of_links else PROBLEM)
        statuses[method] = answer.status_code
    assert statuses["HEAD"] == statuses["GET"]


LINKS: dict[str, Callable[[str], str]] = {
    "as it is": lambda token: token,
    **{
        f"then {end}": partial("{1}{0}".format, end)
        for end in [
            *[
                "/",
                "//",
                "/redeem",
                "/redeem/",
                "/x/y",
                ".",
                ")",
                ",",
                ">",
                '"',
                "'",
                "!",
                ";",
                "]",
            ],
            *["%20", "%0A", "%22", "%3E", "%E2%80%8B", "%E3%80%82", "%C2%A0", "%25", ").", "?x=1"],
            *["%E3%81%A7%E3%81%99", "%00", "/?fbclid=x", "*", "_", "%5D", "&amp;x"],
        ]
    },
    "after (": lambda token: f"({token})",
    "after %3C": lambda token: f"%3C{token}%3E",
    "after %22": lambda token: f"%22{token}%22",
    "in capitals": str.upper,
    "in title case": str.title,
    "with O for 0": lambda token: token.replace("0", "O"),
    "with a zero-width space": lambda token: f"{token[:9]}%E2%80%8B{token[9:]}",
    "with a soft hyphen": lambda token: f"{token[:9]}%C2%AD{token[9:]}",
}


def check_leads_to_page(api: Api, method: str, path: str, token: str, headers: dict[str, str]):
    answer = send(api, method, path, headers)
    if path.partition("?")[0] != f"/r/{token}":
        assert (answer.status_code, answer.headers["location"]) == (308, f"/r/{token}")
        answer = send(api, method, answer.headers["location"], headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, PAGE)
    assert 'data-state="available"' in answer.text or method == "HEAD"


@pytest.mark.parametrize("spelling", LINKS)
def test_damaged_link_leads_to_its_page(api: Api, spelling: str):
    token = api.link(api.coupon(), "ann").removeprefix("/r/")
    damaged = LINKS[spelling](token)
    for prefix in ("/R/", "//r/", "/r//"):
        check_leads_to_page(api, "GET", prefix + damaged, token, PEOPLE[0])
    for headers in (PEOPLE[0], PROGRAMS[0], SILENT[0]):
        for method in ("GET", "HEAD"):
            check_leads_to_page(api, method, f"/r/{damaged}", token, headers)


def test_link_is_a_page_for_every_client(api: Api):
    token = api.link(api.coupon(), "ann").removeprefix("/r/")
    for headers in [*PEOPLE, *PROGRAMS, *SILENT, WITH_KEY]:
        for path in (f"/r/{token}", f"/r/{token}/", f"/r/{token}."):
            check_leads_to_page(api, "GET", path, token, headers)


@pytest.mark.parametrize("method", [method for method in METHODS if method not in ("GET", "HEAD")])
def test_link_takes_no_other_method(api: Api, method: str):
    link = api.link(api.coupon(), "ann")
    for people, headers in [(True, each) for each in PEOPLE] + [(False, each) for each in PROGRAMS]:
        answer = send(api, method, link, headers)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
        assert kind(answer) == (PAGE if people else PROBLEM)
    assert api.page_state(link) == "available"


def test_neutral_page_is_the_same_at_every_address(api: Api):
    pages = {send(api, "GET", path, PEOPLE[0]).text for path in NOWHERE if "redeem" not in path}
    assert len(pages) == 1


FAILURES: list[tuple[CouponflowError | Exception, int]] = [
    (TooManyRequests(retry_after=3), 429),
    (TryAgain(), 503),
    (OutcomeUnknown(), 503),
    (ValueError("secret 42"), 500),
]
# A request for each function that people can reach.
REACHED = {
    "GET /r/{token}": ("RedeemPageFunction", "GET", "/r/{token}"),
    "HEAD /r/{token}": ("RedeemPageFunction", "HEAD", "/r/{token}"),
    "POST /r/{token}/redeem": ("RedeemFunction", "POST", "/r/{token}/redeem"),
    "GET /images/{name}": ("ImagesFunction", "GET", "/images/x"),
    "GET /v1/openapi.json": ("CouponsFunction", "GET", "/v1/openapi.json"),
    DEFAULT: ("CouponsFunction", "GET", "/anything"),
}


@pytest.mark.parametrize(("error", "status"), FAILURES, ids=lambda of: str(of)[:20])
@pytest.mark.parametrize("route", REACHED)
def test_failure_is_a_page_for_people_and_a_problem_for_programs(
    api: Api, monkeypatch: pytest.MonkeyPatch, route: str, error: Exception, status: int
):
    function, method, path = REACHED[route]
    token = "0" * 52

    def fail(request: Any) -> Any:
        raise error

    routes = api.gateway.function(function).app.routes
    monkeypatch.setitem(routes, route, Route(fail, None, uses_link=False))
    for headers in PEOPLE:
        answer = send(api, method, path.replace("{token}", token), headers)
        assert (answer.status_code, kind(answer)) == (status, PAGE)
        assert answer.headers["retry-after"]
        assert ('data-state="unknown_outcome"' in answer.text) and "secret" not in answer.text
        assert (f'href="/r/{token}"' in answer.text) == ("{token}" in path)
    for headers in PROGRAMS:
        answer = send(api, method, path.replace("{token}", token), headers)
        assert (answer.status_code, kind(answer)) == (status, PROBLEM)


def test_refused_form_is_a_page_that_leads_back(api: Api):
    link = api.link(api.coupon(), "ann")
    for body, more, status in [
        ("use=x", {}, 422),
        ("use=1", {"content-type": "image/png"}, 415),
        ("use=" + "1" * 70_000, {}, 413),
        ("use=1", {"sec-fetch-site": "cross-site"}, 403),
    ]:
        form = {"content-type": "application/x-www-form-urlencoded"} | more
        for headers in PEOPLE:
            answer = api.client.post(f"{link}/redeem", content=body, headers=headers | form)
            assert (answer.status_code, kind(answer)) == (status, PAGE)
            assert f'href="{link}"' in answer.text
        answer = api.client.post(f"{link}/redeem", content=body, headers=PROGRAMS[0] | form)
        assert (answer.status_code, kind(answer)) == (status, PROBLEM)
    assert api.page_state(link) == "available"


def test_request_with_a_key_is_a_programs(api: Api):
    for path, status in [("/v1/coupons?limit=0", 422), ("/v1/coupons/x", 404), ("/nothing", 404)]:
        answer = api.call("GET", path, accept="text/html, image/gif, *; q=.2")
        assert (answer.status_code, kind(answer)) == (status, PROBLEM)


def test_admin_address_without_a_key_is_a_page_for_people(api: Api):
    for headers in PEOPLE:
        answer = send(api, "GET", "/v1/coupons", headers)
        assert (answer.status_code, kind(answer)) == (401, PAGE)
    assert kind(send(api, "GET", "/v1/coupons", SILENT[0])) == PROBLEM


def test_flow_gets_its_outcome_whatever_it_accepts(api: Api):
    for headers in PEOPLE + PROGRAMS:
        answer = send(api, "GET", "/v1/flow/distribute", headers)
        assert (answer.status_code, answer.json()["outcome"]) == (401, "error")


@pytest.mark.parametrize("path", ["/", "/console", "/console/coupons", "/v1/openapi.json"])
def test_head_is_answered_like_get(api: Api, path: str):
    for headers in [*PEOPLE, *SILENT, {"accept-encoding": "gzip"}]:
        get, head = (send(api, method, path, headers) for method in ("GET", "HEAD"))
        assert (head.status_code, head.headers["content-type"]) == (
            get.status_code,
            get.headers["content-type"],
        )


def test_head_of_an_admin_address_needs_its_key(api: Api):
    coupon = api.coupon()
    path = f"/v1/coupons/{coupon['coupon_id']}"
    assert api.call("HEAD", path).headers["etag"] == api.call("GET", path).headers["etag"]
    assert api.call("HEAD", path, scope="redeem").status_code == 403
    assert api.client.head(path).status_code == 401
    assert api.call("HEAD", "/v1/coupons/x").status_code == 404


def test_head_distributes_nothing(api: Api):
    coupon = api.coupon()
    path = f"/v1/flow/distribute?coupon_id={coupon['coupon_id']}&customer_id=ann"
    answer = api.call("HEAD", path, scope="distribute")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert api.records(coupon) == []
