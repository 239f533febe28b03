"""P1 to P4, P7 and P8: what each use case costs, by the meter, on the real service and DynamoDB Local."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import boto3
from botocore.config import Config

from bench import peers
from bench.meter import Bill, Meter
from couponflow.domain import links, times
from couponflow.domain.errors import CouponMaxUsesReached
from couponflow.domain.models import Coupon, Holder, RedemptionStatus
from couponflow.records import RecordFilter, Records
from couponflow.store import keys
from couponflow.store.redemptions import RedemptionStore
from couponflow.store.table import Table, put
from couponflow.store.together import together
from local import template
from tests.proofs.environments import ORGANISATION, Environment, environment, found_organisation, moment, new_coupon


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    @property
    def now(self) -> datetime:
        return moment(self.seconds)


@dataclass
class Bench:
    """A table of its own, a metered client, and environments on a clock."""

    table_name: str
    client: Any
    meter: Meter
    clock: Clock

    def environment(self) -> Environment:
        renamed = _Renamed(self.client, self.table_name)
        return environment(renamed, lambda _: None, self.clock, random.Random(0), 16, together)

    def table(self) -> Table:
        return Table(self.client, self.table_name)


class _Renamed:
    """The environments of the proofs call their table "couponflow"; this one has a name of its own."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name

    def __getattr__(self, method: str) -> Any:
        return lambda **request: self._theirs(getattr(self._client, method)(**self._ours(request)))

    def _ours(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self._name if name == "couponflow" else name: self._ours(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._ours(each) for each in value]
        return self._name if value == "couponflow" else value

    def _theirs(self, answer: Any) -> Any:
        if "Responses" in answer:
            answer["Responses"]["couponflow"] = answer["Responses"].pop(self._name, [])
        return answer


@contextmanager
def fresh_table() -> Iterator[Bench]:
    schema: dict[str, Any] = dict(template.table_schema())
    peek = boto3.client("dynamodb")
    name = f"bench-{uuid4().hex}"
    peek.create_table(TableName=name, **schema)
    client = boto3.client("dynamodb", config=Config(parameter_validation=False, retries={"total_max_attempts": 1}))
    bench = Bench(name, client, Meter(client, peek), Clock())
    found_organisation(_Renamed(peek, name))
    try:
        yield bench
    finally:
        peek.delete_table(TableName=name)


def use_cases() -> dict[str, Bill]:
    """Each use case once, warm unless it says cold: an environment that served the coupon a moment ago."""
    with fresh_table() as bench:
        env, clock, bills = bench.environment(), bench.clock, dict[str, Bill]()
        coupon = env.campaigns.create(ORGANISATION, new_coupon(1_000, 3), clock.now).coupon

        def measure(name: str, call: Any) -> Any:
            with bench.meter.counting() as bill:
                answer = call()
            bills[name] = bill
            return answer

        def seen(env: Environment) -> Coupon:
            return env.couponflow.terms(ORGANISATION, coupon_id=coupon.coupon_id).coupon

        env.couponflow.distribute(seen(env), "first", None, clock.now)
        measure("distribute", lambda: env.couponflow.distribute(seen(env), "ann", "inbox", clock.now))
        measure("distribute again", lambda: env.couponflow.distribute(seen(env), "ann", "inbox", clock.now))
        token = links.token_of(coupon, links.holder_of(coupon, "ann"))
        measure("page, warm", lambda: env.couponflow.open(token))
        cold = bench.environment()
        measure("page, cold", lambda: cold.couponflow.open(token))
        measure("redeem", lambda: env.couponflow.redeem_by_link(token, 1, clock.now))
        measure("redeem again", lambda: env.couponflow.redeem_by_link(token, 1, clock.now))
        measure("redeem, use 2", lambda: env.couponflow.redeem_by_link(token, 2, clock.now))
        measure("till", lambda: env.couponflow.redeem_at_till(seen(env), "bob", None, "sale", clock.now))
        clock.seconds += 11 * 60
        env.couponflow.open(token)
        repeated = measure(
            "till again, 11 minutes later", lambda: env.couponflow.redeem_at_till(seen(env), "bob", None, "sale", clock.now)
        )
        assert repeated.repeated
        measure("redeem again, 11 minutes later", lambda: env.couponflow.redeem_by_link(token, 1, clock.now))
        peers.stock(bench.table(), 100, "2026-01-01", "2999-01-01")
        bench.table().put(peers.distributed("peer", "2026-01-01"))
        for name, peer in (("four items", peers.four_items), ("one transactional counter", peers.transactional_counter)):
            measure(
                f"peer: {name}",
                lambda peer=peer, name=name: peer(bench.table(), "peer" if "four" in name else "other", "2026-06-01"),
            )
    return bills


def sold_out_storm(environments: int = 10, taps: int = 400) -> tuple[float, float]:
    """RCU and WCU a tap at 1,000 a second, after the first proof, terms read anew whenever they are too old."""
    with fresh_table() as bench:
        envs = [bench.environment() for _ in range(environments)]
        coupon = envs[0].campaigns.create(ORGANISATION, new_coupon(40, 1), bench.clock.now).coupon
        late = [f"late-{number}" for number in range(20)]
        tokens = [links.token_of(coupon, links.holder_of(coupon, who)) for who in late]
        for who in late:
            envs[0].couponflow.distribute(coupon, who, None, bench.clock.now)
        for number in range(40):
            envs[0].couponflow.redeem_at_till(coupon, f"early-{number}", None, None, bench.clock.now)
        _tap_in_vain(envs[0], tokens[0], bench.clock.now)
        with bench.meter.counting() as bill:
            for number in range(taps):
                bench.clock.seconds += 0.001
                _tap_in_vain(envs[number % environments], tokens[number % len(tokens)], bench.clock.now)
    return bill.read_units / taps, bill.write_units / taps


def _tap_in_vain(env: Environment, token: str, now: datetime) -> None:
    try:
        env.couponflow.redeem_by_link(token, 1, now)
    except CouponMaxUsesReached:
        return
    raise AssertionError("it is sold out")


def records(counts: tuple[int, ...], pages: int = 15) -> dict[int, tuple[float, float]]:
    """RCU and CPU seconds of a page of 50 records, by how many there are."""
    found: dict[int, tuple[float, float]] = {}
    with fresh_table() as bench:
        env = bench.environment()
        coupon = env.campaigns.create(ORGANISATION, new_coupon(None), bench.clock.now).coupon
        store = Records(RedemptionStore(bench.table()))
        written = 0
        for count in counts:
            _write_records(bench, coupon, written, count)
            written = count
            units, seconds = [], []
            for _ in range(pages):
                started = time.process_time()
                assert len(store.newest(coupon, RecordFilter(RedemptionStatus.DISTRIBUTED, None, None), None, 50)) == 50
                seconds.append(time.process_time() - started)
            with bench.meter.counting() as bill:
                store.newest(coupon, RecordFilter(RedemptionStatus.DISTRIBUTED, None, None), None, 50)
            units.append(bill.read_units)
            found[count] = units[0], statistics.median(seconds)
    return found


def _write_records(bench: Bench, coupon: Coupon, start: int, end: int) -> None:
    """As distribute leaves them, in batches."""
    batch: list[Any] = []
    for number in range(start, end):
        holder = links.holder_of(coupon, f"customer-{number}")
        at, id_ = times.text(moment(number / 100)), links.redemption_id(coupon, holder, keys.FIRST_SLOT)
        batch.append({"PutRequest": {"Item": put(_record(coupon, holder, at, id_, number))["Put"]["Item"]}})
        if len(batch) == 25 or number == end - 1:
            bench.client.batch_write_item(RequestItems={bench.table_name: batch})
            batch = []


def _record(coupon: Coupon, holder: Holder, at: str, id_: str, number: int) -> dict[str, Any]:
    return keys.redemption(holder, keys.FIRST_SLOT) | {
        "gpk": keys.records_of(coupon, holder, RedemptionStatus.DISTRIBUTED),
        "gsk": keys.record_order(at, id_),
        "redemption_id": id_,
        "status": RedemptionStatus.DISTRIBUTED,
        "customer_id": f"customer-{number}",
        "inbox_id": f"inbox-{number}",
        "distributed_at": at,
    }
