"""template.yaml for the local stack: functions, routes, tables and buckets with resolved values."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local.intrinsics import Resolver, TemplateError, read_yaml
from tools.paths import ROOT

TEMPLATE = ROOT / "template.yaml"

# Encryption, backups, TTL and deletion protection are CloudFormation's, not CreateTable's.
CREATE_TABLE_PROPERTIES = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
)
FUNCTION_PROPERTIES = ("CodeUri", "Handler", "MemorySize", "Runtime", "Timeout")


@dataclass(frozen=True)
class Function:
    name: str
    folder: Path
    handler: str
    runtime: str
    timeout: int
    memory: int
    environment: Mapping[str, str]
    python_path: tuple[Path, ...]


@dataclass(frozen=True)
class Route:
    """A route; `key` is API Gateway's route key, such as `GET /r/{token}` or `$default`."""

    method: str
    path: str
    function: str

    @property
    def key(self) -> str:
        return self.path if self.path == "$default" else f"{self.method} {self.path}"


@dataclass(frozen=True)
class Template:
    functions: Mapping[str, Function]
    routes: tuple[Route, ...]
    tables: Mapping[str, Mapping[str, Any]]
    """By name, what CreateTable takes beside the name."""
    buckets: Mapping[str, Mapping[str, Any]]
    """By name, the properties that the local S3 server takes."""


def load(path: Path = TEMPLATE, parameters: Mapping[str, str] | None = None) -> Template:
    """Load the template. Raises TemplateError with the fault and its location in one line."""
    document = read_yaml(path)
    with _blaming(path):
        resources = document["Resources"]
        resolver = Resolver(document, parameters or {})
        functions = {
            name: _function(name, document, resolver, path.parent)
            for name in _of_type(resources, "AWS::Serverless::Function")
        }
        return Template(
            functions=functions,
            routes=tuple(
                route for name in functions for route in _routes(name, resources[name], resolver)
            ),
            tables=_tables(resources, resolver),
            buckets=_buckets(resources, resolver),
        )


def table_schema(path: Path = TEMPLATE) -> Mapping[str, Any]:
    """CreateTable parameters of the service's table, without its name."""
    document = read_yaml(path)
    with _blaming(path):
        (schema,) = _tables(document["Resources"], Resolver(document, {})).values()
        return schema


def _function(name: str, document: dict[str, Any], resolver: Resolver, root: Path) -> Function:
    shared = document.get("Globals", {}).get("Function", {})
    own = document["Resources"][name]["Properties"]
    properties = resolver.resolve(shared | own, only=FUNCTION_PROPERTIES)
    variables = {
        **shared.get("Environment", {}).get("Variables", {}),
        **own.get("Environment", {}).get("Variables", {}),
    }
    layers = [layer["Ref"] for layer in [*shared.get("Layers", []), *own.get("Layers", [])]]
    folder = root / properties["CodeUri"]
    module = properties["Handler"].rpartition(".")[0]
    if not (folder / f"{module}.py").is_file():
        raise TemplateError(f"{name}: there is no {properties['CodeUri']}/{module}.py")
    return Function(
        name=name,
        folder=folder.resolve(),
        handler=properties["Handler"],
        runtime=properties["Runtime"],
        timeout=int(properties.get("Timeout", 3)),
        memory=int(properties.get("MemorySize", 128)),
        environment={key: str(resolver.resolve(value)) for key, value in variables.items()},
        python_path=tuple(_layer_folder(document["Resources"][layer], root) for layer in layers),
    )


def _layer_folder(layer: dict[str, Any], root: Path) -> Path:
    """Built, a layer holds `python/`, which Lambda puts on the path; its source is on the path as
    it is.
    """
    folder = root.resolve() / str(layer["Properties"]["ContentUri"])
    built = folder / "python"
    return built if built.is_dir() else folder


def _routes(function: str, resource: dict[str, Any], resolver: Resolver) -> Iterator[Route]:
    for event in resource["Properties"].get("Events", {}).values():
        if event["Type"] != "HttpApi":
            continue
        properties = resolver.resolve(event.get("Properties", {}), only=("Path", "Method"))
        if "Path" in properties:
            if properties["Path"].endswith("/") and properties["Path"] != "/":
                raise TemplateError(
                    f"{function}: an HTTP API takes no route that ends in a slash: "
                    f"{properties['Path']}"
                )
            yield Route(properties.get("Method", "ANY").upper(), properties["Path"], function)
        else:
            yield Route("ANY", "$default", function)


def _tables(resources: dict[str, Any], resolver: Resolver) -> dict[str, dict[str, Any]]:
    return {
        resolver.physical_name(name): resolver.resolve(
            resources[name]["Properties"], only=CREATE_TABLE_PROPERTIES
        )
        for name in _of_type(resources, "AWS::DynamoDB::Table")
    }


def _buckets(resources: dict[str, Any], resolver: Resolver) -> dict[str, dict[str, Any]]:
    return {
        resolver.physical_name(name): resolver.resolve(
            resources[name].get("Properties", {}), only=("CorsConfiguration",)
        )
        for name in _of_type(resources, "AWS::S3::Bucket")
    }


def _of_type(resources: dict[str, Any], kind: str) -> list[str]:
    return [name for name, resource in resources.items() if resource["Type"] == kind]


@contextlib.contextmanager
def _blaming(path: Path) -> Iterator[None]:
    try:
        yield
    except TemplateError as error:
        raise TemplateError(f"{path.name}: {error}") from error
    except KeyError as missing:
        raise TemplateError(f"{path.name}: {missing} is missing") from missing
    except (TypeError, AttributeError, ValueError, yaml.YAMLError) as error:
        raise TemplateError(f"{path.name} is not shaped like a SAM template: {error}") from error
