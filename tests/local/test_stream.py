"""The local table's stream reaches the events function, also after a kill."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from tests.support.stacks import StackProcess, wait_until


def call(stack: StackProcess, method: str, path: str, scope: str, body: object = None) -> Any:
    headers = {"authorization": f"Bearer {stack.demo[f'{scope}_key']}"}
    answer = httpx.request(
        method, stack.base_url + path, json=body, headers=headers, timeout=60, trust_env=False
    )
    assert answer.is_success, answer.text
    return answer.json()


def totals(stack: StackProcess) -> dict[str, int]:
    coupon = stack.demo["coupon_id"]
    found = call(stack, "GET", f"/v1/coupons/{coupon}/statistics", "admin")
    return dict(found["totals"])


def redeem(stack: StackProcess, customer: str) -> None:
    body = {"coupon_id": stack.demo["coupon_id"], "customer_id": customer}
    call(stack, "POST", "/v1/flow/distribute", "distribute", body)
    call(stack, "POST", "/v1/redemptions", "redeem", body)


def test_statistics_follow_and_survive_a_kill(new_stack: Callable[..., StackProcess]):
    stack = new_stack().start()
    for number in range(5):
        redeem(stack, f"customer-{number}")
    wait_until(lambda: totals(stack)["redeemed"] == 5)
    assert totals(stack)["distributed"] == 6  # with the demo's own link
    for number in range(5, 10):
        redeem(stack, f"customer-{number}")
    stack.kill()

    stack.start()
    wait_until(lambda: totals(stack)["redeemed"] == 10)
    time.sleep(1)  # what came again would have been counted by now
    assert totals(stack) == {"distributed": 11, "opened": 0, "redeemed": 10, "rolled_back": 0}
