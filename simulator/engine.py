"""A table in memory with DynamoDB's requests, conditions and errors. One request at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from simulator import expressions

Key = tuple[str, str]
Item = dict[str, dict[str, Any]]
Request = Mapping[str, Any]

READS = {"get_item", "batch_get_item", "query"}
SINGLE_WRITES = {"put_item", "update_item", "delete_item"}


class Engine:
    """Items are replaced, never changed: a copy of `items` is a snapshot.

    With `withholds_old`, a refused single write does not carry the item, as on the local engine
    roto.
    """

    def __init__(self, *, withholds_old: bool = False) -> None:
        self._withholds_old = withholds_old
        self.items: dict[Key, Item] = {}
        self._partitions: defaultdict[str, set[str]] = defaultdict(set)

    def store(self, key: Key, item: Item | None) -> None:
        """Store the item, or delete it if None."""
        if item is None:
            self.items.pop(key, None)
            self._partitions[key[0]].discard(key[1])
        else:
            self.items[key] = item
            self._partitions[key[0]].add(key[1])

    def call(self, method: str, request: Request) -> dict[str, Any]:
        """Raises ClientError."""
        answer: dict[str, Any] = getattr(self, method)(**request)
        return answer

    def get_item(self, *, Key: Item, **_: Any) -> dict[str, Any]:
        item = self.items.get(key_of(Key))
        return {} if item is None else {"Item": item}

    def batch_get_item(self, *, RequestItems: Any) -> dict[str, Any]:
        ((name, wanted),) = RequestItems.items()
        found = [self.items[key_of(key)] for key in wanted["Keys"] if key_of(key) in self.items]
        return {"Responses": {name: found}, "UnprocessedKeys": {}}

    def query(self, **request: Any) -> dict[str, Any]:
        selects = expressions.condition(request["KeyConditionExpression"])
        values = request["ExpressionAttributeValues"]
        order = "gsk" if "IndexName" in request else "sk"
        found = [item for item in self._candidates(values) if selects(item, values)]
        found.sort(
            key=lambda item: (item[order]["S"], key_of(item)),
            reverse=not request.get("ScanIndexForward", True),
        )
        if (start := request.get("ExclusiveStartKey")) is not None:
            places = [key_of(item) for item in found]
            found = found[places.index(key_of(start)) + 1 :]
        limit = request.get("Limit", len(found) + 1)
        more = (
            {"LastEvaluatedKey": {name: found[limit - 1][name] for name in ("pk", "sk")}}
            if len(found) >= limit
            else {}
        )
        return {"Items": found[:limit], **more}

    def _candidates(self, values: Mapping[str, Any]) -> Iterable[Item]:
        if ":pk" not in values:
            return self.items.values()
        pk = values[":pk"]["S"]
        return [self.items[pk, sk] for sk in self._partitions[pk]]

    def put_item(self, **request: Any) -> dict[str, Any]:
        self._do("Put", request)
        return {}

    def update_item(self, **request: Any) -> dict[str, Any]:
        item = self._do("Update", request)
        return {"Attributes": item} if request.get("ReturnValues") == "ALL_NEW" else {}

    def delete_item(self, **request: Any) -> dict[str, Any]:
        self._do("Delete", request)
        return {}

    def transact_write_items(self, *, TransactItems: Any) -> dict[str, Any]:
        for key, item in self.prepared(TransactItems).items():
            self.store(key, item)
        return {}

    def prepared(self, writes: Any, locked: Container[Key] = ()) -> dict[Key, Item | None]:
        """Items that a transaction would write (None: delete).

        Raises ClientError with the reasons.
        """
        after: dict[Key, Item | None] = {}
        reasons: list[dict[str, Any]] = []
        for write in writes:
            ((kind, body),) = write.items()
            if key_in(body) in locked:
                reasons.append({"Code": "TransactionConflict"})
                continue
            try:
                key, item = self._written(kind, body)
                after[key] = item
                reasons.append({"Code": "None"})
            except Refused as refused:
                reasons.append({"Code": "ConditionalCheckFailed", **refused.answer})
        if len(after) < len(reasons):
            raise cancelled(reasons)
        return after

    def _do(self, kind: str, request: Request) -> Item | None:
        try:
            key, item = self._written(kind, request)
        except Refused as refused:
            carried = {} if self._withholds_old else refused.answer
            raise error("ConditionalCheckFailedException", **carried) from refused
        self.store(key, item)
        return item

    def _written(self, kind: str, body: Request) -> tuple[Key, Item | None]:
        """Raises Refused."""
        key = key_in(body)
        old = self.items.get(key)
        names = tuple(body.get("ExpressionAttributeNames", {}).items())
        values = body.get("ExpressionAttributeValues", {})
        if (text := body.get("ConditionExpression")) and not expressions.condition(text, names)(
            old or {}, values
        ):
            wants_old = body.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
            raise Refused({"Item": old} if wants_old and old is not None else {})
        if kind == "Put":
            return key, body["Item"]
        if kind == "Delete":
            return key, None
        keys = {"pk": {"S": key[0]}, "sk": {"S": key[1]}}
        return key, expressions.update(body["UpdateExpression"], names)(old or keys, values)


class Refused(Exception):
    """A condition is false. `answer` is the part of the response about the stored item."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__()
        self.answer = answer


def cancelled(reasons: list[dict[str, Any]]) -> ClientError:
    return error("TransactionCanceledException", CancellationReasons=reasons)


def error(code: str, status: int = 400, **answer: Any) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": code},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **answer,
    }
    return ClientError(response, "")


def key_of(item: Mapping[str, Any]) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def key_in(body: Mapping[str, Any]) -> Key:
    """Key of the item that a write is for."""
    return key_of(body["Item"] if "Item" in body else body["Key"])


def keys_written(method: str, request: Request) -> list[Key]:
    if method == "transact_write_items":
        return [key_in(body) for write in request["TransactItems"] for body in write.values()]
    return [key_in(request)] if method in SINGLE_WRITES else []


def keys_read(method: str, request: Request) -> list[Key]:
    """Keys of reads by key. A query has none."""
    if method == "get_item":
        return [key_of(request["Key"])]
    if method == "batch_get_item":
        return [
            key_of(key) for wanted in request["RequestItems"].values() for key in wanted["Keys"]
        ]
    return []
