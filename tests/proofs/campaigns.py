"""Random campaigns on the real services: distributed, opened, redeemed, rolled back, erased."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from couponflow.domain import customer_ids, links
from couponflow.domain.errors import CouponflowError
from couponflow.domain.models import Coupon
from couponflow.services.coupons import NewCoupon
from couponflow.store import keys
from couponflow.store.dynamodb import Table
from couponflow.store.opened_links import OpenedLinkStore
from simulator import environments
from simulator.environments import ORGANISATION
from simulator.faults import FaultyClient
from tests.proofs.stream import StreamedEngine

# Around the hour that New York has twice.
BEGINS = datetime(2026, 10, 31, 12, tzinfo=UTC)
ZONES = ["America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "UTC"]
# More than are counted by themselves.
INBOXES = [None, *(f"inbox-{number}" for number in range(60))]


class Campaign:
    """Coupons of one organisation and their customers."""

    def __init__(self, engine: StreamedEngine, dice: random.Random, coupons: int = 3) -> None:
        self.engine, self._dice = engine, dice
        client = FaultyClient()
        client.engine = engine
        self._client = client
        environments.found_organisation(client)
        self._at = environments.environment(client, lambda _: None, lambda: 0.0, dice)
        self._opened = OpenedLinkStore(Table(client, "couponflow"))
        self.coupons = [self._new(zone) for zone in ZONES[:coupons]]

    def step(self) -> None:
        """One thing happens."""
        coupon = self._dice.choice(self.coupons)
        customer = f"customer-{self._dice.randrange(40)}"
        assert customer_ids.canonical(customer) == customer
        now = BEGINS + timedelta(minutes=self._dice.randrange(3 * 24 * 60))
        inbox = self._dice.choice(INBOXES)
        act = self._dice.choice(
            [self._distribute, self._distribute, self._redeem, self._open, self._change]
        )
        with suppress(CouponflowError):
            act(coupon, customer, inbox, now)

    def _distribute(self, coupon: Coupon, customer: str, inbox: Any, now: datetime) -> None:
        self._at.redemption_service.distribute(coupon, customer, inbox, now)

    def _redeem(self, coupon: Coupon, customer: str, inbox: Any, now: datetime) -> None:
        self._at.redemption_service.redeem_at_till(coupon, customer, inbox, None, now)

    def _open(self, coupon: Coupon, customer: str, inbox: Any, now: datetime) -> None:
        self._opened.record(coupon, links.derive_holder(coupon, customer), inbox, now)

    def _change(self, coupon: Coupon, customer: str, inbox: Any, now: datetime) -> None:
        """Something else happens to a redemption: it is rolled back, or its customer is erased."""
        key = keys.redemption(links.derive_holder(coupon, customer), keys.FIRST_SLOT)
        found = self.engine.items.get((key["pk"], key["sk"]))
        if found is None:
            return
        if "redeemed_at" in found and "rolled_back_at" not in found:
            at = found["redeemed_at"]
            gpk = {"S": found["gpk"]["S"].replace("#redeemed#", "#rolled_back#")}
            changed = {"rolled_back_at": at, "gpk": gpk}
        else:
            changed = {"erased_at": {"S": "2026-11-10T00:00:00.000Z"}}
            found = {name: found[name] for name in found.keys() - {"customer_id", "inbox_id"}}
        self.engine.store((key["pk"], key["sk"]), found | changed)

    def _new(self, zone: str) -> Coupon:
        new = NewCoupon(
            name="Ten off",
            starts_at=BEGINS - timedelta(days=1),
            ends_at=BEGINS + timedelta(days=30),
            timezone=zone,
            code=None,
            max_redemptions=None,
            max_redemptions_per_customer=3,
            active=True,
        )
        return self._at.coupon_service.create(ORGANISATION, new, BEGINS).coupon
