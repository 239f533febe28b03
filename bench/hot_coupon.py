"""P5 and P6: how many redemptions a second one hot coupon carries, on virtual time, beside one
counter for all.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from functools import partial

from bench import alternatives
from bench.report import Row, at_most
from bench.simulated_load import Result, capacity, simulate, simulate_alternative

SECONDS = 5.0
SEEDS = 15
WINDOWS = (0.004, 0.008, 0.016)
WINDOW = 0.008

Served = Callable[..., Result]


def ours(shards: int, window: float) -> Served:
    return partial(simulate, seconds=SECONDS, shards=shards, window=window)


def counter(window: float) -> Served:
    return partial(
        simulate_alternative, alternatives.transactional_counter, seconds=4 * SECONDS, window=window
    )


def rows_under_changes() -> Iterator[Row]:
    """A PATCH every second: each environment pays once for it, with one failed try and one read."""
    runs = [
        simulate(800, SECONDS, 16, WINDOW, seed=seed, changes_every=1)
        for seed in range(1, SEEDS + 1)
    ]
    ok = statistics.median(run.share_served for run in runs)
    p99 = statistics.median(run.percentile(0.99) for run in runs)
    slowest = max(max(run.change_seconds) for run in runs)
    measured = f"{ok:.2%} ok, p99 {1000 * p99:.0f} ms, slowest PATCH {slowest:.1f} s"
    is_met = ok >= 0.999 and p99 <= 0.1
    must = "≥ 99.9 % ok, p99 ≤ 100 ms"
    yield Row("P5", "800/s, S = 16, 8 ms, a PATCH every second", measured, must, is_met)


def rows() -> Iterator[Row]:
    for window in WINDOWS:
        alone, split = capacity(counter(window), 5, 500), capacity(ours(16, window), 50, 5_000)
        measured = f"{split:.0f}/s, one counter {alone:.0f}/s: {split / alone:.1f} ×"
        what = f"hot coupon, S = 16, conflict window {1000 * window:.0f} ms"
        if window != WINDOW:
            yield Row("P5", what, measured)
            continue
        # Measured at 15 times the counter's capacity, not at our own limit.
        runs = [ours(16, window)(15 * alone, seed=seed) for seed in range(1, SEEDS + 1)]
        ok, p99 = (
            statistics.median(run.share_served for run in runs),
            statistics.median(run.percentile(0.99) for run in runs),
        )
        is_met = split >= 15 * alone and ok >= 0.999 and p99 <= 0.1
        measured += f"; at {15 * alone:.0f}/s {ok:.2%} ok, p99 {1000 * p99:.0f} ms"
        yield Row("P5", what, measured, "≥ 15 ×, ≥ 99.9 % ok, p99 ≤ 100 ms", is_met)
    most = capacity(ours(64, WINDOW), 500, 20_000)
    yield Row(
        "P5", "hot coupon, S = 64, 8 ms", f"{most:.0f}/s", aim="≥ 4,000/s", is_reached=most >= 4_000
    )
    wasted = [ours(16, WINDOW)(800, seed=seed).units_each for seed in range(SEEDS)]
    yield at_most(
        "P6",
        "written on hot keys for a redemption, 800/s, S = 16",
        statistics.median(wasted),
        " WCU",
        2.3,
        2.1,
    )
    single = capacity(
        partial(
            simulate_alternative, alternatives.single_write_counter, seconds=SECONDS, window=WINDOW
        ),
        50,
        5_000,
    )
    yield Row("P5", "one single-write counter, 8 ms (a crash loses a use)", f"{single:.0f}/s")
