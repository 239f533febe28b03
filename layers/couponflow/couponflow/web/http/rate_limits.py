"""Rate limits by key, by link and by address. docs/rate-limits.md has the costs and the reasons.

Each environment counts in memory and takes blocks of calls from a shared counter. Callers at a
normal rate cost no request to the table, and excessive ones are refused by all environments
together.
"""

import hashlib
import ipaddress
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from couponflow.cache import ExpiringCache
from couponflow.domain.errors import TooManyRequests
from couponflow.store.rate_counters import RateCounterStore

SECONDS = 10
_MOST_REMEMBERED = 10_000
# What a provider gives to one customer at least.
NETWORK_BITS = 64
# Far beyond the difference of any two clocks.
_SECONDS_KEPT = 3_600


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `at_most` calls in ten seconds.

    Environments share the budget in blocks of `local_batch`; without it, each environment counts
    for itself.
    """

    kind: str
    at_most: int
    local_batch: int | None = None


# A busy flow distributes some hundred times a second with one key.
BY_KEY = RateLimit("key", 20_000, local_batch=500)
# No customer taps ten times a second, but families share a phone, and browsers retry.
BY_LINK = RateLimit("link", 120, local_batch=40)
# Counts only failed guesses of links and keys: thousands of customers may share the address of
# their carrier.
FAILURES_BY_ADDRESS = RateLimit("address", 500)


@dataclass(slots=True)
class _Count:
    calls: int = 0
    is_closed: bool = False


class RateLimiter:
    """Counts calls and refuses excessive ones.

    Without `counters`, each environment limits by itself.
    """

    def __init__(
        self, counters: RateCounterStore | None, clock: Callable[[], float] = time.time
    ) -> None:
        self._counters, self._clock = counters, clock
        self._counts: ExpiringCache[tuple[str, str, int], _Count] = ExpiringCache(
            _MOST_REMEMBERED, SECONDS
        )

    def check(self, limit: RateLimit, subject: str) -> None:
        """Raises TooManyRequests if the subject has reached the limit in this window."""
        count = self._counts.get((limit.kind, subject, self._window))
        if count is not None and count.is_closed:
            raise TooManyRequests(retry_after=SECONDS - int(self._clock()) % SECONDS)

    def count(self, limit: RateLimit, subject: str) -> None:
        """Count one call, and take a block from the shared counter when one is used up."""
        count = self._counts.setdefault((limit.kind, subject, self._window), _Count())
        count.calls += 1
        if limit.local_batch is None or self._counters is None:
            count.is_closed = count.calls >= limit.at_most
        elif count.calls % limit.local_batch == 0:
            with suppress(Exception):  # a counter that fails must not refuse customers
                window = self._window
                keep_until = (window + 1) * SECONDS + _SECONDS_KEPT
                count.is_closed = not self._counters.take(
                    limit.kind, subject, window, limit.local_batch, limit.at_most, keep_until
                )

    @property
    def _window(self) -> int:
        return int(self._clock()) // SECONDS


def link_in(params: Mapping[str, str]) -> str:
    """The subject of the limit by link: a hash, because a reader of the table must not be able to
    redeem.
    """
    return hashlib.sha256(params["token"].encode(errors="replace")).hexdigest()[:32]


def address_of(http: Mapping[str, Any]) -> str:
    """The caller's address (see origin.trust_cdn_headers); of IPv6 the /64 network, which is one
    customer's.

    An IPv4 address in IPv6 form is that address. Text that is no address stays as it is.
    """
    text = str(http["sourceIp"])
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address.packed, NETWORK_BITS), strict=False))
