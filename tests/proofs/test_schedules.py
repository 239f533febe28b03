"""R3: random schedules with faults oversell, lose and repeat nothing, and give only true
refusals.
"""

from __future__ import annotations

import pytest

from couponflow.domain import rules
from couponflow.store import coupons, quota_shards, redemptions
from couponflow.store.limit_changes import LimitChangeStore
from tests.proofs import schedules
from tests.proofs.history import Broken

# Hundreds of schedules: `make test` runs the first ones, in pieces that the workers share.
QUICK, THOROUGH, PIECE = 20, 100, 5


@pytest.mark.parametrize("first", range(0, THOROUGH, PIECE))
def test_every_schedule_keeps_the_promises(first, soak):
    if first >= QUICK and not soak.is_complete:
        pytest.skip(f"`make soak` runs schedules {QUICK * 100:,} to {THOROUGH * 100:,}")
    check_schedules(first * 100)


def test_schedules_of_the_seed_keep_the_promises(soak):
    """Schedules that no other run has."""
    if soak.seed is None:
        pytest.skip("`make soak SEED=<number>` runs schedules of that seed")
    check_schedules((THOROUGH + soak.seed * PIECE) * 100)


def check_schedules(first: int) -> None:
    seeds = range(first, first + PIECE * 100)
    uses = sum(len(schedules.run(seed).history.uses) for seed in seeds)
    assert uses > 5 * len(seeds)


def test_seed_determines_the_schedule():
    def acts(seed: int) -> list[tuple[float, int]]:
        return [(use.at, use.nth) for use in schedules.run(seed).history.uses]

    assert [acts(seed) for seed in range(8)] == [acts(seed) for seed in range(8)]


def _without(dropped: rules.Rule) -> tuple[rules.Rule, ...]:
    return tuple(rule for rule in rules._RULES if rule is not dropped)


ALWAYS = "attribute_exists(pk)"
MUTANTS = {
    "room": (quota_shards, "HAS_ROOM", f"({ALWAYS} OR :zero = :zero)"),
    "version": (quota_shards, "IS_CURRENT", f"({ALWAYS} OR :seen = :seen)"),
    "one use once": (redemptions, "IS_UNUSED", f"({ALWAYS} OR :distributed = :distributed)"),
    "given out once": (redemptions, "IS_NEW", f"{ALWAYS} OR attribute_not_exists(pk)"),
    "lost updates": (coupons, "UNCHANGED_SINCE", "version <= :seen OR version > :seen"),
    # test_exhaustive.py has the controls of first uses and of uses without a number.
    "own ends": (rules, "ends_at", lambda coupon, _: coupon.ends_at),
    "opening hours": (rules, "_RULES", _without(rules.refuse_not_open)),
    "period limits": (rules, "_RULES", _without(rules.refuse_period_uses)),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_control_each_removed_condition_breaks_a_promise(mutant, monkeypatch):
    module, name, condition = MUTANTS[mutant]
    monkeypatch.setattr(module, name, condition)

    with pytest.raises((Broken, AssertionError)):
        for seed in range(2_000):
            schedules.run(seed)


def test_control_erasure_that_closes_no_row_breaks_a_promise(monkeypatch):
    monkeypatch.setattr(redemptions.RedemptionStore, "close_row", lambda *_: True)
    with pytest.raises(Broken, match="erased customer"):
        for seed in range(400):
            schedules.run(seed)


def test_control_lowering_without_moving_units_breaks_a_promise(monkeypatch):
    step = LimitChangeStore._step

    def without_shards(self, coupon, changes, moved, now, backoff, **options):
        return step(self, coupon, changes, [], now, backoff, **options)

    monkeypatch.setattr(LimitChangeStore, "_step", without_shards)
    # Without its writes, a raise names shards that do not exist, which a later read notices first.
    with pytest.raises((Broken, LookupError), match=r"the limit is not used|shards, found"):
        for seed in range(100):
            schedules.run(seed)
