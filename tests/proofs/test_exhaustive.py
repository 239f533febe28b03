"""Every interleaving of a few calls and crashes keeps the promises; each removed rule
breaks one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from unittest import mock

import pytest

from couponflow.domain import rules
from couponflow.services import erasure, redemption
from couponflow.services.coupons import CouponService
from couponflow.services.shard_redeemer import ShardRedeemer
from couponflow.services.sold_out import SoldOut
from couponflow.store import coupons, keys, quota_shards, redemptions
from couponflow.store.quota_shards import QuotaShardStore
from tests.proofs import scenarios
from tests.proofs.explorer import Budget, Explorer, Violated

ONE_OF_EACH = Budget(lost_answers=1, conflicts=1, crashes=1)
LOST, LOST_AND_CRASHED = Budget(lost_answers=1), Budget(lost_answers=1, crashes=1)
LIMIT_CHANGES = scenarios.same_key_during_customer_limit_change
PERIOD_SET = scenarios.period_limit_set_during_sales
QUICK: dict[str, tuple[Callable[[], Explorer], Budget]] = {
    "a rush while the limit moves": (scenarios.redemptions_during_limit_changes, Budget()),
    "a lowering, answers lost": (
        scenarios.lowering_during_a_redemption,
        Budget(lost_answers=2, conflicts=1),
    ),
    "a rush with faults": (scenarios.competing_redemptions_with_faults, ONE_OF_EACH),
    "one customer everywhere": (scenarios.one_customer_at_every_entry_point, Budget()),
    "one sale twice": (lambda: scenarios.same_idempotency_key_twice(3), ONE_OF_EACH),
    "one sale twice, without limit": (
        lambda: scenarios.same_idempotency_key_twice(None),
        ONE_OF_EACH,
    ),
    "one sale, limit removed": (lambda: LIMIT_CHANGES(3, None), LOST_AND_CRASHED),
    "one sale, limit set": (lambda: LIMIT_CHANGES(None, 3), LOST_AND_CRASHED),
    "two marketers": (scenarios.two_marketers, Budget(lost_answers=1)),
    "a crashed change, then another": (scenarios.two_marketers_and_a_crash, Budget()),
    "a page rule and taps": (scenarios.page_rule_change_and_taps, Budget()),
    "three tills, one a day": (scenarios.three_tills_one_a_day, ONE_OF_EACH),
    "two a day, tap and till": (scenarios.two_a_day_by_tap_and_till, Budget(lost_answers=1)),
    "a daily limit set": (lambda: PERIOD_SET(scenarios.TWO_A_DAY), LOST_AND_CRASHED),
    "a daily limit set and removed": (lambda: PERIOD_SET(scenarios.TWO_A_DAY, None), Budget()),
    "a customer limit set": (scenarios.customer_limit_set_during_sales, LOST_AND_CRASHED),
    "the border of opening hours": (scenarios.opening_hours_border, Budget()),
    "the border of an own end": (scenarios.own_end_border, Budget()),
    "frozen while sold out": (scenarios.frozen_environments_after_a_raise, ONE_OF_EACH),
    "a rollback and the last unit": (scenarios.rollback_and_last_unit, Budget(lost_answers=1)),
}
ERASURE = scenarios.erasure_and_calls
QUICK |= {
    "an erasure, open use": (lambda: ERASURE(2, has_used=False, is_twice=False), Budget()),
    "an erasure, used": (lambda: ERASURE(2, has_used=True, is_twice=False), LOST),
    "two erasures": (lambda: ERASURE(2, has_used=False, is_twice=True), LOST),
    "an erasure of a stranger": (scenarios.erasure_of_a_stranger, ONE_OF_EACH),
    "an erasure, tills without limit": (scenarios.erasure_and_two_tills, ONE_OF_EACH),
    "an erasure after a crashed change": (scenarios.erasure_after_a_crashed_limit, ONE_OF_EACH),
}
THOROUGH: dict[str, tuple[Callable[[], Explorer], Budget]] = {
    # Millions of states: each takes minutes.
    "a rush, an answer lost": (scenarios.redemptions_during_limit_changes, Budget(lost_answers=1)),
    "a rush, a crash": (scenarios.redemptions_during_limit_changes, Budget(crashes=1)),
    "a rush, a conflict": (scenarios.redemptions_during_limit_changes, Budget(conflicts=1)),
    "a rush, lowered in two steps": (
        lambda: scenarios.redemptions_during_limit_changes(1),
        Budget(),
    ),
    "a crashed change, faults": (scenarios.two_marketers_and_a_crash, ONE_OF_EACH),
    "a page rule, faults": (scenarios.page_rule_change_and_taps, LOST_AND_CRASHED),
    "two a day, all faults": (scenarios.two_a_day_by_tap_and_till, ONE_OF_EACH),
    "a daily limit set, all faults": (lambda: PERIOD_SET(scenarios.ONE_A_DAY, None), ONE_OF_EACH),
    "the border of opening hours, faults": (scenarios.opening_hours_border, LOST_AND_CRASHED),
    "the border of an own end, faults": (scenarios.own_end_border, LOST_AND_CRASHED),
    "a rollback, all faults": (scenarios.rollback_and_last_unit, ONE_OF_EACH),
    "a smaller one, an answer lost": (
        scenarios.few_redemptions_during_limit_changes,
        Budget(lost_answers=1),
    ),
    "one customer everywhere, all faults": (
        scenarios.one_customer_at_every_entry_point,
        ONE_OF_EACH,
    ),
    "an erasure, open use, faults": (
        lambda: ERASURE(2, has_used=False, is_twice=False),
        ONE_OF_EACH,
    ),
    "an erasure, used, faults": (lambda: ERASURE(2, has_used=True, is_twice=False), ONE_OF_EACH),
    "an erasure without limit, faults": (
        lambda: ERASURE(None, has_used=True, is_twice=False),
        ONE_OF_EACH,
    ),
    "two erasures, faults": (lambda: ERASURE(2, has_used=False, is_twice=True), ONE_OF_EACH),
    "one sale, limit removed and set": (lambda: LIMIT_CHANGES(3, None, 3), ONE_OF_EACH),
    "one sale, limit set and removed": (lambda: LIMIT_CHANGES(None, 3, None), ONE_OF_EACH),
}


@pytest.mark.parametrize("name", [*QUICK, *THOROUGH])
def test_every_interleaving_keeps_the_promises(name, soak, record_property):
    if name in THOROUGH and not soak.is_complete and name != of_seed(soak):
        pytest.skip(f"`make soak` runs: {name}")
    make, budget = (QUICK | THOROUGH)[name]
    explorer = make()
    if name in THOROUGH:
        explorer.newcomers_every = 1
    found = explorer.explore(budget)
    record_property("states", found.states)
    print(f"{name}: {found.states:,} states")
    assert found.states > 1_000
    assert found.newcomers["redeemed"]


def of_seed(soak) -> str | None:
    """The long search that the seed chooses."""
    return None if soak.seed is None else list(THOROUGH)[soak.seed % len(THOROUGH)]


# The scenes in which a customer has several uses, with reads that find one of them.
SHORT_READS = {
    "one customer everywhere": Budget(),
    "one sale twice": Budget(lost_answers=1),
    "one sale twice, without limit": Budget(lost_answers=1),
    "one sale, limit removed": Budget(lost_answers=1),
    "one sale, limit set": Budget(lost_answers=1),
}


def read_one_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redemptions, "FIRST_LOOK", 1)
    monkeypatch.setattr(rules, "MOST_SHOWN", 1)


@pytest.mark.parametrize("name", SHORT_READS)
def test_reads_of_the_newest_use_keep_the_promises(name, monkeypatch):
    read_one_use(monkeypatch)
    found = QUICK[name][0]().explore(SHORT_READS[name])
    print(f"{name}: {found.states:,} states")
    assert found.states > 1_000


def test_merging_of_equal_states_loses_no_outcome():
    alike = [
        scenarios.two_taps_and_a_lowering(merges).explore(Budget(lost_answers=1))
        for merges in (True, False)
    ]

    def codes(found):
        return {(name, outcome[0]) for name, outcome in found.outcomes}

    assert codes(alike[0]) == codes(alike[1])
    assert alike[0].states < alike[1].states


def _always(_self, before, after, *, marks=True):
    return True


def _permit_by_cache(self, coupon, uses, now, *, by_link=False):
    permit = rules.permit(coupon, uses, now, by_link=by_link)
    if not isinstance(permit, rules.Permit):
        raise permit
    return permit


def _refused_by_cache(_self, _coupon, refusal):
    raise refusal


FENCE = QuotaShardStore.fence


def _never(_slot):
    return False


def _nothing(_self, coupon, shard):
    return None


def _fence(self, coupon, shard):
    """Fences for changes of a rule only."""
    if coupon.name != "other":
        FENCE(self, coupon, shard)


def _by_attempt(_coupon, redemptions, attempt):
    used = any(made.is_redeemed for made in redemptions)
    return keys.attempt_slot(attempt) if used else keys.FIRST_SLOT


def _on_any_use(redemptions, use, number):
    return replace(use, may_be_new=True, customer_id="?")


def _closes_nothing(*_):
    return True


def _void_by_version_only(self, coupon_id, now):
    coupon = self._coupons.get(coupon_id)
    if coupon.max_redemptions_per_customer is None:
        self._fence_shards(
            self._coupons.change(coupon, {"last_change": "erasure"}, now), self._backoff()
        )


CLOSE_ROW = erasure.ErasureService._close_row


def _close_after_names(self, coupon, holder, now):
    for slot in self._redemptions.list_named(holder, "0", 100)[0]:
        self._redemptions.erase_names(holder, slot, now)
    is_used = CLOSE_ROW(self, coupon, holder, now)
    self._redemptions = mock.Mock(wraps=self._redemptions)
    self._redemptions.list_named = lambda *_: ([], None)
    return is_used


RUSH, CUSTOMER = (
    scenarios.redemptions_during_limit_changes,
    scenarios.one_customer_at_every_entry_point,
)
ROLLBACK = scenarios.rollback_and_last_unit
SMALL = scenarios.few_redemptions_during_limit_changes
MUTANTS = {
    "room is not asked for": (quota_shards, "HAS_ROOM", "attribute_exists(pk)", RUSH, Budget()),
    "a use is made twice": (redemptions, "IS_UNUSED", "attribute_exists(pk)", CUSTOMER, Budget()),
    "a link makes what was never given out": (
        redemptions,
        "IS_UNUSED",
        "attribute_not_exists(pk) OR #status = :distributed",
        CUSTOMER,
        Budget(),
    ),
    "the version is not asked for": (
        *(quota_shards, "IS_CURRENT", "attribute_exists(pk)"),
        *(scenarios.two_marketers, Budget()),
    ),
    "a delayed fence lowers a version": (
        *(quota_shards, "IS_OLDER", "attribute_exists(pk)"),
        *(scenarios.two_marketers, Budget()),
    ),
    "no change fences": (QuotaShardStore, "fence", _nothing, scenarios.two_marketers, Budget()),
    "only a change of a rule fences": (
        *(QuotaShardStore, "fence", _fence),
        *(scenarios.two_marketers_and_a_crash, Budget()),
    ),
    "a page rule does not fence": (
        *(QuotaShardStore, "fence", _nothing),
        *(scenarios.page_rule_change_and_taps, Budget()),
    ),
    "refused by what is cached": (
        *(redemption.RedemptionService, "_permit", _permit_by_cache),
        *(scenarios.one_customer_at_every_entry_point, Budget()),
    ),
    "sold out by what is cached": (
        *(redemption.RedemptionService, "_changed_coupon", _refused_by_cache),
        *(scenarios.frozen_environments_after_a_raise, Budget()),
    ),
    "lost updates": (coupons, "UNCHANGED_SINCE", "attribute_exists(pk)", SMALL, Budget()),
    "sold out without looking for raises": (SoldOut, "record_proof", _always, ROLLBACK, Budget()),
    "the use before is not asked for": (redemption, "_next_use", _on_any_use, CUSTOMER, Budget()),
    "a version must be equal": (
        *(quota_shards, "IS_CURRENT", "version = :seen"),
        *(scenarios.two_marketers_and_a_crash, Budget()),
    ),
    "tills write by attempt": (
        *(redemption, "_till_slot", _by_attempt),
        *(scenarios.three_tills_one_a_day, Budget()),
    ),
    "a period limit numbers no use": (
        *(redemption, "_till_slot", _by_attempt),
        *(scenarios.two_a_day_by_tap_and_till, Budget()),
    ),
    "uses without number are not fenced, period": (
        *(ShardRedeemer, "fence_unnumbered_uses", lambda *_: None),
        *(lambda: PERIOD_SET(scenarios.TWO_A_DAY), Budget()),
    ),
    "uses without number are not fenced, customer": (
        *(ShardRedeemer, "fence_unnumbered_uses", lambda *_: None),
        *(scenarios.customer_limit_set_during_sales, Budget()),
    ),
    "uses without number do not count": (
        *(rules, "has_uses_without_number", lambda *_: False),
        *(lambda: PERIOD_SET(scenarios.TWO_A_DAY), Budget()),
    ),
    "the first use looks at nothing": (
        *(rules, "has_rules_on_first_use", lambda *_: False),
        *(scenarios.own_end_border, Budget()),
    ),
    "opening hours do not fence": (
        *(QuotaShardStore, "fence", _nothing),
        *(scenarios.opening_hours_border, Budget()),
    ),
    "an erased row stays open": (
        *(redemptions.RedemptionStore, "close_row", _closes_nothing),
        *(scenarios.erasure_of_a_stranger, Budget()),
    ),
    "an erasure does not void calls beside the numbers": (
        *(CouponService, "void_open_calls", lambda *_: None),
        *(scenarios.erasure_and_two_tills, Budget()),
    ),
    "an erasure fences no shards after a crashed change": (
        *(CouponService, "void_open_calls", _void_by_version_only),
        *(scenarios.erasure_after_a_crashed_limit, Budget()),
    ),
    "an erasure removes names first": (
        *(erasure.ErasureService, "_close_row", _close_after_names),
        *(scenarios.erasure_of_a_stranger, Budget()),
    ),
    "attempts claim nothing, limit removed": (
        redemption,
        "_needs_attempt_claim",
        _never,
        lambda: LIMIT_CHANGES(3, None),
        Budget(),
    ),
    "attempts claim nothing, limit set and removed": (
        redemption,
        "_needs_attempt_claim",
        _never,
        lambda: LIMIT_CHANGES(None, 3, None),
        Budget(),
    ),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_control_each_removed_rule_breaks_a_promise(mutant, monkeypatch):
    where, name, instead, make, budget = MUTANTS[mutant]
    monkeypatch.setattr(where, name, instead)

    with pytest.raises((Violated, AssertionError, KeyError)):
        make().explore(budget)


def test_lost_response_to_the_last_use_never_means_sold_out(monkeypatch):
    monkeypatch.setattr(redemptions.RedemptionStore, "get", lambda *_: None)
    # Control: without a look at the own redemption, a double tap may hear it.
    found = scenarios.double_tap_for_the_last_use().explore(Budget())
    assert "coupon_max_uses_reached" in {outcome[0] for _, outcome in found.outcomes}
    monkeypatch.undo()
    found = scenarios.double_tap_for_the_last_use().explore(ONE_OF_EACH)
    assert {outcome[0] for _, outcome in found.outcomes} == {"redeemed"}
