"""The history of a simulated table, and the product's promises as checks on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any

from couponflow.domain import times
from couponflow.services.shard_redeemer import SECONDS_FOR_TRIES
from couponflow.store import attribute_values
from simulator.dynamodb import SimulatedDynamoDB
from simulator.engine import Item, Key
from simulator.environments import moment

FOREVER = float("inf")
# The contract allows pages, flows and refusals to be this late after a change.
SECONDS_BEHIND = 2.1


class Broken(AssertionError):
    """A promise that was not kept."""


@dataclass
class Version:
    """The coupon's rules from one write on; `returned_at` is the end of the change's call."""

    number: int
    written_at: float
    active: bool
    archived: bool
    starts_at: str
    ends_at: str
    per_customer: int | None
    valid_for: dict[str, int] | None
    opening: tuple[str, str] | None  # hours of every day, in UTC
    uses_a_day: int | None
    returned_at: float = FOREVER

    def is_open(self, at: str) -> bool:
        return self.opening is None or self.opening[0] <= at[11:16] < self.opening[1]

    def ends_for(self, received: str | None) -> str:
        """The end for a customer who received the coupon then."""
        if self.valid_for is None or received is None:
            return self.ends_at
        if "hours" in self.valid_for:
            own = times.parse_utc(received) + timedelta(hours=self.valid_for["hours"])
        else:
            midnight = times.parse_utc(f"{received[:10]}T00:00:00.000Z")
            own = midnight + timedelta(days=self.valid_for["days"] + 1)
        return min(self.ends_at, times.format_utc(own))


@dataclass
class Use:
    """A committed redemption."""

    key: Key
    at: float
    item: Item
    nth: int
    nth_of_day: int
    # When the customer last received one, and what a call that was under way may have read.
    received: frozenset[str | None]

    @property
    def redeemed_at(self) -> str:
        return str(self.item["redeemed_at"]["S"])


@dataclass
class History:
    """Records every write of the table."""

    cloud: SimulatedDynamoDB
    versions: list[Version] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    remaining: list[tuple[float, int]] = field(default_factory=list)
    _shards: dict[Key, int] = field(default_factory=dict)
    received: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    _used_by: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.cloud.watchers.append(self._watch)

    def returned(self, version: int) -> None:
        """Record that a change returned with this version."""
        for each in self.versions:
            if each.number == version:
                each.returned_at = self.cloud.scheduler.now

    def _watch(self, key: Key, before: Item | None, after: Item | None) -> None:
        now = self.cloud.scheduler.now
        if after is None:
            return
        if key[1] == "COUPON" and (before is None or before["version"] != after["version"]):
            self.versions.append(_version(after, now))
        if key[1] == "QUOTA":
            self._shards[key] = int(after["remaining"]["N"])
            self.remaining.append((now, sum(self._shards.values())))
            check(self._shards[key] >= 0, "a shard went below nothing")
        if key[0].startswith("HOLDER#") and "status" in after:
            was = before is not None and before["status"]["S"] == "redeemed"
            is_ = after["status"]["S"] == "redeemed"
            is_same = before is not None and _without_names(before) == _without_names(after)
            check(not was or is_same, "a redemption changed after it was made")
            if before is None and "distributed_at" in after:
                received = now, after["distributed_at"]["S"]
                self.received.setdefault(key[0], []).append(received)
            if is_ and not was:
                self._used_by[key[0]] += 1
                nth_of_day = 1 + self.uses_on(key[0], after["redeemed_at"]["S"][:10])
                read = self._may_have_read(key, now)
                self.uses.append(Use(key, now, after, self._used_by[key[0]], nth_of_day, read))

    def _may_have_read(self, key: Key, now: float) -> frozenset[str | None]:
        """When the customer last received a use, by what the call that made this one had read.

        A till does not notice a distribution between its read and its write.
        """
        received = self.received.get(key[0], [])
        newest = max((text for _, text in received), default=None)
        moments = [at for at, _ in received if at >= now - SECONDS_FOR_TRIES]
        before = [max((t for at, t in received if at < each), default=None) for each in moments]
        return frozenset({newest, *before})

    @property
    def used(self) -> int:
        """Uses by the shards, which may precede the redemptions by some milliseconds."""
        return sum(
            int(item["used"]["N"])
            for key, item in self.cloud.engine.items.items()
            if key[1] == "QUOTA"
        )

    def check_at_rest(self) -> None:
        """limit = used + remaining; uses = redemptions; the rules allowed each use."""
        items = self.cloud.engine.items
        coupon = next(item for key, item in items.items() if key[1] == "COUPON")
        shards = [item for key, item in items.items() if key[1] == "QUOTA"]
        used = sum(int(shard["used"]["N"]) for shard in shards)
        remaining = sum(int(shard["remaining"]["N"]) for shard in shards)
        check(int(coupon["units"]["N"]) == used + remaining, "the limit is not used + remaining")
        check(len(shards) == int(coupon["shards"]["N"]), "shards are missing or too many")
        check(
            used == len(self.uses), f"{used} units are used, but {len(self.uses)} redemptions made"
        )
        for use in self.uses:
            self.check_allowed(use)

    def check_allowed(self, use: Use) -> None:
        """A version allowed the use that no completed change had replaced before the call began."""
        window = self.cloud.assumptions.conflict_window
        asked_at = use.redeemed_at
        newest_done = max(
            (each.number for each in self.versions if each.returned_at < use.at - window), default=0
        )
        holding = [
            each
            for each in self.versions
            if each.number >= newest_done and each.written_at <= use.at + window
        ]
        check(
            any(
                each.active
                and not each.archived
                and any(
                    each.starts_at <= asked_at < each.ends_for(received)
                    for received in use.received
                )
                and each.is_open(asked_at)
                and (each.uses_a_day is None or use.nth_of_day <= each.uses_a_day)
                and (each.per_customer is None or use.nth <= each.per_customer)
                for each in holding
            ),
            f"use {use.nth} at {use.at:.3f} was allowed by none of {holding}",
        )

    def was_sold_out(self, since: float, until: float) -> bool:
        """Whether no unit remained at some moment of the interval."""
        changes = [*self.remaining, (FOREVER, -1)]
        return any(
            left == 0 and at <= until and since <= end for (at, left), (end, _) in pairwise(changes)
        )

    def held_at_some_time(self, since: float, until: float) -> list[Version]:
        """Versions that were in force, or coming into force, in the interval."""
        newest_done = max(
            (each.number for each in self.versions if each.returned_at < since), default=0
        )
        return [
            each
            for each in self.versions
            if each.number >= newest_done and each.written_at <= until
        ]

    def uses_on(self, holder: str, day: str) -> int:
        return sum(use.key[0] == holder and use.redeemed_at[:10] == day for use in self.uses)

    def uses_of(self, holder: str, until: float) -> int:
        return sum(use.key[0] == holder and use.at <= until for use in self.uses)


def _without_names(item: Item) -> Item:
    """The item without the attributes that an erasure changes."""
    return {
        name: value
        for name, value in item.items()
        if name not in {"customer_id", "inbox_id", "erased_at"}
    }


def _version(coupon: Item, now: float) -> Version:
    def value(name: str) -> Any:
        return next(iter(coupon[name].values())) if name in coupon else None

    per_customer = value("max_redemptions_per_customer")
    rules = attribute_values.decode(coupon)
    (window,) = rules.get("hours") or [None]
    return Version(
        number=int(value("version")),
        written_at=now,
        active=value("active"),
        archived=value("archived_at") is not None,
        starts_at=value("starts_at"),
        ends_at=value("ends_at"),
        per_customer=None if per_customer is None else int(per_customer),
        valid_for=rules.get("valid_for"),
        opening=window and (window["from_"], window["until"]),
        uses_a_day=rules.get("period_limit", {}).get("uses"),
    )


def check(holds: bool, promise: str) -> None:
    if not holds:
        raise Broken(promise)


def text_at(seconds: float) -> str:
    return times.format_utc(moment(seconds))
