"""A hot coupon on virtual time: random arrivals, and as many environments of the real code as
needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from bench import alternatives
from couponflow.domain.errors import CouponflowError
from couponflow.store.dynamodb import ContentionError, Table, UnknownResultError
from simulator.dynamodb import Assumptions, SimulatedDynamoDB
from simulator.environments import (
    ORGANISATION,
    Environment,
    environment,
    found_organisation,
    moment,
    new_coupon,
)
from simulator.virtual_time import Scheduler

Serve = Callable[[str], bool]


@dataclass
class Result:
    """Numbers of customers who arrived and were served, and the seconds it took."""

    asked: int = 0
    served: int = 0
    seconds: list[float] = field(default_factory=list)
    hot_units: float = 0  # units written on quota shards, including failed tries
    environments: int = 0
    change_seconds: list[float] = field(default_factory=list)  # how long each PATCH took

    @property
    def share_served(self) -> float:
        return self.served / self.asked

    def percentile(self, share: float) -> float:
        return sorted(self.seconds)[int(share * (len(self.seconds) - 1))]

    @property
    def units_each(self) -> float:
        return self.hot_units / max(1, self.served)


def simulate(
    rate: float,
    seconds: float,
    shards: int,
    window: float,
    seed: int = 0,
    changes_every: float | None = None,
) -> Result:
    """Simulate our code: tills that redeem for new customers.

    `changes_every`: a marketer sends a PATCH in this interval, in seconds, one after the other.
    """
    scheduler = Scheduler(seed)
    cloud = SimulatedDynamoDB(scheduler, Assumptions(conflict_window=window))
    client = cloud.client()

    def make() -> Environment:
        return environment(client, scheduler.sleep, scheduler.timer, scheduler.dice, shards)

    def set_up() -> None:
        found_organisation(client)
        coupon = (
            make().coupon_service.create(ORGANISATION, new_coupon(10_000_000), moment(0)).coupon
        )

        def start() -> Serve:
            env = make()

            def serve(customer: str) -> bool:
                try:
                    terms = env.redemption_service.find_coupon(
                        ORGANISATION, coupon_id=coupon.coupon_id
                    )
                    env.redemption_service.redeem_at_till(
                        terms.coupon, customer, None, None, moment(scheduler.now)
                    )
                except (CouponflowError, ContentionError, UnknownResultError):
                    return False
                return True

            return serve

        _arrivals(cloud, rate, seconds, start, result)
        if changes_every is not None:
            scheduler.start(partial(change, coupon.coupon_id, scheduler.now, changes_every))

    def change(coupon_id: str, began: float, interval: float) -> None:
        env = make()
        for number in range(1, 1 + int((seconds + 1) / interval)):
            scheduler.sleep(max(0, began + number * interval - scheduler.now))
            sent = scheduler.now
            version = env.coupon_store.get(coupon_id).version
            name = {"name": f"Ten off, {number}"}
            env.coupon_service.change(ORGANISATION, coupon_id, version, name, moment(scheduler.now))
            result.change_seconds.append(scheduler.now - sent)

    result = Result()
    _run(cloud, set_up, result, "QUOTA")
    return result


def simulate_alternative(
    redeem: Callable[[Table, str, str], None],
    rate: float,
    seconds: float,
    window: float,
    seed: int = 0,
) -> Result:
    scheduler = Scheduler(seed)
    cloud = SimulatedDynamoDB(scheduler, Assumptions(conflict_window=window))
    # The benchmark retries for the alternatives as our code does.
    table = Table(cloud.client(), "peers", scheduler.sleep)

    def set_up() -> None:
        alternatives.stock(table, 10_000_000, "2026-01-01", "2999-01-01")

        def start() -> Serve:
            return lambda customer: alternatives.with_retries(
                redeem, table, customer, "2026-06-01", scheduler.sleep, scheduler.dice
            )

        _arrivals(cloud, rate, seconds, start, result)

    result = Result()
    _run(cloud, set_up, result, "COUNTER")
    return result


def _run(cloud: SimulatedDynamoDB, set_up: Callable[[], None], result: Result, hot: str) -> None:
    """Run the simulation; `hot` is the sort key of the contended items."""
    cloud.scheduler.start(set_up)
    cloud.scheduler.run()
    result.hot_units = sum(units for key, units in cloud.tally.written.items() if key[1] == hot)


def _arrivals(
    cloud: SimulatedDynamoDB,
    rate: float,
    seconds: float,
    start: Callable[[], Serve],
    result: Result,
) -> None:
    """Random arrivals; each uses a free environment or starts one.

    The first second is not counted.
    """
    scheduler = cloud.scheduler
    free: list[Serve] = []

    def come(customer: str, counts: bool) -> None:
        came = scheduler.now
        if free:
            serve = free.pop()
        else:
            serve = start()
            result.environments += 1
        is_served = serve(customer)
        free.append(serve)
        if counts:
            result.asked += 1
            result.served += is_served
            result.seconds.append(scheduler.now - came)

    at, number, begun = scheduler.now, 0, scheduler.now
    scheduler.call_at(begun + 1, cloud.tally.written.clear)
    while at < begun + 1 + seconds:
        at += scheduler.dice.expovariate(rate)
        number += 1
        scheduler.start(partial(come, f"customer-{number}", at > begun + 1), at)


def capacity(
    served_at: Callable[[float], Result],
    low: float,
    high: float,
    share: float = 0.999,
    p99: float = 0.1,
) -> float:
    """The highest rate, within 3 %, with at least `share` served and 99 % within `p99` seconds."""
    while high / low > 1.03:
        middle = (low * high) ** 0.5
        result = served_at(middle)
        if result.share_served >= share and result.percentile(0.99) <= p99:
            low = middle
        else:
            high = middle
    return low
