"""Counters that all environments share, for what is limited over a stretch of time."""

from couponflow.store import keys
from couponflow.store.dynamodb import ConditionFailedError, Table, update


class RateCounterStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def take(self, kind: str, subject: str, window: int, units: int, limit: int, keep_until: int) -> bool:
        """Take units of the `limit` that there are in the window (a number that grows with time); whether there were as many.

        From `keep_until` on, in seconds since 1970, the table may forget the window: it was over long before.
        """
        is_taken, found = self._take(kind, subject, window, units, limit)
        if is_taken or (found is not None and found > window):
            return True  # the second: by a clock behind others' the window is over, and nothing is known of it any more
        if found == window:
            return False
        # The first of the window begins it, unless somebody else does so in this very moment.
        return self._begin(kind, subject, window, units, keep_until) or self._take(kind, subject, window, units, limit)[0]

    def _take(self, kind: str, subject: str, window: int, units: int, limit: int) -> tuple[bool, int | None]:
        """Whether it was taken, or else the window that the counter is in."""
        take = update(
            keys.counter(kind, subject),
            "SET taken = taken + :units",
            {":units": units, ":span": window, ":room": limit - units},
            "span = :span AND taken <= :room",
        )
        try:
            self._table.update_once(take)
        except ConditionFailedError as refused:
            return False, refused.old["span"] if refused.old else None
        return True, window

    def _begin(self, kind: str, subject: str, window: int, units: int, keep_until: int) -> bool:
        begin = update(
            keys.counter(kind, subject),
            "SET span = :span, taken = :units, expires_at = :keep_until",
            {":span": window, ":units": units, ":keep_until": keep_until},
            "attribute_not_exists(pk) OR span < :span",
        )
        try:
            self._table.update_once(begin)
        except ConditionFailedError:
            return False
        return True
