"""Switching the add-on off closes every entry point of the organisation; switching it on loses
nothing.
"""

from tests.support.api import Api


def test_addon_off_refuses_every_call_until_it_is_on_again(api: Api):
    coupon = api.coupon(max_redemptions=10)
    used, open_ = api.link(coupon, "ann"), api.link(coupon, "bob")
    api.tap(used)

    assert api.operate("switch_addon", enabled=False)["addon_enabled"] is False
    api.gateway.restart()

    path = f"/v1/coupons/{coupon['coupon_id']}"
    body = {"name": "x", "starts_at": "2026-01-01", "ends_at": "2027-01-01"}
    for answer in (
        api.call("POST", "/v1/coupons", body),
        api.call("GET", "/v1/coupons"),
        api.call("GET", path),
        api.call("PATCH", path, {"version": 1, "name": "x"}),
        api.call("DELETE", path),
        api.call("GET", f"{path}/redeem-page"),
        api.call("PUT", f"{path}/redeem-page", {}),
        api.call("GET", f"{path}/redemptions"),
        api.till(coupon, "cat"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "addon_disabled")
    distributed = api.distribute(coupon, "cat")
    assert (distributed["outcome"], distributed["reason"]) == ("error", "addon_disabled")
    unknown = api.client.get("/r/" + "a" * 52)
    for link in (used, open_):
        assert api.client.get(link).content == unknown.content
        assert (api.tap(link).status_code, api.tap(link).json()["code"]) == (
            404,
            "coupon_not_found",
        )

    api.operate("switch_addon", enabled=True)
    api.gateway.restart()

    assert (api.page_state(used), api.page_state(open_)) == ("redeemed", "available")
    assert api.tap(open_).status_code == api.till(coupon, "cat").status_code == 200
    assert api.read(coupon)["times_redeemed"] == 3


def test_addon_switch_affects_only_its_organisation(organisation):
    one, two = organisation("one"), organisation("two")
    one.operate("switch_addon", enabled=False)
    one.gateway.restart()
    assert one.call("GET", "/v1/coupons").status_code == 403
    assert two.call("GET", "/v1/coupons").status_code == 200
