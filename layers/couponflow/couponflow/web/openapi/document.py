"""The OpenAPI document, built from the routes, schemas and errors that the service itself uses."""

import re
from functools import cache
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from couponflow.domain import errors
from couponflow.web.http.problems import STATUS
from couponflow.web.http.routes import ROUTES
from couponflow.web.openapi import response_schemas
from couponflow.web.openapi.operations import HTML, OPERATIONS, Answer, Errors, Operation

_ALWAYS: Errors = (errors.TooManyRequests, errors.InternalError, errors.TryAgain)
_WRITES: Errors = (errors.OutcomeUnknown,)
_WITH_KEY: Errors = (errors.Unauthenticated, errors.ScopeMissing, errors.AddonDisabled)
_PARAMETER = re.compile(r"\{(\w+)\+?\}")


@cache
def document() -> dict[str, Any]:
    """The document, built once per execution environment."""
    paths: dict[str, dict[str, Any]] = {}
    for route, scope in ROUTES.items():
        method, path = route.split(" ", 1)
        paths.setdefault(path.replace("+}", "}"), {})[method.lower()] = _operation(
            route, path, scope, OPERATIONS[route]
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Couponflow",
            "version": "1",
            "description": "Coupons for chatbot flows. Every error is a problem response (RFC "
            "9457) with a stable `code`.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "cf_<id>_<secret>"}
            }
        },
    }


def _operation(route: str, path: str, scope: str | None, of: Operation) -> dict[str, Any]:
    made: dict[str, Any] = {
        "summary": of.summary,
        "responses": _responses(of, scope, writes=_writes(route, of)),
    }
    if parameters := _parameters(path, of):
        made["parameters"] = parameters
    if of.body is not None:
        made["requestBody"] = {
            "required": of.body_is_needed,
            "content": {"application/json": {"schema": _schema(of.body)}},
        }
    if scope is not None:
        made["security"] = [{"key": []}]
        made["description"] = f"Scope: {scope}"
    return made


def _parameters(path: str, of: Operation) -> list[dict[str, Any]]:
    text = {"type": "string", "minLength": 1}
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": text}
        for name in _PARAMETER.findall(path)
    ]
    query = _schema(of.query) if of.query else {}
    in_query = [
        {"name": name, "in": "query", "allowEmptyValue": True, "schema": _in_query(schema)}
        for name, schema in query.get("properties", {}).items()
    ]
    in_header = [
        {"name": name, "in": "header", "schema": schema} for name, schema in of.headers.items()
    ]
    return in_path + in_query + in_header


def _in_query(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a query parameter: "" counts as missing, and there is no null."""
    kinds = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    return {"anyOf": [*kinds, {"const": ""}]}


def _writes(route: str, of: Operation) -> bool:
    """Whether the route may write, so that its outcome can be unknown."""
    return of.flow or not (route.startswith(("GET", "HEAD")) or route.endswith("/preview"))


def _responses(of: Operation, scope: str | None, *, writes: bool) -> dict[str, Any]:
    found: dict[int, dict[str, Any]] = {of.status: _response(of.status, of.answer)}
    raised: dict[int, list[str]] = {}
    for error in dict.fromkeys(
        [*of.errors, *(_WITH_KEY if scope else ()), *_ALWAYS, *(_WRITES if writes else ())]
    ):
        status = STATUS[error]
        status = 400 if of.flow and status in (415, 422) else status
        raised.setdefault(status, []).append(error.code)
    for status, codes in raised.items():
        schema = response_schemas.OUTCOME if of.flow else response_schemas.problem(status, codes)
        found[status] = _response(status, schema, "application/problem+json")
        if scope is None and not of.flow:
            found[status]["content"][HTML] = {"schema": {"type": "string"}}
    for status, media_type in of.more.items():
        described = _response(status, media_type or None)
        found.setdefault(status, described).setdefault("content", {}).update(
            described.get("content", {})
        )
    return {str(status): found[status] for status in sorted(found)}


def _response(status: int, answer: Answer, media_type: str = "application/json") -> dict[str, Any]:
    described: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if isinstance(answer, str) and answer:
        described["content"] = {answer: {"schema": {"type": "string"}}}
    elif answer:
        described["content"] = {media_type: {"schema": _schema(answer, "serialization")}}
    if status in (429, 503):
        described["headers"] = {
            "Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 1}}
        }
    return described


def _schema(
    of: type[BaseModel] | dict[str, Any], mode: JsonSchemaMode = "validation"
) -> dict[str, Any]:
    """The JSON Schema without references: each schema is inline."""
    if isinstance(of, dict):
        return of
    schema = TypeAdapter(of).json_schema(mode=mode)
    inlined: dict[str, Any] = _inlined(schema, schema.pop("$defs", {}))
    return inlined


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {
        name: _inlined(value, definitions)
        for name, value in schema.items()
        if name not in ("default", "title")
    }
