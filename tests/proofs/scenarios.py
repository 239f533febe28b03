"""Scenarios for the exhaustive search: small coupons, concurrent calls and faults."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from couponflow.domain import links
from couponflow.domain.models import ButtonBehavior, Coupon, RedeemButton, RedeemPage
from couponflow.domain.opening_hours import OpeningWindow, Weekday
from couponflow.domain.own_end import ValidFor
from couponflow.domain.use_periods import PeriodLimit, PeriodUnit
from couponflow.services.shard_redeemer import RedemptionResult
from couponflow.store import keys
from couponflow.store.dynamodb import Table, update
from simulator.engine import Engine, Item, Key
from simulator.environments import (
    ORGANISATION,
    START,
    Environment,
    environment,
    found_organisation,
    new_coupon,
)
from tests.proofs.explorer import Explorer, Outcome, Process


class EngineClient:
    """An engine with the methods of boto3's client."""

    def __init__(self) -> None:
        self.engine = Engine()

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda **request: self.engine.call(method, request)


class Scene:
    """A coupon and distributed links."""

    def __init__(
        self,
        max_redemptions: int,
        per_customer: int | None,
        shards: int,
        customers: list[str],
        **rules: Any,
    ) -> None:
        self.client, self.shards, self.customers = EngineClient(), shards, customers
        found_organisation(self.client)
        env = environment(self.client, lambda _: None, lambda: 0.0, random.Random(0), 1)
        new = replace(new_coupon(max_redemptions, per_customer), **rules)
        self.coupon = env.coupon_service.create(ORGANISATION, new, START).coupon
        if shards > 1:
            self._split(shards)
        for customer in customers:
            env.redemption_service.distribute(self.coupon, customer, None, START)

    def _split(self, shards: int) -> None:
        """Spread the units over more shards than so small a limit gets."""
        store = self.client.engine
        key = tuple(keys.coupon(self.coupon.coupon_id).values())
        store.store(key, store.items[key] | {"shards": {"N": str(shards)}})  # type: ignore[index, arg-type]
        whole = tuple(keys.quota_shard(self.coupon.coupon_id, 0).values())
        item, units = store.items[whole], self.coupon.units  # type: ignore[index]
        for number in range(shards):
            pk = keys.quota_shard(self.coupon.coupon_id, number)["pk"]
            share = units // shards + (number < units % shards)
            store.store((pk, whole[1]), item | {"pk": {"S": pk}, "remaining": {"N": str(share)}})

    def sell_before(self, customer: str, *, at: datetime = START) -> Environment:
        """A till redeems for the customer before the scene begins."""
        env = environment(self.client, lambda _: None, lambda: 0.0, random.Random(0), 1)
        env.redemption_service.redeem_at_till(self.coupon, customer, None, "an earlier sale", at)
        return env

    def explorer(
        self,
        *processes: Process,
        merges: bool = True,
        cached_items: Mapping[Key, Item] | None = None,
    ) -> Explorer:
        def warm(env: Environment) -> None:
            env.redemption_service.find_coupon(ORGANISATION, coupon_id=self.coupon.coupon_id)

        clocks = list(dict.fromkeys(process.at for process in processes))
        newcomers = [
            Process(
                f"till of {customer} alone",
                partial(self._sell, customer, at),
                holder=self.holder(customer),
                at=at,
            )
            for customer in (*dict.fromkeys(self.customers), "a newcomer")
            for at in clocks
        ]
        items = self.client.engine.items
        return Explorer(items, processes, warm, self.shards, merges, newcomers, cached_items)

    def _sell(self, customer: str, at: datetime, env: Environment) -> RedemptionResult:
        """Redeem at a till that knows nothing of the coupon before."""
        coupon = env.coupon_store.get(self.coupon.coupon_id)
        return env.redemption_service.redeem_at_till(coupon, customer, None, None, at)

    def seen(self, env: Environment) -> Coupon:
        return env.redemption_service.find_coupon(
            ORGANISATION, coupon_id=self.coupon.coupon_id
        ).coupon

    def holder(self, customer: str) -> str:
        return keys.holder(links.derive_holder(self.coupon, customer))

    def tap(
        self,
        customer: str,
        use: int = 1,
        repeats: int = 0,
        kind: str = "",
        at: datetime = START,
    ) -> Process:
        token = links.format_token(self.coupon, links.derive_holder(self.coupon, customer))
        return Process(
            f"{customer} taps {use}" + _clock(at),
            lambda env: env.redemption_service.redeem_by_link(token, use, at),
            repeats,
            self.holder(customer),
            kind,
            at=at,
        )

    def till(
        self, customer: str, key: str | None, repeats: int = 0, at: datetime = START
    ) -> Process:
        return Process(
            f"till of {customer} {key}" + _clock(at),
            lambda env: env.redemption_service.redeem_at_till(
                self.seen(env), customer, None, key, at
            ),
            repeats,
            self.holder(customer),
            gives=True,
            at=at,
        )

    def live_till(self, customer: str, key: str, repeats: int = 0) -> Process:
        """As `till`, but with the coupon as stored at the start of the call."""
        return Process(
            f"live till of {customer} {key}",
            lambda env: env.redemption_service.redeem_at_till(
                env.coupon_store.get(self.coupon.coupon_id), customer, None, key, START
            ),
            repeats,
            self.holder(customer),
            gives=True,
        )

    def distribute(self, customer: str, at: datetime = START) -> Process:
        return Process(
            f"flow of {customer}" + _clock(at),
            lambda env: env.redemption_service.distribute(self.seen(env), customer, None, at),
            holder=self.holder(customer),
            gives=True,
            at=at,
        )

    def change(self, name: str, *steps: dict[str, Any]) -> Process:
        """Consecutive changes, each based on the version read just before."""

        def change(env: Environment) -> Outcome:
            version = 0
            for step in steps:
                seen = env.coupon_service.get(ORGANISATION, self.coupon.coupon_id).coupon
                done = env.coupon_service.change(
                    ORGANISATION, self.coupon.coupon_id, seen.version, dict(step), START
                )
                version = done.coupon.version
            return ("changed", str(version))

        return Process(name, change)

    def save_page(self, behavior: ButtonBehavior) -> Process:
        """The redeem page, with this behavior of its button."""
        page = RedeemPage(redeem_button=RedeemButton(behavior))

        def save(env: Environment) -> Outcome:
            saved = env.coupon_service.save_page(ORGANISATION, self.coupon.coupon_id, page, START)
            return ("changed", str(saved.coupon.version))

        return Process(f"page {behavior}", save)

    def erase(self, customer: str, repeats: int = 0) -> Process:
        """Erase the customer of this coupon."""

        def erase(env: Environment) -> Outcome:
            env.erasure_service.erase_in(self.seen(env), customer, START, float("inf"))
            return ("erased",)

        return Process("erasure", erase, repeats, self.holder(customer), gives=True)

    def roll_back(self, customer: str) -> Process:
        """Take back the customer's first use, in the way that rollbacks are designed."""
        key = keys.redemption(links.derive_holder(self.coupon, customer), keys.FIRST_SLOT)
        made = self.client.engine.items[key["pk"], key["sk"]]
        shard = keys.quota_shard(self.coupon.coupon_id, int(made["quota_shard"]["N"]))
        one, status = {":one": 1}, {":from": "redeemed", ":to": "rolled_back"}
        writes = [
            update(key, "SET #status = :to", status, "#status = :from", {"#status": "status"}),
            update(shard, "SET used = used - :one, remaining = remaining + :one", one),
            update(keys.coupon(self.coupon.coupon_id), "SET raises = raises + :one", one),
        ]

        def roll_back(env: Environment) -> Outcome:
            Table(env.client, "couponflow").transact(writes)
            return ("rolled back",)

        return Process("rollback", roll_back)


def _clock(at: datetime) -> str:
    return "" if at == START else f" at {at:%d %H:%M:%S.%f}"


CUSTOMERS = ["ann", "bob", "cid"]
LOWER, RAISE = 2, 4


def redemptions_during_limit_changes(lowered_to: int = LOWER) -> Explorer:
    """Three customers, three uses on two shards; one marketer lowers the limit, another
    raises it.
    """
    scene = Scene(3, 1, 2, CUSTOMERS)
    return scene.explorer(
        *(scene.tap(customer, repeats=1, kind="customer") for customer in CUSTOMERS),
        scene.change("lowering", {"max_redemptions": lowered_to}),
        scene.change("raise", {"max_redemptions": RAISE}),
    )


def few_redemptions_during_limit_changes() -> Explorer:
    """The same with two customers and two uses, small enough for faults as well."""
    scene = Scene(2, 1, 2, CUSTOMERS[:2])
    return scene.explorer(
        *(scene.tap(customer, repeats=1, kind="customer") for customer in CUSTOMERS[:2]),
        scene.change("lowering", {"max_redemptions": 1}),
        scene.change("raise", {"max_redemptions": 3}),
    )


def two_taps_and_a_lowering(merges: bool) -> Explorer:
    """Small enough to explore without merging equal states of processes."""
    scene = Scene(2, 1, 2, CUSTOMERS[:2])
    taps = [scene.tap(customer, kind="customer") for customer in CUSTOMERS[:2]]
    return scene.explorer(*taps, scene.change("lowering", {"max_redemptions": 1}), merges=merges)


def competing_redemptions_with_faults() -> Explorer:
    """Four customers compete for three uses on two shards."""
    scene = Scene(3, 1, 2, [*CUSTOMERS, "dan"])
    return scene.explorer(
        *(scene.tap(customer, repeats=1, kind="customer") for customer in [*CUSTOMERS, "dan"])
    )


def one_customer_at_every_entry_point() -> Explorer:
    """One customer with three uses taps, runs a flow and redeems at a till concurrently.

    The customer limit changes to one and back. A stranger taps an authentic, undistributed link.
    """
    scene = Scene(5, 3, 1, ["ann"])
    return scene.explorer(
        scene.tap("ann", 1, repeats=1),
        scene.tap("ann", 2, repeats=1),
        scene.till("ann", "sale", repeats=1),
        scene.distribute("ann"),
        scene.tap("eve", 1),
        scene.tap("eve", 2),
        scene.change(
            "limit", {"max_redemptions_per_customer": 1}, {"max_redemptions_per_customer": 3}
        ),
    )


def same_idempotency_key_twice(per_customer: int | None) -> Explorer:
    """Two tills with one Idempotency-Key, another sale, and a flow that distributes the
    next use.
    """
    scene = Scene(5, per_customer, 1, ["ann"])
    return scene.explorer(
        scene.till("ann", "sale", repeats=1),
        scene.till("ann", "sale"),
        scene.till("ann", "other sale"),
        scene.distribute("ann"),
    )


def same_key_during_customer_limit_change(before: int | None, *after: int | None) -> Explorer:
    """Two tills with one Idempotency-Key during a change: the limit decides the slot of the next
    use.
    """
    scene = Scene(5, before, 2, ["ann"])
    scene.sell_before("ann")
    return scene.explorer(
        scene.till("ann", "sale", repeats=1),
        scene.live_till("ann", "sale"),
        scene.change("limit", *({"max_redemptions_per_customer": limit} for limit in after)),
    )


def two_marketers() -> Explorer:
    """One marketer sets three uses per customer, another resets it, while a customer redeems."""
    scene = Scene(5, 1, 1, ["ann"])
    return scene.explorer(
        scene.till("ann", "sale"),
        scene.till("ann", "other sale"),
        scene.change("generous", {"max_redemptions_per_customer": 3}),
        scene.change("strict", {"max_redemptions_per_customer": 1}),
    )


def one_marketer() -> Explorer:
    """One marketer alone: no lost response may cause a version conflict."""
    scene = Scene(5, 1, 1, ["ann"])
    limits = ({"max_redemptions_per_customer": limit} for limit in (3, 2))
    return scene.explorer(scene.till("ann", "sale"), scene.change("alone", *limits))


def two_marketers_and_a_crash() -> Explorer:
    """One marketer disables the coupon and may crash halfway; another renames it, which completes
    it.
    """
    scene = Scene(5, 1, 2, ["ann"])
    return scene.explorer(
        scene.tap("ann", repeats=1),
        scene.till("bob", "sale"),
        scene.change("disabling", {"active": False}),
        scene.change("renaming", {"name": "other"}),
    )


def page_rule_change_and_taps() -> Explorer:
    """One marketer removes the page's button, another restores it, while a customer taps and a till
    redeems.
    """
    scene = Scene(5, 1, 2, CUSTOMERS[:1])
    return scene.explorer(
        scene.tap("ann", repeats=1),
        scene.till("cid", "sale"),
        scene.save_page(ButtonBehavior.NONE),
        scene.save_page(ButtonBehavior.REDEEM),
    )


def frozen_environments_after_a_raise() -> Explorer:
    """The environments were frozen while the coupon was marked as sold out. Since then its limit
    was raised by two, for which three customers compete.
    """
    scene = Scene(1, 1, 1, [*CUSTOMERS, "dan"])
    env = scene.sell_before("ann")
    sold_out = env.coupon_service.change(
        ORGANISATION, scene.coupon.coupon_id, scene.coupon.version, {"name": "sold out"}, START
    ).coupon
    cached = dict(scene.client.engine.items)
    env.coupon_service.change(
        ORGANISATION, sold_out.coupon_id, sold_out.version, {"max_redemptions": 3}, START
    )
    return scene.explorer(
        scene.tap("bob", repeats=1),
        scene.till("cid", "sale", repeats=1),
        scene.tap("dan"),
        cached_items=cached,
    )


def rollback_and_last_unit() -> Explorer:
    """Ann has redeemed one of two units; it is rolled back while bob and cid redeem."""
    scene = Scene(2, 1, 2, CUSTOMERS)
    scene.sell_before("ann")
    taps = [scene.tap(customer, repeats=1, kind="customer") for customer in CUSTOMERS[1:]]
    rollback = scene.roll_back("ann")
    scene.customers = CUSTOMERS[1:]  # the service can't read a use that is rolled back yet
    return scene.explorer(*taps, rollback)


def double_tap_for_the_last_use() -> Explorer:
    """Two taps for the only use: the second must return the redemption of the first."""
    scene = Scene(1, 1, 2, ["ann"])
    return scene.explorer(
        scene.tap("ann", repeats=1, kind="tap"), scene.tap("ann", repeats=1, kind="tap")
    )


def lowering_during_a_redemption() -> Explorer:
    """A limit is lowered by several units of two shards, while a customer redeems one."""
    scene = Scene(6, 1, 2, ["ann"])
    return scene.explorer(scene.tap("ann"), scene.change("lowering", {"max_redemptions": 2}))


ONE_A_DAY, TWO_A_DAY = PeriodLimit(1, PeriodUnit.DAY), PeriodLimit(2, PeriodUnit.DAY)
MIDNIGHT, MOMENT = START + timedelta(days=1), timedelta(milliseconds=1)
LATE, EARLY = MIDNIGHT - MOMENT, MIDNIGHT + MOMENT
A_WEEK_LATER = START + timedelta(days=7)


def three_tills_one_a_day() -> Explorer:
    """Three tills with clocks on both sides of midnight, and a sale that is repeated on the
    next day.
    """
    scene = Scene(5, None, 1, ["ann"], period_limit=ONE_A_DAY, ends_at=A_WEEK_LATER)
    return scene.explorer(
        scene.till("ann", "sale", repeats=1, at=LATE),
        scene.till("ann", "sale", at=EARLY),
        scene.till("ann", "other sale", at=LATE),
        scene.till("ann", "third sale", at=EARLY),
    )


def two_a_day_by_tap_and_till() -> Explorer:
    """Two uses a day: one made before, then a tap, a till and a flow concurrently."""
    scene = Scene(5, None, 2, ["ann"], period_limit=TWO_A_DAY, ends_at=A_WEEK_LATER)
    scene.sell_before("ann", at=LATE)
    return scene.explorer(
        scene.tap("ann", 2, repeats=1, at=LATE),
        scene.till("ann", "sale", at=LATE),
        scene.till("ann", "other sale", at=EARLY),
        scene.distribute("ann", at=LATE),
    )


def period_limit_set_during_sales(*changes: PeriodLimit | None) -> Explorer:
    """A daily limit is set, and perhaps removed again, while tills that number no use sell."""
    scene = Scene(5, None, 2, ["ann"])
    scene.sell_before("ann")
    return scene.explorer(
        scene.till("ann", "sale", repeats=1),
        scene.live_till("ann", "other sale"),
        scene.change("daily", *({"period_limit": limit} for limit in changes)),
    )


def customer_limit_set_during_sales() -> Explorer:
    """A customer limit of two is set while tills sell, which number no use before."""
    scene = Scene(5, None, 2, ["ann"])
    scene.sell_before("ann")
    return scene.explorer(
        scene.till("ann", "sale", repeats=1),
        scene.live_till("ann", "other sale"),
        scene.change("limit", {"max_redemptions_per_customer": 2}),
    )


def opening_hours_border() -> Explorer:
    """A happy hour until 18:00, made an hour longer, while a customer taps at its end."""
    closes = START + timedelta(hours=18)
    hours = (OpeningWindow(tuple(Weekday), "17:00", "18:00"),)
    longer = (OpeningWindow(tuple(Weekday), "17:00", "19:00"),)
    scene = Scene(5, 1, 2, CUSTOMERS[:2], hours=hours, ends_at=A_WEEK_LATER)
    return scene.explorer(
        scene.tap("ann", repeats=1, at=closes - MOMENT),
        scene.tap("bob", repeats=1, at=closes),
        scene.till("cid", "sale", at=closes),
        scene.change("longer", {"hours": longer}, {"hours": hours}),
    )


def own_end_border() -> Explorer:
    """A coupon that is valid for an hour: taps at both sides of its end, while the hour becomes
    two and one again.
    """
    ends = START + timedelta(hours=1)
    scene = Scene(5, 2, 2, ["ann"], valid_for=ValidFor(hours=1), ends_at=A_WEEK_LATER)
    return scene.explorer(
        scene.tap("ann", repeats=1, at=ends - MOMENT),
        scene.tap("ann", repeats=1, at=ends),
        scene.distribute("ann", at=ends),
        scene.change("longer", {"valid_for": ValidFor(hours=2)}, {"valid_for": ValidFor(hours=1)}),
    )


def erasure_and_calls(per_customer: int | None, *, has_used: bool, is_twice: bool) -> Explorer:
    """A customer is erased while a flow, a till and a tap (or a second erasure) are under way."""
    scene = Scene(5, per_customer, 2, ["ann"])
    if has_used:
        scene.sell_before("ann")
    other = scene.erase("ann") if is_twice else scene.tap("ann", repeats=1)
    return scene.explorer(
        scene.distribute("ann"), scene.till("ann", "sale", repeats=1), other, scene.erase("ann")
    )


def erasure_of_a_stranger() -> Explorer:
    """A customer whom the coupon does not know yet is erased while a flow and a till begin."""
    scene = Scene(5, 2, 2, [])
    return scene.explorer(
        scene.distribute("ann"), scene.till("ann", "sale", repeats=1), scene.erase("ann")
    )


def erasure_and_two_tills() -> Explorer:
    """Two tills write beside the numbers while their customer is erased."""
    scene = Scene(5, None, 2, ["ann"])
    scene.sell_before("ann")
    return scene.explorer(
        scene.till("ann", "sale"), scene.till("ann", "other sale"), scene.erase("ann")
    )


def erasure_after_a_crashed_limit() -> Explorer:
    """A marketer sets a customer limit and may crash before all shards know; then comes the
    erasure.
    """
    scene = Scene(5, None, 2, ["ann"])
    scene.sell_before("ann")
    return scene.explorer(
        scene.till("ann", "sale"),
        scene.change("limit", {"max_redemptions_per_customer": 3}),
        scene.erase("ann"),
    )
