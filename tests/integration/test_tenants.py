"""Isolation of two organisations. test_foreign_ids.py covers each id at each route."""

from collections.abc import Callable

import pytest

from tests.integration.conftest import Stored
from tests.support.api import Api

UNKNOWN = "0000000000000"


@pytest.fixture
def theirs(organisation: Callable[[str], Api]) -> tuple[Api, dict[str, str]]:
    """Another organisation and the ids of its objects."""
    other = organisation("theirs")
    coupon = other.coupon(code="THEIRS", max_redemptions=10)
    block = other.call(
        "POST", "/v1/flow/blocks", {"coupon_id": coupon["coupon_id"], "message": "Here"}
    )
    image = other.call(
        "POST", "/v1/images", {"kind": "brand_icon", "content_type": "image/png", "size": 100}
    )
    ids = {
        "coupon_id": coupon["coupon_id"],
        "block_id": block.json()["block_id"],
        "image_id": image.json()["image_id"],
    }
    return other, ids


def test_foreign_coupon_is_neither_distributed_nor_redeemed(api: Api, theirs, stored: Stored):
    other, ids = theirs
    before = stored()
    for theirs_, unknown in (
        ({"coupon_id": ids["coupon_id"]}, {"coupon_id": UNKNOWN}),
        ({"code": "THEIRS"}, {"code": "NOBODYS"}),
    ):
        tills = [
            api.call("POST", "/v1/redemptions", which | {"customer_id": "ann"}, "redeem")
            for which in (theirs_, unknown)
        ]
        assert tills[0].content == tills[1].content
        assert tills[0].status_code == tills[1].status_code == 404
    asks = [
        {"coupon_id": ids["coupon_id"]},
        {"coupon_id": UNKNOWN},
        {"coupon_code": "THEIRS"},
        {"coupon_code": "NOBODYS"},
    ]
    flows = [
        api.call("POST", "/v1/flow/distribute", ask | {"customer_id": "ann"}, "distribute")
        for ask in asks
    ]
    assert {(flow.status_code, flow.content) for flow in flows} == {(200, flows[0].content)}
    assert flows[0].json()["reason"] == "coupon_not_found"
    blocks = [
        api.distribute({"coupon_id": ""}, "ann", block_id=block_id)
        for block_id in (ids["block_id"], UNKNOWN)
    ]
    assert blocks[0] == blocks[1]
    assert stored() == before
    assert other.read({"coupon_id": ids["coupon_id"]})["times_redeemed"] == 0


def test_foreign_image_is_refused_for_a_page(api: Api, theirs):
    coupon = api.coupon()
    path = f"/v1/coupons/{coupon['coupon_id']}/redeem-page"
    answers = [
        api.call("PUT", path, {"brand_icon": image_id})
        for image_id in (theirs[1]["image_id"], UNKNOWN)
    ]
    assert answers[0].content == answers[1].content
    assert answers[0].status_code == 422


def test_lists_have_only_the_organisations_objects(api: Api, theirs):
    for path in (
        "/v1/coupons",
        "/v1/coupons?q=THEIRS",
        "/v1/coupons?status=active",
        "/v1/flow/blocks",
    ):
        assert api.call("GET", path).json()["items"] == []


def test_foreign_cursor_reveals_nothing(api: Api, theirs):
    other, _ = theirs
    cursor = other.call("GET", "/v1/coupons?limit=1").json()["next_cursor"]
    assert api.call("GET", f"/v1/coupons?cursor={cursor or 'x'}").json().get("items", []) == []


@pytest.mark.parametrize(
    "id_",
    [
        "x",
        "A" * 13,
        UNKNOWN + "0",
        "c0vp0n%0000001",
        "#",
        "ORG%23acme",
        "%F0%9F%8E%81",
        "..",
        "%2e%2e%2fx",
    ],
)
def test_malformed_id_is_unknown(api: Api, id_):
    answer = api.call("GET", f"/v1/coupons/{id_}")
    assert answer.status_code == 404
