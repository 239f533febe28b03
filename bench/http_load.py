"""P14: the local stack under 50 customers at once, each distribute → page → redeem; and how soon a
flow builder is answered.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench.report import Row, at_most
from tests.support.stacks import StackProcess

AT_ONCE, CUSTOMERS = 50, 1_000
CALLS = 100


@dataclass
class Load:
    """Errors, and the seconds of each request by kind."""

    errors: list[str] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    whole: float = 0

    @property
    def requests_a_second(self) -> float:
        return sum(map(len, self.seconds.values())) / self.whole


class Visitor(threading.local):
    """One connection per concurrent customer."""

    def __init__(self, base_url: str) -> None:
        self.client = httpx.Client(base_url=base_url, timeout=60)


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        stack = StackProcess(Path(folder) / "state")
        stack.start()
        try:
            yield from _flow_builder(stack)
            yield _customers(stack)
        finally:
            stack.stop()


def _flow_builder(stack: StackProcess) -> Iterator[Row]:
    """The first call starts a function, so it includes a cold start."""
    with httpx.Client(base_url=stack.base_url, timeout=60) as client:
        taken = [
            _seconds_to_distribute(client, stack.demo, f"flow-{number}")
            for number in range(CALLS + 1)
        ]
    yield at_most("flow", "distribute to an answer, cold", 1000 * taken[0], " ms", 5_000)
    yield at_most(
        "flow", "distribute to an answer, warm, slowest of 100", 1000 * max(taken[1:]), " ms", 300
    )


def _customers(stack: StackProcess) -> Row:
    with httpx.Client(base_url=stack.base_url, timeout=60) as admin:
        coupon = _coupon(admin, stack.demo)
        load = _run_customers(stack, coupon["coupon_id"])
        headers = {"authorization": f"Bearer {stack.demo['admin_key']}"}
        used = admin.get(f"/v1/coupons/{coupon['coupon_id']}", headers=headers).json()[
            "times_redeemed"
        ]
    is_met = not load.errors and used == CUSTOMERS
    medians = ", ".join(
        f"{name} {1000 * statistics.median(taken):.0f} ms" for name, taken in load.seconds.items()
    )
    counts = f"{len(load.errors)} errors, {used} of {CUSTOMERS} redeemed"
    measured = f"{counts}, {load.requests_a_second:.0f} requests/s ({medians})"
    return Row(
        "P14",
        f"local stack, {AT_ONCE} customers at once: distribute → page → redeem",
        measured,
        "0 errors, exact",
        is_met,
    )


def _run_customers(stack: StackProcess, coupon_id: str) -> Load:
    load, visitor, lock = Load(), Visitor(stack.base_url), threading.Lock()

    def ask(kind: str, request: Callable[[], httpx.Response]) -> httpx.Response:
        started = time.perf_counter()
        response = request()
        with lock:
            load.seconds.setdefault(kind, []).append(time.perf_counter() - started)
            if response.status_code != 200:
                load.errors.append(f"{kind}: {response.status_code} {response.text[:200]}")
        return response

    def come(number: int) -> None:
        client, who = visitor.client, f"customer-{number}"
        given = ask("distribute", lambda: _distribute(client, stack.demo, who, coupon_id)).json()
        ask("page", lambda: client.get(given["redeem_url"]))
        ask(
            "redeem",
            lambda: client.post(
                f"{given['redeem_url']}/redeem", headers={"accept": "application/json"}
            ),
        )

    started = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(CUSTOMERS):
            pool.submit(come, number)
    load.whole = time.perf_counter() - started
    return load


def _coupon(client: httpx.Client, demo: dict[str, Any]) -> Any:
    coupon = {
        "name": "Rush",
        "starts_at": "2026-01-01",
        "ends_at": "2035-12-31",
        "max_redemptions": CUSTOMERS,
        "max_redemptions_per_customer": 1,
    }
    answer = client.post(
        "/v1/coupons", json=coupon, headers={"authorization": f"Bearer {demo['admin_key']}"}
    )
    return answer.raise_for_status().json()


def _distribute(
    client: httpx.Client, demo: dict[str, Any], customer: str, coupon_id: str | None = None
) -> httpx.Response:
    body = {"coupon_id": coupon_id or demo["coupon_id"], "customer_id": customer}
    return client.post(
        "/v1/flow/distribute",
        json=body,
        headers={"authorization": f"Bearer {demo['distribute_key']}"},
    )


def _seconds_to_distribute(client: httpx.Client, demo: dict[str, Any], customer: str) -> float:
    started = time.perf_counter()
    _distribute(client, demo, customer).raise_for_status()
    return time.perf_counter() - started
