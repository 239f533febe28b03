"""P1 to P4 and P7: metered cost of each use case on the real service and a real engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bench import alternatives
from bench.dynamodb_tables import fresh_table
from bench.meter import Bill, in_words
from bench.report import Row, at_most
from couponflow.domain import links
from couponflow.domain.errors import CouponMaxUsesReached
from couponflow.domain.models import Coupon
from couponflow.domain.opening_hours import OpeningWindow, Weekday
from couponflow.domain.own_end import ValidFor
from couponflow.domain.use_periods import PeriodLimit, PeriodUnit
from couponflow.services.statistics_counter import StatisticsCounter
from couponflow.store.coupons import CouponStore
from couponflow.store.failure_queue import FailureQueue
from couponflow.store.statistics import StatisticsStore
from couponflow.store.stream_records import StreamRecord, record_of
from simulator.environments import ORGANISATION, Environment, new_coupon

# Rules of a coupon; the first use needs a look at the customer's uses with the last two only.
RULES: dict[str, dict[str, Any]] = {
    "opening hours": {"hours": (OpeningWindow(tuple(Weekday), "00:00", "24:00"),)},
    "own end": {"valid_for": ValidFor(days=1)},
    "period limit": {"period_limit": PeriodLimit(1, PeriodUnit.DAY)},
}


def use_cases() -> dict[str, Bill]:
    """Run each use case once in a warm environment, unless its name says cold."""
    with fresh_table() as bench:
        env, clock, bills = bench.environment(), bench.clock, dict[str, Bill]()
        coupon = env.coupon_service.create(ORGANISATION, new_coupon(1_000, 3), clock.now).coupon

        def measure(name: str, call: Any) -> Any:
            with bench.meter.counting() as bill:
                answer = call()
            bills[name] = bill
            return answer

        def seen(env: Environment) -> Coupon:
            return env.redemption_service.find_coupon(
                ORGANISATION, coupon_id=coupon.coupon_id
            ).coupon

        env.redemption_service.distribute(seen(env), "first", None, clock.now)
        measure(
            "distribute",
            lambda: env.redemption_service.distribute(seen(env), "ann", "inbox", clock.now),
        )
        measure(
            "distribute again",
            lambda: env.redemption_service.distribute(seen(env), "ann", "inbox", clock.now),
        )
        token = links.format_token(coupon, links.derive_holder(coupon, "ann"))
        measure("page, warm", lambda: env.redemption_service.open_link(token, clock.now))
        # On a busy machine the threads of parallel reads may start one after another.
        cold_views: list[Bill] = []
        for _ in range(5):
            cold = bench.environment().redemption_service
            measure("page, cold", lambda cold=cold: cold.open_link(token, clock.now))
            cold_views.append(bills["page, cold"])
        bills["page, cold"] = min(cold_views, key=lambda bill: bill.round_trips)
        measure("redeem", lambda: env.redemption_service.redeem_by_link(token, 1, clock.now))
        measure("redeem again", lambda: env.redemption_service.redeem_by_link(token, 1, clock.now))
        measure("redeem, use 2", lambda: env.redemption_service.redeem_by_link(token, 2, clock.now))
        measure(
            "till",
            lambda: env.redemption_service.redeem_at_till(
                seen(env), "bob", None, "sale", clock.now
            ),
        )
        for name, rules in RULES.items():
            made = _with_rules(env, rules, clock.now)
            given = env.redemption_service.distribute(made, "ann", None, clock.now)
            measure(
                f"redeem, {name}",
                lambda token=given.token: env.redemption_service.redeem_by_link(
                    token, 1, clock.now
                ),
            )
            measure(
                f"till, {name}",
                lambda made=made: env.redemption_service.redeem_at_till(
                    made, "bob", None, "sale", clock.now
                ),
            )
        clock.seconds += 11 * 60
        env.redemption_service.open_link(token, clock.now)
        repeated = measure(
            "till again, 11 minutes later",
            lambda: env.redemption_service.redeem_at_till(
                seen(env), "bob", None, "sale", clock.now
            ),
        )
        assert repeated.repeated
        measure(
            "redeem again, 11 minutes later",
            lambda: env.redemption_service.redeem_by_link(token, 1, clock.now),
        )
        alternatives.stock(bench.table(), 100, "2026-01-01", "2999-01-01")
        bench.table().put(alternatives.distributed("peer", "2026-01-01"))
        for name, peer in (
            ("four items", alternatives.four_items),
            ("one transactional counter", alternatives.transactional_counter),
        ):
            measure(
                f"peer: {name}",
                lambda peer=peer, name=name: peer(
                    bench.table(), "peer" if "four" in name else "other", "2026-06-01"
                ),
            )
    return bills


def _with_rules(env: Environment, rules: dict[str, Any], now: datetime) -> Coupon:
    """A coupon with the rules, in the cache of the environment."""
    code = "-".join(rules).upper().replace("_", "-")
    new = replace(new_coupon(1_000), code=code, **rules)
    coupon_id = env.coupon_service.create(ORGANISATION, new, now).coupon.coupon_id
    return env.redemption_service.find_coupon(ORGANISATION, coupon_id=coupon_id).coupon


def rows() -> Iterator[Row]:
    bills = use_cases()
    for name, must in MUSTS.items():
        yield must.row(name, bills[name])
    ratio = bills["redeem"].units / bills["peer: four items"].units
    yield at_most(
        "P3", "redeem to the obvious transaction of 4 items, all write units", ratio, " ×", 0.6
    )
    for name in ("peer: four items", "peer: one transactional counter"):
        yield Row("P3", name, str(bills[name]))
    read, written = sold_out_storm()
    yield at_most("P7", "a refused tap, 1,000 a second, after the proof", read, " RCU", 1.2)
    yield at_most("P7", "the same, written", written, " WCU", 0)
    yield at_most("P18", "an event of a batch of 100, one coupon", event_units(1), " WCU", 0.2)
    for coupons in (4, 25):
        yield Row("P18", f"the same, {coupons} coupons", f"{event_units(coupons):.2f} WCU")


@dataclass(frozen=True)
class Must:
    """The budget of a use case."""

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
        most = in_words(self.round_trips, self.write_units, self.index_units, self.read_units)
        return Row(self.goal, name, str(bill), f"≤ {most}", self.allows(bill))


MUSTS = {
    "distribute": Must("P1", 1, 1, 1),
    "distribute again": Must("P1", 1, 1, 1),
    "page, warm": Must("P2", 1, read_units=1),
    "page, cold": Must("P2", 2, read_units=3),
    "redeem": Must("P3", 1, 4, 2),
    "redeem, use 2": Must("P3", 2, 4, 2, 1),
    "till": Must("P3", 1, 4, 2),
    "redeem, opening hours": Must("P3", 1, 4, 2),
    "till, opening hours": Must("P3", 1, 4, 2),
    "redeem, own end": Must("P3", 2, 4, 2, 1),
    "till, own end": Must("P3", 2, 4, 2, 1),
    "redeem, period limit": Must("P3", 2, 4, 2, 1),
    "till, period limit": Must("P3", 2, 4, 2, 1),
    "redeem again": Must("P4", 1, 4, 2),
    "redeem again, 11 minutes later": Must("P4", 1, 4, 2),
    "till again, 11 minutes later": Must("P4", 1, 4, 2),
}


def sold_out_storm(environments: int = 10, taps: int = 400) -> tuple[float, float]:
    """RCU and WCU per tap at 1,000 taps a second on a sold-out coupon, after the first proof."""
    with fresh_table() as bench:
        envs = [bench.environment() for _ in range(environments)]
        coupon = (
            envs[0].coupon_service.create(ORGANISATION, new_coupon(40, 1), bench.clock.now).coupon
        )
        late = [f"late-{number}" for number in range(20)]
        tokens = [links.format_token(coupon, links.derive_holder(coupon, who)) for who in late]
        for who in late:
            envs[0].redemption_service.distribute(coupon, who, None, bench.clock.now)
        for number in range(40):
            envs[0].redemption_service.redeem_at_till(
                coupon, f"early-{number}", None, None, bench.clock.now
            )
        _tap_sold_out(envs[0], tokens[0], bench.clock.now)
        with bench.meter.counting() as bill:
            for number in range(taps):
                bench.clock.seconds += 0.001
                _tap_sold_out(
                    envs[number % environments], tokens[number % len(tokens)], bench.clock.now
                )
    return bill.read_units / taps, bill.write_units / taps


def event_units(coupons: int, events: int = 100) -> float:
    """Write units of an event in a batch of the stream, spread over coupons with ten inboxes."""
    with fresh_table() as bench:
        env, table = bench.environment(), bench.table()
        made = [
            env.coupon_service.create(
                ORGANISATION, replace(new_coupon(None), code=None), bench.clock.now
            ).coupon.coupon_id
            for _ in range(coupons)
        ]
        counter = StatisticsCounter(
            StatisticsStore(table), CouponStore(table), FailureQueue(lambda: None, "")
        )

        def batch(first: int) -> list[StreamRecord]:
            return [_distributed(first + n, made[n % coupons], n % 10) for n in range(events)]

        # The first batch names the inboxes, once for each coupon.
        assert counter.count("shard", batch(0), bench.clock.now) is None
        with bench.meter.counting() as bill:
            assert counter.count("shard", batch(events), bench.clock.now) is None
    return bill.units / events


def _distributed(number: int, coupon_id: str, inbox: int) -> StreamRecord:
    image = {
        "pk": {"S": f"HOLDER#{coupon_id}#{number}"},
        "distributed_at": {"S": "2026-06-01T12:00:00.000Z"},
        "inbox_id": {"S": f"inbox-{inbox}"},
    }
    return record_of({"dynamodb": {"SequenceNumber": str(number + 1), "NewImage": image}})


def _tap_sold_out(env: Environment, token: str, now: datetime) -> None:
    try:
        env.redemption_service.redeem_by_link(token, 1, now)
    except CouponMaxUsesReached:
        return
    raise AssertionError("it is sold out")
