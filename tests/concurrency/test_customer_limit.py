"""R2: one customer, many hands: taps and tills over several processes make as many uses as the limit says."""

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from couponflow.domain.models import Coupon
from tests.concurrency.load import Rush, tally, till
from tests.support.engines import on_both_engines
from tools.paths import ROOT

pytestmark = on_both_engines

PROCESSES, TIMES = 4, 16
CUSTOMER = "ann"
Hands = Callable[..., list[str]]


@pytest.fixture
def hands(rush: Rush, environment: dict[str, str]) -> Hands:
    """`hands(coupon)`: the outcomes of 64 redemptions of one customer at once, by link and at tills."""

    def run(coupon: Coupon, conditions: dict[str, str] | None = None) -> list[str]:
        task = {
            "coupon_id": coupon.coupon_id,
            "customer": CUSTOMER,
            "token": rush.link(coupon, CUSTOMER),
            "uses": coupon.max_redemptions_per_customer,
            "times": TIMES,
            "conditions": conditions or {},
        }
        workers = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.concurrency.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
                env=os.environ | environment | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'layers' / 'couponflow'}"},
            )
            for _ in range(PROCESSES)
        ]
        try:
            return [outcome for line in _told(workers, json.dumps(task)) for outcome in json.loads(line)]
        finally:
            for worker in workers:
                worker.kill()
                worker.communicate()

    return run


def _told(workers: list["subprocess.Popen[str]"], task: str) -> list[str]:
    def say(line: str) -> list[str]:
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write(f"{line}\n")
            worker.stdin.flush()
        return [worker.stdout.readline().strip() for worker in workers if worker.stdout is not None]

    assert say(task) == ["ready"] * len(workers)
    return say("go")


@pytest.mark.parametrize("limit", [1, 3])
def test_a_customer_has_as_many_uses_as_the_limit_says(rush: Rush, hands: Hands, limit):
    coupon = rush.coupon(1_000, shards=4, per_customer=limit)
    outcomes = hands(coupon)
    assert outcomes.count("redeemed") == limit, tally(outcomes)
    assert set(outcomes) <= {"redeemed", "repeated", "customer_max_uses_reached", "validation_failed"}
    assert rush.counts(coupon).used == limit
    made = rush.redemptions(coupon, CUSTOMER)
    assert [redemption.slot for redemption in made if redemption.is_redeemed] == [f"{n:06d}" for n in range(1, limit + 1)]
    assert len(made) == limit


@pytest.mark.parametrize("limit", [1, 3])
def test_the_same_hands_take_more_without_the_condition(rush: Rush, hands: Hands, limit):
    coupon = rush.coupon(1_000, shards=4, per_customer=limit)
    hands(
        coupon,
        {"IS_UNUSED": "#status = #status AND :distributed = :distributed", "IS_NEW_OR_UNUSED": ":distributed = :distributed"},
    )
    assert rush.counts(coupon).used > limit


def test_a_repeated_attempt_is_one_use_however_many_send_it(rush: Rush):
    for limit in (1, 3, None):
        coupon = rush.coupon(1_000, shards=4, per_customer=limit)
        keys = [f"receipt-{number}" for number in range(limit or 5)]
        outcomes = rush.run([till(coupon, CUSTOMER, key) for key in keys * 10])
        assert rush.counts(coupon).used == len(rush.redemptions(coupon, CUSTOMER)) == len(keys)
        # A call that met trouble on the way can't tell its own work from that of its twin, so it may say "redeemed" too.
        assert set(outcomes) == {"redeemed", "repeated"}
        assert len(keys) <= outcomes.count("redeemed") < 2 * len(keys)


def test_a_customer_without_a_limit_is_counted_use_by_use(rush: Rush):
    coupon = rush.coupon(30, shards=2, per_customer=None)
    outcomes = rush.run([till(coupon, CUSTOMER) for _ in range(60)])
    assert tally(outcomes) == {"redeemed": 30, "coupon_max_uses_reached": 30}
    assert len(rush.redemptions(coupon, CUSTOMER)) == 30


def test_flows_that_distribute_at_once_give_one_link(rush: Rush):
    coupon = rush.coupon(1_000, shards=4, per_customer=3)
    for number in range(3):
        given = rush.run(
            [lambda services: services.redemption_service.distribute(coupon, CUSTOMER, None, coupon.starts_at).token] * 50
        )
        assert len(set(given)) == 1
        made = rush.redemptions(coupon, CUSTOMER)
        assert [redemption.is_redeemed for redemption in made] == [True] * number + [False]
        rush.run([till(coupon, CUSTOMER)])
