"""Compile the DynamoDB expressions that Couponflow uses; a test compares them with a real
engine.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

Value = dict[str, Any]
Item = Mapping[str, Value]
Operand = Callable[[Item, Mapping[str, Value]], Value | None]
Condition = Callable[[Item, Mapping[str, Value]], bool]
Update = Callable[[Item, Mapping[str, Value]], dict[str, Value]]

_TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|[:#][A-Za-z0-9_]+|<>|<=|>=|[=<>(),+-])")


class Unknown(Exception):
    """An unsupported expression: add it here and to the comparison with a real engine."""


@functools.lru_cache(maxsize=1_000)
def condition(text: str, names: tuple[tuple[str, str], ...] = ()) -> Condition:
    parser = _Parser(text, dict(names))
    parsed = parser.either()
    parser.end()
    return parsed


@functools.lru_cache(maxsize=1_000)
def update(text: str, names: tuple[tuple[str, str], ...] = ()) -> Update:
    parser = _Parser(text, dict(names))
    parsed = parser.clauses()
    parser.end()
    return parsed


class _Parser:
    def __init__(self, text: str, names: dict[str, str]) -> None:
        self._names, self._tokens, place = names, list[str](), 0
        while text[place:].strip():
            found = _TOKEN.match(text, place)
            if found is None:
                raise Unknown(text)
            self._tokens.append(found[1])
            place = found.end()

    def end(self) -> None:
        if self._tokens:
            raise Unknown(" ".join(self._tokens))

    def either(self) -> Condition:
        first = self.both()
        while self._took("OR"):
            first = _or(first, self.both())
        return first

    def both(self) -> Condition:
        first = self.single()
        while self._took("AND"):
            first = _and(first, self.single())
        return first

    def single(self) -> Condition:
        if self._took("("):
            inner = self.either()
            self._take(")")
            return inner
        if self._took("attribute_exists"):
            return _exists(self._path_in_brackets())
        if self._took("attribute_not_exists"):
            exists = _exists(self._path_in_brackets())
            return lambda item, values: not exists(item, values)
        left = self.operand()
        if self._took("BETWEEN"):
            low = self.operand()
            self._take("AND")
            return _between(left, low, self.operand())
        return _compared(left, self._tokens.pop(0), self.operand())

    def clauses(self) -> Update:
        set_: list[tuple[str, Operand]] = []
        removed: list[str] = []
        if self._took("SET"):
            set_.append(self._assignment())
            while self._took(","):
                set_.append(self._assignment())
        if self._took("REMOVE"):
            removed.append(self._path())
            while self._took(","):
                removed.append(self._path())
        return _updated(set_, removed)

    def operand(self) -> Operand:
        if self._took("if_not_exists"):
            self._take("(")
            name = self._path()
            self._take(",")
            otherwise = self.operand()
            self._take(")")
            return lambda item, values: item.get(name) or otherwise(item, values)
        if self._tokens[0].startswith(":"):
            value = self._tokens.pop(0)
            return lambda item, values: values[value]
        name = self._path()
        return lambda item, values: item.get(name)

    def _assignment(self) -> tuple[str, Operand]:
        name = self._path()
        self._take("=")
        value = self.operand()
        if self._took("+"):
            value = _sum(value, self.operand(), 1)
        elif self._took("-"):
            value = _sum(value, self.operand(), -1)
        return name, value

    def _path_in_brackets(self) -> str:
        self._take("(")
        name = self._path()
        self._take(")")
        return name

    def _path(self) -> str:
        token = self._tokens.pop(0)
        if not re.match(r"[A-Za-z_#]", token):
            raise Unknown(token)
        return self._names[token] if token.startswith("#") else token

    def _took(self, token: str) -> bool:
        if self._tokens and self._tokens[0] == token:
            self._tokens.pop(0)
            return True
        return False

    def _take(self, token: str) -> None:
        if not self._took(token):
            raise Unknown(f"{token} is missing before {' '.join(self._tokens)}")


def _or(first: Condition, second: Condition) -> Condition:
    return lambda item, values: first(item, values) or second(item, values)


def _and(first: Condition, second: Condition) -> Condition:
    return lambda item, values: first(item, values) and second(item, values)


def _exists(name: str) -> Condition:
    return lambda item, values: name in item


def _between(value: Operand, low: Operand, high: Operand) -> Condition:
    above, below = _compared(value, ">=", low), _compared(value, "<=", high)
    return _and(above, below)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: one == other,
    "<>": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def _compared(left: Operand, sign: str, right: Operand) -> Condition:
    if sign not in _COMPARISONS:
        raise Unknown(sign)
    holds = _COMPARISONS[sign]

    def compared(item: Item, values: Mapping[str, Value]) -> bool:
        one, other = left(item, values), right(item, values)
        if one is None or other is None or one.keys() != other.keys():
            return sign == "<>"
        return holds(_plain(one), _plain(other))

    return compared


def _plain(value: Value) -> Any:
    ((kind, content),) = value.items()
    return int(content) if kind == "N" else content.encode() if kind == "S" else content


def _sum(left: Operand, right: Operand, sign: int) -> Operand:
    def summed(item: Item, values: Mapping[str, Value]) -> Value:
        one, other = left(item, values), right(item, values)
        assert one is not None and other is not None, "both exist if the conditions are right"
        return {"N": str(int(one["N"]) + sign * int(other["N"]))}

    return summed


def _updated(set_: list[tuple[str, Operand]], removed: list[str]) -> Update:
    def updated(item: Item, values: Mapping[str, Value]) -> dict[str, Value]:
        new = dict(item)
        for name, operand in set_:
            value = operand(item, values)
            assert value is not None, "the value of an assignment exists"
            new[name] = value
        for name in removed:
            new.pop(name, None)
        return new

    return updated
