"""The meter's figures for single items equal the engine's, which are right there."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from bench import meter
from bench.meter import Bill, Meter

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Item = dict[str, Any]
KEY: Item = {"pk": {"S": "a"}, "sk": {"S": "b"}}
LISTED: Item = {"gpk": {"S": "list"}, "gsk": {"S": "1"}}


@pytest.fixture
def call(table: Table) -> Callable[..., tuple[Bill, Any]]:
    """Make a call; return the meter's bill and the capacity that the engine reports."""
    client = boto3.client("dynamodb")
    metered = Meter(client, boto3.client("dynamodb"))

    def make(method: str, **request: Any) -> tuple[Bill, Any]:
        with metered.counting() as bill:
            try:
                named = (
                    request if method == "batch_get_item" else {"TableName": table.name, **request}
                )
                answer = getattr(client, method)(ReturnConsumedCapacity="INDEXES", **named)
            except client.exceptions.ConditionalCheckFailedException:
                return bill, None
        return bill, answer.get("ConsumedCapacity")

    return make


def text(length: int) -> Item:
    return {"text": {"S": "x" * length}}


SIZES = [0, 900, 1_005, 1_015, 1_100, 3_000, 4_060, 4_100, 9_000]
# Units of a strong read in DynamoDB Local 1.25.1 by item size: for the item alone, and for a
# query that also finds an item of 700 bytes. MiniStack counts each read as one unit.
GET_UNITS = {4_100: 2, 9_000: 3}
QUERY_UNITS = {4_060: 2, 4_100: 2, 9_000: 3}


def test_write_units_equal_those_of_the_engine(call):
    for length, more in itertools.product(
        SIZES, ({}, LISTED, {"n": {"N": "1234567"}, "open": {"BOOL": True}})
    ):
        for _ in range(2):  # first a new item, then the same item
            bill, consumed = call("put_item", Item=KEY | more | text(length))
            assert bill.write_units == consumed["Table"]["CapacityUnits"], (length, more)
        bill, consumed = call("delete_item", Key=KEY)
        assert bill.write_units == consumed["Table"]["CapacityUnits"], (length, more)


def test_read_units_equal_dynamodb_local_1_25_1(call, table):
    other, missing = KEY | {"sk": {"S": "c"}}, {"pk": {"S": "nobody"}, "sk": {"S": "b"}}
    call("put_item", Item=other | text(700))
    for length, strong in itertools.product(SIZES, (True, False)):
        call("put_item", Item=KEY | text(length))
        unit = 1 if strong else 0.5
        for key, units in ((KEY, GET_UNITS.get(length, 1)), (missing, 1)):
            bill, _ = call("get_item", Key=key, ConsistentRead=strong)
            assert bill.read_units == units * unit, (length, strong)
        values = {":pk": {"S": "a"}}
        all_of_them = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": values}
        bill, _ = call("query", ConsistentRead=strong, **all_of_them)
        assert bill.read_units == QUERY_UNITS.get(length, 1) * unit, (length, strong)
        wanted = {table.name: {"Keys": [KEY, other], "ConsistentRead": strong}}
        bill, _ = call("batch_get_item", RequestItems=wanted)
        assert bill.read_units == (GET_UNITS.get(length, 1) + 1) * unit, (length, strong)


def update(call: Any, expression: str, **values: Any) -> Any:
    named = {f":{name}": value for name, value in values.items()}
    bill, consumed = call(
        "update_item", Key=KEY, UpdateExpression=expression, ExpressionAttributeValues=named
    )
    assert bill.write_units == consumed["Table"]["CapacityUnits"]
    index = consumed.get("GlobalSecondaryIndexes", {}).get("listing", {}).get("CapacityUnits", 0)
    assert bill.index_units == index
    return bill.index_units


def test_moved_index_entry_costs_two_writes_unchanged_none(call):
    call("put_item", Item=KEY)

    assert update(call, "SET gpk = :gpk, gsk = :gsk", gpk={"S": "open"}, gsk={"S": "1"}) == 1
    assert update(call, "SET gpk = :gpk", gpk={"S": "used"}) == 2
    assert update(call, "SET note = :note", note={"S": "changed"}) == 1
    assert update(call, "SET note = :note", note={"S": "changed"}) == 0


def test_refused_write_costs_a_write_and_its_old_item_nothing(call):
    call("put_item", Item=KEY | LISTED | text(1_500))

    bill, _ = call(
        "put_item",
        Item=KEY,
        ConditionExpression="attribute_not_exists(pk)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )

    assert (bill.write_units, bill.index_units, bill.read_units, bill.round_trips) == (2, 0, 0, 1)


def test_transaction_costs_two_units_per_item_and_kilobyte(table):
    writes: Any = [
        {"Put": {"TableName": table.name, "Item": KEY | LISTED | text(1_500)}},
        {"Put": {"TableName": table.name, "Item": KEY | {"sk": {"S": "c"}}}},
    ]
    client = boto3.client("dynamodb")
    with Meter(client, boto3.client("dynamodb")).counting() as bill:
        client.transact_write_items(TransactItems=writes)

    assert (bill.write_units, bill.index_units, bill.read_units) == (2 * 2 + 2 * 1, 2, 0)
    assert meter.size(KEY) == 6
