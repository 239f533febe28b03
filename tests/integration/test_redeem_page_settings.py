"""Settings of a redeem page: defaults, complete replacement, effect on the page."""

import html
from typing import Any

import pytest

from tests.support.api import Api

DEFAULTS = {
    "code_display": "text",
    "redeem_button": {"behavior": "redeem", "label": None, "url": None},
    "copy_code_button": True,
    "background_color": "#ffffff",
    "brand_icon": None,
    "campaign_image": None,
    "terms": "",
    "locale": None,
}
WHOLE = {
    "code_display": "qr",
    "redeem_button": {"behavior": "redeem", "label": "Use it <now>", "url": None},
    "copy_code_button": False,
    "background_color": "#0a0b0c",
    "brand_icon": None,
    "campaign_image": None,
    "terms": "One a person.\nNot for gift cards. Größe & Ü.",
    "locale": "de",
}


def settings(coupon: dict[str, Any]) -> str:
    return f"/v1/coupons/{coupon['coupon_id']}/redeem-page"


def test_unsaved_page_has_default_settings(api: Api):
    answer = api.call("GET", settings(api.coupon()))
    assert (answer.status_code, answer.json()) == (200, DEFAULTS)


def test_saving_replaces_every_setting(api: Api):
    coupon = api.coupon()
    assert api.call("PUT", settings(coupon), WHOLE).json() == WHOLE
    assert api.call("GET", settings(coupon)).json() == WHOLE
    assert api.call("PUT", settings(coupon), {"terms": "x"}).json() == DEFAULTS | {"terms": "x"}
    assert api.call("GET", settings(coupon)).json() == DEFAULTS | {"terms": "x"}
    assert api.read(coupon) == coupon


def test_page_shows_the_saved_settings(api: Api):
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    api.call("PUT", settings(coupon), WHOLE | {"code_display": "text"})
    api.gateway.restart()
    page = api.client.get(link).text
    assert html.escape("Use it <now>") in page
    assert "<now>" not in page
    assert coupon["code"] in page
    api.call("PUT", settings(coupon), {"code_display": "hidden"})
    api.gateway.restart()
    assert coupon["code"] not in api.client.get(link).text


@pytest.mark.parametrize(
    "button", [{"behavior": "none"}, {"behavior": "open_url", "url": "https://shop.example/?a=1"}]
)
def test_page_without_a_button_redeems_only_at_the_till(api: Api, button):
    coupon = api.coupon()
    link = api.link(coupon, "ann")
    api.call("PUT", settings(coupon), {"redeem_button": button})
    api.gateway.restart()
    assert 'data-action="redeem"' not in api.client.get(link).text
    for _ in range(2):
        refused = api.tap(link)
        assert (refused.status_code, refused.json()["code"]) == (409, "redeem_not_offered")
    assert api.till(coupon, "ann").status_code == 200
    assert api.page_state(link) == "redeemed"
