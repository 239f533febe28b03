"""R2: concurrent taps and tills of one customer in several processes make exactly the limit of
uses.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from couponflow.domain.models import Coupon
from tests.concurrency.load import Burst, tally, till
from tests.support.engines import on_both_engines
from tools.paths import ROOT

pytestmark = on_both_engines

PROCESSES, TIMES = 4, 16
CUSTOMER = "ann"
RedeemConcurrently = Callable[..., list[str]]


@pytest.fixture
def redeem_concurrently(burst: Burst, environment: dict[str, str]) -> RedeemConcurrently:
    """`redeem_concurrently(coupon)`: outcomes of 64 redemptions of one customer, by link
    and till.
    """

    def run(coupon: Coupon, conditions: dict[str, str] | None = None) -> list[str]:
        task = {
            "coupon_id": coupon.coupon_id,
            "customer": CUSTOMER,
            "token": burst.link(coupon, CUSTOMER),
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
                env=os.environ
                | environment
                | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'layers' / 'couponflow'}"},
            )
            for _ in range(PROCESSES)
        ]
        try:
            return [
                outcome
                for line in _run_task(workers, json.dumps(task))
                for outcome in json.loads(line)
            ]
        finally:
            for worker in workers:
                worker.kill()
                worker.communicate()

    return run


def _run_task(workers: list["subprocess.Popen[str]"], task: str) -> list[str]:
    def say(line: str) -> list[str]:
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write(f"{line}\n")
            worker.stdin.flush()
        return [worker.stdout.readline().strip() for worker in workers if worker.stdout is not None]

    assert say(task) == ["ready"] * len(workers)
    return say("go")


@pytest.mark.parametrize("limit", [1, 3])
def test_concurrent_redemptions_make_exactly_the_customer_limit(
    burst: Burst, redeem_concurrently: RedeemConcurrently, limit
):
    coupon = burst.coupon(1_000, shards=4, per_customer=limit)
    outcomes = redeem_concurrently(coupon)
    assert outcomes.count("redeemed") == limit, tally(outcomes)
    assert set(outcomes) <= {
        "redeemed",
        "repeated",
        "customer_max_uses_reached",
        "validation_failed",
    }
    assert burst.counts(coupon).used == limit
    made = burst.redemptions(coupon, CUSTOMER)
    assert [redemption.slot for redemption in made if redemption.is_redeemed] == [
        f"{n:06d}" for n in range(1, limit + 1)
    ]
    assert len(made) == limit


@pytest.mark.parametrize("limit", [1, 3])
def test_control_without_the_condition_exceeds_the_limit(
    burst: Burst, redeem_concurrently: RedeemConcurrently, limit
):
    coupon = burst.coupon(1_000, shards=4, per_customer=limit)
    redeem_concurrently(
        coupon,
        {
            "IS_UNUSED": "#status = #status AND :distributed = :distributed",
            "IS_NEW_OR_UNUSED": ":distributed = :distributed",
        },
    )
    assert burst.counts(coupon).used > limit


def test_concurrent_repetitions_of_an_attempt_are_one_use(burst: Burst):
    for limit in (1, 3, None):
        coupon = burst.coupon(1_000, shards=4, per_customer=limit)
        keys = [f"receipt-{number}" for number in range(limit or 5)]
        outcomes = burst.run([till(coupon, CUSTOMER, key) for key in keys * 10])
        assert burst.counts(coupon).used == len(burst.redemptions(coupon, CUSTOMER)) == len(keys)
        # After a fault, a call cannot tell its own write from its twin's, so it may say "redeemed"
        # too.
        assert set(outcomes) == {"redeemed", "repeated"}
        assert len(keys) <= outcomes.count("redeemed") < 2 * len(keys)


def test_every_use_of_an_unlimited_customer_is_counted(burst: Burst):
    coupon = burst.coupon(30, shards=2, per_customer=None)
    outcomes = burst.run([till(coupon, CUSTOMER) for _ in range(60)])
    assert tally(outcomes) == {"redeemed": 30, "coupon_max_uses_reached": 30}
    assert len(burst.redemptions(coupon, CUSTOMER)) == 30


def test_concurrent_distributions_give_one_link(burst: Burst):
    coupon = burst.coupon(1_000, shards=4, per_customer=3)
    for number in range(3):
        given = burst.run(
            [
                lambda services: (
                    services.redemption_service.distribute(
                        coupon, CUSTOMER, None, coupon.starts_at
                    ).token
                )
            ]
            * 50
        )
        assert len(set(given)) == 1
        made = burst.redemptions(coupon, CUSTOMER)
        assert [redemption.is_redeemed for redemption in made] == [True] * number + [False]
        burst.run([till(coupon, CUSTOMER)])
