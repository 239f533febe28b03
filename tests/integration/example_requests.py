"""One request per route with every parameter, derived from the OpenAPI document.

New routes are covered automatically.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from couponflow.web.openapi import document

# Values by the name of the field or parameter. Free text starts with "canary".
EXAMPLES = {
    "name": "Canaryname",
    "code": "CANARYCODE",
    "coupon_code": "CANARYCODE",
    "customer_id": "canarycustomer@example.com",
    "customer_name": "Canaryperson",
    "inbox_id": "canaryinbox",
    "message": "Canarymessage",
    "terms": "Canaryterms",
    "button_title": "Canarybutton",
    "image_url": "https://canaryimage.example/a.png",
    "kind": "brand_icon",
    "content_type": "image/png",
    "size": 9,
    "starts_at": "2026-01-01",
    "ends_at": "2999-12-31",
    "customers": [{"customer_id": "canarycustomer@example.com"}],
    "state": "available",
}
# Path parameters, with the key of their value.
IN_PATH = {
    "coupon_id": "coupon_id",
    "block_id": "block_id",
    "image_id": "image_id",
    "token": "token",
    "name": "file",
}
# A request names its coupon in one way only.
_OTHER_NAMES = {"code", "coupon_code", "block_id"}


class ExampleRequest(NamedTuple):
    method: str
    path: str
    query: dict[str, Any]
    body: dict[str, Any] | None


def build_request(
    route: str, in_path: Mapping[str, Any], values: Mapping[str, Any]
) -> ExampleRequest:
    """Build a request from field values and path values.

    Raises KeyError for a path parameter without a value.
    """
    method, path = route.split(" ", 1)
    operation = document.document()["paths"][path.replace("+}", "}")][method.lower()]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    fields = {
        name: values[name]
        for name in content.get("schema", {}).get("properties", {})
        if name in values
    }
    if "coupon_id" in fields:
        fields = {name: value for name, value in fields.items() if name not in _OTHER_NAMES}
    parameters = operation.get("parameters", [])
    query = {
        each["name"]: values[each["name"]]
        for each in parameters
        if each["in"] == "query" and each["name"] in values
    }
    for name in (each["name"] for each in parameters if each["in"] == "path"):
        path = path.replace("{" + name + "}", str(in_path[IN_PATH[name]]))
    return ExampleRequest(method, path, query, fields or None)
