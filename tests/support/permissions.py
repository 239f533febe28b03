"""Permissions in the template and calls of the functions, both as comparable sets of grants.

A grant is an action and what it is done to: how keys begin, for DynamoDB the partition key's
("COUPON#", or "listing ORG#" on an index), for S3 the object's ("incoming/").
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import botocore.client
import botocore.signers
import pytest

Grant = tuple[str, str]
Document = Mapping[str, Any]

_TRANSACTED = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
# Lambda's poller reads the stream under the function's role; the function never does.
_BY_THE_POLLER = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
}
_PRESIGNED = {"get_object": "GetObject", "put_object": "PutObject"}
_WORDS = {
    "SET",
    "REMOVE",
    "AND",
    "OR",
    "NOT",
    "BETWEEN",
    "attribute_exists",
    "attribute_not_exists",
    "if_not_exists",
}


def functions(document: Document) -> list[str]:
    return [
        name
        for name, resource in document["Resources"].items()
        if resource["Type"].endswith("::Function") and "Role" in resource["Properties"]
    ]


def statements(document: Document, function: str) -> list[dict[str, Any]]:
    """Policy statements of the function's role."""
    role, _ = document["Resources"][function]["Properties"]["Role"]["Fn::GetAtt"]
    return [
        statement
        for policy in document["Resources"][role]["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def allowed(document: Document, function: str) -> set[Grant]:
    """On the table and the bucket. Raises AssertionError at a statement without a bound."""
    grants: set[Grant] = set()
    for statement in statements(document, function):
        for action in _listed(statement["Action"]):
            service = action.partition(":")[0]
            if action in _BY_THE_POLLER:
                assert statement["Resource"] == {"Fn::Sub": "${Table.Arn}/stream/*"}, statement
            elif service == "sqs":
                grants.add((action, _queue(statement["Resource"])))
            elif service == "dynamodb":
                grants |= {
                    (action, place + key)
                    for place in _places(statement)
                    for key in _leading_keys(statement)
                }
            elif service == "s3":
                grants |= {
                    (action, _object_prefix(resource))
                    for resource in _listed(statement["Resource"])
                }
    return grants


def allowed_attributes(document: Document, function: str) -> dict[Grant, set[str]]:
    """Of those grants that are bound to attributes."""
    bound: dict[Grant, set[str]] = {}
    for statement in statements(document, function):
        if (
            attributes := statement.get("Condition", {})
            .get("ForAllValues:StringEquals", {})
            .get("dynamodb:Attributes")
        ):
            bound |= {
                (statement["Action"], key): set(attributes) for key in _leading_keys(statement)
            }
    return bound


class Recorder:
    """Records the AWS calls of each function while its handler runs."""

    def __init__(self) -> None:
        self.done: dict[str, set[Grant]] = defaultdict(set)
        self.attributes: dict[tuple[str, Grant], set[str]] = defaultdict(set)
        self._running: str | None = None

    @contextmanager
    def recording(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            self._watch_calls(patch)
            yield

    def watched(
        self, function: str, handler: Callable[[Any, Any], Any]
    ) -> Callable[[Any, Any], Any]:
        def handle(event: Any, context: Any) -> Any:
            self._running = function
            try:
                return handler(event, context)
            finally:
                self._running = None

        return handle

    def beyond(self, document: Document) -> dict[str, set[Grant]]:
        """Calls that the template does not allow; AWS would refuse them."""
        beyond = {
            function: done - allowed(document, function) for function, done in self.done.items()
        }
        for (function, grant), used in self.attributes.items():
            bound = allowed_attributes(document, function).get(grant)
            if bound is not None and used - bound:
                beyond[function].add((grant[0], f"{grant[1]} {', '.join(sorted(used - bound))}"))
        return {function: grants for function, grants in beyond.items() if grants}

    def _watch_calls(self, patch: pytest.MonkeyPatch) -> None:
        call, post, url = (
            vars(botocore.client.BaseClient)["_make_api_call"],
            botocore.signers.generate_presigned_post,
            botocore.signers.generate_presigned_url,
        )

        def watched_call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            self._record(client.meta.service_model.service_name, operation, parameters)
            return call(client, operation, parameters)

        def watched_post(client: Any, Bucket: str, Key: str, *rest: Any, **named: Any) -> Any:
            self._record("s3", "PutObject", {"Key": Key})
            return post(client, Bucket, Key, *rest, **named)

        def watched_url(
            client: Any, ClientMethod: str, Params: Any = None, *rest: Any, **named: Any
        ) -> Any:
            self._record("s3", _PRESIGNED[ClientMethod], Params)
            return url(client, ClientMethod, Params, *rest, **named)

        patch.setattr(botocore.client.BaseClient, "_make_api_call", watched_call)
        patch.setattr(botocore.signers, "generate_presigned_post", watched_post)
        patch.setattr(botocore.signers, "generate_presigned_url", watched_url)

    def _record(self, service: str, operation: str, parameters: dict[str, Any]) -> None:
        if self._running is None:
            return
        if service == "s3":
            self.done[self._running].add(
                (f"s3:{operation}", parameters["Key"].partition("/")[0] + "/")
            )
            return
        if service == "sqs":
            self.done[self._running].add((f"sqs:{operation}", parameters["QueueUrl"]))
            return
        for grant, request in _on_the_table(operation, parameters):
            self.done[self._running].add(grant)
            self.attributes[self._running, grant] |= _attributes(request)


def _on_the_table(
    operation: str, request: dict[str, Any]
) -> Iterator[tuple[Grant, dict[str, Any]]]:
    if operation == "TransactWriteItems":
        for item in request["TransactItems"]:
            ((kind, body),) = item.items()
            yield (
                (
                    f"dynamodb:{_TRANSACTED[kind]}",
                    _prefix((body.get("Key") or body["Item"])["pk"]["S"]),
                ),
                body,
            )
    elif operation == "BatchGetItem":
        for each in request["RequestItems"].values():
            yield from (
                ((f"dynamodb:{operation}", _prefix(key["pk"]["S"])), {}) for key in each["Keys"]
            )
    elif operation == "Query":
        (name,) = re.findall(r"\bg?pk = (:\w+)", request["KeyConditionExpression"])
        index = f"{request['IndexName']} " if "IndexName" in request else ""
        yield (
            (
                f"dynamodb:{operation}",
                index + _prefix(request["ExpressionAttributeValues"][name]["S"]),
            ),
            {},
        )
    else:
        yield (
            (f"dynamodb:{operation}", _prefix((request.get("Key") or request["Item"])["pk"]["S"])),
            request,
        )


def _prefix(key: str) -> str:
    """The key up to its first #, or the complete key."""
    before, mark, _ = key.partition("#")
    return before + mark


def _attributes(request: dict[str, Any]) -> set[str]:
    """Names in the item, key and expressions of a write."""
    text = " ".join(request.get(part, "") for part in ("UpdateExpression", "ConditionExpression"))
    names = set(re.findall(r"(?<![:#\w])[a-zA-Z_]\w*", text)) - _WORDS
    aliased = set(request.get("ExpressionAttributeNames", {}).values())
    return names | aliased | set(request.get("Key", {})) | set(request.get("Item", {}))


def _places(statement: dict[str, Any]) -> list[str]:
    return [
        resource["Fn::Sub"].partition("/index/")[2] + " " if "Fn::Sub" in resource else ""
        for resource in _listed(statement["Resource"])
    ]


def _leading_keys(statement: dict[str, Any]) -> list[str]:
    keys: list[str] = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert all(re.fullmatch(r"[A-Z]+(#\*)?", key) for key in keys), (
        f"leading keys without a bound: {keys}"
    )
    return [key.removesuffix("*") for key in keys]


def _queue(resource: dict[str, Any]) -> str:
    """The queue's name in the template, which tests set as its address."""
    name, attribute = resource["Fn::GetAtt"]
    assert attribute == "Arn", resource
    return str(name)


def _object_prefix(resource: dict[str, str]) -> str:
    place = resource["Fn::Sub"].partition("/")[2]
    assert re.fullmatch(r"[a-z]+/\*", place), f"objects without a bound: {resource}"
    return place.removesuffix("*")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
