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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from unittest import mock

from botocore.exceptions import ClientError, ReadTimeoutError

from couponflow.domain import links
from couponflow.domain.errors import CouponflowError, TryAgain
from couponflow.services.shard_redeemer import RedemptionResult, TermsChangedError
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.store.redemptions import AttemptClaimedError, NeverDistributedError, UseTakenError
from simulator.engine import Engine, Item, Key, cancelled, error, keys_read, keys_written
from simulator.environments import Environment, environment
from tests.proofs import process_state

Outcome = tuple[str, ...]
UNCLEAR: Outcome = ("unclear",)
# Checked refusals: each must have been true at some moment of the call.
REFUSALS = (
    "coupon_max_uses_reached",
    "customer_max_uses_reached",
    "coupon_disabled",
    "redeem_not_offered",
)


@dataclass(frozen=True)
class Process:
    """A call, and how often its client repeats it if the outcome is unclear.

    `holder`: the customer whose uses it is about; `gives`: it may make that customer's first one.

    Processes of one `kind` differ only by name. Of schedules that only swap them, one is explored.
    """

    name: str
    call: Callable[[Environment], Any]
    repeats: int = 0
    holder: str = ""
    kind: str = ""
    gives: bool = False


@dataclass(frozen=True)
class Budget:
    """How many of each fault may happen in one run."""

    lost_answers: int = 0
    conflicts: int = 0
    crashes: int = 0


class Terms(NamedTuple):
    """The rules of one version of the coupon."""

    version: int
    per_customer: int
    is_open: bool
    has_button: bool


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
    items: tuple[int, ...]
    processes: tuple[Local, ...]
    held: tuple[Terms, ...]  # terms that may be in force
    lost_answers: int
    conflicts: int
    crashes: int


class Wants(NamedTuple):
    """The next step of a process, and its knowledge at that point."""

    request: int = -1
    choices: int = 0
    outcome: Outcome | None = None
    knows: str = ""


class Violated(AssertionError):
    pass


@dataclass
class Found:
    states: int = 0
    outcomes: set[tuple[str, Outcome]] = field(default_factory=set)
    ends: set[frozenset[tuple[str, str]]] = field(default_factory=set)


class Explorer:
    def __init__(
        self,
        items: Mapping[Key, Item],
        processes: Sequence[Process],
        warm: Callable[[Environment], Any],
        shards: int = 2,
        merges: bool = True,
    ) -> None:
        self._processes, self._warm, self._shards, self._merges = processes, warm, shards, merges
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
        self._facts: dict[tuple[int, ...], _Facts] = {}
        distributed = {pk for pk, _ in items} | {each.holder for each in processes if each.gives}
        self._strangers = frozenset(each.holder for each in processes if each.holder) - distributed
        self.found = Found()
        self.new_engine: Callable[[], Engine] = Engine

    def explore(self, budget: Budget, most_states: int | None = None) -> Found:
        """Explore all states. Raises Violated with the steps that lead to the violation."""
        start = self._first_state(budget)
        seen, stack = {hash(start)}, [start]
        while stack:
            state = stack.pop()
            self.found.states += 1
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
        vector = tuple(self._item_id(item) for item in self._start_items.values())
        facts = self._facts_of(vector)
        held = (facts.terms,)
        processes = tuple(
            Local(told=0, repeats=each.repeats, true=facts.true_refusals(each.holder, held))
            for each in self._processes
        )
        return State(vector, processes, held, *vars(budget).values())

    def _steps(self, state: State) -> Iterator[State]:
        for place, local in enumerate(state.processes):
            if local.is_done:
                continue
            wants = self._wants(place, local)
            if wants.outcome is not None:
                # No other process can change this result, so later positions are not tried.
                yield self._ended(state, place, wants.outcome)
                return
            if wants.choices:
                for choice in range(wants.choices):
                    yield self._given(state, place, self._answer_id("choice", choice))
                return
        begun_by = dict[str, int]()
        for place, local in enumerate(state.processes):
            kind = self._processes[place].kind
            if local.is_done or (kind and begun_by.get(kind) and not local.has_begun):
                continue
            begun_by[kind] = not local.has_begun  # processes of a kind start in a fixed order
            yield from self._answered(state, place, self._wants(place, local).request)

    def _answered(self, state: State, place: int, request: int) -> Iterator[State]:
        method, _, _, written = self._requests[request]
        answer, vector = self._performed(state.items, request)
        committed = state if vector == state.items else self._committed(state, vector)
        yield self._given(committed, place, answer)
        if written and state.lost_answers:
            lost = self._answer_id("lost", method)
            for base in {committed, state}:  # after the commit, or before
                yield self._given(base._replace(lost_answers=state.lost_answers - 1), place, lost)
        if written and state.conflicts:
            conflict = self._answer_id("conflict", method)
            yield self._given(state._replace(conflicts=state.conflicts - 1), place, conflict)
        if state.crashes and state.processes[place].repeats:
            for base in {committed, state}:
                yield self._restarted(base._replace(crashes=state.crashes - 1), place)

    def _given(self, state: State, place: int, answer: int) -> State:
        local = state.processes[place]
        step = (place, local.repeats, local.told, answer)
        told = self._told_ids.get(step)
        if told is None:
            told = self._told_ids[step] = self._like(place, local, answer)
        has_begun = local.has_begun or self._answers[answer][0] != "choice"
        return _with(state, place, local._replace(told=told, has_begun=has_begun))

    def _like(self, place: int, local: Local, answer: int) -> int:
        """The id of the responses so far, merged with responses that give equal knowledge."""
        told = len(self._told)
        self._told.append((local.told, answer))
        wants = self._wants(place, local._replace(told=told))
        if not self._merges:
            return told
        return self._knowing.setdefault((place, local.repeats, wants), told)

    def _restarted(self, state: State, place: int) -> State:
        facts, process = self._facts_of(state.items), self._processes[place]
        local = state.processes[place]
        true = facts.true_refusals(process.holder, state.held)
        return _with(state, place, Local(0, local.repeats - 1, has_begun=True, true=true))

    def _ended(self, state: State, place: int, outcome: Outcome) -> State:
        process, local = self._processes[place], state.processes[place]
        self.found.outcomes.add((process.name, outcome))
        if outcome == UNCLEAR and local.repeats:
            return self._restarted(state, place)
        self._check_outcome(state, place, outcome)
        held = state.held
        if outcome[0] == "changed":
            held = tuple(terms for terms in held if terms.version >= int(outcome[1]))
        return _with(state._replace(held=held), place, Local(-1, 0, is_done=True))

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

    def _committed(self, state: State, vector: tuple[int, ...]) -> State:
        """The state with new items, after the checks that hold at every instant."""
        before, after = self._facts_of(state.items), self._facts_of(vector)
        after.check()
        after.check_follows(before)
        if after.holders & self._strangers:
            raise Violated("a customer who was never distributed to got something")
        held = state.held
        if after.terms != before.terms:
            held = (*held, after.terms)
        self._check_allowed(before, after, held)
        processes = tuple(
            local
            if local.is_done
            else local._replace(
                true=local.true | after.true_refusals(self._processes[place].holder, held)
            )
            for place, local in enumerate(state.processes)
        )
        return state._replace(items=vector, processes=processes, held=held)

    def _check_allowed(self, before: _Facts, after: _Facts, held: tuple[Terms, ...]) -> None:
        """Assert that rules that may be in force allowed the redeemed use."""
        attempts = [after.redeemed[made] for made in after.redeemed.keys() - before.redeemed.keys()]
        is_tap = any(" taps " in attempt for attempt in attempts)
        for holder, used in after.used_by.items():
            if used > before.used_by.get(holder, 0) and not any(
                used <= terms.per_customer and terms.is_open and (terms.has_button or not is_tap)
                for terms in held
            ):
                raise Violated(f"use {used} of a customer, under {held}")

    def _check_outcome(self, state: State, place: int, outcome: Outcome) -> None:
        local, facts = state.processes[place], self._facts_of(state.items)
        if outcome[0] in REFUSALS and outcome[0] not in local.true:
            raise Violated(
                f"{self._processes[place].name} heard {outcome[0]}, which was never true"
            )
        if outcome[0] == "redeemed" and outcome[1] not in facts.redeemed:
            raise Violated(
                f"{self._processes[place].name} was told of a redemption that is not there"
            )
        if outcome[0] == "failed":
            raise Violated(f"{self._processes[place].name} failed: {outcome}")

    def _check_end(self, state: State) -> None:
        self.found.ends.add(frozenset(self._facts_of(state.items).used_by.items()))  # type: ignore[arg-type]

    def _facts_of(self, vector: tuple[int, ...]) -> _Facts:
        facts = self._facts.get(vector)
        if facts is None:
            items = {
                self._keys[place]: self._items[item] for place, item in enumerate(vector) if item
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
        replay = _Replay(self, iter(reversed(answers)), self._start_items)
        ids = (f"{process.name}-{local.repeats}-{number}" for number in range(1_000))
        with mock.patch.object(links, "new_id", lambda: next(ids)):
            env = environment(replay, lambda _: None, lambda: 0.0, replay.dice, self._shards)
            self._warm(env)
            replay.is_live = True
            try:
                return Wants(outcome=_outcome(process.call(env)))
            except _Asks as asks:
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
    used_by: Mapping[str, int]
    redeemed: Mapping[str, str]
    rolled_back: frozenset[str]
    holders: frozenset[str]

    @classmethod
    def of(cls, items: Mapping[Key, Item | None]) -> _Facts:
        used, remaining, used_by, redeemed = 0, 0, dict[str, int](), dict[str, str]()
        coupon: Item = {}
        rolled_back, holders = set[str](), set[str]()
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
            status = item.get("status", {}).get("S")
            if status == "rolled_back":
                rolled_back.add(item["redemption_id"]["S"])
            if status == "redeemed":
                used_by[pk] = used_by.get(pk, 0) + 1
                redeemed[item["redemption_id"]["S"]] = item["attempt"]["S"]
        limit = coupon.get("max_redemptions_per_customer")
        per_customer = int(limit["N"]) if limit else 10**9
        terms = Terms(
            int(coupon["version"]["N"]),
            per_customer,
            coupon["active"]["BOOL"],
            coupon["button_behavior"]["S"] == "redeem",
        )
        units = int(coupon["units"]["N"])
        gone, known = frozenset(rolled_back), frozenset(holders)
        return cls(units, terms, used, remaining, used_by, redeemed, gone, known)

    def true_refusals(self, holder: str, held: tuple[Terms, ...]) -> frozenset[str]:
        """Refusals that are true for a customer now, by any terms that may be in force."""
        used = self.used_by.get(holder, 0)
        true = {
            "coupon_max_uses_reached": self.remaining == 0,
            "customer_max_uses_reached": any(used >= terms.per_customer for terms in held),
            "coupon_disabled": not all(terms.is_open for terms in held),
            "redeem_not_offered": not all(terms.has_button for terms in held),
        }
        return frozenset(refusal for refusal in REFUSALS if true[refusal])

    def check(self) -> None:
        if self.units != self.used + self.remaining:
            raise Violated(
                f"the limit is {self.units}, used {self.used}, remaining {self.remaining}"
            )
        if self.used != len(self.redeemed):
            raise Violated(f"{self.used} used, {len(self.redeemed)} redeemed")
        if len(set(self.redeemed.values())) != len(self.redeemed):
            raise Violated("one attempt made two redemptions")

    def check_follows(self, before: _Facts) -> None:
        kept = {made: by for made, by in before.redeemed.items() if made not in self.rolled_back}
        if not kept.items() <= self.redeemed.items():
            raise Violated("a redemption changed after it was made")


def _with(state: State, place: int, local: Local) -> State:
    return state._replace(
        processes=(*state.processes[:place], local, *state.processes[place + 1 :])
    )


def _outcome(answer: Any) -> Outcome:
    if isinstance(answer, RedemptionResult):
        return ("redeemed", answer.redemption.redemption_id)
    return answer if isinstance(answer, tuple) else ("done",)
