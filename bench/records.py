"""P8: a page of 50 records costs the same of a hundred and of a hundred thousand."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bench.dynamodb_tables import Bench, fresh_table
from bench.report import Row, at_most
from couponflow.domain import links, times
from couponflow.domain.models import Coupon, Holder, RedemptionStatus
from couponflow.services.records import RecordFilter, RecordService
from couponflow.store import keys
from couponflow.store.dynamodb import put
from couponflow.store.redemption_records import RedemptionRecordStore
from couponflow.store.redemptions import RedemptionStore
from simulator.environments import ORGANISATION, moment, new_coupon

# A bucket that holds more of the newest 50 than its share costs a second query. Chance decides
# which bucket a customer gets, so the newest records of both coupons get theirs from the same dice.
NEWEST, SEED = 100, 1


def rows(few: int = 100, many: int = 100_000) -> Iterator[Row]:
    found = records(few, many)
    (units_few, seconds_few), (units_many, seconds_many) = found[few], found[many]
    measured = f"{units_many:g} RCU, and {units_few:g} RCU"
    yield Row(
        "P8", f"50 records of {many:,}, and of {few}", measured, "the same", units_many == units_few
    )
    yield at_most("P8", f"50 records of {many:,}", units_many, " RCU", 6, 4.4)
    yield at_most(
        "P8", f"CPU for 50 records of {many:,} ÷ of {few}", seconds_many / seconds_few, " ×", 1.1
    )


def records(few: int, many: int, pages: int = 31) -> dict[int, tuple[float, float]]:
    """RCU and median CPU seconds of a page of 50 records, by the number of records."""
    given_out = RecordFilter(RedemptionStatus.DISTRIBUTED, None, None)
    with fresh_table() as bench:
        env = bench.environment()
        store = RecordService(RedemptionStore(bench.table()), RedemptionRecordStore(bench.table()))
        wanted = {count: replace(new_coupon(None), code=f"OF-{count}") for count in (few, many)}
        coupons = {
            count: env.coupon_service.create(ORGANISATION, new, bench.clock.now).coupon
            for count, new in wanted.items()
        }
        seconds: dict[int, list[float]] = {few: [], many: []}
        units: dict[int, float] = {}
        for count, coupon in coupons.items():
            _write_records(bench, coupon, count)
        for _ in range(pages + 1):  # the first fills caches
            for count, coupon in coupons.items():
                with bench.meter.counting() as bill:
                    started = time.process_time()
                    assert len(store.list_newest(coupon, given_out, None, 50).records) == 50
                    seconds[count].append(time.process_time() - started)
                units[count] = bill.read_units
    return {count: (units[count], statistics.median(taken[1:])) for count, taken in seconds.items()}


def _write_records(bench: Bench, coupon: Coupon, count: int) -> None:
    """Write records as distribute does, in batches, the newest last."""
    batch: list[Any] = []
    dice = random.Random(SEED)
    buckets = [dice.randrange(coupon.record_buckets) for _ in range(NEWEST)]
    for number in range(count):
        age = count - 1 - number
        customer_id, holder = _customer(coupon, number, buckets[age] if age < NEWEST else None)
        at, id_ = (
            times.format_utc(moment(number / 100)),
            links.redemption_id(coupon, holder, keys.FIRST_SLOT),
        )
        batch.append(
            {
                "PutRequest": {
                    "Item": put(_record(coupon, holder, at, id_, customer_id))["Put"]["Item"]
                }
            }
        )
        if len(batch) == 25 or number == count - 1:
            bench.client.batch_write_item(RequestItems={bench.table_name: batch})
            batch = []


def _customer(coupon: Coupon, number: int, bucket: int | None) -> tuple[str, Holder]:
    """A customer whose records are in the bucket; None takes any.

    Ids are of one length, as bytes cost.
    """
    for attempt in range(1_000):
        customer_id = f"customer-{number:06}-{attempt:03}"
        holder = links.derive_holder(coupon, customer_id)
        wanted = (
            None
            if bucket is None
            else keys.records(coupon.coupon_id, RedemptionStatus.DISTRIBUTED, bucket)
        )
        if wanted in (None, keys.records_of(coupon, holder, RedemptionStatus.DISTRIBUTED)):
            return customer_id, holder
    raise AssertionError(f"no customer falls into bucket {bucket}")


def _record(coupon: Coupon, holder: Holder, at: str, id_: str, customer_id: str) -> dict[str, Any]:
    return keys.redemption(holder, keys.FIRST_SLOT) | {
        "gpk": keys.records_of(coupon, holder, RedemptionStatus.DISTRIBUTED),
        "gsk": keys.record_order(at, id_),
        "redemption_id": id_,
        "status": RedemptionStatus.DISTRIBUTED,
        "customer_id": customer_id,
        "inbox_id": f"inbox-{customer_id}",
        "distributed_at": at,
    }
