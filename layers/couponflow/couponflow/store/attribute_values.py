"""Marshals items to DynamoDB's attribute values and back. All numbers are integers."""

from typing import Any

Item = dict[str, Any]


def encode(item: Item) -> dict[str, Any]:
    """Encode an item. None becomes an absent attribute: `attribute_not_exists` means "no value"."""
    return {name: _written(value) for name, value in item.items() if value is not None}


def decode(item: dict[str, Any]) -> Item:
    """A plain dict from the attribute values of an item."""
    return {name: _read(value) for name, value in item.items()}


def _written(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": str(value)}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, dict):
        return {"M": encode(value)}
    if isinstance(value, list | tuple):
        return {"L": [_written(each) for each in value if each is not None]}
    raise TypeError(f"{type(value).__name__} has no place in the table")


def _read(value: dict[str, Any]) -> Any:
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return int(content)
        case "M":
            return decode(content)
        case "L":
            return [_read(each) for each in content]
        case "NULL":
            return None
    return content
