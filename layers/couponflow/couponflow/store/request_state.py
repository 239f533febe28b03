"""The request under way: how much time is left for it, and whether it may have written anything."""

import time
from collections.abc import Callable

from couponflow.domain.errors import OutcomeUnknown, TryAgain

# Seconds that remain for the answer itself when the last call has ended.
SECONDS_FOR_THE_ANSWER = 1.0


class RequestState:
    """One for each execution environment, which serves one request at a time."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self.start()

    def start(self, context: object = None) -> None:
        """Begin a request.

        `context` is Lambda's, which knows the function's timeout; without one there is no deadline.
        """
        remaining = getattr(context, "get_remaining_time_in_millis", None)
        self._ends_at = (
            None
            if remaining is None
            else self._timer() + remaining() / 1000 - SECONDS_FOR_THE_ANSWER
        )
        self.may_have_written = False

    def start_part(self) -> None:
        """Begin one independent part of a request, such as one customer of a batch."""
        self.may_have_written = False

    def record_write(self) -> None:
        """Record a write that was made, or whose answer was lost."""
        self.may_have_written = True

    def require_seconds(self, seconds: float) -> None:
        """Raises TryAgain, so that no call begins that might end after the deadline."""
        if self._ends_at is not None and self._timer() + seconds > self._ends_at:
            raise TryAgain

    def undecided_error(
        self, how_to_find_out: str | None = None, **members: object
    ) -> TryAgain | OutcomeUnknown:
        """Return the error of a request that could not be decided: TryAgain only if certainly
        nothing was written.
        """
        if self.may_have_written:
            return OutcomeUnknown(how_to_find_out, **members)
        return TryAgain(None, **members)
