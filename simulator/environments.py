"""Execution environments of the real service, wired to a simulated table instead of AWS."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from couponflow.domain.models import Organisation
from couponflow.services.coupons import SECONDS_FOR_A_CHANGE, Campaigns, NewCoupon
from couponflow.services.redemption import Couponflow
from couponflow.services.shard_redeemer import Redeemer
from couponflow.services.sold_out import SoldOut
from couponflow.store.backoff import Patience
from couponflow.store.coupons import CouponStore
from couponflow.store.dynamodb import Table
from couponflow.store.limit_changes import LimitStore
from couponflow.store.organisations import OrganisationStore
from couponflow.store.parallel import in_turn
from couponflow.store.quota_shards import QuotaStore
from couponflow.store.redemptions import RedemptionStore
from couponflow.store.terms_cache import TermsMemory

START = datetime(2026, 6, 1, tzinfo=UTC)
ORGANISATION = "acme"


@dataclass(frozen=True)
class Environment:
    couponflow: Couponflow
    campaigns: Campaigns
    coupons: CouponStore
    redeemer: Redeemer


def environment(
    client: Any,
    pause: Callable[[float], None],
    timer: Callable[[], float],
    dice: random.Random,
    most_shards: int = 16,
    at_once: Callable[..., list[Any]] = in_turn,
) -> Environment:
    table = Table(client, "couponflow", pause)
    organisations, coupons, quotas, redemptions = (
        OrganisationStore(table),
        CouponStore(table),
        QuotaStore(table),
        RedemptionStore(table),
    )
    terms = TermsMemory(coupons, organisations, timer)
    sold_out = SoldOut(coupons, quotas, timer, dice)
    redeemer = Redeemer(coupons, quotas, redemptions, sold_out, pause, timer, dice)

    def patience() -> Patience:
        return Patience(SECONDS_FOR_A_CHANGE, pause, timer)

    limits = LimitStore(table, quotas)
    return Environment(
        Couponflow(terms, redemptions, redeemer, sold_out, at_once),
        Campaigns(terms, coupons, quotas, limits, sold_out, most_shards, patience),
        coupons,
        redeemer,
    )


def moment(seconds: float) -> datetime:
    """Virtual seconds as the time of day."""
    return START + timedelta(seconds=seconds)


def new_coupon(max_redemptions: int | None, max_redemptions_per_customer: int | None = None) -> NewCoupon:
    """One that is valid for a day from the start."""
    return NewCoupon(
        name="Ten off",
        starts_at=START - timedelta(days=1),
        ends_at=START + timedelta(days=1),
        timezone="UTC",
        code="TEN-OFF",
        max_redemptions=max_redemptions,
        max_redemptions_per_customer=max_redemptions_per_customer,
        active=True,
    )


def found_organisation(client: Any) -> None:
    OrganisationStore(Table(client, "couponflow")).create(Organisation(ORGANISATION, "Acme", addon_enabled=True))
