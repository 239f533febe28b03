"""A function that returns its event and environment, and stores items and objects."""

import json
import os
import time
from pathlib import Path
from typing import Any

import boto3


def handler(event: dict[str, Any], _context: object) -> object:
    if event.get("routeKey", "").endswith("/kept/{name}"):
        return _keep(event) if event["requestContext"]["http"]["method"] == "PUT" else _read(event)
    what = event.get("pathParameters", {}).get("what")
    if what == "meet":
        _meet(**event["queryStringParameters"])
    print("probed", what)
    answer = {"event": event, "pid": os.getpid(), "environment": dict(os.environ)}
    return (
        answer
        if what is None
        else {"statusCode": 200, "cookies": ["a=1", "b=2"], "body": json.dumps(answer)}
    )


def _meet(at: str, who: str, enough: str) -> None:
    """Wait until `enough` requests are here; a request alone times out."""
    Path(at, who).touch()
    while len(list(Path(at).iterdir())) < int(enough):
        time.sleep(0.01)


def _keep(event: dict[str, Any]) -> dict[str, str]:
    name = event["pathParameters"]["name"]
    boto3.client("dynamodb").put_item(TableName=os.environ["TABLE_NAME"], Item={"pk": {"S": name}})
    boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key=name, Body=b"kept")
    return {}


def _read(event: dict[str, Any]) -> dict[str, str]:
    name = event["pathParameters"]["name"]
    item = boto3.client("dynamodb").get_item(
        TableName=os.environ["TABLE_NAME"], Key={"pk": {"S": name}}
    )["Item"]
    stored = boto3.client("s3").get_object(Bucket=os.environ["BUCKET"], Key=name)["Body"].read()
    return {"item": item["pk"]["S"], "object": stored.decode()}
