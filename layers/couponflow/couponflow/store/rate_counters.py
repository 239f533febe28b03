"""Rate counters that all execution environments share."""

from couponflow.store import keys
from couponflow.store.dynamodb import ConditionFailedError, Table, update


class RateCounterStore:
    """Counters of calls, one for each subject and window."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def take(
        self, kind: str, subject: str, window: int, units: int, limit: int, keep_until: int
    ) -> bool:
        """Take units from the `limit` of a window; return False if too few are left.

        `window` is a number that grows with time.

        From `keep_until` on, in seconds since 1970, the table may forget the window: it was over
        long before.
        """
        is_taken, found = self._take(kind, subject, window, units, limit)
        if not is_taken and (found is None or found < window):
            # The first request of the window begins it, unless another one does so at this moment.
            if self._begin(kind, subject, window, units, keep_until):
                return True
            is_taken, found = self._take(kind, subject, window, units, limit, exists=True)
        # This environment's clock is behind: its window is over, and its count is gone.
        return is_taken or (found is not None and found > window)

    def _take(
        self, kind: str, subject: str, window: int, units: int, limit: int, *, exists: bool = False
    ) -> tuple[bool, int | None]:
        """Return whether the units were taken, and the counter's window: None if it is unknown."""
        take = update(
            keys.counter(kind, subject),
            "SET taken = taken + :units",
            {":units": units, ":span": window, ":room": limit - units},
            "span = :span AND taken <= :room",
        )
        try:
            self._table.update_once(take)
        except ConditionFailedError as refused:
            old = refused.old
            if exists:
                old = self._table.find_conflicting_item(refused, keys.counter(kind, subject))
            return False, old["span"] if old else None
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
