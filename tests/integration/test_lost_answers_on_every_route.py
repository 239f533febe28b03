"""Every writing route: the answer is lost, the same request is sent again, and the table holds
what one request leaves.

Each case runs once undisturbed, then once for each of its writes: that write is committed, its
answer is lost, and every later call of the request fails.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
import pytest

from couponflow.store import keys
from couponflow.web.http.routes import ROUTES
from couponflow.web.page import translations
from tests.integration import test_images as images
from tests.integration.conftest import Stored
from tests.integration.test_repeated_changes import BreakOff
from tests.integration.test_repeated_changes import break_off as break_off
from tests.support.api import Api

KEY = {"idempotency-key": "attempt-1"}
COUPON = {
    "name": "Ten off",
    "starts_at": "2026-01-01",
    "ends_at": "2999-12-31",
    "max_redemptions": 40,
}
READ_ONLY = {
    "POST /v1/coupons/{coupon_id}/redeem-page/preview": "draws settings that are not saved",
}
# Rate counters and a key's last use are no part of a request's outcome. A journal has one entry for
# each call.
BESIDE = ("ACTIVITY#", "COUNTER#", "KEY#")
# These differ between two equal requests: times, ids and secrets, a generated code, and the shard
# and the record bucket that a request chooses at random. `attempts` counts how often an upload was
# decoded, and a repetition decodes it again.
MASKED = re.compile(r"expires_at|attempts|code|quota_shard")
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
# An id has 13 characters; hashes, macs and secrets have more than 20.
ID = re.compile(r"\b(?:[0-9a-hjkmnp-tv-z]{13}|[\w-]{20,})\b")
CHOSEN = re.compile(r"(#\d+)+$")

Send = Callable[[], "tuple[int, str]"]


@dataclass(frozen=True)
class Case:
    """One writing request; `prepare` makes all that it needs and returns how to send it."""

    function: str
    prepare: Callable[[Api], Send]
    writes: int = 1
    again: tuple[int, ...] = (200,)
    # An error at this write is `try_again`: it only counts an attempt, so nothing was decided.
    undecided: int | None = None


def sent(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.text


def request(
    method: str, path: str, body: object = None, scope: str = "admin", **headers: str
) -> Callable[[Api], Send]:
    """A request that needs a coupon, whose id replaces COUPON in the path and in the body."""

    def prepare(api: Api) -> Send:
        coupon_id = api.coupon(max_redemptions=40)["coupon_id"]
        content = json.loads(json.dumps(body).replace("COUPON", coupon_id))
        return lambda: sent(
            api.call(method, path.replace("COUPON", coupon_id), content, scope, **headers)
        )

    return prepare


def block_request(method: str, *, if_match: bool = False, **changes: str) -> Callable[[Api], Send]:
    def prepare(api: Api) -> Send:
        body = {"coupon_id": api.coupon()["coupon_id"], "message": "Before"}
        created = api.call("POST", "/v1/flow/blocks", body)
        path = f"/v1/flow/blocks/{created.json()['block_id']}"
        headers = {"if-match": created.headers["etag"]} if if_match else {}
        return lambda: sent(api.call(method, path, body | changes if changes else None, **headers))

    return prepare


def completion(api: Api) -> Send:
    image = images.announced(api)
    images.upload(image)
    return lambda: sent(images.complete(api, image))


def opened(api: Api) -> Send:
    link = api.link(api.coupon(), "ann")
    return lambda: sent(api.client.post(f"{link}/opened"))


def erasure(api: Api) -> Send:
    api.link(api.coupon(), "ann")
    return lambda: sent(api.call("POST", "/v1/customers/erase", {"customer_id": "ann"}))


def tap(api: Api) -> Send:
    link = api.link(api.coupon(max_redemptions=40), "ann")
    return lambda: sent(api.tap(link))


def page_form(api: Api) -> Send:
    link = api.link(api.coupon(max_redemptions=40), "ann")
    return lambda: sent(api.client.post(f"{link}/redeem", data={"use": "1"}))


def direct_invocation(api: Api) -> Send:
    event = {"organisation_id": api.organisation_id, "customer_id": "ann"}
    event["coupon_id"] = api.coupon()["coupon_id"]

    def send() -> tuple[int, str]:
        answer = api.gateway.invoke("DistributeFunction", event)
        return (200 if answer["outcome"] == "distributed" else 503), json.dumps(answer)

    return send


ONE = {"coupon_id": "COUPON", "customer_id": "ann"}
MANY = {"coupon_id": "COUPON", "customers": [{"customer_id": "ann"}, {"customer_id": "bob"}]}
PAGE = {"terms": "One a person.", "redeem_button": {"behavior": "none"}}
IMAGE = {"kind": "brand_icon", "content_type": "image/png", "size": 9}
TILL = request("POST", "/v1/redemptions", ONE, "redeem", **KEY)
OF_BLOCKS = "/v1/flow/blocks"
DISTRIBUTE = "/v1/flow/distribute"

# By route; a word behind the route tells two cases of one route apart.
CASES: dict[str, Case] = {
    "POST /v1/coupons": Case(
        "CouponsFunction", request("POST", "/v1/coupons", COUPON, **KEY), again=(201,)
    ),
    "PATCH /v1/coupons/{coupon_id}": Case(
        "CouponsFunction",
        request("PATCH", "/v1/coupons/COUPON", {"version": 1, "name": "B", "max_redemptions": 200}),
        writes=2,
    ),
    "DELETE /v1/coupons/{coupon_id}": Case(
        "CouponsFunction", request("DELETE", "/v1/coupons/COUPON"), again=(204,)
    ),
    "PUT /v1/coupons/{coupon_id}/redeem-page": Case(
        "CouponsFunction", request("PUT", "/v1/coupons/COUPON/redeem-page", PAGE)
    ),
    "PUT /v1/coupons/{coupon_id}/redeem-page, as seen": Case(
        "CouponsFunction",
        request("PUT", "/v1/coupons/COUPON/redeem-page", PAGE, **{"if-match": '"0"'}),
    ),
    "POST /v1/customers/erase": Case("CouponsFunction", erasure, writes=2),
    "POST /v1/images": Case(
        "ImagesFunction", request("POST", "/v1/images", IMAGE, **KEY), again=(201,)
    ),
    "POST /v1/images/{image_id}/complete": Case(
        "ImagesFunction", completion, writes=2, undecided=1
    ),
    "POST /v1/flow/blocks": Case(
        "CouponsFunction",
        request("POST", OF_BLOCKS, {"coupon_id": "COUPON"}, **KEY),
        again=(201,),
    ),
    "PUT /v1/flow/blocks/{block_id}": Case("CouponsFunction", block_request("PUT", message="B")),
    "PUT /v1/flow/blocks/{block_id}, as seen": Case(
        "CouponsFunction", block_request("PUT", if_match=True, message="B")
    ),
    # The first request deleted the block, so its repetition finds none.
    "DELETE /v1/flow/blocks/{block_id}": Case(
        "CouponsFunction", block_request("DELETE"), again=(404,)
    ),
    "POST /v1/flow/distribute": Case(
        "DistributeFunction", request("POST", DISTRIBUTE, ONE, "distribute")
    ),
    "POST /v1/flow/distribute/manychat": Case(
        "DistributeFunction", request("POST", f"{DISTRIBUTE}/manychat", ONE, "distribute")
    ),
    "POST /v1/flow/distribute/batch": Case(
        "DistributeFunction",
        request("POST", f"{DISTRIBUTE}/batch", MANY, "distribute"),
        writes=2,
    ),
    "POST /v1/flow/distribute, directly": Case("DistributeFunction", direct_invocation),
    "POST /v1/redemptions": Case("RedeemFunction", TILL),
    "POST /r/{token}/redeem": Case("RedeemFunction", tap),
    "POST /r/{token}/opened": Case("RedeemFunction", opened, again=(204,)),
    "POST /r/{token}/redeem, form": Case("RedeemFunction", page_form, again=(303,)),
}


def masked(api: Api, value: Any, name: str = "") -> Any:
    """The value without what differs between two equal requests."""
    if isinstance(value, dict):
        return {each: masked(api, inner, each) for each, inner in value.items()}
    if isinstance(value, list):
        return [masked(api, inner) for inner in value]
    if MASKED.fullmatch(name):
        return "*"
    if not isinstance(value, str):
        return str(value)
    text = ID.sub("ID", TIME.sub("TIME", value.replace(api.organisation_id, "ORG")))
    if name == "pk":
        return text.split("#")[0]
    return CHOSEN.sub("#n", text) if name == "gpk" else text


@pytest.fixture
def incoming() -> Callable[[Api], int]:
    """`incoming(api)`: how many uploads of the organisation are in the bucket."""

    def count(api: Api) -> int:
        prefix = keys.incoming_image(api.organisation_id, "")
        return int(boto3.client("s3").list_objects_v2(Bucket="images", Prefix=prefix)["KeyCount"])

    return count


@pytest.fixture
def difference(stored: Stored, incoming: Callable[[Api], int]):
    """`difference(api, run)`: the items that `run` wrote and deleted, masked and counted."""

    def items(api: Api) -> dict[tuple[str, str], dict[str, Any]]:
        return {
            (item["pk"], item["sk"]): item for item in stored() if not item["pk"].startswith(BESIDE)
        }

    def measure(api: Api, run: Callable[[], None]) -> Counter[str]:
        before = items(api)
        run()
        after = items(api)
        found = [item for place, item in after.items() if before.get(place) != item]
        lines = [json.dumps(masked(api, item), sort_keys=True) for item in found]
        lines += [f"deleted {place[0].split('#')[0]}" for place in before if place not in after]
        return Counter(lines) + Counter({"uploads": incoming(api)})

    return measure


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("route", CASES)
def test_repetition_leaves_what_one_request_leaves(
    organisation, difference, break_off: BreakOff, monkeypatch: pytest.MonkeyPatch, route: str
):
    case, one = CASES[route], organisation("one")
    send = case.prepare(one)

    def undisturbed() -> None:
        status, text = send()
        assert status < 400, text

    expected = difference(one, undisturbed)
    assert expected, "the request writes something"

    def lose_answer(nth: int) -> bool:
        """Lose the answer of this write, then repeat; return False if there is no such write."""
        api = organisation("other")
        again = case.prepare(api)
        api.gateway.restart()
        redeemer = getattr(api.gateway.function(case.function).services, "shard_redeemer", None)
        if redeemer is not None:
            monkeypatch.setattr(redeemer, "_pause", lambda seconds: None)
        is_lost = [False]

        def lost_then_repeated() -> None:
            break_off(case.function, nth)
            is_lost[0] = is_undecided(again(), nth == case.undecided)
            api.gateway.restart()
            if is_lost[0]:
                status, text = again()
                assert status in case.again, (nth, status, text)

        assert difference(api, lost_then_repeated) == expected, nth
        return is_lost[0]

    nth = 1
    while lose_answer(nth):
        nth += 1
    assert nth > case.writes, "each write was lost once"


def is_undecided(answer: tuple[int, str], is_only_counted: bool) -> bool:
    """Whether the answer says that the outcome is unknown. Any other error fails the test."""
    status, text = answer
    if is_only_counted:
        assert (status, json.loads(text)["code"]) == (503, "try_again"), answer
        return True
    has_code = '"outcome_unknown"' in text
    is_page = 'data-state="unknown_outcome"' in text
    if is_page:
        assert translations.of("en").unknown_why in text
    if status == 503:
        assert has_code or is_page, answer
    else:
        assert status < 400, answer
    return has_code or is_page


def test_every_writing_route_has_a_case():
    writing = {route for route in ROUTES if route.split()[0] not in ("GET", "HEAD")}
    assert READ_ONLY.keys() <= writing
    assert {route.split(",")[0] for route in CASES} == writing - READ_ONLY.keys()


@pytest.mark.usefixtures("bucket")
def test_control_repetition_without_a_key_leaves_two_coupons(
    organisation, difference, break_off: BreakOff
):
    """The answer says where to look, because the table cannot tell the two requests apart."""
    one, other = organisation("one"), organisation("other")
    without_key = request("POST", "/v1/coupons", COUPON)
    send, again = without_key(one), without_key(other)
    one.gateway.restart()

    expected = difference(one, lambda: None if send()[0] == 201 else pytest.fail("not created"))

    def lost_then_repeated() -> None:
        break_off("CouponsFunction", 1)
        status, text = again()
        assert (status, json.loads(text)["code"]) == (503, "outcome_unknown")
        assert "GET /v1/coupons" in json.loads(text)["detail"]
        other.gateway.restart()
        assert again()[0] == 201

    assert difference(other, lost_then_repeated) == Counter(
        {line: 2 * number for line, number in expected.items()}
    )
