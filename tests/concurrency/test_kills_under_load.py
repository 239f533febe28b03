"""R18: front and functions killed in the midst of a rush: what was acknowledged is there, counts are equal, nothing is left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

import httpx
import pytest

from local.child_processes import Child
from tests.support.clients import ApiClient
from tests.support.stacks import StackProcess, wait_until

CUSTOMERS, KILLS, LIMIT = 24, 3, 400
# Of redemptions between two kills; so many have been acknowledged before the next one.
BETWEEN_KILLS = 30


@dataclass
class Rush:
    """Customers and tills that come again and again, and repeat whatever was not answered, word for word."""

    service: ApiClient
    coupon: dict[str, Any]
    acknowledged: dict[tuple[str, str], str] = field(default_factory=dict)
    unanswered: int = 0
    is_over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def customer(self, number: int) -> None:
        for visit in count():
            if self.is_over.is_set():
                return
            self.sale(f"customer-{number}", f"receipt-{number}-{visit}")

    def sale(self, customer: str, key: str) -> None:
        body = {"coupon_id": self.coupon["coupon_id"], "customer_id": customer}
        while True:
            with suppress(httpx.HTTPError):
                answer = self.service.call("POST", "/v1/redemptions", body, "redeem", idempotency_key=key)
                if answer.status_code == 200:
                    with self._lock:
                        known = self.acknowledged.setdefault((customer, key), answer.json()["redemption_id"])
                    assert known == answer.json()["redemption_id"]
                    return
                if answer.status_code == 409:
                    return
            with self._lock:
                self.unanswered += 1
            if self.is_over.wait(0.05):
                return

    def goes_on(self) -> None:
        """Until more has been acknowledged."""
        enough = min(len(self.acknowledged) + BETWEEN_KILLS, LIMIT)
        wait_until(lambda: len(self.acknowledged) >= enough)

    @contextmanager
    def under_way(self) -> Iterator[None]:
        with ThreadPoolExecutor(CUSTOMERS) as crowd:
            running = [crowd.submit(self.customer, number) for number in range(CUSTOMERS)]
            try:
                yield
            finally:
                self.is_over.set()
        for each in running:
            each.result()


@pytest.mark.slow
def test_what_was_acknowledged_survives_kills_in_a_rush(new_stack: Callable[..., StackProcess]):
    running = new_stack().start()
    with httpx.Client(timeout=10, trust_env=False, limits=httpx.Limits(max_connections=CUSTOMERS)) as client:
        service = ApiClient.of_demo(running.demo, client)
        rush = Rush(service, service.create_coupon(max_redemptions=LIMIT, max_redemptions_per_customer=100))
        with rush.under_way():
            for _ in range(KILLS):
                rush.goes_on()
                children = running.children()
                running.kill()
                wait_until(partial(all_ended, children))
                running.start()
            rush.goes_on()

        assert rush.unanswered, "the kills were felt"
        check(service, rush)
        rush.acknowledged["customer-0", "a key that was never sent"] = "and its redemption"
        with pytest.raises(AssertionError):  # the control
            check(service, rush)
        children = running.children()
        running.stop()
        assert children and all_ended(children)


def all_ended(children: list[Child]) -> bool:
    return not any(child.is_alive for child in children)


def check(service: ApiClient, rush: Rush) -> None:
    for (customer, key), redemption_id in rush.acknowledged.items():
        body = {"coupon_id": rush.coupon["coupon_id"], "customer_id": customer}
        again = service.call("POST", "/v1/redemptions", body, "redeem", idempotency_key=key).json()
        assert (again["redemption_id"], again["repeated"]) == (redemption_id, True)
    records = all_records(service, rush.coupon)
    used = service.call("GET", f"/v1/coupons/{rush.coupon['coupon_id']}").json()["times_redeemed"]
    assert used == len(records) == len({record["redemption_id"] for record in records}) <= LIMIT
    assert set(rush.acknowledged.values()) <= {record["redemption_id"] for record in records}
    # What was made but never acknowledged is at most what was under way when it was killed.
    assert used - len(rush.acknowledged) <= CUSTOMERS


def all_records(service: ApiClient, coupon: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        path = f"/v1/coupons/{coupon['coupon_id']}/redemptions?limit=100&status=redeemed{cursor}"
        page = service.call("GET", path).json()
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"
