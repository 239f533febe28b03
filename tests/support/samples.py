"""Sample request bodies for several folders."""

from __future__ import annotations

from typing import Any

# Valid now, without limits.
COUPON: dict[str, Any] = {"name": "Ten off", "starts_at": "2026-01-01", "ends_at": "2999-12-31"}
