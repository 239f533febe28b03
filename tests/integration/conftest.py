"""Tests through the handlers: real events and a real engine, in one process."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest

from couponflow.store import attribute_values, keys
from local import sam_template
from local.intrinsics import read_yaml
from tests.support.engines import WITHHOLDS_OLD
from tests.support.functions import load
from tests.support.gateway import Gateway
from tests.support.permissions import Recorder

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


@dataclass(frozen=True)
class Api:
    """Client of the service with the keys of one organisation."""

    gateway: Gateway
    client: httpx.Client
    organisation_id: str
    keys: dict[str, str]

    def call(
        self, method: str, path: str, body: object = None, scope: str = "admin", **headers: str
    ) -> httpx.Response:
        return self.client.request(method, path, json=body, headers=self.bearer(scope) | headers)

    def key(self, *scopes: str) -> dict[str, Any]:
        """Create a key; `key` is the text that its owner sends."""
        return self.operate("create_key", scopes=list(scopes))

    def operate(self, action: str, **more: Any) -> dict[str, Any]:
        """Run an operator action on the organisation."""
        event = {"action": action, "organisation_id": self.organisation_id} | more
        return dict(self.gateway.invoke("OperatorFunction", event))

    def coupon(self, **changes: Any) -> dict[str, Any]:
        """Create a coupon that is valid now and unlimited, except for `changes`."""
        body = {"name": "Ten off", "starts_at": "2026-01-01", "ends_at": "2999-12-31"} | changes
        answer = self.call("POST", "/v1/coupons", body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def read(self, coupon: dict[str, Any]) -> dict[str, Any]:
        """The current coupon."""
        answer = self.call("GET", f"/v1/coupons/{coupon['coupon_id']}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def patch(self, coupon: dict[str, Any], **changes: Any) -> httpx.Response:
        """Change the coupon on its current version."""
        body = {"version": self.read(coupon)["version"]} | changes
        return self.call("PATCH", f"/v1/coupons/{coupon['coupon_id']}", body)

    def change(self, coupon: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Change the coupon and empty the caches of all functions."""
        answer = self.patch(coupon, **changes)
        assert answer.status_code == 200, answer.text
        self.gateway.restart()
        return dict(answer.json())

    def records(self, coupon: dict[str, Any], **query: str) -> list[dict[str, Any]]:
        answer = self.client.get(
            f"/v1/coupons/{coupon['coupon_id']}/redemptions", params=query, headers=self.bearer()
        )
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    def bearer(self, scope: str = "admin") -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys[scope]}"}

    def distribute(self, coupon: dict[str, Any], customer_id: str, **more: Any) -> dict[str, Any]:
        body = {"coupon_id": coupon["coupon_id"], "customer_id": customer_id} | more
        answer = self.call("POST", "/v1/flow/distribute", body, scope="distribute")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def link(self, coupon: dict[str, Any], customer_id: str) -> str:
        """Distribute the coupon; return the path of the customer's redeem page."""
        return f"/r/{self.distribute(coupon, customer_id)['redeem_token']}"

    def tap(self, link: str, use: int = 1) -> httpx.Response:
        return self.client.post(
            f"{link}/redeem", data={"use": str(use)}, headers={"accept": "application/json"}
        )

    def page_state(self, link: str) -> str:
        """The value of the page's `data-state`."""
        found = re.search(r'data-state="([a-z_]+)"', self.client.get(link).text)
        assert found is not None
        return found[1]

    def till(self, coupon: dict[str, Any], customer_id: object, **more: Any) -> httpx.Response:
        headers = (
            {"idempotency-key": more.pop("idempotency_key")} if "idempotency_key" in more else {}
        )
        body = {"coupon_id": coupon["coupon_id"], "customer_id": customer_id} | more
        return self.call("POST", "/v1/redemptions", body, "redeem", **headers)


@pytest.fixture(scope="module")
def module_table(dynamodb: str) -> Iterator[Table]:
    """One table per test module; each test has its own organisation."""
    schema: dict[str, Any] = dict(sam_template.table_schema())
    engine = boto3.resource("dynamodb", endpoint_url=dynamodb)
    made = engine.create_table(TableName=f"test-{uuid.uuid4().hex}", **schema)
    yield made
    made.delete()


@pytest.fixture(scope="module")
def environments(module_table: Table, dynamodb: str, engine_name: str) -> Iterator[Gateway]:
    """The functions, loaded once per test module.

    A call that a function's role in the template does not allow fails the module.
    """
    recorder = Recorder()
    with recorder.recording(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb)
        patch.setenv("TABLE_NAME", module_table.name)
        patch.setenv("IMAGES_BUCKET", "images")
        patch.setenv("MAX_SHARDS", "16")
        patch.setenv("PUBLIC_BASE_URL", "https://coupons.example")
        yield Gateway(partial(load, patch=patch), recorder.watched)
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
    client = httpx.Client(transport=gateway, base_url="https://coupons.example")

    def make(name: str) -> Api:
        organisation_id = f"{name}-{uuid.uuid4().hex[:8]}"
        gateway.invoke(
            "OperatorFunction",
            {
                "action": "create_organisation",
                "organisation_id": organisation_id,
                "name": organisation_id,
            },
        )
        made = Api(gateway, client, organisation_id, {})
        made.keys.update(
            {scope: made.key(scope)["key"] for scope in ("admin", "distribute", "redeem")}
        )
        return made

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
