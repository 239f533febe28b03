"""The template's tables on the local engine, and whether stored ones still have the template's
schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from local.child_processes import StackFailed
from local.intrinsics import REGION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# The S3 server checks signatures with this key and accepts no other; the DynamoDB engines accept
# any.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def client(endpoint: str) -> DynamoDBClient:
    """A client of the engine that answers there."""
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )


def ensure(endpoint: str, tables: Mapping[str, Mapping[str, Any]], data: Path) -> None:
    """Creates what is missing. Raises StackFailed when `data` holds a table of another schema."""
    dynamodb = client(endpoint)
    for name, schema in tables.items():
        try:
            stored: Mapping[str, Any] = dynamodb.describe_table(TableName=name)["Table"]
        except dynamodb.exceptions.ResourceNotFoundException:
            dynamodb.create_table(TableName=name, **schema)
            continue
        if different := [part for part, of in _PARTS.items() if of(stored) != of(schema)]:
            raise StackFailed(
                f"the table in {data} was made with other {' and '.join(different)} than "
                "template.yaml has now: "
                f"move or delete {data}, or use another STATE"
            )


def _keys(schema: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(key["AttributeName"], key["KeyType"]) for key in schema["KeySchema"]]


def _types(schema: Mapping[str, Any]) -> dict[str, str]:
    return {each["AttributeName"]: each["AttributeType"] for each in schema["AttributeDefinitions"]}


def _indexes(schema: Mapping[str, Any]) -> dict[str, Any]:
    indexes = [*schema.get("GlobalSecondaryIndexes", []), *schema.get("LocalSecondaryIndexes", [])]
    return {
        index["IndexName"]: (
            _keys(index),
            index["Projection"]["ProjectionType"],
            sorted(index["Projection"].get("NonKeyAttributes", [])),
        )
        for index in indexes
    }


_PARTS = {"keys": _keys, "attribute types": _types, "indexes": _indexes}
