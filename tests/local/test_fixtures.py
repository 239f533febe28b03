"""Fixtures that all tests use."""

import pytest


@pytest.mark.parametrize("kind", ["table", "moto_table"])
def test_table_has_the_templates_keys_and_index(kind, request):
    table = request.getfixturevalue(kind)
    table.put_item(Item={"pk": "a", "sk": "b", "gpk": "g", "gsk": "1"})
    found = table.query(
        IndexName="listing",
        KeyConditionExpression="gpk = :g",
        ExpressionAttributeValues={":g": "g"},
    )
    assert [item["pk"] for item in found["Items"]] == ["a"]
