"""An engine that withholds the item of a refused single write adds no outcome.

The store then reads the item, and other requests may change it between the refusal and the read.
Every order of the calls is searched on an engine that sends the item, as DynamoDB does, and on one
that does not. The outcomes of the second must be a subset of those of the first.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any
from unittest import mock

import pytest
from greenlet import getcurrent, greenlet

from couponflow.domain import codes
from couponflow.store.dynamodb import Table
from couponflow.store.rate_counters import RateCounterStore
from simulator.engine import Engine
from tests.proofs import scenarios
from tests.proofs.explorer import Budget, Explorer, Found

FIND_CONFLICTING = Table.find_conflicting_item
LOST_ANSWER = Budget(lost_answers=1)
SCENARIOS: dict[str, Callable[[], Explorer]] = {
    "distribution": lambda: scenarios.same_idempotency_key_twice(3),
    "one marketer": scenarios.one_marketer,
    "two marketers": scenarios.two_marketers,
}


def _search(make: Callable[[], Explorer], *, withholds_old: bool) -> Found:
    numbers = itertools.count()  # the same ids and secrets in each search
    with mock.patch.object(codes, "random_base32", lambda length: f"{next(numbers):0{length}}"):
        explorer = make()
    explorer.new_engine = partial(Engine, withholds_old=withholds_old)
    return explorer.explore(LOST_ANSWER)


@pytest.mark.parametrize("name", SCENARIOS)
def test_withheld_item_adds_no_outcome(name, monkeypatch):
    reads = []

    def read(*call: Any) -> Any:
        reads.append(call)
        return FIND_CONFLICTING(*call)

    monkeypatch.setattr(Table, "find_conflicting_item", read)
    sent = _search(SCENARIOS[name], withholds_old=False)
    reads.clear()
    withheld = _search(SCENARIOS[name], withholds_old=True)

    assert reads, "the search met no refusal that needs the read"
    assert withheld.outcomes <= sent.outcomes
    assert withheld.ends <= sent.ends


def test_control_distribution_without_a_read_adds_an_outcome(monkeypatch):
    """Control: without the read, the search fails."""
    monkeypatch.setattr(Table, "find_conflicting_item", lambda _self, refused, _key: refused.old)
    with pytest.raises(AssertionError, match="fails only on what exists"):
        _search(SCENARIOS["distribution"], withholds_old=True)


def test_control_change_without_a_read_adds_an_outcome(monkeypatch):
    """Control: a marketer's own change, whose answer was lost, is reported as another
    marketer's.
    """
    monkeypatch.setattr(Table, "find_conflicting_item", lambda _self, refused, _key: refused.old)
    conflict = ("alone", ("version_conflict",))
    assert conflict not in _search(SCENARIOS["one marketer"], withholds_old=False).outcomes
    assert conflict in _search(SCENARIOS["one marketer"], withholds_old=True).outcomes


# Rate counters: the window that the counter is in at the start (None: no counter), the units that
# were taken of it, and the window of each request. Two units are allowed in a window, one a
# request.
WINDOWS: list[tuple[int | None, int, tuple[int, ...]]] = [
    (None, 0, (1, 1)),
    (None, 0, (1, 2)),
    (1, 2, (1, 2)),
    (1, 2, (2, 2)),
    (1, 1, (2, 1)),
    (3, 2, (2, 3)),
    (3, 2, (2, 4)),
    (1, 2, (2, 2, 2)),
    (1, 2, (1, 2, 3)),
]


@pytest.mark.parametrize("start", WINDOWS)
def test_withheld_item_adds_no_answer_of_a_rate_counter(start):
    sent = set(_counts_in_every_order(start, withholds_old=False))
    withheld = set(_counts_in_every_order(start, withholds_old=True))
    assert withheld <= sent


def test_control_early_read_of_a_rate_counter_adds_an_answer(monkeypatch):
    """Control: the item read after the first refusal may be of a window that has room."""
    take = RateCounterStore._take
    monkeypatch.setattr(
        RateCounterStore, "_take", lambda *call, exists=False: take(*call, exists=True)
    )
    start = (1, 2, (2, 2))
    sent = set(_counts_in_every_order(start, withholds_old=False))
    withheld = set(_counts_in_every_order(start, withholds_old=True))
    assert not withheld <= sent


def _counts_in_every_order(
    start: tuple[int | None, int, tuple[int, ...]], *, withholds_old: bool
) -> Iterator[tuple[Any, ...]]:
    """Whether each request got its unit, and the counter then, for each order of the calls."""
    window, taken, requests = start

    def run(order: Sequence[int]) -> tuple[list[tuple[int, list[int]]], tuple[Any, ...]]:
        engine = Engine(withholds_old=withholds_old)
        store = RateCounterStore(Table(_Turns(engine), "couponflow"))
        if window is not None:
            before = RateCounterStore(Table(_Direct(engine), "couponflow"))
            for _ in range(taken):
                before.take("link", "a", window, 1, 2, 0)
        calls = [partial(store.take, "link", "a", each, 1, 2, 0) for each in requests]
        branches, results = _run(calls, order)
        return branches, (tuple(results), str(engine.items))

    yield from _every_order(run)


class _Direct:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda **request: self._engine.call(method, request)


class _Turns(_Direct):
    """A client whose every call waits for its turn."""

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            search = getcurrent().parent
            assert search is not None
            search.switch()
            return self._engine.call(method, request)

        return call


def _run(
    calls: Sequence[Callable[[], Any]], order: Sequence[int]
) -> tuple[list[tuple[int, list[int]]], list[Any]]:
    """Run the calls in the order of `order`, then the first that can; each choice and its
    options.
    """
    results: list[Any] = [None] * len(calls)
    turns = [greenlet(call) for call in calls]
    for turn in turns:
        turn.switch()
    choices: list[tuple[int, list[int]]] = []
    while waiting := [number for number, turn in enumerate(turns) if not turn.dead]:
        chosen = order[len(choices)] if len(choices) < len(order) else waiting[0]
        choices.append((chosen, waiting))
        answer = turns[chosen].switch()
        if turns[chosen].dead:
            results[chosen] = answer
    return choices, results


def _every_order(
    run: Callable[[Sequence[int]], tuple[list[tuple[int, list[int]]], Any]],
) -> Iterator[Any]:
    pending: list[list[int]] = [[]]
    while pending:
        order = pending.pop()
        choices, result = run(order)
        yield result
        for place in range(len(order), len(choices)):
            chosen, options = choices[place]
            before = [choice for choice, _ in choices[:place]]
            pending += [[*before, other] for other in options if other != chosen]
