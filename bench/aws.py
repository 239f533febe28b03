"""`python -m bench.aws --yes`: P5 and P6 on a real account, where the conflict window is DynamoDB's
own and not assumed.

Makes an on-demand table of its own, redeems at each rate with our code and with one transactional
counter, in turn, prints what was served and how soon, and deletes the table. With these rates it
writes some 400,000 units, about $0.30, in ten minutes. Run it in the table's region, on a machine
with a core for each hundred redemptions a second. `AWS_ENDPOINT_URL_DYNAMODB` leads it to DynamoDB
Local, which shows that it runs, and nothing about AWS.
"""

from __future__ import annotations

import argparse
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import boto3
from botocore.config import Config

from bench import alternatives
from bench.dynamodb_tables import Renamed
from bench.simulated_load import Result
from couponflow.domain.errors import CouponflowError
from couponflow.store.dynamodb import ContentionError, Table, UnknownResultError
from local import sam_template
from simulator.environments import ORGANISATION, environment, found_organisation, new_coupon

AT_ONCE = (
    32  # threads of a process: more customers than that wait, as they would for an environment
)
MANY = 10_000_000
Redeem = Callable[[str], bool]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.aws", description=__doc__)
    parser.add_argument("--rates", type=int, nargs="+", default=[20, 40, 80, 200, 400, 800])
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--yes", action="store_true", help="yes, make a table and pay for it")
    asked = parser.parse_args()
    if not asked.yes:
        parser.error("it makes a table and costs money: say --yes")
    client = _client()
    name = f"couponflow-bench-{uuid4().hex[:8]}"
    schema: dict[str, Any] = dict(sam_template.table_schema())
    client.create_table(TableName=name, **schema)
    try:
        client.get_waiter("table_exists").wait(TableName=name)
        found_organisation(Renamed(client, name))
        now = datetime.now(UTC)
        wanted = replace(
            new_coupon(MANY), starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1)
        )
        coupon = _environment(client, name).coupon_service.create(ORGANISATION, wanted, now).coupon
        alternatives.stock(Table(client, name), MANY, "2026-01-01", "2999-01-01")
        print("design                     asked/s   served     p50     p99")
        for rate in asked.rates:
            for design in (f"ours, S = {coupon.shards}", "one transactional counter"):
                result = _load(
                    name,
                    None if "one" in design else coupon.coupon_id,
                    rate,
                    asked.seconds,
                    asked.processes,
                )
                half, slowest = (1000 * result.percentile(share) for share in (0.5, 0.99))
                figures = f"{result.share_served:8.2%} {half:5.0f}ms {slowest:5.0f}ms"
                print(f"{design:26} {rate:7} {figures}", flush=True)
    finally:
        client.delete_table(TableName=name)


def _load(name: str, coupon_id: str | None, rate: int, seconds: int, processes: int) -> Result:
    share = partial(_arrivals, name, coupon_id, rate / processes, seconds)
    whole = Result()
    with ProcessPoolExecutor(processes) as pool:
        for part in pool.map(share, range(processes)):
            whole.asked, whole.served = whole.asked + part.asked, whole.served + part.served
            whole.seconds += part.seconds
    return whole


def _arrivals(name: str, coupon_id: str | None, rate: float, seconds: int, seed: int) -> Result:
    """Customers arrive at random and do not wait for earlier ones."""
    dice, result, lock, own = random.Random(seed), Result(), threading.Lock(), threading.local()
    client = _client()  # created once, because threads can share it

    def come(customer: str, due: float) -> None:
        if not hasattr(own, "redeem"):
            own.redeem = _ours(client, name, coupon_id) if coupon_id else _counter(client, name)
        is_served = own.redeem(customer)
        with lock:
            result.asked += 1
            result.served += is_served
            result.seconds.append(time.monotonic() - due)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        due = time.monotonic() + 2  # by then all processes are there
        end = due + seconds
        while due < end:
            time.sleep(max(0, due - time.monotonic()))
            pool.submit(come, uuid4().hex, due)
            due += dice.expovariate(rate)
    return result


def _ours(client: Any, name: str, coupon_id: str) -> Redeem:
    env = _environment(client, name)

    def redeem(customer: str) -> bool:
        try:
            coupon = env.redemption_service.find_coupon(ORGANISATION, coupon_id=coupon_id).coupon
            env.redemption_service.redeem_at_till(coupon, customer, None, None, datetime.now(UTC))
        except (CouponflowError, ContentionError, UnknownResultError):
            return False
        return True

    return redeem


def _counter(client: Any, name: str) -> Redeem:
    table, dice = Table(client, name), random.Random()
    return lambda customer: alternatives.with_retries(
        alternatives.transactional_counter, table, customer, "2026-06-01", time.sleep, dice
    )


def _environment(client: Any, name: str) -> Any:
    return environment(Renamed(client, name), time.sleep, time.monotonic, random.Random(), 16)


def _client() -> Any:
    return boto3.session.Session().client(
        "dynamodb", config=Config(retries={"total_max_attempts": 1}, max_pool_connections=AT_ONCE)
    )


if __name__ == "__main__":
    main()
