"""R21: statistics equal the records to the unit, whatever happens to the stream's batches."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from couponflow.domain.statistics import Directory, EventKind, Statistics, tally
from couponflow.services import statistics_counter
from couponflow.services.statistics_counter import StatisticsCounter
from couponflow.services.statistics_repair import FIRST_DAY, LAST_DAY, StatisticsRepair
from couponflow.store import statistics as store
from couponflow.store.coupons import CouponStore
from couponflow.store.dynamodb import Table, Write
from couponflow.store.quota_shards import QuotaShardStore
from couponflow.store.recounts import RecountStore
from couponflow.store.statistics import StatisticsStore
from simulator.environments import ORGANISATION
from simulator.faults import FaultyClient
from tests.proofs import campaigns
from tests.proofs.campaigns import Campaign
from tests.proofs.stream import NOW, Deliveries, StreamedEngine

QUICK, THOROUGH, PIECE = 60, 3_000, 60


class Differ(Exception):
    """Statistics and records differ."""


def run(seed: int, steps: int = 150, coupons: int = 3) -> tuple[Campaign, Deliveries]:
    """One campaign, while its stream is delivered with every fault; then the rest is delivered.

    Raises Differ.
    """
    dice = random.Random(seed)
    engine = StreamedEngine(dice)
    campaign, deliveries = Campaign(engine, dice, coupons), Deliveries(engine, dice)
    for _ in range(steps):
        draw = dice.random()
        if draw < 0.6:
            campaign.step()
        elif draw < 0.85:
            deliveries.step()
        elif draw < 0.97:
            deliveries.repeat()
        else:
            engine.split()
    deliveries.finish()
    check(campaign)
    assert deliveries.failures == []
    return campaign, deliveries


def check(campaign: Campaign) -> None:
    truth, found = campaign.engine.truth(), Counter[tuple[str, EventKind]]()
    for coupon in campaign.coupons:
        counted = statistics_of(campaign, coupon.coupon_id)
        for kind in EventKind:
            found[coupon.coupon_id, kind] = counted.total(kind)
            by_day = sum(day.get(kind, 0) for day in counted.days.values())
            if by_day != counted.total(kind):
                raise Differ(f"{kind}: {by_day} by day, {counted.total(kind)} by inbox")
    if +found != +truth:
        raise Differ(f"statistics {found}, records {truth}")
    for coupon in campaign.coupons:
        compared = repair(campaign).run(ORGANISATION, coupon.coupon_id, NOW, apply=False)
        if compared.differences:
            raise Differ(str(compared.differences[:3]))


def statistics_of(campaign: Campaign, coupon_id: str) -> Statistics:
    return StatisticsStore(table_of(campaign)).read(coupon_id, FIRST_DAY, LAST_DAY)


def table_of(campaign: Campaign) -> Table:
    client = FaultyClient()
    client.engine = campaign.engine
    return Table(client, "couponflow", pause=lambda _: None)


def repair(campaign: Campaign, during=lambda _: None) -> StatisticsRepair:
    table = table_of(campaign)
    quotas = QuotaShardStore(table)
    stores = CouponStore(table), quotas, RecountStore(table), StatisticsStore(table)
    return StatisticsRepair(*stores, pause=during, timer=lambda: 0.0)


@pytest.mark.parametrize("first", range(0, THOROUGH, PIECE))
def test_statistics_equal_the_records(first, soak):
    if first >= QUICK and not soak.is_complete:
        pytest.skip(f"`make soak` runs schedules {QUICK} to {THOROUGH:,}")
    for seed in range(first, first + PIECE):
        campaign, deliveries = run(seed)
        assert deliveries.delivered > sum(len(each.records) for each in campaign.engine.shards)


def test_schedules_meet_every_difficulty():
    """Shards split, more inboxes than columns, a local day that has 25 hours, and repetitions."""
    found = [run(seed, steps=600, coupons=1)[0] for seed in range(3)]
    shards = [shard for campaign in found for shard in campaign.engine.shards]
    assert any(shard.parent for shard in shards)
    counted = [statistics_of(each, coupon.coupon_id) for each in found for coupon in each.coupons]
    assert any(inbox.is_rest for each in counted for inbox in each.inboxes)
    assert {kind for kind in EventKind if any(each.total(kind) for each in counted)} == set(
        EventKind
    )


def over_counts(seeds: int = 40) -> None:
    for seed in range(seeds):
        run(seed)


def test_control_counting_without_a_mark_over_counts(monkeypatch):
    monkeypatch.setattr(statistics_counter, "uncounted", lambda records, mark: records)

    with pytest.raises(Differ):
        over_counts()


def test_control_mark_without_its_condition_over_counts(monkeypatch):
    """Two pollers of one shard: both read the mark, and both add."""
    monkeypatch.setattr(store, "IS_WHERE_SEEN", "attribute_exists(pk) OR :seen = :seen")
    monkeypatch.setattr(store, "IS_UNCOUNTED", "attribute_exists(pk) OR attribute_not_exists(pk)")

    with pytest.raises(Differ):
        over_counts()


def test_control_mark_read_again_before_the_write_over_counts(monkeypatch):
    """The condition must be on the mark that the records were compared with."""
    add = StatisticsStore.add

    def add_after_the_newest(self, shard, seen, *arguments):
        add(self, shard, self.mark(shard), *arguments)

    monkeypatch.setattr(StatisticsStore, "add", add_after_the_newest)
    with pytest.raises(Differ):
        over_counts()


def test_control_mark_in_a_write_of_its_own_over_counts(monkeypatch):
    """A crash comes after the counts, and before the mark."""

    def transact_apart(self: Table, writes: list[Write]) -> None:
        mark, *counts = writes
        original(self, counts)
        original(self, [mark])

    original = Table.transact
    add = StatisticsStore.add

    def add_apart(self: StatisticsStore, *arguments: Any) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Table, "transact", transact_apart)
            add(self, *arguments)

    monkeypatch.setattr(StatisticsStore, "add", add_apart)
    with pytest.raises(Differ):
        over_counts()


def test_control_sequence_numbers_as_texts_lose_records(monkeypatch):
    def by_text(records, mark):
        return [each for each in records if mark is None or each.sequence > mark]

    monkeypatch.setattr(statistics_counter, "uncounted", by_text)
    with pytest.raises(Differ):
        over_counts()


def test_control_inbox_column_taken_twice_mixes_inboxes(monkeypatch):
    """Two shards give different new inboxes the same column."""
    monkeypatch.setattr(store, "ABSENT", "attribute_exists(pk) OR attribute_not_exists(pk)")

    with pytest.raises(Differ):
        over_counts()


@pytest.mark.parametrize("seed", range(10))
def test_repair_is_exact_while_the_campaign_goes_on(seed):
    """Counts are lost before; customers and pollers go on during the repair."""
    dice = random.Random(seed)
    engine = StreamedEngine(dice)
    campaign, deliveries = Campaign(engine, dice), Deliveries(engine, dice, faults=0.02)
    for _ in range(100):
        campaign.step()
    lost = engine.shards[0]
    lost.checkpoint = len(lost.records)  # Lambda gave up on them
    coupon = campaign.coupons[0]
    now = campaigns.BEGINS + timedelta(days=10)
    since = now + timedelta(seconds=5)

    def go_on(_: float) -> None:
        for _ in range(60):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(campaigns, "BEGINS", since)
                # Of a till that names an inbox in this minute, only total and day are exact.
                patch.setattr(campaigns, "INBOXES", [None])
                campaign.step()
            deliveries.step()
            deliveries.repeat()

    assert repair(campaign).run(ORGANISATION, coupon.coupon_id, now, apply=False).differences
    repair(campaign, go_on).run(ORGANISATION, coupon.coupon_id, now, apply=True)
    deliveries.finish()

    compared = repair(campaign).run(ORGANISATION, coupon.coupon_id, NOW, apply=False)
    assert (compared.differences, compared.redeemed > 0) == ([], True)


def test_control_repair_without_a_border_over_counts(monkeypatch):
    """Records that the stream still has are counted by both."""
    monkeypatch.setattr(StatisticsCounter, "_is_wanted", lambda self, event: True)

    with pytest.raises(AssertionError):
        for seed in range(10):
            dice = random.Random(seed)
            engine = StreamedEngine(dice)
            campaign, deliveries = Campaign(engine, dice), Deliveries(engine, dice, faults=0)
            for _ in range(50):
                campaign.step()
            coupon = campaign.coupons[0].coupon_id
            repair(campaign).run(ORGANISATION, coupon, NOW + timedelta(days=999), apply=True)
            deliveries.finish()
            compared = repair(campaign).run(ORGANISATION, coupon, NOW, apply=False)
            assert compared.differences == []


def test_tally_leaves_its_directory_alone():
    assert tally([], Directory({"a": 1}), "UTC").directory.numbers == {"a": 1}
