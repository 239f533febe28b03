"""P1 to P4, P7 and P8: what each use case costs, by the meter, on the real service and DynamoDB Local."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import boto3
from botocore.config import Config

from bench import peers
from bench.meter import Bill, Meter
from bench.report import Row, at_most
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
        renamed = Renamed(self.client, self.table_name)
        return environment(renamed, lambda _: None, self.clock, random.Random(0), 16, together)

    def table(self) -> Table:
        return Table(self.client, self.table_name)


class Renamed:
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
    found_organisation(Renamed(peek, name))
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


def rows(few: int = 100, many: int = 100_000) -> Iterator[Row]:
    bills = use_cases()
    for name, must in MUSTS.items():
        yield must.row(name, bills[name])
    ratio = bills["redeem"].units / bills["peer: four items"].units
    yield at_most("P3", "redeem to the obvious transaction of 4 items, all write units", ratio, " ×", 0.6)
    for name in ("peer: four items", "peer: one transactional counter"):
        yield Row("P3", name, str(bills[name]))
    read, written = sold_out_storm()
    yield at_most("P7", "a tap in vain, 1,000 a second, after the proof", read, " RCU", 1.2)
    yield at_most("P7", "the same, written", written, " WCU", 0)
    yield from _records_rows(few, many)


def _records_rows(few: int, many: int) -> Iterator[Row]:
    found = records(few, many)
    (units_few, seconds_few), (units_many, seconds_many) = found[few], found[many]
    measured = f"{units_many:g} RCU, and {units_few:g} RCU"
    yield Row("P8", f"50 records of {many:,}, and of {few}", measured, "no more", units_many <= units_few)
    yield at_most("P8", f"50 records of {many:,}", units_many, " RCU", 6, 4.4)
    yield at_most("P8", f"CPU for 50 records of {many:,} ÷ of {few}", seconds_many / seconds_few, " ×", 1.1)


@dataclass(frozen=True)
class Must:
    """Most that a use case may take."""

    goal: str
    round_trips: int
    write_units: float = 0
    index_units: float = 0
    read_units: float = 0

    def allows(self, bill: Bill) -> bool:
        return (
            bill.round_trips <= self.round_trips
            and bill.write_units <= self.write_units
            and bill.index_units <= self.index_units
            and bill.read_units <= self.read_units
        )

    def row(self, name: str, bill: Bill) -> Row:
        most = f"≤ {self.write_units:g} WCU + {self.index_units:g}, {self.read_units:g} RCU, {self.round_trips} trips"
        return Row(self.goal, name, str(bill), most, self.allows(bill))


MUSTS = {
    "distribute": Must("P1", 1, 1, 1),
    "distribute again": Must("P1", 1, 1, 1),
    "page, warm": Must("P2", 1, read_units=1),
    "page, cold": Must("P2", 2, read_units=3),
    "redeem": Must("P3", 1, 4, 2),
    "redeem, use 2": Must("P3", 2, 4, 2, 1),
    "till": Must("P3", 1, 4, 2),
    "redeem again": Must("P4", 1, 4, 2),
    "redeem again, 11 minutes later": Must("P4", 1, 4, 2),
    "till again, 11 minutes later": Must("P4", 1, 4, 2),
}


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


def records(few: int, many: int, pages: int = 31) -> dict[int, tuple[float, float]]:
    """RCU and median CPU seconds of a page of 50 records, by how many there are; both in turn."""
    given_out = RecordFilter(RedemptionStatus.DISTRIBUTED, None, None)
    with fresh_table() as bench:
        env, store = bench.environment(), Records(RedemptionStore(bench.table()))
        wanted = {count: replace(new_coupon(None), code=f"OF-{count}") for count in (few, many)}
        coupons = {count: env.campaigns.create(ORGANISATION, new, bench.clock.now).coupon for count, new in wanted.items()}
        seconds: dict[int, list[float]] = {few: [], many: []}
        units: dict[int, float] = {}
        for count, coupon in coupons.items():
            _write_records(bench, coupon, count)
        for _ in range(pages + 1):  # the first fills caches
            for count, coupon in coupons.items():
                with bench.meter.counting() as bill:
                    started = time.process_time()
                    assert len(store.newest(coupon, given_out, None, 50)) == 50
                    seconds[count].append(time.process_time() - started)
                units[count] = bill.read_units
    return {count: (units[count], statistics.median(taken[1:])) for count, taken in seconds.items()}


def _write_records(bench: Bench, coupon: Coupon, count: int) -> None:
    """As distribute leaves them, in batches."""
    batch: list[Any] = []
    for number in range(count):
        holder = links.holder_of(coupon, f"customer-{number}")
        at, id_ = times.text(moment(number / 100)), links.redemption_id(coupon, holder, keys.FIRST_SLOT)
        batch.append({"PutRequest": {"Item": put(_record(coupon, holder, at, id_, number))["Put"]["Item"]}})
        if len(batch) == 25 or number == count - 1:
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
