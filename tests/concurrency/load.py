"""Concurrent customers, each served by its own execution environment, on a real engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from couponflow.bootstrap import Services
from couponflow.domain import links
from couponflow.domain.errors import CouponflowError, TryAgain
from couponflow.domain.models import Counts, Coupon, Redemption
from couponflow.services.shard_redeemer import RedemptionResult
from couponflow.store import keys
from couponflow.store.attribute_values import decode
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from tests.unit.examples import BETWEEN, a_coupon

ORGANISATION = "burst"
# Clients repeat a call on `try_again`; none needs this many tries.
MOST_TRIES = 100
MOST_SHARDS = 16
Job = Callable[[Services], str]


@dataclass(frozen=True)
class Burst:
    """Worker threads, each with its own execution environment and caches."""

    environments: Sequence[Services]

    def coupon(self, units: int, shards: int, per_customer: int | None = 1) -> Coupon:
        """Create a coupon that is valid at BETWEEN."""
        coupon = a_coupon(
            coupon_id=links.new_id(),
            organisation_id=ORGANISATION,
            code=links.new_id(),
            units=units,
            shards=shards,
            max_redemptions_per_customer=per_customer,
        )
        self.environments[0].coupon_store.create(coupon)
        return coupon

    def link(self, coupon: Coupon, customer: str) -> str:
        return (
            self.environments[0]
            .redemption_service.distribute(coupon, customer, None, BETWEEN)
            .token
        )

    def run(self, jobs: Sequence[Job]) -> list[str]:
        """Run the jobs on all workers, which start together; return the outcome of each job."""
        outcomes = [""] * len(jobs)
        waiting = iter(range(len(jobs)))
        take, gate = threading.Lock(), threading.Barrier(min(len(self.environments), len(jobs)))

        def work(services: Services) -> None:
            gate.wait()
            while True:
                with take:
                    number = next(waiting, None)
                if number is None:
                    return
                outcomes[number] = jobs[number](services)

        threads = [
            threading.Thread(target=work, args=[services])
            for services in self.environments[: len(jobs)]
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    def counts(self, coupon: Coupon) -> Counts:
        return self.environments[0].quota_shard_store.counts([self.read(coupon)])[coupon.coupon_id]

    def read(self, coupon: Coupon) -> Coupon:
        return self.environments[0].coupon_store.get(coupon.coupon_id)

    def redemptions(self, coupon: Coupon, customer: str) -> list[Redemption]:
        return self.environments[0].redemption_store.list_within(
            links.derive_holder(coupon, customer), 100, 100
        )

    def snapshot(self, coupon: Coupon) -> tuple[int, int]:
        """Read the limit and the sum of used and remaining over the shards in one transaction."""
        table = self.environments[0].table
        # Every possible shard, because a raise of the limit adds shards.
        wanted = [
            keys.coupon(coupon.coupon_id),
            *(keys.quota_shard(coupon.coupon_id, n) for n in range(MOST_SHARDS)),
        ]
        gets = [
            {
                "Get": {
                    "TableName": table._name,
                    "Key": {name: {"S": value} for name, value in key.items()},
                }
            }
            for key in wanted
        ]
        found = table._client.transact_get_items(TransactItems=gets)["Responses"]
        limit, *shards = [decode(each["Item"]) for each in found if "Item" in each]
        return limit["units"], sum(shard["used"] + shard["remaining"] for shard in shards)


def outcome(redeem: Callable[[], RedemptionResult]) -> str:
    """Redeem; return `redeemed`, `repeated` or the code of the refusal. Repeats on `try_again`."""
    for _ in range(MOST_TRIES):
        try:
            return "repeated" if redeem().repeated else "redeemed"
        except (TryAgain, ContentionError, UnknownResultError):
            continue
        except CouponflowError as refusal:
            return refusal.code
    return "no response"


def tap(token: str, use: int = 1) -> Job:
    return lambda services: outcome(
        lambda: services.redemption_service.redeem_by_link(token, use, BETWEEN)
    )


def till(coupon: Coupon, customer: str, key: str | None = None) -> Job:
    def job(services: Services) -> str:
        return outcome(
            lambda: services.redemption_service.redeem_at_till(coupon, customer, None, key, BETWEEN)
        )

    return job


def tally(outcomes: Sequence[str]) -> dict[str, Any]:
    return {each: outcomes.count(each) for each in sorted(set(outcomes))}
