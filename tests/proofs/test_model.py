"""R4: for any sequence of calls by marketers, flows, customers and tills, the service equals the
model.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from couponflow.domain import codes, links, rules
from couponflow.domain.errors import CouponflowError
from couponflow.services import coupons, redemption
from couponflow.services.coupons import NewCoupon
from couponflow.services.shard_redeemer import RedemptionResult
from couponflow.services.sold_out import SoldOut
from couponflow.store import quota_shards
from couponflow.store.limit_changes import LimitChangeStore
from simulator.environments import ORGANISATION, environment, found_organisation, moment
from tests.proofs.model import CouponModel
from tests.proofs.scenarios import EngineClient

# Longer than any cache lifetime, so that each step sees the earlier ones.
SECONDS_BETWEEN = 3
HOUR = timedelta(hours=1)
SETTINGS = settings(
    max_examples=2_000 if os.environ.get("SOAK") else 100,
    stateful_step_count=60 if os.environ.get("SOAK") else 30,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
    # For a mutant any failure is enough; shrinking takes minutes.
    phases=[Phase.explicit, Phase.generate] if os.environ.get("MUTANTS") else list(Phase),
)
# A control ends at its first failure, so a high bound costs time only if needed.
ANY_FAILURE = settings(
    SETTINGS, max_examples=3_000, phases=[Phase.generate], report_multiple_bugs=False
)

CODES = st.sampled_from(["SAVE-10", "save1o", "OTHER", None])
LIMITS = st.sampled_from([None, 1, 2, 3, 5, 33, 70])
CUSTOMER_LIMITS = st.sampled_from([None, 1, 2, 3])
CUSTOMERS = st.sampled_from(["ann", "bob"])
KEYS = st.sampled_from([None, None, "sale", "other sale"])
HOURS = st.integers(-2, 4)


class CouponMachine(RuleBasedStateMachine):
    coupon_ids: Bundle[str] = Bundle("coupon_ids")

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self.client = EngineClient()
        self.env = environment(
            self.client, lambda _: None, lambda: self.seconds, random.Random(0), most_shards=3
        )
        self.models: dict[str, CouponModel] = {}
        self.last_change: dict[str, tuple[int, dict[str, Any]]] = {}
        found_organisation(self.client)

    @property
    def now(self) -> datetime:
        return moment(self.seconds)

    def answer(self, call: Callable[[], Any]) -> Any:
        """The service's result, or the code of its refusal."""
        self.seconds += SECONDS_BETWEEN
        try:
            return call()
        except CouponflowError as refused:
            return refused.code

    def seen(self, coupon_id: str) -> Any:
        return self.env.redemption_service.find_coupon(ORGANISATION, coupon_id=coupon_id).coupon

    @initialize(target=coupon_ids, limit=LIMITS, per_customer=CUSTOMER_LIMITS)
    def first_coupon(self, limit, per_customer):
        return self._created(
            "FIRST", limit, per_customer, self.now - HOUR, self.now + 4 * HOUR, True
        )

    @rule(
        target=coupon_ids,
        code=CODES,
        limit=LIMITS,
        per_customer=CUSTOMER_LIMITS,
        starts=HOURS,
        ends=HOURS,
        active=st.booleans(),
    )
    def create(self, code, limit, per_customer, starts, ends, active):
        made = self._created(
            code, limit, per_customer, self.now + starts * HOUR, self.now + ends * HOUR, active
        )
        return made or next(iter(self.models))

    def _created(self, code, limit, per_customer, starts_at, ends_at, active):
        new = NewCoupon("Ten off", starts_at, ends_at, "UTC", code, limit, per_customer, active)
        made = self.answer(lambda: self.env.coupon_service.create(ORGANISATION, new, self.now))
        taken = {
            codes.canonical(model.code) for model in self.models.values() if not model.archived
        }
        if ends_at <= starts_at:
            assert made == "validation_failed"
        elif code and codes.canonical(code) in taken:
            assert made == "code_taken"
        else:
            model = CouponModel(made.coupon.code, starts_at, ends_at, limit, per_customer, active)
            self.models[made.coupon.coupon_id] = model
            return made.coupon.coupon_id
        return None

    @rule(
        coupon_id=coupon_ids,
        changes=st.fixed_dictionaries(
            {},
            optional={
                "max_redemptions": LIMITS,
                "max_redemptions_per_customer": CUSTOMER_LIMITS,
                "active": st.booleans(),
                "starts_at": HOURS,
                "ends_at": HOURS,
            },
        ),
        is_late=st.sampled_from([False, False, False, True]),
    )
    def change(self, coupon_id, changes, is_late):
        model = self.models[coupon_id]
        changes |= {
            name: self.now + changes[name] * HOUR
            for name in ("starts_at", "ends_at")
            if name in changes
        }
        version = self.env.coupon_store.get(coupon_id).version
        done = self.answer(
            lambda: self.env.coupon_service.change(
                ORGANISATION, coupon_id, version - is_late, dict(changes), self.now
            )
        )
        limit = changes.get("max_redemptions", model.max_redemptions)
        if model.archived:
            assert done == "coupon_archived"
        elif is_late and self.last_change.get(coupon_id) == (version - 1, changes):
            assert done.coupon.version == version  # a repetition of the last change
        elif is_late:
            assert done == "version_conflict"
        elif changes.get("ends_at", model.ends_at) <= changes.get("starts_at", model.starts_at):
            assert done == "validation_failed"
        elif limit is not None and limit < model.used:
            assert done == "limit_below_used"
        else:
            assert done.coupon.version > version
            vars(model).update(changes)
            self.last_change[coupon_id] = (done.coupon.version - 1, changes)

    @rule(coupon_id=coupon_ids)
    def archive(self, coupon_id):
        assert (
            self.answer(lambda: self.env.coupon_service.archive(ORGANISATION, coupon_id, self.now))
            is None
        )
        self.models[coupon_id].archived = True

    @rule(
        coupon_id=coupon_ids,
        until=st.sampled_from(["starts_at", "ends_at"]),
        by=st.sampled_from([-1, 0, 1]),
    )
    def time_passes(self, coupon_id, until, by):
        """Advance to just before, at or after the next boundary of the period."""
        border = (getattr(self.models[coupon_id], until) - moment(0)).total_seconds()
        self.seconds = max(self.seconds, border + by - SECONDS_BETWEEN)

    @rule(coupon_id=coupon_ids, who=CUSTOMERS)
    def distribute(self, coupon_id, who):
        model, had_open = self.models[coupon_id], self.models[coupon_id].customer(who).has_open
        given = self.answer(
            lambda: self.env.redemption_service.distribute(
                self.seen(coupon_id), who, None, self.now
            )
        )
        if refused := model.distribute(who, self.now):
            assert given == refused
        else:
            limit = model.max_redemptions_per_customer
            assert given.is_new is not had_open
            assert given.uses_left == (None if limit is None else limit - model.customer(who).used)

    @rule(coupon_id=coupon_ids, who=CUSTOMERS, number=st.integers(1, 3))
    def tap(self, coupon_id, who, number):
        model, customer = self.models[coupon_id], self.models[coupon_id].customer(who)
        tapped = self.answer(
            lambda: self.env.redemption_service.redeem_by_link(
                self._token(coupon_id, who), number, self.now
            )
        )
        if not model.archived and number <= len(customer.numbered):
            self._repeats(tapped, customer.numbered[number - 1])
        elif refused := model.may_tap(who, number, self.now):
            assert tapped == refused
        else:
            self._is_new(tapped, model)
            model.redeemed(who, tapped.redemption.redemption_id)

    @rule(coupon_id=coupon_ids, who=CUSTOMERS, key=KEYS)
    def sell(self, coupon_id, who, key):
        model, customer = self.models[coupon_id], self.models[coupon_id].customer(who)
        sold = self.answer(
            lambda: self.env.redemption_service.redeem_at_till(
                self.seen(coupon_id), who, None, key, self.now
            )
        )
        if key in customer.by_key:
            self._repeats(sold, customer.by_key[key])
        elif refused := model.may_redeem(who, self.now):
            assert sold == refused
        else:
            self._is_new(sold, model)
            model.redeemed(who, sold.redemption.redemption_id, key, at_till=True)

    @rule(coupon_id=coupon_ids, who=CUSTOMERS)
    def look(self, coupon_id, who):
        model = self.models[coupon_id]
        opened = self.answer(
            lambda: self.env.redemption_service.open_link(self._token(coupon_id, who), self.now)
        )
        customer = model.customer(who)
        if model.archived or not customer.was_sent:
            assert opened == "coupon_not_found"
        else:
            counted = (
                customer.numbered
                if model.max_redemptions_per_customer is None
                else customer.numbered + customer.others
            )
            assert {made.redemption_id for made in opened.redemptions if made.is_redeemed} == set(
                counted
            )
            assert opened.is_sold_out is model.is_sold_out

    def _token(self, coupon_id: str, who: str) -> str:
        coupon = self.env.coupon_store.get(coupon_id)
        return links.format_token(coupon, links.derive_holder(coupon, who))

    def _repeats(self, again: RedemptionResult, redemption_id: str) -> None:
        assert (again.repeated, again.redemption.redemption_id) == (True, redemption_id)

    def _is_new(self, made: RedemptionResult, model: CouponModel) -> None:
        known = [
            use
            for customer in model.customers.values()
            for use in customer.numbered + customer.others
        ]
        assert not made.repeated and made.redemption.redemption_id not in known

    @invariant()
    def shown_and_stored_state_equals_the_model(self):
        for coupon_id, model in self.models.items():
            shown = self.env.coupon_service.get(ORGANISATION, coupon_id)
            assert shown.status(self.now) == model.status(self.now)
            assert shown.counts.used == model.used
            for term in (
                "max_redemptions",
                "max_redemptions_per_customer",
                "active",
                "starts_at",
                "ends_at",
            ):
                assert getattr(shown.coupon, term) == getattr(model, term)
            if model.max_redemptions is not None:
                assert shown.counts.remaining == model.max_redemptions - model.used
            assert self._records(coupon_id) == Counter(redeemed=model.used, distributed=model.open)

    def _records(self, coupon_id: str) -> Counter[str]:
        items = self.client.engine.items.items()
        return Counter(
            item["status"]["S"]
            for key, item in items
            if key[0].startswith(f"HOLDER#{coupon_id}#") and "status" in item
        )


def test_service_equals_the_model():
    run_state_machine_as_test(CouponMachine, settings=SETTINGS)


def _one_more(coupon, uses):
    left = _uses_left(coupon, uses)
    return None if left is None else left + 1


def _disabled_last(coupon, uses, now):
    found = _distribution_refusal(coupon, uses, now)
    return (
        found
        if now < coupon.ends_at or coupon.archived_at
        else _distribution_refusal(coupon, uses, coupon.starts_at)
    )


_uses_left = rules.uses_left
_distribution_refusal = rules.distribution_refusal
ALWAYS = "attribute_exists(pk)"
MUTANTS: dict[str, tuple[Any, str, Any]] = {
    "one use more": (rules, "uses_left", _one_more),
    "over when it ends": (rules, "distribution_refusal", _disabled_last),
    "room is not asked for": (quota_shards, "HAS_ROOM", f"({ALWAYS} OR :zero = :zero)"),
    "keys are forgotten": (redemption.RedemptionService, "_made_by", lambda *_: None),
    "nobody knows of sold out": (SoldOut, "is_known", lambda *_: False),
    "periods may be empty": (coupons, "check_period", lambda starts_at, ends_at: None),
    "lowering does nothing": (LimitChangeStore, "lower", lambda self, coupon, *_: coupon),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_control_service_with_a_broken_rule_differs(mutant, monkeypatch):
    where, name, instead = MUTANTS[mutant]
    monkeypatch.setattr(where, name, instead)

    with pytest.raises((AssertionError, AttributeError, KeyError)):
        run_state_machine_as_test(CouponMachine, settings=ANY_FAILURE)
