"""`make docs`: write docs/api.md from the OpenAPI document and docs/api_introduction.md."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from tools.paths import ROOT

sys.path.append(str(ROOT / "layers" / "couponflow"))
from couponflow.web.openapi.document import document  # noqa: E402  (the layer's path comes first)

PAGE = ROOT / "docs" / "api.md"
INTRODUCTION = ROOT / "docs" / "api_introduction.md"
# Every route may respond with these; the introduction describes them once.
COMMON = {"unauthenticated", "scope_missing", "addon_disabled"}
COMMON_STATUSES = {"429", "500", "503"}
CONSTRAINTS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern")
Json = dict[str, Any]


def render() -> str:
    """Return the whole page as Markdown."""
    lines = [
        "<!-- Written by `make docs` from the OpenAPI document. Edit api_introduction.md. -->",
        "",
    ]
    lines += INTRODUCTION.read_text().rstrip().splitlines()
    lines += ["", "## Routes", "", *_overview()]
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            lines += ["", f"### {method.upper()} {path}", "", *_operation(operation)]
    return "\n".join(lines) + "\n"


def _overview() -> Iterator[str]:
    yield "| route | scope | |"
    yield "|---|---|---|"
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield f"| `{method.upper()} {path}` | {_scope(operation)} | {operation['summary']} |"


def _scope(operation: Json) -> str:
    return str(operation.get("description", "Scope: –")).removeprefix("Scope: ")


def _operation(operation: Json) -> Iterator[str]:
    yield f"{operation['summary']}. Scope: {_scope(operation)}."
    parameters = [
        (f"`{each['name']}` ({each['in']})", each["schema"], each.get("required", False))
        for each in operation.get("parameters", [])
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = body.get("schema", {})
    required = schema.get("required", [])
    fields = [
        (f"`{name}`", each, name in required) for name, each in schema.get("properties", {}).items()
    ]
    if parameters or fields:
        yield from ("", "| in | type | required |", "|---|---|---|")
        for name, each, is_required in (*parameters, *fields):
            yield f"| {name} | {_cell(describe(each))} | {'yes' if is_required else ''} |"
    yield from ("", "| status | response |", "|---|---|")
    for status, response in operation["responses"].items():
        if status not in COMMON_STATUSES and (described := _response(status, response)):
            yield f"| {status} | {_cell(described)} |"


def _response(status: str, response: Json) -> str:
    parts = []
    for media_type, content in response.get("content", {}).items():
        schema = content["schema"]
        codes = schema.get("properties", {}).get("code", {}).get("enum")
        if codes is not None:
            parts += [f"`{code}`" for code in codes if code not in COMMON]
        elif media_type == "application/problem+json":
            parts.append('the same object, `outcome: "error"`')
        elif media_type == "application/json":
            parts.append(describe(schema))
        elif not parts or status == "200":
            parts.append(f"`{media_type}`")
    if not response.get("content"):
        parts.append(response["description"])
    return ", ".join(parts)


def describe(schema: Json) -> str:
    """Return a schema in one line: its type, its values or fields, its bounds."""
    if "anyOf" in schema:
        kinds = [each for each in schema["anyOf"] if each != {"const": ""}]
        return " or ".join(dict.fromkeys(describe(each) for each in kinds))
    if "enum" in schema:
        return "one of " + ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kinds = schema.get("type", "any")
    kind = " or ".join(kinds) if isinstance(kinds, list) else kinds
    if kind == "object" and schema.get("properties"):
        kind = (
            "{" + ", ".join(_field(name, each) for name, each in schema["properties"].items()) + "}"
        )
    if kind == "array" and "items" in schema:
        kind = f"list of {describe(schema['items'])}"
    bounds = [f"{name} {schema[name]}" for name in CONSTRAINTS if name in schema]
    if "format" in schema:
        bounds.insert(0, schema["format"])
    return f"{kind} ({', '.join(bounds)})" if bounds else kind


def _field(name: str, schema: Json) -> str:
    """Name a field of a response; objects within show their fields too."""
    nested = describe(schema) if "properties" in schema or "items" in schema else ""
    return f"`{name}`: {nested}" if "{" in nested else f"`{name}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(render())
