"""Configure the redeem page: each setting, what customers see of it, and the preview."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image

from tests.support.api import Api, eventually


def saved_page(api: Api, coupon: dict[str, Any], **settings: Any) -> str:
    """The page as a customer sees it once the settings are saved; the settings are read
    back first.
    """
    saved = api.save_page(coupon, **settings)
    assert api.get(f"/v1/coupons/{coupon['coupon_id']}/redeem-page") == saved
    assert (
        saved.items()
        >= {name: value for name, value in settings.items() if name != "redeem_button"}.items()
    )
    return api.open(api.redeem_url(coupon, "ann")).text


@pytest.mark.parametrize("display", ["text", "qr", "barcode"])
def test_code_on_page_is_text_and_drawn_as_chosen(api: Api, display: str):
    coupon = api.coupon()

    page = saved_page(api, coupon, code_display=display)

    assert f'data-code="{coupon["code"]}"' in page
    assert [kind for kind in ("qr", "barcode") if f'<svg class="{kind}"' in page] == [display] * (
        display != "text"
    )


def test_code_on_page_can_be_hidden(api: Api):
    coupon = api.coupon()

    page = saved_page(api, coupon, code_display="hidden")

    assert coupon["code"] not in page


def test_redeem_button_redeems(api: Api):
    coupon = api.coupon()

    page = saved_page(api, coupon, redeem_button={"behavior": "redeem"})

    assert 'data-action="redeem"' in page
    assert api.tap(api.redeem_url(coupon, "ann")).status_code == 200


def test_page_without_redeem_button_leaves_it_to_the_till(api: Api):
    coupon = api.coupon()

    page = saved_page(api, coupon, redeem_button={"behavior": "none"})

    assert 'data-action="redeem"' not in page
    refused = api.tap(api.redeem_url(coupon, "ann"))
    assert (refused.status_code, refused.json()["code"]) == (409, "redeem_not_offered")
    assert api.till(coupon, "ann").status_code == 200


def test_redeem_button_opens_an_address(api: Api):
    coupon = api.coupon()

    page = saved_page(
        api, coupon, redeem_button={"behavior": "open_url", "url": "https://shop.example/cart"}
    )

    assert 'href="https://shop.example/cart"' in page
    assert api.tap(api.redeem_url(coupon, "ann")).json()["code"] == "redeem_not_offered"


def test_button_label_is_shown(api: Api):
    page = saved_page(api, api.coupon(), redeem_button={"behavior": "redeem", "label": "Take <it>"})

    assert "Take &lt;it&gt;" in page


def test_copy_code_button_is_there_unless_disabled(api: Api):
    assert "data-copy=" in saved_page(api, api.coupon(), copy_code_button=True)
    assert "data-copy=" not in saved_page(api, api.coupon(), copy_code_button=False)


def test_page_background_has_the_chosen_color(api: Api):
    page = saved_page(api, api.coupon(), background_color="#0a5c2f")

    assert '<meta name="theme-color" content="#0a5c2f">' in page


def test_brand_icon_is_uploaded_and_shown(api: Api):
    image = api.upload_image("brand_icon", picture("PNG", (300, 300)), "image/png")

    page = saved_page(api, api.coupon(), brand_icon=image["image_id"])

    assert image_on(api, page, "brand").size == (image["width"], image["height"])


def test_campaign_image_is_uploaded_and_shown(api: Api):
    image = api.upload_image("campaign_image", picture("JPEG", (1_600, 900)), "image/jpeg")

    page = saved_page(api, api.coupon(), campaign_image=image["image_id"])

    assert image_on(api, page, "picture").size == (1_200, 675)
    preview = re.search(r'<meta property="og:image" content="([^"]+)"', page)
    assert preview is not None and api.open(preview[1]).headers["content-type"] == "image/jpeg"


def test_terms_and_conditions_are_shown_without_scripts(api: Api):
    page = saved_page(api, api.coupon(), terms="<p>One a person.</p><script>alert(1)</script>")

    assert "<p>One a person.</p>" in page
    assert "alert(1)" not in page


def test_preview_shows_unsaved_settings(api: Api):
    coupon = api.coupon(max_redemptions_per_customer=1)
    path = f"/v1/coupons/{coupon['coupon_id']}/redeem-page"
    before = api.get(path)

    preview = api.call(
        "POST",
        f"{path}/preview?state=available",
        {"background_color": "#112233", "terms": "Not saved"},
    )

    assert preview.headers["content-type"].startswith("text/html")
    assert "Not saved" in preview.text and "#112233" in preview.text
    assert api.get(path) == before


@pytest.mark.parametrize(
    "state", ["upcoming", "available", "redeemed", "expired", "disabled", "sold_out"]
)
def test_preview_shows_every_state(api: Api, state: str):
    coupon = api.coupon(max_redemptions_per_customer=1)

    preview = api.call(
        "POST", f"/v1/coupons/{coupon['coupon_id']}/redeem-page/preview?state={state}", {}
    )

    assert f'data-state="{state}"' in preview.text


def test_new_coupon_has_a_page_that_can_be_viewed(api: Api):
    coupon = api.coupon()

    assert api.get(f"/v1/coupons/{coupon['coupon_id']}/redeem-page")["code_display"] == "text"
    assert api.page_state(api.redeem_url(coupon, "ann")) == "available"


def test_unknown_and_archived_links_show_the_same_page(api: Api):
    coupon = api.coupon()
    link = api.redeem_url(coupon, "ann")
    assert api.call("DELETE", f"/v1/coupons/{coupon['coupon_id']}").status_code == 204

    unknown = api.open(f"/r/{'0' * 26}")

    assert unknown.status_code == 404 and 'data-state="not_found"' in unknown.text
    assert eventually(lambda: api.open(link).text, unknown.text) == unknown.text


def picture(kind: str, size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (20, 120, 60)).save(file, kind)
    return file.getvalue()


def image_on(api: Api, page: str, name: str) -> Image.Image:
    """The image of this class on the page, fetched from the page's own address."""
    found = re.search(rf'<img class="{name}" src="([^"]+)"', page)
    assert found is not None, page
    answer = api.open(found[1])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    assert "immutable" in answer.headers["cache-control"]
    return Image.open(io.BytesIO(answer.content))
