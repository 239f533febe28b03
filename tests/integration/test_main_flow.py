"""The main job: create, distribute, open, redeem, record."""

from tests.support.api import Api
from tests.support.engines import on_both_engines

pytestmark = on_both_engines


def test_fourth_customer_of_three_units_is_refused(api: Api):
    coupon = api.coupon(max_redemptions=3, max_redemptions_per_customer=1)
    links = [api.link(coupon, f"customer-{n}") for n in range(4)]

    assert all(
        'data-state="available"' in api.client.get(link).text for link in links for _ in range(2)
    )
    taps = [api.tap(link) for link in links]

    assert [tap.status_code for tap in taps] == [200, 200, 200, 409]
    assert taps[3].json()["code"] == "coupon_max_uses_reached"
    assert 'data-state="sold_out"' in api.client.get(links[3]).text
    api.gateway.restart()
    assert api.distribute(coupon, "customer-3")["outcome"] == "coupon_max_uses_reached"


def test_second_tap_returns_the_same_redemption(api: Api):
    coupon = api.coupon(max_redemptions=3, max_redemptions_per_customer=1)
    link = api.link(coupon, "ann")

    first, second = api.tap(link).json(), api.tap(link).json()

    assert (first["repeated"], second["repeated"]) == (False, True)
    assert first["redemption_id"] == second["redemption_id"]
    assert first["redeemed_at"] == second["redeemed_at"]
    assert api.call("GET", f"/v1/coupons/{coupon['coupon_id']}").json()["times_redeemed"] == 1


def test_records_name_customer_inbox_status_and_time(api: Api):
    coupon = api.coupon()
    distributed = api.distribute(coupon, "ann", inbox_id="line-1")
    redeemed = api.tap(f"/r/{distributed['redeem_token']}").json()
    api.distribute(coupon, "bob")

    records = api.call("GET", f"/v1/coupons/{coupon['coupon_id']}/redemptions").json()["items"]

    assert [(each["customer_id"], each["inbox_id"], each["status"]) for each in records] == [
        ("ann", "line-1", "redeemed"),
        ("bob", None, "distributed"),
    ]
    assert records[0]["redemption_id"] == redeemed["redemption_id"] == distributed["redemption_id"]
    assert records[0]["redeemed_at"] == redeemed["redeemed_at"]
