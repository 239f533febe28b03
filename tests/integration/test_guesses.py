"""R10: links can't be guessed, a guess costs nothing, and it never learns what it was that it missed."""

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
from tests.integration.conftest import Api

GUESSES = 100_000
LETTERS = ALPHABET.lower()
# Misses are limited by address: whoever guesses so many comes from many.
FROM_ONE_ADDRESS = 400
_addresses = itertools.count()
READS = {"GetItem", "BatchGetItem", "Query"}


def some(letters: int, chance: random.Random) -> str:
    return "".join(chance.choices(LETTERS, k=letters))


def guesses(token: str, number: int) -> Iterator[str]:
    """By somebody who has a link of the coupon; seeded, so that a hit can be looked into."""
    chance = random.Random(10)
    coupon_id, mac, tag = token[:13], token[13:39], token[39:]
    for at in range(number):
        letter = chance.randrange(13, 52)
        changed = token[:letter] + chance.choice(LETTERS.replace(token[letter], "")) + token[letter + 1 :]
        yield (coupon_id + some(39, chance), coupon_id + mac + some(13, chance), coupon_id + some(26, chance) + tag, changed)[
            at % 4
        ]


def tried(api: Api, tokens: Iterator[str]) -> Counter[int]:
    """How often each status came, of tapping and of looking."""
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
def counted() -> Iterator[Counter[str]]:
    """What DynamoDB is asked, by operation."""
    asked: Counter[str] = Counter()
    call = vars(botocore.client.BaseClient)["_make_api_call"]

    def counting(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        asked[operation] += 1
        return call(client, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", counting)
        yield asked


@pytest.fixture(autouse=True)
def unwritten(monkeypatch: pytest.MonkeyPatch):
    """A line for each guess would be most of the test's time."""
    monkeypatch.setattr("couponflow.observability.log_response", lambda *_: None)


def test_a_hundred_thousand_guesses_hit_nothing_and_cost_nothing(api: Api):
    coupon = api.coupon()
    token = api.distribute(coupon, "ann")["redeem_token"]
    with counted() as asked:
        assert tried(api, guesses(token, GUESSES)) == {404: GUESSES}
    # The coupon's own terms, once in a second or two, and nothing for a guess.
    assert asked.keys() <= READS
    assert asked.total() <= GUESSES / 100
    assert api.read(coupon)["times_redeemed"] == 0


def test_a_link_without_its_tag_would_be_hit(api: Api, monkeypatch: pytest.MonkeyPatch):
    token = api.distribute(api.coupon(), "ann")["redeem_token"]

    def by_mac_alone(token: str, coupon: Coupon) -> Holder:
        return Holder(coupon.coupon_id, token[13:39])

    monkeypatch.setattr(links, "holder_in", by_mac_alone)
    assert 200 in tried(api, guesses(token, 100))


def test_a_guess_that_reads_would_show(api: Api, monkeypatch: pytest.MonkeyPatch):
    token = api.distribute(api.coupon(), "ann")["redeem_token"]
    for function in ("RedeemFunction", "RedeemPageFunction"):
        terms = api.gateway.function(function).services.terms
        monkeypatch.setattr(terms, "get_coupon_and_page", terms._read)
    with counted() as asked:
        tried(api, guesses(token, 100))
    assert asked.total() >= 100


def test_a_guess_at_coupons_too_writes_nothing_and_reads_twice_that_there_is_none(api: Api):
    chance = random.Random(11)
    tokens = [some(52, chance) for _ in range(1_000)]
    with counted() as asked:
        assert tried(api, iter(tokens)) == {404: len(tokens)}
    assert asked.keys() <= READS
    assert asked.total() <= 2 * len(tokens)


def archived(api: Api) -> str:
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    assert api.call("DELETE", f"/v1/coupons/{coupon['coupon_id']}").status_code == 204
    return link


def switched_off(api: Api) -> str:
    link = api.link(api.coupon(), "ann")
    api.operate("switch_addon", enabled=False)
    return link


def of_another_secret(api: Api) -> str:
    one, other = (api.distribute(api.coupon(), "ann")["redeem_token"] for _ in range(2))
    return f"/r/{one[:39]}{other[39:]}"


MISSES: dict[str, Callable[[Api], str]] = {
    "malformed": lambda api: "/r/x",
    "too long": lambda api: "/r/" + "a" * 2_000,
    "not ASCII": lambda api: "/r/%F0%9F%8E%81",
    "a NUL": lambda api: "/r/%00",
    "a path": lambda api: "/r/..%2F..%2Fv1",
    "changed": lambda api: api.link(api.coupon(), "ann")[:-1] + "!",
    "of another secret": of_another_secret,
    "archived": archived,
    "switched off": switched_off,
}
LOOKS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "page": ("GET", "", {}),
    "page in gzip": ("GET", "", {"headers": {"accept-encoding": "gzip", "accept-language": "ja"}}),
    "head": ("HEAD", "", {}),
    "tap": ("POST", "/redeem", {"data": {"use": "1"}}),
    "tap of a later use": ("POST", "/redeem", {"data": {"use": "7"}, "headers": {"accept": "application/json"}}),
    "tap of nonsense": ("POST", "/redeem", {"data": {"use": "x"}}),
    "tap of a program": ("POST", "/redeem", {"json": {"use": 1}, "headers": {"accept": "application/json"}}),
}


def seen(api: Api, link: str) -> dict[str, tuple[int, dict[str, str], bytes]]:
    """All of it."""
    answers = {look: api.client.request(method, link + path, **more) for look, (method, path, more) in LOOKS.items()}
    return {look: (answer.status_code, dict(answer.headers), answer.content) for look, answer in answers.items()}


@pytest.mark.parametrize("miss", MISSES)
def test_all_misses_look_alike_to_the_byte(api: Api, miss: str):
    link = MISSES[miss](api)
    api.gateway.start_anew()
    assert seen(api, link) == seen(api, "/r/" + "0" * 52)
    assert seen(api, link)["page"][0] == 404


def test_a_link_of_ours_looks_different(api: Api):
    link = api.link(api.coupon(), "ann")
    ours, unknown = seen(api, link), seen(api, "/r/" + "0" * 52)
    assert [look for look in LOOKS if ours[look] == unknown[look]] == ["tap of nonsense"]
