"""The DynamoDB client registers every botocore handler that DynamoDB needs, and no others."""

import pytest
from botocore.handlers import BUILTIN_HANDLERS

from couponflow.bootstrap import Services

GENERAL = [(event, handler) for event, handler, *_ in BUILTIN_HANDLERS if "." not in event]


def test_no_omitted_handler_concerns_dynamodb():
    # `docs.*.dynamodb…` handlers only produce documentation.
    of_one_service = [event.split(".") for event, *_ in BUILTIN_HANDLERS if "." in event and not event.startswith("docs.")]
    assert of_one_service
    assert not {"dynamodb", "*"} & {service for _, service, *_ in of_one_service}


def test_general_handlers_have_no_required_order():
    assert [spec for spec in BUILTIN_HANDLERS if len(spec) > 2 and "." not in spec[0]] == []


@pytest.mark.parametrize(("event", "handler"), GENERAL, ids=[event for event, _ in GENERAL])
def test_every_general_handler_is_registered(event, handler, monkeypatch: pytest.MonkeyPatch):
    for name in ("TABLE_NAME", "IMAGES_BUCKET"):
        monkeypatch.setenv(name, "any")
    monkeypatch.setenv("MAX_SHARDS", "16")
    emitter = Services().table._client.meta.events._emitter
    assert handler in emitter._handlers.prefix_search(event)
