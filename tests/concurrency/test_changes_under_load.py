"""Changes while customers come: limit = used + remaining at every instant, and what is closed stays closed."""

import random
import threading
from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest
from botocore.exceptions import ClientError, HTTPClientError

from couponflow.bootstrap import Services
from couponflow.domain.errors import CouponflowError
from tests.concurrency.load import ORGANISATION, Rush, tally, till
from tests.support.engines import on_both_engines
from tests.unit.examples import BETWEEN, ENDS_AT, STARTS_AT

pytestmark = on_both_engines


def change(services: Services, rush: Rush, coupon, **changes) -> str:
    try:
        services.coupon_service.change(ORGANISATION, coupon.coupon_id, rush.read(coupon).version, changes, BETWEEN)
    except CouponflowError as refusal:
        return refusal.code
    return "changed"


@pytest.mark.parametrize("seed", range(3))
def test_a_limit_moved_up_and_down_in_a_rush_is_true_at_every_instant(rush: Rush, seed):
    dice = random.Random(seed)
    coupon = rush.coupon(60, shards=3)
    seen: list[tuple[int, int]] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set() or len(seen) < 4:
            with suppress(ClientError, HTTPClientError):  # in the way of a change: look again
                seen.append(rush.snapshot(coupon))

    def moving(target: int):
        def job(services: Services) -> str:
            while (done := change(services, rush, coupon, max_redemptions=target)) in ("version_conflict", "try_again"):
                continue
            return done

        return job

    customers = 100
    jobs = [till(coupon, f"customer-{number}") for number in range(customers)]
    # The last of these always fits: there are no more customers.
    for target in [*(dice.randint(1, customers) for _ in range(6)), customers]:
        jobs.insert(dice.randrange(len(jobs)), moving(target))
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        outcomes = rush.run(jobs)
    finally:
        over.set()
        watcher.join()

    assert set(outcomes) <= {"redeemed", "coupon_max_uses_reached", "changed", "limit_below_used"}
    assert "changed" in outcomes
    assert [limit for limit, total in seen if limit != total] == []
    limit, total = rush.snapshot(coupon)
    assert limit == total >= rush.counts(coupon).used == outcomes.count("redeemed")
    if rush.counts(coupon).remaining:  # nobody hears "sold out" of what is left
        assert rush.run([till(rush.read(coupon), "one more")]) == ["redeemed"]


def test_raises_in_a_rush_are_used_up_to_the_last_unit(rush: Rush):
    coupon = rush.coupon(5, shards=1)

    def raised(services: Services) -> str:
        while (done := change(services, rush, coupon, max_redemptions=rush.read(coupon).units + 20)) != "changed":
            assert done in ("version_conflict", "try_again")
        return "raised"

    outcomes = rush.run([*[till(coupon, f"customer-{number}") for number in range(40)], raised, raised])
    assert outcomes.count("raised") == 2
    # Whoever was refused before a raise comes again after it.
    raised_to = rush.read(coupon)
    outcomes += rush.run([till(raised_to, f"late-{number}") for number in range(40)])
    assert tally(outcomes) | {"coupon_max_uses_reached": 0} == {"raised": 2, "redeemed": 45, "coupon_max_uses_reached": 0}
    assert rush.counts(coupon).used == rush.read(coupon).units == 45


CLOSINGS = {
    "switched off": {"active": False},
    "ended": {"ends_at": BETWEEN, "starts_at": STARTS_AT},
    "put off": {"starts_at": BETWEEN + timedelta(hours=1), "ends_at": ENDS_AT},
    "archived": None,
}


@pytest.mark.parametrize("closing", CLOSINGS.values(), ids=CLOSINGS)
def test_when_a_closing_is_answered_nobody_redeems_any_more(rush: Rush, closing):
    coupon = rush.coupon(10_000, shards=6)
    used_then: list[int] = []

    def close(services: Services) -> str:
        if closing is None:
            services.coupon_service.archive(ORGANISATION, coupon.coupon_id, BETWEEN)
        else:
            assert change(services, rush, coupon, **closing) == "changed"
        used_then.append(rush.counts(coupon).used)  # what is under way now must not be counted any more
        return "closed"

    made: list[str] = []

    def come_until_it_is_closed(worker: int):
        def job(services: Services) -> str:
            for number in count():
                if (said := till(coupon, f"customer-{worker}-{number}")(services)) != "redeemed":
                    return said
                made.append(said)
            raise AssertionError("it is closed some time")

        return job

    def close_in_the_midst(services: Services) -> str:
        while not made:
            till(coupon, "first")(services)
        return close(services)

    outcomes = rush.run([close_in_the_midst, *map(come_until_it_is_closed, range(20))])

    assert len(set(outcomes)) == 2, tally(outcomes)
    assert rush.counts(coupon).used == used_then[0] >= len(made) > 0
