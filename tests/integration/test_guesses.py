"""R10: links cannot be guessed; a guess costs nothing and learns nothing from the refusal."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import botocore.client
import pytest

from couponflow.domain import links
from couponflow.domain.codes import ALPHABET
from couponflow.domain.models import Coupon, Holder
from tests.support.api import Api

GUESSES = 100_000
LETTERS = ALPHABET.lower()
# Misses are limited by address, so the guesses come from many addresses.
FROM_ONE_ADDRESS = 400
_addresses = itertools.count()
READS = {"GetItem", "BatchGetItem", "Query"}


def random_letters(letters: int, chance: random.Random) -> str:
    return "".join(chance.choices(LETTERS, k=letters))


def guesses(token: str, number: int) -> Iterator[str]:
    """Guesses of an attacker with a valid link of the coupon; seeded, so a hit can be
    reproduced.
    """
    chance = random.Random(10)
    coupon_id, mac, tag = token[:13], token[13:39], token[39:]
    for at in range(number):
        letter = chance.randrange(13, 52)
        changed = (
            token[:letter] + chance.choice(LETTERS.replace(token[letter], "")) + token[letter + 1 :]
        )
        yield (
            coupon_id + random_letters(39, chance),
            coupon_id + mac + random_letters(13, chance),
            coupon_id + random_letters(26, chance) + tag,
            changed,
        )[at % 4]


def count_statuses(api: Api, tokens: Iterator[str]) -> Counter[int]:
    """Number of responses per status, for taps and page views."""
    statuses, address = Counter[int](), 0
    handlers = {
        "POST /r/{token}/redeem": api.gateway.function("RedeemFunction").handler,
        "GET /r/{token}": api.gateway.function("RedeemPageFunction").handler,
    }
    for at, token in enumerate(tokens):
        address = next(_addresses) if at % FROM_ONE_ADDRESS == 0 else address
        route = "GET /r/{token}" if at % 10 == 0 else "POST /r/{token}/redeem"
        statuses[handlers[route](event(route, token, address), None)["statusCode"]] += 1
    return statuses


def event(route: str, token: str, address: int) -> dict[str, Any]:
    http = {"sourceIp": f"198.51.{address // 256}.{address % 256}", "method": route.split(" ")[0]}
    return {
        "routeKey": route,
        "rawPath": f"/r/{token}",
        "pathParameters": {"token": token},
        "headers": {"accept": "application/json"},
        "requestContext": {"http": http, "domainName": "coupons.example", "requestId": ""},
    }


@contextmanager
def count_calls() -> Iterator[Counter[str]]:
    """Count DynamoDB calls by operation."""
    asked: Counter[str] = Counter()
    call = vars(botocore.client.BaseClient)["_make_api_call"]

    def counting(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        asked[operation] += 1
        return call(client, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", counting)
        yield asked


@pytest.fixture(autouse=True)
def no_log_lines(monkeypatch: pytest.MonkeyPatch):
    """Log nothing: one line per guess would be most of the test's time."""
    monkeypatch.setattr("couponflow.observability.log_response", lambda *_: None)


def test_100000_guesses_find_no_link_and_cost_no_reads(api: Api):
    coupon = api.coupon()
    token = api.distribute(coupon, "ann")["redeem_token"]
    with count_calls() as asked:
        assert count_statuses(api, guesses(token, GUESSES)) == {404: GUESSES}
    # Only the coupon's terms are read, about once a second; guesses cause no reads.
    assert asked.keys() <= READS
    assert asked.total() <= GUESSES / 100
    assert api.read(coupon)["times_redeemed"] == 0


def test_control_guesses_succeed_without_the_tag_check(api: Api, monkeypatch: pytest.MonkeyPatch):
    token = api.distribute(api.coupon(), "ann")["redeem_token"]

    def read_without_tag(token: str, coupon: Coupon) -> Holder:
        return Holder(coupon.coupon_id, token[13:39])

    monkeypatch.setattr(links, "read_holder", read_without_tag)
    assert 200 in count_statuses(api, guesses(token, 100))


def test_control_reads_per_guess_are_noticed(api: Api, monkeypatch: pytest.MonkeyPatch):
    token = api.distribute(api.coupon(), "ann")["redeem_token"]
    for function in ("RedeemFunction", "RedeemPageFunction"):
        terms = api.gateway.function(function).services.terms_cache
        monkeypatch.setattr(terms, "get_coupon_and_page", terms._read)
    with count_calls() as asked:
        count_statuses(api, guesses(token, 100))
    assert asked.total() >= 100


def test_guess_of_a_coupon_id_costs_at_most_two_reads(api: Api):
    chance = random.Random(11)
    tokens = [random_letters(52, chance) for _ in range(1_000)]
    with count_calls() as asked:
        assert count_statuses(api, iter(tokens)) == {404: len(tokens)}
    assert asked.keys() <= READS
    assert asked.total() <= 2 * len(tokens)


def archived_link(api: Api) -> str:
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    assert api.call("DELETE", f"/v1/coupons/{coupon['coupon_id']}").status_code == 204
    return link


def link_without_addon(api: Api) -> str:
    link = api.link(api.coupon(), "ann")
    api.operate("switch_addon", enabled=False)
    return link


def link_with_another_tag(api: Api) -> str:
    one, other = (api.distribute(api.coupon(), "ann")["redeem_token"] for _ in range(2))
    return f"/r/{one[:39]}{other[39:]}"


MISSES: dict[str, Callable[[Api], str]] = {
    "malformed": lambda api: "/r/x",
    "too long": lambda api: "/r/" + "a" * 2_000,
    "not ASCII": lambda api: "/r/%F0%9F%8E%81",
    "a NUL": lambda api: "/r/%00",
    "a path": lambda api: "/r/..%2F..%2Fv1",
    "changed": lambda api: api.link(api.coupon(), "ann")[:-1] + "!",
    "of another secret": link_with_another_tag,
    "archived": archived_link,
    "switched off": link_without_addon,
}
LOOKS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "page": ("GET", "", {}),
    "page in gzip": ("GET", "", {"headers": {"accept-encoding": "gzip", "accept-language": "ja"}}),
    "head": ("HEAD", "", {}),
    "tap": ("POST", "/redeem", {"data": {"use": "1"}}),
    "tap of a later use": (
        "POST",
        "/redeem",
        {"data": {"use": "7"}, "headers": {"accept": "application/json"}},
    ),
    "tap of nonsense": ("POST", "/redeem", {"data": {"use": "x"}}),
    "tap of a program": (
        "POST",
        "/redeem",
        {"json": {"use": 1}, "headers": {"accept": "application/json"}},
    ),
}


def responses_to(api: Api, link: str) -> dict[str, tuple[int, dict[str, str], bytes]]:
    """Status, headers and body of the response to each kind of request."""
    answers = {
        look: api.client.request(method, link + path, **more)
        for look, (method, path, more) in LOOKS.items()
    }
    return {
        look: (answer.status_code, dict(answer.headers), answer.content)
        for look, answer in answers.items()
    }


@pytest.mark.parametrize("miss", MISSES)
def test_all_misses_get_identical_responses(api: Api, miss: str):
    link = MISSES[miss](api)
    api.gateway.restart()
    assert responses_to(api, link) == responses_to(api, "/r/" + "0" * 52)
    assert responses_to(api, link)["page"][0] == 404


def test_control_valid_link_gets_different_responses(api: Api):
    link = api.link(api.coupon(), "ann")
    ours, unknown = responses_to(api, link), responses_to(api, "/r/" + "0" * 52)
    assert [look for look in LOOKS if ours[look] == unknown[look]] == ["tap of nonsense"]
