"""Changes during redemptions: limit = used + remaining at every instant; a closed coupon stays
closed.
"""

import random
import threading
from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest
from botocore.exceptions import ClientError, HTTPClientError

from couponflow.bootstrap import Services
from couponflow.domain.errors import CouponflowError
from couponflow.domain.models import Coupon
from tests.concurrency.load import ORGANISATION, Burst, tally, till
from tests.support.engines import on_both_engines
from tests.unit.examples import BETWEEN, ENDS_AT, STARTS_AT

pytestmark = on_both_engines


def change_of(services: Services, seen: Coupon, **changes) -> str:
    try:
        services.coupon_service.change(ORGANISATION, seen.coupon_id, seen.version, changes, BETWEEN)
    except CouponflowError as refusal:
        return refusal.code
    return "changed"


def change(services: Services, burst: Burst, coupon, **changes) -> str:
    return change_of(services, burst.read(coupon), **changes)


@pytest.mark.parametrize("seed", range(3))
def test_limit_changed_under_load_is_exact_at_every_instant(burst: Burst, seed):
    dice = random.Random(seed)
    coupon = burst.coupon(60, shards=3)
    seen: list[tuple[int, int]] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set() or len(seen) < 4:
            with suppress(ClientError, HTTPClientError):  # conflict with a change: read again
                seen.append(burst.snapshot(coupon))

    def moving(target: int):
        def job(services: Services) -> str:
            while (done := change(services, burst, coupon, max_redemptions=target)) in (
                "version_conflict",
                "try_again",
            ):
                continue
            return done

        return job

    customers = 100
    jobs = [till(coupon, f"customer-{number}") for number in range(customers)]
    # The last limit equals the number of customers, so it is always accepted.
    for target in [*(dice.randint(1, customers) for _ in range(6)), customers]:
        jobs.insert(dice.randrange(len(jobs)), moving(target))
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        outcomes = burst.run(jobs)
    finally:
        over.set()
        watcher.join()

    assert set(outcomes) <= {"redeemed", "coupon_max_uses_reached", "changed", "limit_below_used"}
    assert "changed" in outcomes
    assert [limit for limit, total in seen if limit != total] == []
    limit, total = burst.snapshot(coupon)
    assert limit == total >= burst.counts(coupon).used == outcomes.count("redeemed")
    if burst.counts(coupon).remaining:  # a remaining unit must be redeemable
        assert burst.run([till(burst.read(coupon), "one more")]) == ["redeemed"]


def test_units_of_raises_under_load_are_all_redeemed(burst: Burst):
    coupon = burst.coupon(5, shards=1)

    def raise_by(units: int):
        def job(services: Services) -> str:
            seen, done = burst.read(coupon), ""
            while done != "changed":
                # After "try again" the same request goes on where it stopped.
                seen = burst.read(coupon) if done == "version_conflict" else seen
                done = change_of(services, seen, max_redemptions=seen.units + units)
                assert done in ("changed", "version_conflict", "try_again")
            return "raised"

        return job

    # Two equal requests on one version would be one request and its repetition.
    raises = [raise_by(20), raise_by(21)]
    outcomes = burst.run([*[till(coupon, f"customer-{number}") for number in range(40)], *raises])
    assert outcomes.count("raised") == 2
    # Customers who were refused before a raise try again after it.
    raised_to = burst.read(coupon)
    outcomes += burst.run([till(raised_to, f"late-{number}") for number in range(50)])
    assert tally(outcomes) | {"coupon_max_uses_reached": 0} == {
        "raised": 2,
        "redeemed": 46,
        "coupon_max_uses_reached": 0,
    }
    assert burst.counts(coupon).used == burst.read(coupon).units == 46


CLOSINGS = {
    "switched off": {"active": False},
    "ended": {"ends_at": BETWEEN, "starts_at": STARTS_AT},
    "put off": {"starts_at": BETWEEN + timedelta(hours=1), "ends_at": ENDS_AT},
    "archived": None,
}


@pytest.mark.parametrize("closing", CLOSINGS.values(), ids=CLOSINGS)
def test_completed_closing_ends_redemptions_under_load(burst: Burst, closing):
    coupon = burst.coupon(10_000, shards=6)
    used_then: list[int] = []

    def close(services: Services) -> str:
        if closing is None:
            services.coupon_service.archive(ORGANISATION, coupon.coupon_id, BETWEEN)
        else:
            assert change(services, burst, coupon, **closing) == "changed"
        used_then.append(
            burst.counts(coupon).used
        )  # concurrent redemptions must not be counted from here on
        return "closed"

    made: list[str] = []

    def redeem_until_closed(worker: int):
        def job(services: Services) -> str:
            for number in count():
                if (said := till(coupon, f"customer-{worker}-{number}")(services)) != "redeemed":
                    return said
                made.append(said)
            raise AssertionError("the coupon never closed")

        return job

    def close_under_load(services: Services) -> str:
        while not made:
            till(coupon, "first")(services)
        return close(services)

    outcomes = burst.run([close_under_load, *map(redeem_until_closed, range(20))])

    assert len(set(outcomes)) == 2, tally(outcomes)
    assert burst.counts(coupon).used == used_then[0] >= len(made) > 0
