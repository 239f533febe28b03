"""Records of the table's stream, as Lambda delivers them, and the events that they contain."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from couponflow.domain import times
from couponflow.domain.statistics import Event, EventKind
from couponflow.store import keys
from couponflow.store.attribute_values import Item, decode

# A redemption gets each of these attributes once and keeps it. Whatever else changes in the item
# is no event: an erased name, a newer link, a repeated write.
_TIMES = {
    "distributed_at": EventKind.DISTRIBUTED,
    "opened_at": EventKind.OPENED,
    "redeemed_at": EventKind.REDEEMED,
    "rolled_back_at": EventKind.ROLLED_BACK,
}


class PoisonRecordError(Exception):
    """The record can't be understood, and no repetition will change that."""


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """One change of one item. Later changes of a shard have larger sequence numbers."""

    sequence: str
    raw: Mapping[str, Any]

    @property
    def place(self) -> int:
        """The position in the shard. Sequence numbers differ in length, so texts do not sort."""
        return int(self.sequence)

    def events(self) -> list[Event]:
        """Return what happened. Raises PoisonRecordError."""
        try:
            change = self.raw["dynamodb"]
            new = _item(change, "NewImage")
            old = _item(change, "OldImage")
            return events_between(old, new)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PoisonRecordError(type(error).__name__) from error


def record_of(raw: Mapping[str, Any]) -> StreamRecord:
    """Unmarshal a record of the stream; its images stay as they are until they are needed."""
    return StreamRecord(str(raw["dynamodb"]["SequenceNumber"]), raw)


def events_between(old: Item | None, new: Item | None) -> list[Event]:
    """Return the events of one change: times that the new item has and the old one lacks.

    A deletion is none: what happened stays true when retention deletes its record.
    """
    if new is None:
        return []
    before = old or {}
    events = [event_of(new, name) for name in _TIMES if name in new and name not in before]
    if old is not None and old.get("inbox_id") != new.get("inbox_id"):
        # A till names the inbox of what was distributed without one, or an erasure removes it.
        for earlier in (event_of(old, name) for name in _TIMES if name in old):
            at = _moved_at(new, events, earlier)
            events += [
                replace(earlier, count=-1, moved_at=at),
                replace(earlier, inbox_id=new.get("inbox_id"), moved_at=at),
            ]
    return events


def _moved_at(new: Item, events: list[Event], earlier: Event) -> datetime:
    if "erased_at" in new:
        return times.parse_utc(new["erased_at"])
    return events[0].at if events else earlier.at


def event_of(item: Item, name: str) -> Event:
    """The event that an attribute of a redemption, or of an opened link, tells of."""
    coupon_id = keys.coupon_in(item["pk"])
    return Event(coupon_id, _TIMES[name], times.parse_utc(item[name]), item.get("inbox_id"))


def _item(change: Mapping[str, Any], image: str) -> Item | None:
    return decode(change[image]) if change.get(image) else None
