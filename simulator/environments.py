"""Execution environments of the real service, wired to a simulated table instead of AWS."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from couponflow.domain.models import Organisation
from couponflow.services.coupons import SECONDS_FOR_A_CHANGE, CouponService, NewCoupon
from couponflow.services.erasure import ErasureService
from couponflow.services.redemption import RedemptionService
from couponflow.services.shard_redeemer import ShardRedeemer
from couponflow.services.sold_out import SoldOut
from couponflow.store.backoff import Backoff
from couponflow.store.coupons import CouponStore
from couponflow.store.dynamodb import Table
from couponflow.store.journal import JournalStore
from couponflow.store.limit_changes import LimitChangeStore
from couponflow.store.organisations import OrganisationStore
from couponflow.store.parallel import run_sequential
from couponflow.store.quota_shards import QuotaShardStore
from couponflow.store.redeem_pages import RedeemPageStore
from couponflow.store.redemptions import RedemptionStore
from couponflow.store.statistics import StatisticsStore
from couponflow.store.terms_cache import TermsCache

START = datetime(2026, 6, 1, tzinfo=UTC)
ORGANISATION = "acme"


@dataclass(frozen=True)
class Environment:
    redemption_service: RedemptionService
    coupon_service: CouponService
    coupon_store: CouponStore
    erasure_service: ErasureService
    shard_redeemer: ShardRedeemer
    client: Any


def environment(
    client: Any,
    pause: Callable[[float], None],
    timer: Callable[[], float],
    dice: random.Random,
    most_shards: int = 16,
    read_all: Callable[..., list[Any]] = run_sequential,
) -> Environment:
    table = Table(client, "couponflow", pause)
    organisations, coupons, quotas, redemptions = (
        OrganisationStore(table),
        CouponStore(table),
        QuotaShardStore(table),
        RedemptionStore(table),
    )
    terms = TermsCache(coupons, organisations, timer)
    sold_out = SoldOut(coupons, quotas, timer, dice)
    redeemer = ShardRedeemer(coupons, quotas, redemptions, sold_out, pause, timer, dice)

    def backoff() -> Backoff:
        return Backoff(SECONDS_FOR_A_CHANGE, pause, timer)

    limits = LimitChangeStore(table, quotas)
    coupon_service = CouponService(
        terms,
        coupons,
        RedeemPageStore(table),
        quotas,
        limits,
        sold_out,
        StatisticsStore(table),
        most_shards,
        backoff,
        timer,
        pause,
    )
    return Environment(
        RedemptionService(terms, redemptions, redeemer, sold_out, read_all),
        coupon_service,
        coupons,
        ErasureService(coupons, redemptions, coupon_service, JournalStore(table), timer),
        redeemer,
        client,
    )


def moment(seconds: float) -> datetime:
    """Virtual seconds as a date and time."""
    return START + timedelta(seconds=seconds)


def new_coupon(
    max_redemptions: int | None, max_redemptions_per_customer: int | None = None
) -> NewCoupon:
    """A coupon that is valid until one day after START."""
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
    OrganisationStore(Table(client, "couponflow")).create(
        Organisation(ORGANISATION, "Acme", addon_enabled=True)
    )
