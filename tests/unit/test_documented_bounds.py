"""Bounds that the documents state and that nothing else would notice: timeouts, tries, framing."""

from __future__ import annotations

import pytest

from couponflow.bootstrap import Services
from couponflow.web.page import assets
from tests.support.service import ENVIRONMENT, set_all


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    set_all(monkeypatch, ENVIRONMENT)
    return Services()


def test_dynamodb_call_ends_within_three_seconds_and_is_tried_once(services: Services):
    config = services.table._client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (1, 2)
    assert config.retries["total_max_attempts"] == 1


def test_s3_call_is_tried_once_by_the_library(services: Services):
    config = services.bucket._client.meta.config
    assert config.connect_timeout + config.read_timeout <= 10
    assert config.retries["total_max_attempts"] == 1


def test_no_site_may_frame_the_redeem_page():
    assert "frame-ancestors 'none'" in assets.security_policy()
