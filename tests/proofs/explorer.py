"""All interleavings of a few calls of the real service, with lost responses, conflicts and crashes.

A process is one call of the service. Its next request depends only on the responses so far. To find
it, the call runs again with those responses until it sends a further request; the result is cached.
A state consists of the items and the responses of each process so far; a step gives one process the
response to its request. Each state is explored once. Any process may never be chosen again, so each
state includes permanent crashes of the others: a property of all states holds after crashes too.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar
from unittest import mock

from botocore.exceptions import ClientError, ReadTimeoutError

from couponflow.domain import links
from couponflow.domain.errors import CouponflowError, TryAgain
from couponflow.services.shard_redeemer import RedemptionResult, TermsChangedError
from couponflow.store import attribute_values
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.store.redemptions import AttemptClaimedError, NeverDistributedError, UseTakenError
from simulator.engine import Engine, Item, Key, cancelled, error, keys_read, keys_written
from simulator.environments import START, Environment, environment
from tests.proofs import process_state

T = TypeVar("T", bound=Hashable)
Outcome = tuple[str, ...]
UNCLEAR: Outcome = ("unclear",)
# Checked refusals: each must have been true at some moment of the call.
REFUSALS = (
    "coupon_max_uses_reached",
    "customer_max_uses_reached",
    "coupon_disabled",
    "redeem_not_offered",
    "coupon_expired",
    "coupon_not_open",
    "customer_period_uses_reached",
)


@dataclass(frozen=True)
class Process:
    """A call, and how often its client repeats it if the outcome is unclear.

    `holder`: the customer whose uses it is about; `gives`: it may make that customer's first one;
    `at`: the time of its clock.

    Processes of one `kind` differ only by name. Of schedules that only swap them, one is explored.
    """

    name: str
    call: Callable[[Environment], Any]
    repeats: int = 0
    holder: str = ""
    kind: str = ""
    gives: bool = False
    at: datetime = START


@dataclass(frozen=True)
class Budget:
    """How many of each fault may happen in one run."""

    lost_answers: int = 0
    conflicts: int = 0
    crashes: int = 0


# A call alone is tried on the first items that a scene reaches, and then on one of so many.
NEWCOMERS_AT_FIRST, NEWCOMERS_EVERY = 50, 50


class Terms(NamedTuple):
    """The rules of one version of the coupon."""

    version: int
    per_customer: int
    is_active: bool
    has_button: bool
    ends_at: datetime
    opening: tuple[str, str] | None  # hours of every day, in UTC
    hours_valid: int | None
    uses_a_day: int

    def is_open(self, at: datetime) -> bool:
        return self.opening is None or self.opening[0] <= f"{at:%H:%M}" < self.opening[1]

    def ends_for(self, customer: Customer) -> datetime:
        if self.hours_valid is None or customer.received is None:
            return self.ends_at
        return min(self.ends_at, customer.received + timedelta(hours=self.hours_valid))


class Customer(NamedTuple):
    """The uses of one customer, and when they last received one."""

    redeemed: tuple[datetime, ...] = ()
    received: datetime | None = None

    def used_on(self, day: datetime) -> int:
        return sum(at.date() == day.date() for at in self.redeemed)


class Held(NamedTuple):
    """What calls must keep to: the versions of the rules that may be in force, and the customers
    whose erasure has returned.
    """

    terms: tuple[Terms, ...]
    erased: frozenset[str] = frozenset()


class Local(NamedTuple):
    """The position of a process.

    `told` is the id of the responses to its call so far; `true` are the refusals that were true at
    some moment of its call.
    """

    told: int
    repeats: int
    has_begun: bool = False
    is_done: bool = False
    true: frozenset[str] = frozenset()


class State(NamedTuple):
    """Each number is an id: equal parts have equal ids, so states are small and quick to hash."""

    items: int
    terms: int  # what calls must keep to
    faults: tuple[int, int, int]  # lost responses, conflicts and crashes that may still happen
    processes: tuple[int, ...]


class Step(NamedTuple):
    """A change of the state by one process. `fault` is the kind of fault that it uses up."""

    fault: int | None
    items: int
    terms: int
    process: int


class Move(NamedTuple):
    """All steps of a process. A forced move is the only one that is explored in its state."""

    steps: tuple[Step, ...]
    is_forced: bool


class Wants(NamedTuple):
    """The next step of a process, and its knowledge at that point."""

    request: int = -1
    choices: int = 0
    outcome: Outcome | None = None
    knows: str = ""


class Violated(AssertionError):
    pass


LOST, CONFLICT, CRASH = range(3)


@dataclass
class Found:
    states: int = 0
    outcomes: set[tuple[str, Outcome]] = field(default_factory=set)
    ends: set[frozenset[tuple[str, str]]] = field(default_factory=set)
    newcomers: Counter[str] = field(default_factory=Counter)


class Explorer:
    def __init__(
        self,
        items: Mapping[Key, Item],
        processes: Sequence[Process],
        warm: Callable[[Environment], Any],
        shards: int = 2,
        merges: bool = True,
        newcomers: Sequence[Process] = (),
        cached_items: Mapping[Key, Item] | None = None,
    ) -> None:
        """`cached_items`: older ones, from which the environments have filled their caches."""
        self._cached_items = dict(items if cached_items is None else cached_items)
        self._processes, self._warm, self._shards, self._merges = processes, warm, shards, merges
        self._newcomers, self.newcomers_every = newcomers, NEWCOMERS_EVERY
        self._start_items = dict(items)
        self._keys: list[Key] = list(items)
        self._places = {key: place for place, key in enumerate(self._keys)}
        self._items: list[Item | None] = [None]
        self._item_ids: dict[str, int] = {"null": 0}
        self._answers: list[tuple[str, Any]] = []
        self._answer_ids: dict[str, int] = {}
        self._told: list[tuple[int, int]] = [(-1, -1)]
        self._told_ids: dict[tuple[int, int, int, int], int] = {}
        self._knowing: dict[tuple[int, int, Wants], int] = {}
        self._requests: list[tuple[str, dict[str, Any], tuple[Key, ...], tuple[Key, ...]]] = []
        self._request_ids: dict[str, int] = {}
        self._next: dict[tuple[int, int, int], Wants] = {}
        self._done: dict[tuple[int, tuple[int, ...]], tuple[int, tuple[tuple[int, int], ...]]] = {}
        self._vectors = _Ids[tuple[int, ...]]()
        self._held = _Ids[Held]()
        self._locals = _Ids[Local]()
        self._facts: dict[int, _Facts] = {}
        self._moves: dict[tuple[int, int, int, int], Move | None] = {}
        self._updates: dict[tuple[int, int, int, int], int] = {}
        self._visited: set[int] = set()
        distributed = {pk for pk, _ in items} | {each.holder for each in processes if each.gives}
        self._strangers = frozenset(each.holder for each in processes if each.holder) - distributed
        self._faults = (0, 0, 0)
        self.found = Found()
        self.new_engine: Callable[[], Engine] = Engine

    def explore(self, budget: Budget, most_states: int | None = None) -> Found:
        """Explore all states. Raises Violated with the steps that lead to the violation."""
        start = self._first_state(budget)
        self._faults = start.faults
        seen, stack = {hash(start)}, [start]
        while stack:
            state = stack.pop()
            self.found.states += 1
            self._check_newcomer(state.items)
            if most_states and self.found.states > most_states:
                raise RuntimeError(f"more than {most_states} states")
            after = list(self._steps(state))
            if not after:
                self._check_end(state)
            for next_state in after:
                if (mark := hash(next_state)) not in seen:
                    seen.add(mark)
                    stack.append(next_state)
        return self.found

    def _first_state(self, budget: Budget) -> State:
        items = self._vectors.id_of(
            tuple(self._item_id(item) for item in self._start_items.values())
        )
        terms = self._held.id_of(Held((self._facts_of(items).terms,)))
        processes = tuple(
            self._locals.id_of(
                Local(told=0, repeats=each.repeats, true=self._true_refusals(place, items, terms))
            )
            for place, each in enumerate(self._processes)
        )
        faults = (budget.lost_answers, budget.conflicts, budget.crashes)
        return State(items, terms, faults, processes)

    def _steps(self, state: State) -> Iterator[State]:
        items, terms, _, processes = state
        moves: list[tuple[int, Move]] = []
        for place, local in enumerate(processes):
            known = (place, local, items, terms)
            move = self._moves[known] if known in self._moves else self._move(known)
            if move is None:
                continue
            if move.is_forced:
                # No other process can change this step, so later positions are not tried.
                for step in move.steps:
                    yield self._after(state, place, step)
                return
            moves.append((place, move))
        begun_by = dict[str, int]()
        for place, move in moves:
            if kind := self._processes[place].kind:
                has_begun = self._locals[processes[place]].has_begun
                if begun_by.get(kind) and not has_begun:
                    continue
                begun_by[kind] = not has_begun  # processes of a kind start in a fixed order
            for step in move.steps:
                if step.fault is None or state.faults[step.fault]:
                    yield self._after(state, place, step)

    def _after(self, state: State, place: int, step: Step) -> State:
        fault, items, terms, process = step
        processes = list(state.processes)
        if items != state.items:
            # Others may have been refused truthfully at this moment.
            for other, local in enumerate(processes):
                key = (other, local, items, terms)
                known = self._updates.get(key)
                processes[other] = self._updated(key) if known is None else known
        processes[place] = process
        faults = state.faults
        if fault is not None:
            faults = faults[:fault] + (faults[fault] - 1,) + faults[fault + 1 :]  # type: ignore[assignment]
        return State(items, terms, faults, tuple(processes))

    def _move(self, key: tuple[int, int, int, int]) -> Move | None:
        """What a process does next, from its position, the items and the rules; None if it is
        done. Raises Violated.
        """
        place, local, items, terms = key
        self._moves[key] = move = self._find_move(place, self._locals[local], items, terms)
        return move

    def _find_move(self, place: int, local: Local, items: int, terms: int) -> Move | None:
        if local.is_done:
            return None
        wants = self._wants(place, local)
        if wants.outcome is not None:
            return Move((self._ended(place, local, items, terms, wants.outcome),), is_forced=True)
        if wants.choices:
            answers = [self._answer_id("choice", choice) for choice in range(wants.choices)]
            given = [self._given(place, local, answer) for answer in answers]
            return Move(tuple(Step(None, items, terms, each) for each in given), is_forced=True)
        steps = tuple(self._answered(place, local, items, terms, wants.request))
        return Move(steps, is_forced=False)

    def _answered(
        self, place: int, local: Local, items: int, terms: int, request: int
    ) -> Iterator[Step]:
        method, _, _, written = self._requests[request]
        answer, vector = self._performed(self._vectors[items], request)
        before = (items, terms, local)
        after = before
        if vector != self._vectors[items]:
            after = self._committed(place, local, items, terms, self._vectors.id_of(vector))

        def given(fault: int | None, base: tuple[int, int, Local], answer: int) -> Step:
            return Step(fault, base[0], base[1], self._given(place, base[2], answer))

        yield given(None, after, answer)
        if written and self._faults[LOST]:
            lost = self._answer_id("lost", method)
            for base in dict.fromkeys((after, before)):  # after the commit, or before
                yield given(LOST, base, lost)
        if written and self._faults[CONFLICT]:
            yield given(CONFLICT, before, self._answer_id("conflict", method))
        if local.repeats and self._faults[CRASH]:
            for base in dict.fromkeys((after, before)):
                yield Step(CRASH, *base[:2], self._restarted(place, local, *base[:2]))

    def _given(self, place: int, local: Local, answer: int) -> int:
        step = (place, local.repeats, local.told, answer)
        told = self._told_ids.get(step)
        if told is None:
            told = self._told_ids[step] = self._like(place, local, answer)
        has_begun = local.has_begun or self._answers[answer][0] != "choice"
        return self._locals.id_of(local._replace(told=told, has_begun=has_begun))

    def _like(self, place: int, local: Local, answer: int) -> int:
        """The id of the responses so far, merged with responses that give equal knowledge."""
        told = len(self._told)
        self._told.append((local.told, answer))
        if not self._merges:
            return told
        wants = self._wants(place, local._replace(told=told))
        return self._knowing.setdefault((place, local.repeats, wants), told)

    def _restarted(self, place: int, local: Local, items: int, terms: int) -> int:
        true = self._true_refusals(place, items, terms)
        return self._locals.id_of(Local(0, local.repeats - 1, has_begun=True, true=true))

    def _ended(self, place: int, local: Local, items: int, terms: int, outcome: Outcome) -> Step:
        self.found.outcomes.add((self._processes[place].name, outcome))
        if outcome == UNCLEAR and local.repeats:
            return Step(None, items, terms, self._restarted(place, local, items, terms))
        self._check_outcome(place, local, items, outcome)
        held = self._held[terms]
        if outcome[0] == "changed":
            in_force = tuple(each for each in held.terms if each.version >= int(outcome[1]))
            terms = self._held.id_of(held._replace(terms=in_force))
        if outcome[0] == "erased":
            holder = self._processes[place].holder
            self._facts_of(items).check_erased(holder)
            terms = self._held.id_of(held._replace(erased=held.erased | {holder}))
        return Step(None, items, terms, self._locals.id_of(Local(-1, 0, is_done=True)))

    def _performed(self, items: tuple[int, ...], request: int) -> tuple[int, tuple[int, ...]]:
        """The response and the items afterwards; cached by the items that the request touches."""
        method, body, read, written = self._requests[request]
        places = [self._place(key) for key in (*read, *written)] or self._partition(body)
        touched = tuple(items[place] if place < len(items) else 0 for place in places)
        known = self._done.get((request, touched))
        if known is None:
            engine = self.new_engine()
            for place, item in zip(places, touched, strict=True):
                if (content := self._items[item]) is not None:
                    engine.store(self._keys[place], content)
            try:
                answer = self._answer_id("answer", engine.call(method, body))
            except ClientError as refused:
                answer = self._answer_id("error", refused.response)
            now = {place: self._item_id(engine.items.get(self._keys[place])) for place in places}
            changes = tuple(
                (place, now[place])
                for place, item in zip(places, touched, strict=True)
                if now[place] != item
            )
            known = self._done[request, touched] = answer, changes
        answer, changes = known
        if not changes:
            return answer, items
        vector = list(items) + [0] * (max(place for place, _ in changes) + 1 - len(items))
        for place, item in changes:
            vector[place] = item
        return answer, tuple(vector)

    def _committed(
        self, place: int, local: Local, items: int, terms: int, now: int
    ) -> tuple[int, int, Local]:
        """The new items, rules and position, after the checks that hold at every instant."""
        before, after = self._facts_of(items), self._facts_of(now)
        after.check()
        after.check_follows(before)
        if after.holders & self._strangers:
            raise Violated("a customer who was never distributed to got something")
        held = self._held[terms]
        if after.terms != before.terms:
            held = held._replace(terms=(*held.terms, after.terms))
        for holder in held.erased:
            after.check_erased(holder)
            if len(after.uses_of(holder)) > len(before.uses_of(holder)):
                raise Violated("a use was made for an erased customer")
        self._check_allowed(before, after, held.terms)
        terms = self._held.id_of(held)
        true = local.true | self._true_refusals(place, now, terms)
        return now, terms, local._replace(true=true)

    def _updated(self, key: tuple[int, int, int, int]) -> int:
        """The id of a process's position after a commit by any process."""
        place, process, items, terms = key
        local = self._locals[process]
        if not local.is_done:
            local = local._replace(true=local.true | self._true_refusals(place, items, terms))
        self._updates[key] = updated = self._locals.id_of(local)
        return updated

    def _true_refusals(self, place: int, items: int, terms: int) -> frozenset[str]:
        return self._facts_of(items).true_refusals(self._processes[place], self._held[terms].terms)

    def _check_allowed(self, before: _Facts, after: _Facts, held: tuple[Terms, ...]) -> None:
        """Assert that rules that may be in force allowed the redeemed use."""
        attempts = [after.redeemed[made] for made in after.redeemed.keys() - before.redeemed.keys()]
        is_tap = any(" taps " in attempt for attempt in attempts)
        for holder, customer in after.customers.items():
            used = len(customer.redeemed)
            known = before.customers.get(holder, Customer()).redeemed
            for at in Counter(customer.redeemed) - Counter(known):
                if not any(
                    used <= terms.per_customer
                    and terms.is_active
                    and (terms.has_button or not is_tap)
                    and at < terms.ends_for(customer)
                    and terms.is_open(at)
                    and customer.used_on(at) <= terms.uses_a_day
                    for terms in held
                ):
                    raise Violated(f"use {used} of {customer}, under {held}")

    def _check_outcome(self, place: int, local: Local, items: int, outcome: Outcome) -> None:
        name = self._processes[place].name
        if outcome[0] in REFUSALS and outcome[0] not in local.true:
            raise Violated(f"{name} got {outcome[0]}, which was never true")
        if outcome[0] == "redeemed" and outcome[1] not in self._facts_of(items).redeemed:
            raise Violated(f"{name} got a redemption that is not stored")
        if outcome[0] == "failed":
            raise Violated(f"{name} failed: {outcome}")

    def _check_end(self, state: State) -> None:
        customers = self._facts_of(state.items).customers
        self.found.ends.add(
            frozenset((holder, str(len(each.redeemed))) for holder, each in customers.items())
        )

    def _check_newcomer(self, vector: int) -> None:
        """Assert that a call alone gets what the coupon says, wherever the others crashed.

        A sample of all items that a state can have; each is tried once.
        """
        if vector in self._visited or not self._newcomers:
            return
        number = len(self._visited)
        self._visited.add(vector)
        if number >= NEWCOMERS_AT_FIRST and number % self.newcomers_every:
            return
        newcomer = self._newcomers[number % len(self._newcomers)]
        client = _Alone()
        for place, item in enumerate(self._vectors[vector]):
            if (content := self._items[item]) is not None:
                client.engine.store(self._keys[place], content)
        env = environment(client, lambda _: None, lambda: 0.0, random.Random(0), self._shards)
        facts = self._facts_of(vector)
        expected = facts.outcome_alone(newcomer)
        try:
            outcome = _outcome(newcomer.call(env))[0]
        except CouponflowError as refused:
            outcome = refused.code
        if outcome != expected:
            raise Violated(f"{newcomer.name} alone got {outcome} instead of {expected}: {facts}")
        _Facts.of(client.engine.items).check()
        self.found.newcomers[outcome] += 1

    def _facts_of(self, vector: int) -> _Facts:
        facts = self._facts.get(vector)
        if facts is None:
            items = {
                self._keys[place]: self._items[item]
                for place, item in enumerate(self._vectors[vector])
                if item
            }
            facts = self._facts[vector] = _Facts.of(items)
        return facts

    def _wants(self, place: int, local: Local) -> Wants:
        known = self._next.get((place, local.told, local.repeats))
        if known is None:
            known = self._next[place, local.told, local.repeats] = self._replayed(place, local)
        return known

    def _replayed(self, place: int, local: Local) -> Wants:
        answers: list[int] = []
        told = local.told
        while told > 0:
            told, answer = self._told[told]
            answers.append(answer)
        process = self._processes[place]
        replay = _Replay(self, iter(reversed(answers)), self._cached_items)
        ids = (f"{process.name}-{local.repeats}-{number}" for number in range(1_000))
        with mock.patch.object(links, "new_id", lambda: next(ids)):
            env = environment(replay, lambda _: None, lambda: 0.0, replay.dice, self._shards)
            self._warm(env)
            replay.is_live = True
            try:
                return Wants(outcome=_outcome(process.call(env)))
            except _Asks as asks:
                if not self._merges:
                    return asks.wants
                knows = f"{process_state.signature(asks.__traceback__)}\n{asks.read_so_far}"
                return asks.wants._replace(knows=knows)
            except (TryAgain, ContentionError, UnknownResultError):
                return Wants(outcome=UNCLEAR)
            except CouponflowError as refused:
                return Wants(outcome=(refused.code,))
            except (
                UseTakenError,
                NeverDistributedError,
                AttemptClaimedError,
                TermsChangedError,
            ) as failed:
                return Wants(outcome=("failed", type(failed).__name__))

    def answer(self, answer: int) -> Any:
        """Return the response, or raise it if it is an error."""
        kind, content = self._answers[answer]
        match kind:
            case "error":
                raise ClientError(content, "")
            case "lost":
                raise ReadTimeoutError(endpoint_url="explored")
            case "conflict":
                if content == "transact_write_items":
                    raise cancelled([{"Code": "TransactionConflict"}, {"Code": "None"}])
                raise error("TransactionConflictException")
        return content

    def request_id(self, method: str, request: dict[str, Any]) -> int:
        text = method + json.dumps(request, sort_keys=True)
        if text not in self._request_ids:
            self._request_ids[text] = len(self._requests)
            read, written = tuple(keys_read(method, request)), tuple(keys_written(method, request))
            self._requests.append((method, request, read, written))
        return self._request_ids[text]

    def _answer_id(self, kind: str, content: Any) -> int:
        text = kind + json.dumps(content, sort_keys=True)
        if text not in self._answer_ids:
            self._answer_ids[text] = len(self._answers)
            self._answers.append((kind, content))
        return self._answer_ids[text]

    def _item_id(self, item: Item | None) -> int:
        text = json.dumps(item, sort_keys=True)
        if text not in self._item_ids:
            self._item_ids[text] = len(self._items)
            self._items.append(item)
        return self._item_ids[text]

    def _place(self, key: Key) -> int:
        if key not in self._places:
            self._places[key] = len(self._keys)
            self._keys.append(key)
        return self._places[key]

    def _partition(self, request: Mapping[str, Any]) -> list[int]:
        pk = request["ExpressionAttributeValues"][":pk"]["S"]
        return [place for key, place in self._places.items() if key[0] == pk]


class _Ids(Generic[T]):
    """Consecutive ids of equal values."""

    def __init__(self) -> None:
        self._values: list[T] = []
        self._ids: dict[T, int] = {}

    def id_of(self, value: T) -> int:
        found = self._ids.get(value)
        if found is None:
            found = self._ids[value] = len(self._values)
            self._values.append(value)
        return found

    def __getitem__(self, found: int) -> T:
        return self._values[found]


class _Alone:
    """An engine with the methods of boto3's client, for one call without concurrent ones."""

    def __init__(self) -> None:
        self.engine = Engine()

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda **request: self.engine.call(method, request)


class _Asks(BaseException):
    def __init__(self, wants: Wants) -> None:
        super().__init__()
        self.wants = wants
        self.read_so_far: list[Any] = []


class _Replay:
    """A client that replays the responses so far and then stops the process at its next request."""

    def __init__(
        self, explorer: Explorer, answers: Iterator[int], start: Mapping[Key, Item]
    ) -> None:
        self._explorer, self._answers, self.is_live = explorer, answers, False
        self.dice = _Dice(self)
        self._engine = Engine()
        for key, item in start.items():
            self._engine.store(key, item)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda **request: self._call(method, request)

    def _call(self, method: str, request: dict[str, Any]) -> Any:
        if not self.is_live:
            return self._engine.call(method, request)
        if method == "batch_get_item":
            return self._one_by_one(request)
        return self._asked(method, request)

    def _one_by_one(self, request: dict[str, Any]) -> Any:
        """Split a batch into single reads: other processes may write between them."""
        ((table, wanted),) = request["RequestItems"].items()
        found: list[Any] = []
        for key in wanted["Keys"]:
            try:
                answer = self._asked("get_item", {"TableName": table, "Key": key})
            except _Asks as asks:
                asks.read_so_far = found
                raise
            found += [answer["Item"]] if "Item" in answer else []
        return {"Responses": {table: found}}

    def _asked(self, method: str, request: dict[str, Any]) -> Any:
        answer = next(self._answers, None)
        if answer is None:
            raise _Asks(Wants(request=self._explorer.request_id(method, request)))
        return self._explorer.answer(answer)

    def choose(self, choices: int) -> int:
        if choices == 1:
            return 0
        answer = next(self._answers, None)
        if answer is None:
            raise _Asks(Wants(choices=choices))
        chosen: int = self._explorer.answer(answer)
        return chosen


class _Dice(random.Random):
    """A source of choices, all of which are tried."""

    def __init__(self, replay: _Replay) -> None:
        super().__init__(0)
        self._replay = replay

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        low, high = (0, start) if stop is None else (start, stop)
        return low + self._replay.choose(high - low)

    def choice(self, seq: Any) -> Any:
        return seq[self._replay.choose(len(seq))]

    def sample(self, population: Any, k: int, *, counts: Any = None) -> list[Any]:
        assert k == len(population), "few shards: a glance sees them all"
        return list(population)

    def uniform(self, a: float, b: float) -> float:
        return 0.0


@dataclass(frozen=True)
class _Facts:
    """Facts derived from the items."""

    units: int
    terms: Terms
    used: int
    remaining: int
    customers: Mapping[str, Customer]
    redeemed: Mapping[str, str]
    rolled_back: frozenset[str]
    holders: frozenset[str]
    named: frozenset[str]
    closed: frozenset[str]

    @classmethod
    def of(cls, items: Mapping[Key, Item | None]) -> _Facts:
        used, remaining, customers, redeemed = 0, 0, dict[str, Customer](), dict[str, str]()
        coupon: Item = {}
        rolled_back, holders, named, closed = set[str](), set[str](), set[str](), set[str]()
        for (pk, sk), item in items.items():
            if item is None:
                continue
            if sk == "COUPON":
                coupon = item
            if sk == "QUOTA":
                used, remaining = (
                    used + int(item["used"]["N"]),
                    remaining + int(item["remaining"]["N"]),
                )
                if int(item["remaining"]["N"]) < 0:
                    raise Violated("a shard went below nothing")
            if not pk.startswith("HOLDER#"):
                continue
            holders.add(pk)
            if "customer_id" in item:
                named.add(pk)
            status = item.get("status", {}).get("S")
            if status == "erased":
                closed.add(pk)
            if status == "rolled_back":
                rolled_back.add(item["redemption_id"]["S"])
            customer = customers.get(pk, Customer())
            if "distributed_at" in item:
                received = _time(item["distributed_at"])
                customer = customer._replace(received=max(received, customer.received or received))
            if status == "redeemed":
                customer = customer._replace(
                    redeemed=(*customer.redeemed, _time(item["redeemed_at"]))
                )
                redeemed[item["redemption_id"]["S"]] = item["attempt"]["S"]
            customers[pk] = customer
        limit = coupon.get("max_redemptions_per_customer")
        per_customer = int(limit["N"]) if limit else 10**9
        rules = attribute_values.decode(coupon)
        (window,) = rules.get("hours") or [None]
        terms = Terms(
            int(coupon["version"]["N"]),
            per_customer,
            coupon["active"]["BOOL"],
            coupon["button_behavior"]["S"] == "redeem",
            _time(coupon["ends_at"]),
            window and (window["from_"], window["until"]),
            rules.get("valid_for", {}).get("hours"),
            rules.get("period_limit", {"uses": 10**9})["uses"],
        )
        units = int(coupon["units"]["N"])
        sets = map(frozenset[str], (rolled_back, holders, named, closed))
        return cls(units, terms, used, remaining, customers, redeemed, *sets)

    def true_refusals(self, process: Process, held: tuple[Terms, ...]) -> frozenset[str]:
        """Refusals that are true for a call now, by any terms that may be in force."""
        customer, at = self.customers.get(process.holder, Customer()), process.at
        used, used_today = len(customer.redeemed), customer.used_on(at)
        true = {
            "coupon_max_uses_reached": self.remaining == 0,
            "customer_max_uses_reached": process.holder in self.closed
            or any(used >= terms.per_customer for terms in held),
            "coupon_disabled": not all(terms.is_active for terms in held),
            "redeem_not_offered": not all(terms.has_button for terms in held),
            "coupon_expired": any(at >= terms.ends_for(customer) for terms in held),
            "coupon_not_open": not all(terms.is_open(at) for terms in held),
            "customer_period_uses_reached": any(used_today >= terms.uses_a_day for terms in held),
        }
        return frozenset(refusal for refusal in REFUSALS if true[refusal])

    def outcome_alone(self, call: Process) -> str:
        """The outcome of a till's call now, by the coupon as it is stored."""
        customer, at, terms = self.customers.get(call.holder, Customer()), call.at, self.terms
        refusals = {
            "coupon_disabled": not terms.is_active,
            "coupon_expired": at >= terms.ends_for(customer),
            "coupon_not_open": not terms.is_open(at),
            "customer_max_uses_reached": call.holder in self.closed
            or len(customer.redeemed) >= terms.per_customer,
            "customer_period_uses_reached": customer.used_on(at) >= terms.uses_a_day,
            "coupon_max_uses_reached": self.remaining == 0,
        }
        return next((refusal for refusal, is_true in refusals.items() if is_true), "redeemed")

    def check(self) -> None:
        if self.units != self.used + self.remaining:
            raise Violated(
                f"the limit is {self.units}, used {self.used}, remaining {self.remaining}"
            )
        if self.used != len(self.redeemed):
            raise Violated(f"{self.used} used, {len(self.redeemed)} redeemed")
        if len(set(self.redeemed.values())) != len(self.redeemed):
            raise Violated("one attempt made two redemptions")

    def check_erased(self, holder: str) -> None:
        if holder in self.named:
            raise Violated("an erased customer has a name again")

    def uses_of(self, holder: str) -> tuple[datetime, ...]:
        return self.customers.get(holder, Customer()).redeemed

    def check_follows(self, before: _Facts) -> None:
        kept = {made: by for made, by in before.redeemed.items() if made not in self.rolled_back}
        if not kept.items() <= self.redeemed.items():
            raise Violated("a redemption changed after it was made")


def _time(value: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(value["S"])


def _outcome(answer: Any) -> Outcome:
    if isinstance(answer, RedemptionResult):
        return ("redeemed", answer.redemption.redemption_id)
    return answer if isinstance(answer, tuple) else ("done",)
