"""Tests through the handlers: real events and a real engine, in one process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from couponflow.store import attribute_values, keys
from local import sam_template
from local.intrinsics import read_yaml
from tests.support.api import Api
from tests.support.engines import WITHHOLDS_OLD
from tests.support.gateway import Gateway
from tests.support.permissions import Recorder
from tests.support.service import BASE_URL, environment_of, new_table, service_under_test

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


_SCAN = {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": "DynamoDB_20120810.Scan",
    # DynamoDB Local requires a signature but does not check it.
    "authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host, Signature=x",
}


Stored = Callable[[], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def module_table(dynamodb: str) -> Iterator[Table]:
    """One table per test module; each test has its own organisation."""
    with new_table(dynamodb) as made:
        yield made


@pytest.fixture(scope="module")
def environments(module_table: Table, dynamodb: str, engine_name: str) -> Iterator[Gateway]:
    """The functions, loaded once per test module.

    A call that a function's role in the template does not allow fails the module.
    """
    recorder = Recorder()
    environment = environment_of(module_table.name, dynamodb)
    with recorder.recording(), service_under_test(environment, recorder.watched) as gateway:
        yield gateway
    if engine_name != WITHHOLDS_OLD:  # on this engine the store needs extra reads
        assert recorder.beyond(read_yaml(sam_template.TEMPLATE)) == {}


@pytest.fixture
def table(module_table: Table, environments: Gateway) -> Table:
    """The table that the functions write to."""
    return module_table


@pytest.fixture
def gateway(environments: Gateway) -> Gateway:
    return environments


@pytest.fixture
def organisation(gateway: Gateway) -> Iterator[Callable[[str], Api]]:
    """`organisation("acme")`: a new organisation with a key per scope; its id starts with
    the name.
    """
    client = httpx.Client(transport=gateway, base_url=BASE_URL)

    def make(name: str) -> Api:
        return Api.create(gateway, client, name)

    with client:
        yield make


@pytest.fixture
def bucket(s3_local: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Direct images and exports to the local S3 server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3_local)


@pytest.fixture
def api(organisation: Callable[[str], Api]) -> Api:
    return organisation("acme")


@pytest.fixture
def stored(table: Table, dynamodb: str) -> Stored:
    """`stored()`: every item of the table by key, without `last_used_at`."""

    def scan() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        request: dict[str, Any] = {"TableName": table.name, "ConsistentRead": True}
        while True:
            # boto3 needs most of a test's time to decode thousands of items.
            page = httpx.post(
                dynamodb, headers=_SCAN, content=json.dumps(request), trust_env=False
            ).json()
            items += map(attribute_values.decode, page["Items"])
            if "LastEvaluatedKey" not in page:
                break
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        for item in items:
            item.pop("last_used_at", None)
        return sorted(items, key=lambda item: (item["pk"], item["sk"]))

    return scan


@pytest.fixture
def shards(table: Table) -> Callable[[dict[str, Any]], list[dict[str, Any]]]:
    """`shards(coupon)`: the stored quota shards of the coupon."""

    def read(coupon: dict[str, Any]) -> list[dict[str, Any]]:
        item = table.get_item(Key=dict(keys.coupon(coupon["coupon_id"])), ConsistentRead=True)[
            "Item"
        ]
        wanted = [
            keys.quota_shard(coupon["coupon_id"], number)
            for number in range(int(str(item["shards"])))
        ]
        return [table.get_item(Key=dict(key), ConsistentRead=True)["Item"] for key in wanted]

    return read
