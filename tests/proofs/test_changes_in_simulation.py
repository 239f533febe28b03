"""A PATCH every second on a hot coupon: each environment pays for it once, in virtual time."""

from __future__ import annotations

import pytest

from bench.simulated_load import Result, simulate
from couponflow.store.terms_cache import TermsCache

MOST_UNITS_EACH = 2.3


@pytest.fixture
def result() -> Result:
    return simulate(800, 3, 16, 0.008, seed=1, changes_every=1)


def test_hot_coupon_is_redeemed_while_it_is_changed_every_second(result):
    assert len(result.change_seconds) == 4
    assert result.asked > 2_000
    assert result.share_served >= 0.999
    assert result.percentile(0.99) <= 0.1
    assert result.units_each <= MOST_UNITS_EACH


def test_environment_that_does_not_keep_what_it_read_again_pays_each_time(monkeypatch):
    """Control: each redemption fails once, until the cached terms expire."""
    monkeypatch.setattr(
        TermsCache, "refresh", lambda self, id_: self._coupons.get_with_page(id_, consistent=True)
    )
    result = simulate(800, 3, 16, 0.008, seed=1, changes_every=1)
    assert result.units_each > MOST_UNITS_EACH
