"""Compressed responses through the functions, and the results of direct invocations, which are
never compressed.
"""

from __future__ import annotations

import re

import pytest

from tests.support.api import Api

GZIP = {"accept-encoding": "gzip"}
_TIME = re.compile("[0-9]{13}")  # the page has the time of the server
REFUSED = ["gzip;q=0", "identity", "*;q=0", "br"]


def paths(api: Api) -> list[str]:
    coupons = [api.coupon(name=f"Coupon {number}") for number in range(4)]
    return ["/v1/coupons", "/v1/openapi.json", api.link(coupons[0], "ann"), "/r/nothing"]


def test_json_and_pages_are_compressed_as_the_client_accepts(api: Api):
    for path in paths(api):
        plain = api.client.get(path, headers=api.bearer() | {"accept-encoding": "identity"})
        packed = api.client.get(path, headers=api.bearer() | GZIP)
        assert packed.headers["content-encoding"] == "gzip", path
        assert _TIME.sub("", packed.text) == _TIME.sub("", plain.text), path
        assert "accept-encoding" in packed.headers["vary"]
        assert "accept-encoding" in plain.headers["vary"]
        for refused in REFUSED:
            answer = api.client.get(path, headers=api.bearer() | {"accept-encoding": refused})
            assert "content-encoding" not in answer.headers, (path, refused)


def test_flow_response_and_long_problem_are_compressed(api: Api):
    coupon_id = api.coupon()["coupon_id"]
    body = {"coupon_id": coupon_id, "customer_id": "ann", "message": "m" * 900}
    for path, sent, scope in (
        ("/v1/flow/distribute", body, "distribute"),
        ("/v1/coupons", {f"field{number}": 1 for number in range(30)}, "admin"),
    ):
        packed = api.call("POST", path, sent, scope, **GZIP)
        plain = api.call("POST", path, sent, scope, **{"accept-encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert packed.json().keys() == plain.json().keys()


def test_coupon_with_its_etag_and_small_responses_stay_plain(api: Api):
    coupon = api.coupon(name="x" * 100)
    answer = api.call("GET", f"/v1/coupons/{coupon['coupon_id']}", **GZIP)
    assert answer.headers["etag"] == '"1"'
    assert "content-encoding" not in answer.headers
    redeemed = api.till(coupon, "ann")
    assert "content-encoding" not in redeemed.headers


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_head_has_the_headers_of_get(api: Api, accepted: str):
    link = api.link(api.coupon(), "ann")
    headers = {"accept-encoding": accepted}
    head, get = api.client.head(link, headers=headers), api.client.get(link, headers=headers)
    for name in ("content-encoding", "vary", "content-type"):
        assert head.headers.get(name) == get.headers.get(name)


def test_direct_invocations_are_not_compressed(api: Api):
    event = {
        "organisation_id": api.organisation_id,
        "coupon_id": api.coupon()["coupon_id"],
        "customer_id": "ann",
        "message": "m" * 1_000,
        "headers": GZIP,
    }
    answer = api.gateway.invoke("DistributeFunction", event)
    assert answer["message"] == "m" * 1_000
    assert "isBase64Encoded" not in answer
