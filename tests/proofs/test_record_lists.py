"""Record lists over buckets have each record once, even if one bucket has all and a page ends
within it.
"""

from __future__ import annotations

import itertools
import random
from datetime import timedelta

import pytest

from couponflow.domain import links, times
from couponflow.domain.models import RedemptionStatus
from couponflow.store import keys, redemption_records
from couponflow.store.dynamodb import Table
from couponflow.store.redemption_records import LAST_PLACE, RedemptionRecordStore
from simulator.environments import ORGANISATION, START, environment, found_organisation, new_coupon
from simulator.faults import FaultyClient

DISTRIBUTED = RedemptionStatus.DISTRIBUTED
SENT = 60


@pytest.fixture(scope="module")
def sent():
    """A coupon with all records in one bucket; the store; the customers by second of
    distribution.
    """
    client = FaultyClient()
    found_organisation(client)
    env = environment(client, lambda _: None, lambda: 0.0, random.Random(0))
    coupon = env.coupon_service.create(ORGANISATION, new_coupon(None), START).coupon
    bucket = keys.records(coupon.coupon_id, DISTRIBUTED, 0)
    everybody = (f"customer-{number}" for number in itertools.count())
    of_bucket = (
        who
        for who in everybody
        if keys.records_of(coupon, links.derive_holder(coupon, who), DISTRIBUTED) == bucket
    )
    customers = list(itertools.islice(of_bucket, SENT))
    for second, who in enumerate(customers):
        env.redemption_service.distribute(coupon, who, None, START + timedelta(seconds=second))
    return coupon, RedemptionRecordStore(Table(client, "couponflow")), customers


def test_page_is_full_if_one_bucket_has_more_than_its_share(sent):
    coupon, store, customers = sent
    newest = [
        made.customer_id for made in store.list_newest(coupon, DISTRIBUTED, None, LAST_PLACE, 50)
    ]
    assert newest == customers[:-51:-1]


@pytest.mark.parametrize("page", [1 + SENT // 4, SENT // 4, SENT, 2_000])
def test_export_has_each_record_once_for_any_page_size(sent, page, monkeypatch):
    monkeypatch.setattr(redemption_records, "_PAGE", page)
    coupon, store, customers = sent
    assert [
        made.customer_id for made in store.iterate(coupon, DISTRIBUTED, None, LAST_PLACE)
    ] == customers[::-1]


def test_export_respects_its_start_and_end(sent):
    coupon, store, customers = sent
    since, before = (times.format_utc(START + timedelta(seconds=second)) for second in (10, 20))
    assert [
        made.customer_id for made in store.iterate(coupon, DISTRIBUTED, since, before)
    ] == customers[19:9:-1]
