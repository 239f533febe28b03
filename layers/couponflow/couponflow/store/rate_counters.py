"""Counters that all environments share, for what is limited over a stretch of time."""

from couponflow.store import keys
from couponflow.store.dynamodb import ConditionFailed, Table, update


class CounterStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def take(self, kind: str, subject: str, span: int, units: int, at_most: int, keep_until: int) -> bool:
        """Take units of the `at_most` that there are in the span (a number that grows with time); whether there were as many.

        From `keep_until` on, in seconds since 1970, the table may forget the span: it was over long before.
        """
        is_taken, found = self._take(kind, subject, span, units, at_most)
        if is_taken or (found is not None and found > span):
            return True  # the second: by a clock behind others' the span is over, and nothing is known of it any more
        if found == span:
            return False
        # The first of the span begins it, unless somebody else does so in this very moment.
        return self._begin(kind, subject, span, units, keep_until) or self._take(kind, subject, span, units, at_most)[0]

    def _take(self, kind: str, subject: str, span: int, units: int, at_most: int) -> tuple[bool, int | None]:
        """Whether it was taken, or else the span that the counter is in."""
        take = update(
            keys.counter(kind, subject),
            "SET taken = taken + :units",
            {":units": units, ":span": span, ":room": at_most - units},
            "span = :span AND taken <= :room",
        )
        try:
            self._table.update_once(take)
        except ConditionFailed as refused:
            return False, refused.old["span"] if refused.old else None
        return True, span

    def _begin(self, kind: str, subject: str, span: int, units: int, keep_until: int) -> bool:
        begin = update(
            keys.counter(kind, subject),
            "SET span = :span, taken = :units, expires_at = :keep_until",
            {":span": span, ":units": units, ":keep_until": keep_until},
            "attribute_not_exists(pk) OR span < :span",
        )
        try:
            self._table.update_once(begin)
        except ConditionFailed:
            return False
        return True
