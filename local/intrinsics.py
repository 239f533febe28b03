"""CloudFormation's intrinsic functions that this template uses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ACCOUNT = "123456789012"
REGION = "us-east-1"


class TemplateError(Exception):
    """What is wrong with the template, in one line."""


class _Loader(yaml.SafeLoader):
    """Reads `!Ref x` as `{"Ref": x}` and `!Sub x` as `{"Fn::Sub": x}`."""


def _intrinsic(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _intrinsic)


def read_yaml(path: Path) -> dict[str, Any]:
    try:
        document = yaml.load(path.read_text(), _Loader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError as error:
        raise TemplateError(f"{path.name} is not there") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise TemplateError(f"{path.name}, line {line}: {error.problem}") from error
    if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
        raise TemplateError(f"{path.name}: Resources is missing")
    return document


class _NoValue:
    """The value of `!Ref AWS::NoValue`: properties with it are removed."""


_NO_VALUE = _NoValue()


class Resolver:
    """Resolves values as CloudFormation does, with resource names of the local stack."""

    def __init__(self, document: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        self.resources: Mapping[str, Any] = document["Resources"]
        self._conditions: Mapping[str, Any] = document.get("Conditions", {})
        declared: Mapping[str, Any] = document.get("Parameters", {})
        if unknown := set(parameters) - set(declared):
            raise TemplateError(f"has no parameter {', '.join(sorted(unknown))}")
        self.values = {
            "AWS::AccountId": ACCOUNT,
            "AWS::NoValue": _NO_VALUE,
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::StackName": "couponflow",
            "AWS::URLSuffix": "amazonaws.com",
            **{name: body["Default"] for name, body in declared.items() if "Default" in body},
            **parameters,
        }

    def resolve(self, value: Any, only: Sequence[str] = ()) -> Any:
        """Resolve a value.

        With `only`, other keys of the mapping are skipped: most of a template is not local.
        """
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref":
                return self._ref(argument)
            if name == "Fn::GetAtt":
                return self._attribute(*argument)
            if name == "Fn::Sub":
                return self._substitute(argument)
            if name == "Fn::If":
                condition, then, otherwise = argument
                return self.resolve(then if self.holds({"Condition": condition}) else otherwise)
            if name.startswith("Fn::"):
                raise TemplateError(f"the local stack can't resolve {name} {argument!r}")
        resolved = {
            key: self.resolve(item) for key, item in value.items() if not only or key in only
        }
        return {key: item for key, item in resolved.items() if item is not _NO_VALUE}

    def holds(self, condition: Mapping[str, Any]) -> bool:
        """Whether the condition is true for the current parameters."""
        ((name, argument),) = condition.items()
        if name == "Condition":
            if argument not in self._conditions:
                raise TemplateError(f"there is no condition {argument}")
            return self.holds(self._conditions[argument])
        if name == "Fn::Equals":
            first, second = map(self.resolve, argument)
            return bool(str(first) == str(second))
        if name in ("Fn::And", "Fn::Or"):
            return (all if name == "Fn::And" else any)(map(self.holds, argument))
        if name == "Fn::Not":
            return not self.holds(argument[0])
        raise TemplateError(f"the local stack can't resolve {name} {argument!r}")

    def physical_name(self, logical: str) -> str:
        kind = self.resources[logical]["Type"]
        if kind == "AWS::Serverless::Function":
            return logical
        if kind == "AWS::S3::Bucket":
            return f"couponflow-{logical}".lower()
        return f"couponflow-{logical}"

    def _ref(self, name: str) -> Any:
        if name in self.values:
            return self.values[name]
        if name in self.resources:
            return self.physical_name(name)
        raise TemplateError(f"!Ref {name}: there is no such parameter or resource")

    def _attribute(self, name: str, attribute: str) -> str:
        if name not in self.resources:
            raise TemplateError(f"!GetAtt {name}.{attribute}: there is no such resource")
        if attribute == "Arn":
            kind = self.resources[name]["Type"].split("::")[1].lower()
            return f"arn:aws:{kind}:{REGION}:{ACCOUNT}:{self.physical_name(name)}"
        raise TemplateError(f"the local stack can't resolve !GetAtt {name}.{attribute}")

    def _substitute(self, argument: str | list[Any]) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument

        def value_of(match: re.Match[str]) -> str:
            name = match[1]
            if name in own:
                return str(self.resolve(own[name]))
            if "." in name:
                return self._attribute(*name.split(".", 1))
            return str(self._ref(name))

        return re.sub(r"\$\{([^!}][^}]*)\}", value_of, text).replace("${!", "${")
