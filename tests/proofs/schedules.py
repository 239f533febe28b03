"""Random schedules: concurrent customers, tills, flows and marketers, with crashes and lost
responses.

A seed determines its schedule. `run(seed)` raises Broken for a broken promise.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from couponflow.domain import links, rules
from couponflow.domain.errors import (
    CouponDisabled,
    CouponExpired,
    CouponflowError,
    CouponMaxUsesReached,
    CouponNotFound,
    CouponNotOpen,
    CouponNotStarted,
    CustomerMaxUsesReached,
    CustomerPeriodUsesReached,
    LimitBelowUsed,
    Refusal,
    TryAgain,
    ValidationFailed,
)
from couponflow.domain.models import Coupon
from couponflow.domain.opening_hours import OpeningWindow, Weekday
from couponflow.domain.own_end import ValidFor
from couponflow.domain.use_periods import PeriodLimit, PeriodUnit
from couponflow.services.shard_redeemer import RedemptionResult
from couponflow.store import keys
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from simulator.dynamodb import NO_FAULTS, Assumptions, Client, Crashed, Faults, SimulatedDynamoDB
from simulator.environments import (
    ORGANISATION,
    Environment,
    environment,
    found_organisation,
    moment,
    new_coupon,
)
from simulator.virtual_time import Scheduler
from tests.proofs.history import SECONDS_BEHIND, History, check

MOST_CALLS = 6  # tries of a customer before they give up
# Schedules begin at midnight; a late clock still has the day before.
LATEST_CLOCK = 3.0
DAILY = tuple(PeriodLimit(uses, PeriodUnit.DAY) for uses in (1, 2))
OWN_ENDS = (ValidFor(hours=1), ValidFor(days=0), ValidFor(days=1))
HOURS = tuple(
    (OpeningWindow(tuple(Weekday), *half),) for half in (("00:00", "12:00"), ("12:00", "24:00"))
)
UNCLEAR = (Crashed, TryAgain, ContentionError, UnknownResultError)


@dataclass
class Schedule:
    seed: int
    faults: Faults
    make_environment: Callable[..., Environment] = environment
    history: History = field(init=False)
    acknowledged: dict[str, str] = field(default_factory=dict)  # redemption id -> holder

    def __post_init__(self) -> None:
        random.seed(self.seed)
        self.scheduler = Scheduler(self.seed)
        self.dice = self.scheduler.dice
        self.cloud = SimulatedDynamoDB(
            self.scheduler, Assumptions(conflict_window=self.dice.choice([0.004, 0.008, 0.016]))
        )
        self.most_shards = self.dice.choice([1, 2, 2, 4])
        self.intents: dict[str, set[str]] = {}
        # When an erasure of the holder began, and when one first returned.
        self.erasing: dict[str, float] = {}
        self.erased: dict[str, float] = {}
        self._environments: list[Environment] = []

    def run(self) -> None:
        self.scheduler.start(self._set_up)
        self.scheduler.run()
        self.history.check_at_rest()
        self._check_acknowledged()
        self._check_nothing_twice()
        self._check_erased()
        self.scheduler.start(self._drain)
        self.scheduler.run()
        self.history.check_at_rest()

    def _environment(self, faults: Faults | None = None) -> Environment:
        """A running environment or a new one; environments share no state."""
        if self._environments and self.dice.random() < 0.7 and faults is None:
            return self.dice.choice(self._environments)
        client = self.cloud.client(self.faults if faults is None else faults)
        made = self.make_environment(
            client, self.scheduler.sleep, self.scheduler.timer, self.dice, self.most_shards
        )
        if faults is None:
            self._environments.append(made)
        return made

    def _set_up(self) -> None:
        client: Client = self.cloud.client()
        self.history = History(self.cloud)
        found_organisation(client)
        limit = self.dice.choice([1, 2, 3, 3, 5, 8, 20, 40])
        per_customer = self.dice.choice([None, 1, 1, 2, 3])
        campaigns = self._environment(NO_FAULTS).coupon_service
        new = replace(new_coupon(limit, per_customer), **self._rules_of_time(per_customer))
        self.coupon = campaigns.create(ORGANISATION, new, moment(self.scheduler.now)).coupon
        self.history.returned(1)
        for number in range(self.dice.randint(2, 5)):
            acts = [self._flow, self._taps, self._till, self._regular, self._looks]
            for act in self.dice.sample(acts, self.dice.randint(1, 3)):
                self.scheduler.start(partial(act, f"customer-{number}"), self._some_time())
        for _ in range(self.dice.choice([0, 1, 1, 2, 3])):
            self.scheduler.start(self._change, self._some_time())
        for _ in range(self.dice.choice([0, 0, 1, 2])):
            self.scheduler.start(partial(self._erase, "customer-0"), self._some_time())

    def _rules_of_time(self, per_customer: int | None) -> dict[str, Any]:
        """At most one rule about time; most coupons have none."""
        uses = 1 if per_customer == 1 else self.dice.choice([1, 2])
        rules: list[dict[str, Any]] = [
            {},
            {},
            {"period_limit": PeriodLimit(uses, PeriodUnit.DAY)},
            {"valid_for": self.dice.choice(OWN_ENDS)},
            {"hours": self.dice.choice(HOURS)},
        ]
        return self.dice.choice(rules)

    def _some_time(self) -> float:
        """A start time: mostly the same for all, sometimes within seconds."""
        return self.scheduler.now + self.dice.choice([0.03, 0.03, 0.3, 5]) * self.dice.random()

    def _now(self) -> Any:
        """The clock of an environment: some are late, so that theirs is still the day before."""
        late = self.dice.choice([0, 0, 0, LATEST_CLOCK])
        return moment(self.scheduler.now - late * self.dice.random())

    def _again(self, call: Callable[[Environment], Any], since: float) -> Any:
        """Repeat a call with an unclear outcome, as clients do.

        Returns result or refusal, None after giving up.
        """
        for _ in range(MOST_CALLS):
            try:
                return call(self._environment())
            except UNCLEAR:
                self.scheduler.sleep(self.dice.choice([0, 0.01, 0.5, 700]) * self.dice.random())
                since = min(since, self.scheduler.now)
            except CouponflowError as refused:
                return refused
        return None

    def _flow(self, who: str) -> None:
        for _ in range(self.dice.randint(1, 2)):
            since = self.scheduler.now
            answer = self._again(
                lambda env: env.redemption_service.distribute(
                    self._seen(env), who, None, self._now()
                ),
                since,
            )
            if isinstance(answer, Refusal):
                self._check_refusal(answer, who, since, distributing=True)
            self.scheduler.sleep(self.dice.choice([0.01, 1]) * self.dice.random())

    def _taps(self, who: str) -> None:
        """Open a distributed link and tap, often twice concurrently."""
        self._again(
            lambda env: env.redemption_service.distribute(self._seen(env), who, None, self._now()),
            self.scheduler.now,
        )
        for use in range(1, self.dice.randint(1, 3) + 1):
            for _ in range(self.dice.randint(1, 2)):
                self.scheduler.start(
                    partial(self._tap, who, use),
                    self.scheduler.now + self.dice.choice([0, 0.02]) * self.dice.random(),
                )
            self.scheduler.sleep(self.dice.choice([0.05, 1]) * self.dice.random())

    def _tap(self, who: str, use: int) -> None:
        since = self.scheduler.now
        self.intents.setdefault(self._holder(who), set()).add(f"use {use}")
        token = links.format_token(self.coupon, links.derive_holder(self.coupon, who))
        answer = self._again(
            lambda env: env.redemption_service.redeem_by_link(token, use, self._now()), since
        )
        self._note(answer, who, since)

    def _till(self, who: str) -> None:
        for number in range(self.dice.randint(1, 3)):
            key = self.dice.choice([f"sale {number}", f"sale {number}", "sale"])
            for _ in range(self.dice.randint(1, 2)):
                self.scheduler.start(
                    partial(self._sell, who, key),
                    self.scheduler.now + self.dice.choice([0, 0.02]) * self.dice.random(),
                )
            self.scheduler.sleep(self.dice.choice([0.05, 1]) * self.dice.random())

    def _sell(self, who: str, key: str, at: Environment | None = None) -> None:
        since = self.scheduler.now
        self.intents.setdefault(self._holder(who), set()).add(key)

        def sell(env: Environment) -> RedemptionResult:
            return (at or env).redemption_service.redeem_at_till(
                self._seen(at or env), who, None, key, self._now()
            )

        self._note(self._again(sell, since), who, since)

    def _regular(self, who: str) -> None:
        """Redeem again at the same till, whose environment has cached the coupon."""
        env = self._environment()
        for number in range(4):
            self._sell(who, f"visit {number}", env)
            self.scheduler.sleep(0.3 * self.dice.random())

    def _erase(self, who: str) -> None:
        """Erase a customer, and repeat it after an unclear answer."""
        holder, since = self._holder(who), self.scheduler.now
        self.erasing.setdefault(holder, since)

        def erase(env: Environment) -> bool:
            coupon = self._seen(env)
            env.erasure_service.erase_in(coupon, who, self._now(), float("inf"))
            return True

        if self._again(erase, since) is True:
            self.erased.setdefault(holder, self.scheduler.now)

    def _looks(self, who: str) -> None:
        token = links.format_token(self.coupon, links.derive_holder(self.coupon, who))
        for _ in range(3):
            self._again(
                lambda env: env.redemption_service.open_link(token, self._now()),
                self.scheduler.now,
            )
            self.scheduler.sleep(self.dice.random())

    def _change(self) -> None:
        """A marketer changes the coupon from the version that they read."""
        change: dict[str, Any] = self.dice.choice(
            [
                {"max_redemptions": self.dice.choice([1, 2, 3, 5, 10, 33, 50])},
                {"max_redemptions": self.dice.choice([None, 1, 4, 40])},
                {"max_redemptions_per_customer": self.dice.choice([None, 1, 2, 3])},
                {"max_redemptions_per_customer": 1},
                {"active": self.dice.random() < 0.5},
                {"ends_at": moment(self.scheduler.now + self.dice.choice([0.01, 100_000]))},
                {"max_redemptions": self.dice.choice([2, 6]), "active": True},
                {"period_limit": self.dice.choice([None, *DAILY])},
                {"valid_for": self.dice.choice([None, *OWN_ENDS])},
                {"hours": self.dice.choice([None, *HOURS])},
            ]
        )
        client = self.cloud.client(self.faults)
        env = self.make_environment(
            client, self.scheduler.sleep, self.scheduler.timer, self.dice, self.most_shards
        )
        try:
            seen = env.coupon_service.get(ORGANISATION, self.coupon.coupon_id).coupon
        except UNCLEAR:
            return
        self.scheduler.sleep(self.dice.choice([0, 0.05]) * self.dice.random())
        key = f"change {self.dice.random()}"
        for _ in range(self.dice.randint(1, 3)):  # repeated only after an unclear answer
            try:
                done = env.coupon_service.change(
                    ORGANISATION,
                    self.coupon.coupon_id,
                    seen.version,
                    dict(change),
                    self._now(),
                    key,
                )
            except UNCLEAR:
                env = self._environment()
                continue
            except LimitBelowUsed as refused:
                used = refused.members["times_redeemed"]
                check(
                    isinstance(used, int) and used <= self.history.used,
                    "the number used is not one that was used",
                )
            except CouponflowError:
                pass
            else:
                self.history.returned(done.coupon.version)
            return

    def _seen(self, env: Environment) -> Coupon:
        return env.redemption_service.find_coupon(
            ORGANISATION, coupon_id=self.coupon.coupon_id
        ).coupon

    def _holder(self, who: str) -> str:
        return keys.holder(links.derive_holder(self.coupon, who))

    def _note(self, answer: Any, who: str, since: float) -> None:
        if isinstance(answer, RedemptionResult):
            self.acknowledged[answer.redemption.redemption_id] = self._holder(who)
        elif isinstance(answer, Refusal):
            self._check_refusal(answer, who, since)
        else:
            check(
                answer is None or isinstance(answer, ValidationFailed | CouponNotFound),
                f"an answer of no sense: {answer!r}",
            )

    def _check_refusal(
        self, refusal: Refusal, who: str, since: float, distributing: bool = False
    ) -> None:
        """Assert that the reason was true at a moment that the contract allows."""
        since, until = since - SECONDS_BEHIND, self.scheduler.now
        versions = self.history.held_at_some_time(since, until)
        holder = self._holder(who)
        if isinstance(refusal, CouponMaxUsesReached):
            check(self.history.was_sold_out(since, until), "sold out was said, and it never was")
            last = [item for key, item in self.cloud.engine.items.items() if key[0] == holder]
            intents = self.intents.get(holder, set())
            only = len(intents) == 1 and not distributing
            check(
                not only or not any(item["status"]["S"] == "redeemed" for item in last),
                "who has the last one heard: sold out",
            )
        if isinstance(refusal, CustomerMaxUsesReached):
            used = self.history.uses_of(holder, until)
            limits = [each.per_customer for each in versions if each.per_customer is not None]
            is_true = self.erasing.get(holder, until) < until or any(
                used >= limit for limit in limits
            )
            check(is_true, f"refused as used up, after {used} uses")
        if isinstance(refusal, CouponDisabled):
            check(any(not each.active for each in versions), "disabled was said, and it never was")
        if isinstance(refusal, CouponExpired):
            received = [None, *(text for _, text in self.history.received.get(holder, []))]
            check(
                any(each.ends_for(at) <= _text(until) for each in versions for at in received),
                "expired was said, and it never was",
            )
        if isinstance(refusal, CouponNotOpen):
            clocks = (_text(since - LATEST_CLOCK), _text(until))
            check(
                not all(each.is_open(at) for each in versions for at in clocks),
                "not open was said, and it always was",
            )
        if isinstance(refusal, CustomerPeriodUsesReached):
            days = {use.redeemed_at[:10] for use in self.history.uses}
            used = max(self.history.uses_on(holder, day) for day in days)
            limits = [each.uses_a_day for each in versions if each.uses_a_day is not None]
            check(any(used >= limit for limit in limits), f"refused as used, after {used} uses")
        check(not isinstance(refusal, CouponNotStarted), "it had started")

    def _check_acknowledged(self) -> None:
        made = {use.item["redemption_id"]["S"]: use.key[0] for use in self.history.uses}
        for redemption_id, holder in self.acknowledged.items():
            check(
                made.get(redemption_id) == holder, "a redemption was acknowledged and is not there"
            )

    def _check_nothing_twice(self) -> None:
        attempts: set[tuple[str, str]] = set()
        for use in self.history.uses:
            attempt = (use.key[0], use.item["attempt"]["S"])
            check(attempt not in attempts, "one attempt made two redemptions")
            attempts.add(attempt)
        for holder, intents in self.intents.items():
            made = sum(use.key[0] == holder for use in self.history.uses)
            check(
                made <= len(intents), f"{made} redemptions of a customer who wanted {len(intents)}"
            )

    def _check_erased(self) -> None:
        for holder, at in self.erased.items():
            later = [use for use in self.history.uses if use.key[0] == holder and use.at > at]
            check(not later, "a use was made for an erased customer")
            items = [item for key, item in self.cloud.engine.items.items() if key[0] == holder]
            check(
                not any("customer_id" in item or "inbox_id" in item for item in items),
                "an erased customer has a name again",
            )

    def _drain(self) -> None:
        """Without faults, new customers redeem until it is sold out: every remaining unit must be
        usable.
        """
        self.scheduler.sleep(10)
        env = self._environment(NO_FAULTS)
        fresh = env.coupon_store.get(self.coupon.coupon_id)
        if (
            isinstance(rules.permit(fresh, (), self._now()), Refusal)
            or fresh.max_redemptions is None
        ):
            return
        left = fresh.units - len(self.history.uses)
        for number in range(left + 1):
            try:
                made = env.redemption_service.redeem_at_till(
                    fresh, f"stranger-{number}", None, None, self._now()
                )
            except CouponMaxUsesReached:
                check(number == left, f"sold out with {left - number} left")
            else:
                check(number < left and not made.repeated, "more redemptions than the limit")


def _text(seconds: float) -> str:
    from couponflow.domain import times

    return times.format_utc(moment(seconds))


ALL_FAULTS = Faults(0.02, 0.02, 0.03, 0.04, 0.04, 0.05)


def run(seed: int, make_environment: Callable[..., Environment] = environment) -> Schedule:
    """Raises Broken."""
    faults = [
        NO_FAULTS,
        ALL_FAULTS,
        Faults(lost_answer=0.3),
        Faults(crash_after=0.15, crash_before=0.05),
    ][seed % 4]
    schedule = Schedule(seed, faults, make_environment)
    schedule.run()
    return schedule
