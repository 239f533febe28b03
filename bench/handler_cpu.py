"""Run by bench/cold_starts.py in a process of its own: says {"ratio": …} of the package on its
path.

The network is stubbed.
"""

import base64
import importlib
import json
import statistics
import sys
import time
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from couponflow.domain import links, times
from couponflow.domain.models import Coupon

ROUNDS, CALLS = 61, 20
MOMENT = times.parse_utc("2026-01-01T00:00:00.000Z")
COUPON = Coupon(
    coupon_id="0" * 13,
    organisation_id="acme",
    code="TEN-OFF",
    name="Ten off",
    starts_at=MOMENT,
    ends_at=times.parse_utc("2999-01-01T00:00:00.000Z"),
    timezone="UTC",
    max_redemptions_per_customer=1,
    active=True,
    units=1_000,
    shards=16,
    record_buckets=4,
    holder_secret="s" * 32,
    link_secret="t" * 32,
    created_at=MOMENT,
    updated_at=MOMENT,
)


class Raw:
    """A response body with urllib3's interface."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Any:
        yield self._body


def answers(client: Any, seen: list[Any]) -> None:
    from couponflow.store.attribute_values import encode
    from couponflow.store.coupons import _to_item

    coupon = encode(_to_item(COUPON))
    organisation = encode(
        {
            "pk": "ORG#acme",
            "sk": "ORG",
            "organisation_id": "acme",
            "name": "Acme",
            "addon_enabled": True,
        }
    )

    def answer(request: Any, **_: Any) -> AWSResponse:
        operation = request.headers["X-Amz-Target"].decode().partition(".")[2]
        seen.append((operation, request.body))
        body = {"Query": {"Items": [coupon]}, "GetItem": {"Item": organisation}}.get(operation, {})
        headers: Any = {"content-type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, 200, headers, Raw(json.dumps(body).encode()))

    client.meta.events.register("before-send.dynamodb.*", answer)


def event() -> dict[str, Any]:
    token = links.format_token(COUPON, links.derive_holder(COUPON, "ann"))
    path = f"/r/{token}/redeem"
    return {
        "version": "2.0",
        "routeKey": "POST /r/{token}/redeem",
        "rawPath": path,
        "rawQueryString": "",
        "pathParameters": {"token": token},
        "headers": {
            "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
            "host": "coupons.example",
        },
        "requestContext": {
            "http": {
                "method": "POST",
                "path": path,
                "sourceIp": "203.0.113.7",
                "userAgent": "bench",
            },
            "domainName": "coupons.example",
            "requestId": "r",
        },
        "body": base64.b64encode(b"use=1").decode(),
        "isBase64Encoded": True,
    }


def seconds(call: Any) -> float:
    started = time.process_time()
    for _ in range(CALLS):
        call()
    return (time.process_time() - started) / CALLS


def main() -> None:
    app = importlib.import_module("app")

    ours: list[Any] = []
    answers(app.services.table._client, ours)
    asked = event()
    given = app.handler(asked, None)
    assert given["statusCode"] == 200, given
    writes = json.loads(ours[-1][1])["TransactItems"]
    bare = boto3.client("dynamodb")
    answers(bare, [])
    ratios = []
    for _ in range(ROUNDS):
        mine = seconds(lambda: app.handler(asked, None))
        ratios.append(mine / seconds(lambda: bare.transact_write_items(TransactItems=writes)))
    print(json.dumps({"ratio": statistics.median(ratios)}), file=sys.stderr)


if __name__ == "__main__":
    main()
