"""Images from a marketer's disk to a customer's screen, through the handlers and an S3 server."""

from __future__ import annotations

import base64
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from PIL import Image

from couponflow.services import image_processing
from couponflow.store import keys
from tests.support import hostile_images

PICTURE = hostile_images.picture("JPEG", (1_600, 900))


pytestmark = pytest.mark.usefixtures("bucket")


def announced(
    api: Any, kind: str = "campaign_image", content_type: str = "image/jpeg"
) -> dict[str, Any]:
    answer = api.call(
        "POST", "/v1/images", {"kind": kind, "content_type": content_type, "size": 1_000}
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def upload(image: dict[str, Any], content: bytes = PICTURE) -> None:
    form = image["upload"]
    httpx.post(
        form["url"], data=form["fields"], files={"file": ("image", content)}
    ).raise_for_status()


def complete(api: Any, image: dict[str, Any]) -> Any:
    return api.call("POST", f"/v1/images/{image['image_id']}/complete")


def uploaded(api: Any, kind: str = "campaign_image") -> dict[str, Any]:
    image = announced(api, kind)
    upload(image)
    return dict(complete(api, image).json())


def path_of(url: str) -> str:
    return url.removeprefix("https://coupons.example")


def test_image_is_served_from_the_pages_origin_as_immutable(api):
    image = uploaded(api)
    assert (image["width"], image["height"]) == (1_200, 675)
    shown = api.client.get(path_of(image["url"]))
    assert shown.headers["content-type"] == "image/webp"
    assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert Image.open(io.BytesIO(shown.content)).size == (1_200, 675)
    preview = api.client.get(path_of(image["url"]).replace(".webp", ".jpg"))
    assert preview.headers["content-type"] == "image/jpeg" and preview.content[:2] == b"\xff\xd8"


def test_second_completion_returns_the_same_response(api):
    image = announced(api)
    upload(image)
    first, again = complete(api, image), complete(api, image)
    assert first.status_code == 200 and first.json() == again.json()


def test_same_picture_has_the_same_url(api):
    assert uploaded(api)["url"] == uploaded(api)["url"]


def test_chat_image_is_a_jpeg(api):
    assert uploaded(api, kind="block_image")["url"].endswith(".jpg")


def test_completion_without_an_upload_is_refused(api):
    answer = complete(api, announced(api))
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


@pytest.mark.parametrize(
    "name", ["a drawing with a script", "half a JPEG", "a BMP", "a JPEG with an archive behind it"]
)
def test_hostile_upload_is_refused_and_never_served(api, name, table):
    content, content_type = hostile_images.files()[name]
    image = announced(api, content_type=content_type)
    upload(image, content)
    assert complete(api, image).status_code == 422
    item = table.get_item(Key=keys.image(api.organisation_id, image["image_id"]))["Item"]
    assert "sha256" not in item


def test_upload_is_decoded_at_most_three_times(api, monkeypatch):
    """The attempt is counted before decoding, so a function that times out has counted it."""
    image = announced(api)
    upload(image, PICTURE)
    attempts = []

    def time_out(*_: Any) -> None:
        attempts.append(1)
        raise RuntimeError("the function's time is over")

    with monkeypatch.context() as patch:
        patch.setattr(image_processing, "reencode", time_out)
        statuses = [complete(api, image).status_code for _ in range(5)]
    assert (statuses, len(attempts)) == ([500, 500, 500, 422, 422], 3)
    assert complete(api, image).status_code == 422


@pytest.mark.parametrize("name", hostile_images.harmless())
def test_valid_image_is_published_for_any_announced_type(api, name):
    content, content_type = hostile_images.harmless()[name]
    image = announced(api, content_type=content_type)
    upload(image, content)
    answer = complete(api, image)
    assert answer.status_code == 200, answer.text


def test_upload_form_allows_one_file_of_one_type_for_5_minutes(api):
    image = announced(api)
    fields = image["upload"]["fields"]
    policy = json.loads(base64.b64decode(fields["policy"]))
    key = f"incoming/{api.organisation_id}/{image['image_id']}"
    assert fields["key"] == key and {"key": key} in policy["conditions"]
    assert {"Content-Type": "image/jpeg"} in policy["conditions"]
    assert ["content-length-range", 1, 2 * 1024 * 1024] in policy["conditions"]
    assert {"bucket": "images"} in policy["conditions"]
    assert not [condition for condition in policy["conditions"] if "starts-with" in condition]
    assert fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    expires = datetime.fromisoformat(policy["expiration"])
    assert expires - datetime.now(UTC) <= timedelta(minutes=5)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "favicon"),
        ("kind", None),
        ("content_type", "image/svg+xml"),
        ("content_type", "image/gif"),
        ("size", 0),
        ("size", 2 * 1024 * 1024 + 1),
        ("size", "1000"),
        ("name", "x.png"),
    ],
)
def test_upload_request_with_an_invalid_field_is_refused(api, field, value):
    body = {"kind": "brand_icon", "content_type": "image/png", "size": 1_000} | {field: value}
    answer = api.call("POST", "/v1/images", body)
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == field


def test_image_of_another_organisation_is_unknown(api, organisation):
    other, image = organisation("other"), announced(api)
    upload(image)
    for image_id in (image["image_id"], "0000000000000"):
        assert other.call("POST", f"/v1/images/{image_id}/complete").json()["code"] == "not_found"
    complete(api, image)
    body = {"campaign_image": image["image_id"]}
    refused = other.call("PUT", f"/v1/coupons/{other.coupon()['coupon_id']}/redeem-page", body)
    unknown = other.call(
        "PUT",
        f"/v1/coupons/{other.coupon()['coupon_id']}/redeem-page",
        {"campaign_image": "0" * 13},
    )
    assert refused.status_code == 422 and refused.content == unknown.content


@pytest.mark.parametrize(
    "name",
    [
        "x",
        "0" * 64,
        f"{'0' * 64}.webp",
        f"{'0' * 64}.svg",
        "..%2Fincoming%2Facme%2Fx",
        f"{'A' * 64}.webp",
    ],
)
def test_unknown_image_path_is_not_found(api, name):
    answer = api.client.get(f"/images/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_page_shows_images_without_further_reads(api):
    icon, picture, coupon = uploaded(api, "brand_icon"), uploaded(api), api.coupon()
    settings = {"brand_icon": icon["image_id"], "campaign_image": picture["image_id"]}
    saved = api.call("PUT", f"/v1/coupons/{coupon['coupon_id']}/redeem-page", settings)
    assert saved.status_code == 200 and saved.json() | settings == saved.json()
    page = api.client.get(api.link(coupon, "somebody")).text
    assert f'src="{path_of(icon["url"])}" width="256" height="144"' in page
    assert f'src="{path_of(picture["url"])}" width="1200" height="675"' in page
    assert f'content="{picture["url"].replace(".webp", ".jpg")}"' in page


def test_page_refuses_an_incomplete_image(api):
    coupon, image = api.coupon(), announced(api)
    upload(image)
    answer = api.call(
        "PUT", f"/v1/coupons/{coupon['coupon_id']}/redeem-page", {"brand_icon": image["image_id"]}
    )
    assert answer.json()["errors"] == [{"field": "brand_icon", "message": "is no image of yours"}]


def test_preview_equals_the_page_with_unsaved_settings(api):
    coupon = api.coupon(name="Ten <b>off</b>")
    settings = {"background_color": "#0f766e", "code_display": "qr", "terms": "One per order"}
    path = f"/v1/coupons/{coupon['coupon_id']}/redeem-page"
    preview = api.call("POST", f"{path}/preview?state=available", settings)
    assert preview.headers["content-type"] == "text/html; charset=utf-8"
    api.call("PUT", path, settings)
    live = api.client.get(api.link(coupon, "somebody"))
    assert _comparable(preview.text) == _comparable(live.text)


@pytest.mark.parametrize(
    "state",
    [
        "upcoming",
        "available",
        "confirm",
        "redeemed",
        "expired",
        "disabled",
        "sold_out",
        "unknown_outcome",
        "not_found",
    ],
)
def test_preview_renders_every_state(api, state):
    path = f"/v1/coupons/{api.coupon()['coupon_id']}/redeem-page/preview?state={state}"
    assert f'data-state="{state}"' in api.call("POST", path, {}).text


def test_preview_of_invalid_state_or_settings_is_refused(api):
    path = f"/v1/coupons/{api.coupon()['coupon_id']}/redeem-page/preview"
    assert api.call("POST", f"{path}?state=lost", {}).json()["errors"][0]["field"] == "state"
    assert (
        api.call("POST", path, {"background_color": "red"}).json()["errors"][0]["field"]
        == "background_color"
    )
    assert api.call("POST", path, {}, scope="distribute").status_code == 403


def _comparable(page: str) -> str:
    """The page without parts that differ by customer or time."""
    return re.sub(r"/r/\w+|data-now=\"\d+\"", "", page)
