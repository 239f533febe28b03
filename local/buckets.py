"""The template's buckets on the local S3 server, with their CORS rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from local.intrinsics import REGION
from local.tables import CREDENTIALS


def ensure(endpoint: str, buckets: Mapping[str, Mapping[str, Any]]) -> None:
    """Create the missing buckets and set the CORS rules of all."""
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(s3={"addressing_style": "path"}),
    )
    existing = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    for name, properties in buckets.items():
        if name not in existing:
            client.create_bucket(Bucket=name)
        if cors := properties.get("CorsConfiguration"):
            rules = [_api_rule(rule) for rule in cors["CorsRules"]]
            client.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": rules})


# Where the API's names for a rule's properties differ from CloudFormation's.
_API_NAMES = {"ExposedHeaders": "ExposeHeaders", "Id": "ID", "MaxAge": "MaxAgeSeconds"}


def _api_rule(rule: Mapping[str, Any]) -> Any:
    return {_API_NAMES.get(name, name): value for name, value in rule.items()}
