"""Rate limits: excess calls get Retry-After; calls at human pace cost no table write."""

from __future__ import annotations

import json

import pytest

from couponflow.domain.errors import CouponNotFound, NotFound, TooManyRequests
from couponflow.store.dynamodb import UnknownResultError
from couponflow.web.http import rate_limits
from couponflow.web.http.app import HttpApp
from couponflow.web.http.rate_limits import SECONDS, RateLimit, RateLimiter, address_of
from couponflow.web.http.responses import Response, json_response
from tests.unit.test_api_keys import KEY_TEXT, authenticator_and_store
from tests.unit.test_http_app import event


class Clock:
    seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


class Counters:
    """The shared counter per window, as the table has it."""

    def __init__(self) -> None:
        self.taken: dict[tuple[str, str, int], int] = {}
        self.asked = 0

    def take(
        self, kind: str, subject: str, span: int, units: int, at_most: int, keep_until: int
    ) -> bool:
        assert keep_until > (span + 1) * rate_limits.SECONDS
        self.asked += 1
        taken = self.taken.get((kind, subject, span), 0)
        if taken + units > at_most:
            return False
        self.taken[kind, subject, span] = taken + units
        return True


SHARED = RateLimit("link", 100, local_batch=20)


def calls_until_refused(of: RateLimiter, limit: RateLimit, at_most: int = 10_000) -> int:
    for calls in range(at_most):
        try:
            of.check(limit, "x")
        except TooManyRequests:
            return calls
        of.count(limit, "x")
    return at_most


def test_limit_refuses_calls_until_its_window_ends():
    clock = Clock()
    made = RateLimiter(None, clock)
    assert calls_until_refused(made, RateLimit("address", 7)) == 7
    with pytest.raises(TooManyRequests) as refused:
        made.check(RateLimit("address", 7), "x")
    assert refused.value.members["retry_after"] == SECONDS - 1_000 % SECONDS
    made.check(RateLimit("address", 7), "another")
    clock.seconds += 9.9
    with pytest.raises(TooManyRequests):
        made.check(RateLimit("address", 7), "x")
    clock.seconds += 0.1
    assert calls_until_refused(made, RateLimit("address", 7)) == 7


def test_calls_below_the_local_batch_read_no_shared_counter():
    counters = Counters()
    made = RateLimiter(counters, Clock())  # type: ignore[arg-type]
    for _ in range(19):
        made.count(SHARED, "x")
    assert counters.asked == 0


def test_environments_share_a_limit_with_one_call_in_twenty():
    counters, clock = Counters(), Clock()
    environments = [RateLimiter(counters, clock) for _ in range(8)]  # type: ignore[arg-type]
    let_in = sum(calls_until_refused(each, SHARED) for each in environments)
    assert 100 <= let_in <= 100 + 8 * 20
    assert counters.asked <= let_in / 20


def test_control_without_a_shared_counter_each_allows_the_limit():
    environments = [RateLimiter(None, Clock()) for _ in range(8)]
    assert sum(calls_until_refused(each, SHARED) for each in environments) == 800


def test_failing_shared_counter_refuses_no_call():
    class Silent:
        def take(self, *_):
            raise UnknownResultError

    assert calls_until_refused(RateLimiter(Silent(), Clock()), SHARED, 1_000) == 1_000  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:ffff:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:0DB8:0001:0002::1", "2001:db8:1:2::/64"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::2", "2001:db8::/64"),
        ("2001:db8:0:0:1::", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::ffff:cb00:7107", "203.0.113.7"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_address_of_ipv6_is_its_network(source, address):
    assert address_of({"sourceIp": source}) == address


def app(**of: RateLimit) -> HttpApp:
    scopes = {"POST /it": "redeem", "GET /r/{token}": None, "POST /r/{token}/redeem": None}
    made = HttpApp(authenticator_and_store()[0], limits=RateLimiter(None, Clock()), scopes=scopes)
    made.route("POST /it")(lambda request: json_response("in"))
    made.route("GET /r/{token}")(missing)
    made.route("POST /r/{token}/redeem")(tapped)
    return made


def missing(request):
    raise NotFound


def tapped(request):
    if request.params["token"] == "made-up":
        raise CouponNotFound
    return Response(404) if request.params["token"] == "archived" else json_response("in")


def statuses(made: HttpApp, times: int, **parts: object) -> list[int]:
    return [made.handler(event() | parts, None)["statusCode"] for _ in range(times)]


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch):
    for name in ("BY_KEY", "BY_LINK", "FAILURES_BY_ADDRESS"):
        monkeypatch.setattr(rate_limits, name, RateLimit(name, 3))


@pytest.mark.usefixtures("low")
def test_calls_of_a_key_are_limited_with_retry_after():
    made = app()
    known = {"headers": {"authorization": f"Bearer {KEY_TEXT}"}}
    assert statuses(made, 5, **known) == [200, 200, 200, 429, 429]
    refused = made.handler(event() | known, None)
    assert refused["headers"]["retry-after"] == str(SECONDS)
    assert json.loads(refused["body"])["code"] == "too_many_requests"


@pytest.mark.usefixtures("low")
def test_key_guesses_are_limited_by_address_but_valid_keys_pass():
    made = app()
    assert statuses(made, 5) == [401, 401, 401, 429, 429]
    assert statuses(made, 1, headers={"authorization": f"Bearer {KEY_TEXT}"}) == [200]


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("token", ["made-up", "archived"])
def test_link_guesses_are_limited_by_address(token):
    made = app()
    guess = {"routeKey": "POST /r/{token}/redeem", "pathParameters": {"token": token}}
    assert statuses(made, 5, **guess) == [404, 404, 404, 429, 429]
    elsewhere = {"requestContext": {"domainName": "x", "http": {"sourceIp": "198.51.100.1"}}}
    assert statuses(made, 1, **guess, **elsewhere) == [404], "a forged link has no limit of its own"


@pytest.mark.usefixtures("low")
def test_taps_on_a_link_are_limited_across_addresses():
    made = app()

    def tap(link: str, number: int) -> int:
        context = {"domainName": "x", "http": {"sourceIp": f"198.51.100.{number}"}}
        return statuses(
            made,
            1,
            routeKey="POST /r/{token}/redeem",
            pathParameters={"token": link},
            requestContext=context,
        )[0]

    assert [tap("ann", number) for number in range(5)] == [200, 200, 200, 429, 429]
    assert tap("bob", 9) == 200
