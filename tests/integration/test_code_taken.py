"""A code belongs to one coupon of an organisation, in every spelling."""

from collections.abc import Callable

import pytest

from tests.integration.conftest import Stored
from tests.support.api import Api


def create(api: Api, code: str):
    return api.call(
        "POST",
        "/v1/coupons",
        {"name": "x", "starts_at": "2026-01-01", "ends_at": "2999-12-31", "code": code},
    )


@pytest.mark.parametrize("again", ["SAVE-L0", "save-l0", "SAVEL0", "save10", "S-A-V-E-I-O"])
def test_code_is_taken_in_every_spelling(api: Api, stored: Stored, again):
    assert create(api, "SAVE-L0").status_code == 201
    before = stored()
    refused = create(api, again)
    assert (refused.status_code, refused.json()["code"]) == (409, "code_taken")
    assert stored() == before


def test_organisations_can_use_the_same_code_separately(organisation: Callable[[str], Api]):
    one, two = organisation("one"), organisation("two")
    first, second = one.coupon(code="SAME"), two.coupon(code="same")
    by_code = {"coupon_code": "SaMe", "customer_id": "ann"}
    tokens = [
        api.call("POST", "/v1/flow/distribute", by_code, "distribute").json()["redeem_token"]
        for api in (one, two)
    ]
    assert [token[:13] for token in tokens] == [first["coupon_id"], second["coupon_id"]]


def test_code_of_an_archived_coupon_is_free(api: Api):
    first = api.coupon(code="AGAIN")
    api.call("DELETE", f"/v1/coupons/{first['coupon_id']}")
    second = api.coupon(code="again")
    api.gateway.restart()
    assert (
        api.call(
            "POST", "/v1/redemptions", {"code": "AGAIN", "customer_id": "ann"}, "redeem"
        ).status_code
        == 200
    )
    assert (api.read(first)["times_redeemed"], api.read(second)["times_redeemed"]) == (0, 1)
    # Archiving the first coupon again must not free the code of the second.
    api.call("DELETE", f"/v1/coupons/{first['coupon_id']}")
    assert create(api, "AGAIN").status_code == 409


def test_code_is_shown_in_the_marketers_spelling(api: Api):
    assert api.read(api.coupon(code="sAvE-20_X"))["code"] == "sAvE-20_X"
