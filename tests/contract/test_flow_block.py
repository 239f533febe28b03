"""The Distribute Coupon block: what it sends, and the outcome that the flow branches on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contract.test_redeem_page import picture
from tests.support.api import Api, eventually
from tests.support.targets import Target

FLOWS = {
    "coupon_expired": "too-late",
    "customer_max_uses_reached": "had-it-already",
    "coupon_max_uses_reached": "all-gone",
    "error": "sorry",
}


def test_block_distributes_the_selected_coupon(api: Api):
    coupon, other = api.coupon(), api.coupon()
    block = api.block(coupon)

    assert api.run_block(block, "ann")["coupon_code"] == coupon["code"]
    saved = api.call(
        "PUT", f"/v1/flow/blocks/{block['block_id']}", {"coupon_id": other["coupon_id"]}
    ).json()
    assert (
        saved["coupon_id"]
        == api.get(f"/v1/flow/blocks/{block['block_id']}")["coupon_id"]
        == other["coupon_id"]
    )
    assert (
        eventually(lambda: api.run_block(block, "ann")["coupon_code"], other["code"])
        == other["code"]
    )


def test_message_content_is_sent_with_its_placeholders_filled(api: Api):
    coupon = api.coupon(name="Free coffee")
    block = api.block(coupon, message="Hi {{customer_name|there}}: {{coupon_name}}!")

    assert api.run_block(block, "ann", customer_name="Ann")["message"] == "Hi Ann: Free coffee!"
    assert (
        api.distribute(coupon, "bob", message="Only {{coupon_code}}")["message"]
        == f"Only {coupon['code']}"
    )


def test_button_title_is_sent(api: Api):
    coupon = api.coupon()

    assert (
        api.run_block(api.block(coupon, button_title="Get it"), "ann")["button_title"] == "Get it"
    )
    assert api.run_block(api.block(coupon), "ann")["button_title"] == "Redeem"


def test_image_url_is_sent(api: Api):
    coupon = api.coupon()
    block = api.block(coupon, image_url="https://shop.example/banner.jpg")

    assert api.run_block(block, "ann")["image_url"] == "https://shop.example/banner.jpg"


def test_image_of_a_block_can_be_uploaded(api: Api):
    image = api.upload_image("block_image", picture("PNG", (800, 400)), "image/png")
    block = api.block(api.coupon(), image_url=image["url"])

    sent = api.run_block(block, "ann")["image_url"]

    assert api.open(sent).headers["content-type"] == "image/jpeg"


def test_distributed_coupon_comes_with_a_link_once(api: Api):
    block = api.block(api.coupon(), fallback_flows=FLOWS)

    first, again = api.run_block(block, "ann"), api.run_block(block, "ann")

    assert (first["outcome"], first["reason"], first["next_flow"]) == ("distributed", "ok", "")
    assert (again["outcome"], again["reason"]) == ("distributed", "already_distributed")
    assert again["redeem_url"] == first["redeem_url"]
    assert api.page_state(first["redeem_url"]) == "available"
    assert all(isinstance(value, str) for name, value in first.items() if name != "coupon")


def test_outcome_coupon_expired(api: Api):
    block = api.block(
        api.coupon(starts_at="2020-01-01", ends_at="2020-12-31"), fallback_flows=FLOWS
    )

    sent = api.run_block(block, "ann")

    assert (sent["outcome"], sent["next_flow"], sent["redeem_url"]) == (
        "coupon_expired",
        "too-late",
        "",
    )


def test_outcome_customer_max_uses_reached(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=1)
    block = api.block(coupon, fallback_flows=FLOWS)
    assert api.tap(api.run_block(block, "ann")["redeem_url"]).status_code == 200

    sent = api.run_block(block, "ann")

    assert (sent["outcome"], sent["next_flow"]) == ("customer_max_uses_reached", "had-it-already")
    assert api.run_block(block, "bob")["outcome"] == "distributed"


def test_outcome_coupon_max_uses_reached(api: Api):
    coupon = api.coupon(max_redemptions=1)
    block = api.block(coupon, fallback_flows=FLOWS)
    assert api.tap(api.run_block(block, "ann")["redeem_url"]).status_code == 200

    def outcome() -> tuple[str, str]:
        sent = api.run_block(block, "bob")
        return sent["outcome"], sent["next_flow"]

    assert eventually(outcome, ("coupon_max_uses_reached", "all-gone")) == (
        "coupon_max_uses_reached",
        "all-gone",
    )


@pytest.mark.parametrize("customer_id", ["", "{{phone}}", "x" * 201])
def test_outcome_error_for_an_unusable_customer(api: Api, customer_id: str):
    block = api.block(api.coupon(), fallback_flows=FLOWS)
    body = {"block_id": block["block_id"], "customer_id": customer_id}

    answer = api.call("POST", "/v1/flow/distribute", body, "distribute")

    assert answer.status_code in (200, 400)
    assert (answer.json()["outcome"], answer.json()["next_flow"]) == ("error", "sorry")


def test_outcome_error_for_a_disabled_coupon(api: Api):
    block = api.block(api.coupon(active=False), fallback_flows=FLOWS)

    sent = api.run_block(block, "ann")

    assert (sent["outcome"], sent["reason"], sent["next_flow"]) == (
        "error",
        "coupon_disabled",
        "sorry",
    )


def test_block_is_read_listed_and_deleted(new_api: Callable[[], Api]):
    api = new_api()
    block = api.block(api.coupon(), message="Hello", fallback_flows=FLOWS)
    path = f"/v1/flow/blocks/{block['block_id']}"

    assert api.get(path)["fallback_flows"] == FLOWS
    assert [each["block_id"] for each in api.get("/v1/flow/blocks")["items"]] == [block["block_id"]]
    assert api.call("DELETE", path).status_code == 204
    assert api.call("GET", path).status_code == 404


def test_coupon_is_distributed_by_query_and_to_many(api: Api):
    coupon = api.coupon()
    query = f"coupon_id={coupon['coupon_id']}&customer_id=ann"
    body = {
        "coupon_id": coupon["coupon_id"],
        "customers": [{"customer_id": "ann"}, {"customer_id": "bob"}],
    }

    one = api.call("GET", f"/v1/flow/distribute?{query}", scope="distribute").json()
    many = api.call("POST", "/v1/flow/distribute/batch", body, "distribute").json()["results"]

    assert [each["reason"] for each in many] == ["already_distributed", "ok"]
    assert many[0]["redeem_url"] == one["redeem_url"]


def test_add_on_is_switched_for_the_organisation(new_api: Callable[[], Api], target: Target):
    api = new_api()
    coupon = api.coupon()
    link = api.redeem_url(coupon, "ann")

    api.operate("switch_addon", enabled=False)

    assert eventually(lambda: api.call("GET", "/v1/coupons").status_code, 403) == 403
    assert api.call("GET", "/v1/coupons").json()["code"] == "addon_disabled"
    assert eventually(lambda: api.page_state(link), "not_found") == "not_found"
    assert api.till(coupon, "ann").json()["code"] == "addon_disabled"
    api.operate("switch_addon", enabled=True)
    assert eventually(lambda: api.page_state(link), "available") == "available"
