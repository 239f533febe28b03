"""GET, HEAD and OPTIONS write nothing for any caller."""

import pytest

from tests.integration.conftest import Stored
from tests.support.api import Api

BOTS = [
    "WhatsApp/2.23.20.0", "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "facebookexternalhit/1.1;line-poker/1.0", "Slackbot-LinkExpanding 1.0",
    "TelegramBot (like TwitterBot)", "Twitterbot/1.0",
    "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/17 Safari/605.1.15", "Googlebot/2.1",
    "bingbot/2.0", "Discordbot/2.0",
    "LinkedInBot/1.0", "Mozilla/5.0 HeadlessChrome/120",
]  # fmt: skip
PREFETCH = [
    {},
    {"purpose": "prefetch"},
    {"sec-purpose": "prefetch;prerender"},
    {"x-moz": "prefetch"},
]


def test_link_can_be_fetched_without_a_key(api: Api, stored: Stored):
    coupon = api.coupon(max_redemptions=1, max_redemptions_per_customer=1)
    link = api.link(coupon, "ann")
    before = stored()
    for bot in BOTS:
        for headers in PREFETCH:
            shown = api.client.get(link, headers=headers | {"user-agent": bot})
            assert (shown.status_code, 'data-state="available"' in shown.text) == (200, True)
        for method, path in (
            ("HEAD", link),
            ("GET", f"{link}?use=1"),
            ("OPTIONS", link),
            ("GET", f"{link}/redeem?use=1"),
        ):
            api.client.request(method, path, headers={"user-agent": bot})
    assert stored() == before


def test_head_has_the_pages_status_and_headers(api: Api):
    link = api.link(api.coupon(), "ann")
    for path in (link, "/r/" + "a" * 52):
        head, get = api.client.head(path), api.client.get(path)
        assert (head.status_code, head.headers["content-type"]) == (
            get.status_code,
            get.headers["content-type"],
        )


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_address_of_the_redeem_button_leads_to_the_page(api: Api, stored: Stored, method):
    link = api.link(api.coupon(), "ann")
    before = stored()
    answer = api.client.request(method, f"{link}/redeem")
    assert (answer.status_code, answer.headers["location"]) == (308, link)
    assert stored() == before


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_post_redeems_a_coupon(api: Api, stored: Stored, method):
    link = api.link(api.coupon(), "ann")
    before = stored()
    answer = api.client.request(method, f"{link}/redeem", headers={"accept": "application/json"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert stored() == before


def test_admin_reads_write_nothing(api: Api, stored: Stored):
    coupon = api.coupon(max_redemptions=20)
    api.till(coupon, "ann")
    before = stored()
    path = f"/v1/coupons/{coupon['coupon_id']}"
    for read in (
        "/v1/coupons",
        "/v1/coupons?status=active&q=x",
        path,
        f"{path}/redeem-page",
        f"{path}/redemptions",
    ):
        for method in ("GET", "HEAD", "OPTIONS"):
            api.call(method, read)
    assert stored() == before


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("PUT", "/v1/coupons", 405, "GET, HEAD, POST"),
        ("DELETE", "/r/x", 405, "GET, HEAD"),
        ("GET", "/v1/redemptions", 405, "POST"),
        ("POST", "/v1/coupons/x/redemptions", 405, "GET, HEAD"),
        ("GET", "/v1/nothing", 404, None),
        ("POST", "/v1/coupons/", 404, None),
        ("GET", "/r/", 404, None),
        ("GET", "/favicon.ico", 404, None),
    ],
)
def test_wrong_method_is_405_and_wrong_path_404(api: Api, method, path, status, allow):
    answer = api.client.request(method, path, headers={"accept": "application/json"})
    assert (answer.status_code, answer.headers.get("allow")) == (status, allow)
    assert answer.json()["code"] == ("method_not_allowed" if allow else "not_found")
    assert answer.headers["content-type"] == "application/problem+json"
