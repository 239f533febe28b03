"""R18: gateway and functions killed under load: acknowledged redemptions remain, counts agree, no
process is left.
"""

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
from tests.support.api import Api
from tests.support.stacks import StackProcess, wait_until

CUSTOMERS, KILLS, LIMIT = 24, 3, 400
# Redemptions acknowledged between two kills.
BETWEEN_KILLS = 30


@dataclass
class Burst:
    """Tills that redeem continuously and repeat each unanswered request unchanged."""

    service: Api
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
                answer = self.service.call(
                    "POST", "/v1/redemptions", body, "redeem", idempotency_key=key
                )
                if answer.status_code == 200:
                    with self._lock:
                        known = self.acknowledged.setdefault(
                            (customer, key), answer.json()["redemption_id"]
                        )
                    assert known == answer.json()["redemption_id"]
                    return
                if answer.status_code == 409:
                    return
            with self._lock:
                self.unanswered += 1
            if self.is_over.wait(0.05):
                return

    def wait_for_progress(self) -> None:
        """Wait until BETWEEN_KILLS more redemptions are acknowledged."""
        enough = min(len(self.acknowledged) + BETWEEN_KILLS, LIMIT)
        wait_until(lambda: len(self.acknowledged) >= enough)

    @contextmanager
    def running(self) -> Iterator[None]:
        with ThreadPoolExecutor(CUSTOMERS) as crowd:
            submitted = [crowd.submit(self.customer, number) for number in range(CUSTOMERS)]
            try:
                yield
            finally:
                self.is_over.set()
        for each in submitted:
            each.result()


@pytest.mark.slow
def test_acknowledged_redemptions_survive_kills_under_load(new_stack: Callable[..., StackProcess]):
    running = new_stack().start()
    with httpx.Client(
        base_url=running.base_url,
        timeout=10,
        trust_env=False,
        limits=httpx.Limits(max_connections=CUSTOMERS),
    ) as client:
        service = Api.of_demo(running.demo, client)
        burst = Burst(
            service, service.coupon(max_redemptions=LIMIT, max_redemptions_per_customer=100)
        )
        with burst.running():
            for _ in range(KILLS):
                burst.wait_for_progress()
                children = running.children()
                running.kill()
                wait_until(partial(have_ended, children))
                running.start()
            burst.wait_for_progress()

        assert burst.unanswered, "no request was interrupted by a kill"
        check(service, burst)
        burst.acknowledged["customer-0", "a key that was never sent"] = "and its redemption"
        with pytest.raises(AssertionError):  # the control
            check(service, burst)
        children = running.children()
        running.stop()
        assert children and have_ended(children)


def have_ended(children: list[Child]) -> bool:
    return not any(child.is_alive for child in children)


def check(service: Api, burst: Burst) -> None:
    for (customer, key), redemption_id in burst.acknowledged.items():
        body = {"coupon_id": burst.coupon["coupon_id"], "customer_id": customer}
        again = service.call("POST", "/v1/redemptions", body, "redeem", idempotency_key=key).json()
        assert (again["redemption_id"], again["repeated"]) == (redemption_id, True)
    records = all_records(service, burst.coupon)
    used = service.call("GET", f"/v1/coupons/{burst.coupon['coupon_id']}").json()["times_redeemed"]
    assert used == len(records) == len({record["redemption_id"] for record in records}) <= LIMIT
    assert set(burst.acknowledged.values()) <= {record["redemption_id"] for record in records}
    # At most the requests in progress at a kill were redeemed without acknowledgement.
    assert used - len(burst.acknowledged) <= CUSTOMERS


def all_records(service: Api, coupon: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        path = f"/v1/coupons/{coupon['coupon_id']}/redemptions?limit=100&status=redeemed{cursor}"
        page = service.call("GET", path).json()
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"
