"""Full jitter: limits double, up to the longest, and no try begins after the end."""

import pytest

from couponflow.domain.errors import TryAgain
from couponflow.store.backoff import Backoff, Jitter


def test_limit_of_a_pause_doubles_up_to_the_longest():
    jitter = Jitter(first=0.01, longest=0.05)
    limits = [jitter.seconds(tries, lambda _, longest: longest) for tries in range(5)]
    assert limits == [0.01, 0.02, 0.04, 0.05, 0.05]


def test_pause_is_random_from_zero():
    assert Jitter(first=1, longest=1).seconds(3, lambda shortest, _: shortest) == 0


def test_backoff_pauses_until_its_seconds_are_over():
    now, pauses = [0.0], []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += 1

    backoff = Backoff(2, pause, lambda: now[0], Jitter(first=0.01, longest=0.02))
    for _ in range(2):
        backoff.wait_or_raise()
    with pytest.raises(TryAgain):
        backoff.wait_or_raise()
    assert [longest >= pause for longest, pause in zip([0.01, 0.02], pauses, strict=True)] == [
        True,
        True,
    ]
