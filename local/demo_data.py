"""Fixed demo data: two organisations with keys, a coupon each, and a link to redeem.

Ids and secrets are fixed, so that the files in events/ can name them. They exist on the local stack
only.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from couponflow.domain import api_keys, links, times
from couponflow.domain.errors import CodeTaken
from couponflow.domain.models import ApiKey, Coupon, Organisation, RedeemPage
from couponflow.store.api_keys import ApiKeyStore
from couponflow.store.coupons import CouponStore
from couponflow.store.dynamodb import Table
from couponflow.store.organisations import OrganisationStore
from couponflow.store.redemptions import RedemptionStore

CUSTOMER = "demo-customer"
INBOX = "demo-inbox"
_ZONE = "Europe/Berlin"
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
_NAMES = {1: "Demo Coffee", 2: "Another Bakery"}
_PAGE = RedeemPage(
    background_color="#14532d",
    terms="<p>For one order in our shop, in store or online.</p><ul><li>Two for each customer</li>"
    "<li>Not together with other offers</li><li>No cash value</li></ul>",
)
_SCOPES = ("admin", "distribute", "redeem")


def coupon_of(number: int, organisation_id: str) -> Coupon:
    return Coupon(
        coupon_id=f"dem0c0vp0n00{number}",
        organisation_id=organisation_id,
        code="WELCOME10",
        name="10 % off your first order",
        starts_at=times.parse_start("2026-01-01", _ZONE),
        ends_at=times.parse_end("2035-12-31", _ZONE),
        timezone=_ZONE,
        max_redemptions_per_customer=2,
        active=True,
        units=1_000,
        shards=16,
        record_buckets=4,
        holder_secret=f"n0taseCretn0taseCretn0taseCret0{number}".lower(),
        link_secret=f"n0tatagn0tatagn0tatagn0tatagn0t{number}",
        created_at=_BEGINNING,
        updated_at=_BEGINNING,
    )


def make_demo(table: Table, base_url: str) -> dict[str, Any]:
    """Make what is missing and return what `.local/demo.json` holds.

    Data that exist stay as they are.
    """
    first, second = (_organisation(table, base_url, number) for number in (1, 2))
    return (
        {"base_url": base_url, "console_url": f"{base_url}/console"}
        | first
        | {"other_organisation": second}
    )


def _organisation(table: Table, base_url: str, number: int) -> dict[str, str]:
    organisations, coupons = OrganisationStore(table), CouponStore(table)
    organisation = Organisation(f"demo-{number}", _NAMES[number], addon_enabled=True)
    organisations.create(organisation)
    keys = {
        scope: _key(ApiKeyStore(table), organisation.organisation_id, scope, number)
        for scope in _SCOPES
    }
    coupon = coupon_of(number, organisation.organisation_id)
    holder = links.derive_holder(coupon, CUSTOMER)
    try:
        coupons.create(coupon)
    except CodeTaken:
        pass  # the data are from an earlier run
    else:
        coupons.save_page(coupon, _PAGE, "demo", datetime.now(UTC))
        RedemptionStore(table).distribute(
            coupon, holder, "000001", CUSTOMER, INBOX, datetime.now(UTC)
        )
    return {
        "organisation_id": organisation.organisation_id,
        **{f"{scope}_key": key for scope, key in keys.items()},
        "coupon_id": coupon.coupon_id,
        "redeem_url": f"{base_url}/r/{links.format_token(coupon, holder)}",
    }


def _key(keys: ApiKeyStore, organisation_id: str, scope: str, number: int) -> str:
    key_id, secret = f"demo{scope}{number}", f"n0taseCretn0taseCretn0taseCret0{number}".lower()
    key = ApiKey(
        key_id,
        organisation_id,
        api_keys.hash_secret(secret),
        frozenset({scope}),
        created_at=_BEGINNING,
    )
    if keys.get(key_id) is None:
        keys.save(key)
    return api_keys.format_key(key_id, secret)


def in_words(demo: dict[str, Any], state: Path, runs: str) -> str:
    """What `make run` prints once everything answers."""
    ask = f'{{"coupon_id": "{demo["coupon_id"]}", "customer_id": "you"}}'
    return f"""
  Runs         {runs}
  Console      {demo["console_url"]}
  Admin key    {demo["admin_key"]}
  A coupon     {demo["redeem_url"]}

  Send yourself another one:
  curl -s {demo["base_url"]}/v1/flow/distribute \\
    -H 'Authorization: Bearer {demo["distribute_key"]}' \\
    -H 'Content-Type: application/json' -d '{ask}'

  Everything else is in {state}/demo.json. Ctrl-C ends it; what it stored stays in {state}/data.
"""
