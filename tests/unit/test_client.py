"""The AWS clients: the botocore handlers that they need and no others, and addresses of the
bucket's own region.
"""

from urllib.parse import urlsplit

import pytest
from botocore.config import Config
from botocore.handlers import BUILTIN_HANDLERS

from couponflow import bootstrap
from couponflow.bootstrap import Services
from couponflow.store import bucket, dynamodb
from tests.support.service import ENVIRONMENT, set_all

GENERAL = [(event, handler) for event, handler, *_ in BUILTIN_HANDLERS if "." not in event]


def test_no_omitted_handler_concerns_dynamodb():
    # `docs.*.dynamodb…` handlers only produce documentation.
    of_one_service = [
        event.split(".")
        for event, *_ in BUILTIN_HANDLERS
        if "." in event and not event.startswith("docs.")
    ]
    assert of_one_service
    assert not {"dynamodb", "*"} & {service for _, service, *_ in of_one_service}


def test_general_handlers_have_no_required_order():
    assert [spec for spec in BUILTIN_HANDLERS if len(spec) > 2 and "." not in spec[0]] == []


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    set_all(monkeypatch, ENVIRONMENT)
    return Services()


def test_no_call_lasts_longer_than_the_deadline_reckons_with(services: Services):
    clients = {
        dynamodb.LONGEST_CALL: services.table._client,
        bucket.LONGEST_CALL: services.bucket._client,
    }
    for seconds, client in clients.items():
        settings = client.meta.config
        assert settings.retries["total_max_attempts"] == 1, "a second attempt would double the time"
        assert settings.connect_timeout + settings.read_timeout == seconds
    assert (dynamodb.LONGEST_CALL, bucket.LONGEST_CALL) == (3, 6)


@pytest.mark.parametrize(("event", "handler"), GENERAL, ids=[event for event, _ in GENERAL])
def test_every_general_handler_is_registered(event, handler, services: Services):
    emitter = services.table._client.meta.events._emitter
    assert handler in emitter._handlers.prefix_search(event)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "af-south-1"])
def test_presigned_addresses_name_the_region(region: str, monkeypatch: pytest.MonkeyPatch):
    """A new bucket's global address redirects, which a browser's upload does not survive."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, "")  # as the template sets it
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    client = bootstrap._s3(Config(signature_version="s3v4"))

    post = client.generate_presigned_post("bucket", "key")["url"]
    get = client.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "key"})

    assert {urlsplit(url).netloc for url in (post, get)} == {f"bucket.s3.{region}.amazonaws.com"}


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_presigned_addresses_keep_a_given_endpoint(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(name, "http://localhost:9000")

    post = bootstrap._s3(Config(signature_version="s3v4")).generate_presigned_post("bucket", "key")[
        "url"
    ]

    assert post.rstrip("/") == "http://localhost:9000/bucket"
