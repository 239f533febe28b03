"""Automatic fetches of links by chat apps, virus scanners and browsers write nothing."""

from __future__ import annotations

import json

import pytest

from local.intrinsics import read_yaml
from local.sam_template import TEMPLATE
from tests.support import permissions

AGENTS = (
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "facebookexternalhit/1.1;line-poker/1.0",
    "WhatsApp/2.23.20.0",
    "TelegramBot (like TwitterBot)",
    "Twitterbot/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) "
    "Version/9.0.1 Safari/601.2.4",
    "SkypeUriPreview Preview/0.5",
    "Discordbot/2.0",
    "LinkedInBot/1.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 HeadlessChrome/120.0.0.0 Safari/537.36 Barracuda Sentinel (EE)",
)
EARLY = (
    {"purpose": "prefetch"},
    {"sec-purpose": "prefetch;prerender"},
    {"x-moz": "prefetch"},
    {"x-purpose": "preview"},
)


def stored(table) -> str:
    return json.dumps(
        sorted(table.scan()["Items"], key=lambda item: (item["pk"], item["sk"])), default=str
    )


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_100_fetches_by_each_bot_write_nothing(api, table, method):
    coupon = api.coupon(max_redemptions=10, max_redemptions_per_customer=2)
    link = api.link(coupon, "somebody")
    before = stored(table)
    for agent in AGENTS:
        for number in range(100):
            headers = {"user-agent": agent} | EARLY[number % len(EARLY)]
            api.client.request(method, link, headers=headers)
        api.client.request(method, f"{link}/redeem", headers={"user-agent": agent})
    assert stored(table) == before


def test_control_a_redemption_is_noticed(api, table):
    """Control: the comparison notices a write."""
    link = api.link(api.coupon(), "somebody")
    before = stored(table)
    api.tap(link)
    assert stored(table) != before


def test_page_function_has_no_permission_to_write():
    allowed = permissions.allowed(read_yaml(TEMPLATE), "RedeemPageFunction")
    assert allowed, "it reads something"
    assert {action for action, _ in allowed} <= {
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
    }
