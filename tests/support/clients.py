"""Former names of the test client; use tests/support/api.py."""

from __future__ import annotations

from tests.support.api import SECONDS_TO_FOLLOW, eventually
from tests.support.api import Api as ApiClient
from tests.support.samples import COUPON
from tests.support.transports import Emulated, http_client

__all__ = ["COUPON", "SECONDS_TO_FOLLOW", "ApiClient", "Emulated", "eventually", "http_client"]
