"""The local engines: what they acknowledged survives a kill, and S3 refuses what an upload policy
forbids.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from local import buckets, engines, sam_template
from local.engines import Engine
from tools.paths import DEFAULT_ENGINE

WRITES = 50
BUCKET = "images"
LARGEST = 2_000
SCHEMA: dict[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
}


def _end(engine: Engine, how: signal.Signals) -> None:
    engine.process.send_signal(how)
    engine.process.wait()


def _items_after_restart(name: str, folder: Path, how: signal.Signals) -> int:
    with engines.ENGINES[name](folder, folder / "data") as engine:
        engines.wait_for(engine)
        client = boto3.client("dynamodb", endpoint_url=engine.endpoint)
        client.create_table(TableName="kept", **SCHEMA)
        for number in range(WRITES):
            client.put_item(TableName="kept", Item={"pk": {"S": str(number)}})
        _end(engine, how)
    with engines.ENGINES[name](folder, folder / "data") as engine:
        engines.wait_for(engine)
        client = boto3.client("dynamodb", endpoint_url=engine.endpoint)
        try:
            return client.scan(TableName="kept", ConsistentRead=True)["Count"]
        except client.exceptions.ResourceNotFoundException:
            return 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_default_engine_keeps_each_acknowledged_write(tmp_path, how):
    assert _items_after_restart(DEFAULT_ENGINE, tmp_path, how) == WRITES


def test_ministack_keeps_writes_at_an_orderly_end_only(tmp_path):
    """Why it is not the default engine: docs/decisions.md."""
    assert _items_after_restart("ministack", tmp_path / "ended", signal.SIGTERM) == WRITES
    assert _items_after_restart("ministack", tmp_path / "killed", signal.SIGKILL) == 0


def _s3(endpoint: str) -> Any:
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    return boto3.client("s3", endpoint_url=endpoint, config=config)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_s3_server_keeps_each_acknowledged_object(tmp_path, how):
    with engines.s3(tmp_path, tmp_path / "data") as engine:
        engines.wait_for(engine)
        buckets.ensure(engine.endpoint, {BUCKET: {}})
        _s3(engine.endpoint).put_object(
            Bucket=BUCKET, Key="images/a.webp", Body=b"picture", ContentType="image/webp"
        )
        _end(engine, how)
    with engines.s3(tmp_path, tmp_path / "data") as engine:
        engines.wait_for(engine)
        buckets.ensure(engine.endpoint, {BUCKET: {}})
        stored = _s3(engine.endpoint).get_object(Bucket=BUCKET, Key="images/a.webp")
        assert (stored["Body"].read(), stored["ContentType"]) == (b"picture", "image/webp")


@pytest.fixture(scope="module")
def bucket_cors() -> dict[str, Any]:
    (properties,) = sam_template.load().buckets.values()
    return dict(properties)


@pytest.fixture(scope="module")
def s3_endpoint(
    tmp_path_factory: pytest.TempPathFactory, bucket_cors: dict[str, Any]
) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("s3")
    with engines.s3(folder, folder / "data") as engine:
        engines.wait_for(engine)
        buckets.ensure(engine.endpoint, {BUCKET: bucket_cors})
        yield engine.endpoint


Post = Callable[..., httpx.Response]


@pytest.fixture
def post(s3_endpoint: str) -> Post:
    """`post(content, **fields)`: an upload of a PNG of at most LARGEST bytes, with other form
    fields.
    """

    def upload(content: bytes = b"picture", **changed: str) -> httpx.Response:
        conditions = [{"Content-Type": "image/png"}, ["content-length-range", 1, LARGEST]]
        form = _s3(s3_endpoint).generate_presigned_post(
            BUCKET, "incoming/a", {"Content-Type": "image/png"}, conditions, 300
        )
        fields = form["fields"] | {name.replace("_", "-"): value for name, value in changed.items()}
        return httpx.post(
            form["url"], data=fields, files={"file": ("a.png", content)}, trust_env=False
        )

    return upload


def test_s3_server_accepts_the_signed_upload(post: Post, s3_endpoint: str):
    assert post().status_code == 204
    assert (
        _s3(s3_endpoint).get_object(Bucket=BUCKET, Key="incoming/a")["ContentType"] == "image/png"
    )


@pytest.mark.parametrize(
    ("content", "changed", "status"),
    [
        (b"x" * (LARGEST + 1), {}, 400),
        (b"", {}, 400),
        (b"picture", {"Content_Type": "text/html"}, 403),
        (b"picture", {"key": "incoming/other"}, 403),
        (b"picture", {"x_amz_signature": "0" * 64}, 403),
        (b"picture", {"acl": "public-read"}, 403),
    ],
    ids=["too large", "empty", "other type", "other key", "forged", "unsigned field"],
)
def test_s3_server_refuses_what_the_policy_forbids(
    post: Post, s3_endpoint: str, content, changed, status
):
    client = _s3(s3_endpoint)
    for key in ("incoming/a", "incoming/other"):
        client.delete_object(Bucket=BUCKET, Key=key)
    assert post(content, **changed).status_code == status
    assert client.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_s3_server_shows_nothing_unsigned(post: Post, s3_endpoint: str):
    post()
    url = f"{s3_endpoint}/{BUCKET}/incoming/a"
    assert httpx.get(url, trust_env=False).status_code == 403
    signed = _s3(s3_endpoint).generate_presigned_url(
        "get_object", Params={"Bucket": BUCKET, "Key": "incoming/a"}
    )
    assert httpx.get(signed, trust_env=False).content == b"picture"
    assert httpx.get(f"{signed[:-4]}0000", trust_env=False).status_code == 403


def test_s3_server_answers_browsers_by_the_templates_cors_rules(s3_endpoint: str):
    asks = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    allowed = httpx.options(f"{s3_endpoint}/{BUCKET}", headers=asks, trust_env=False)
    assert allowed.headers["access-control-allow-origin"] == "*"
    asks["Access-Control-Request-Method"] = "DELETE"
    refused = httpx.options(f"{s3_endpoint}/{BUCKET}", headers=asks, trust_env=False)
    assert "access-control-allow-origin" not in refused.headers
