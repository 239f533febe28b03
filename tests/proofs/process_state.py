"""State of a stopped process, which decides whether two of them continue in the same way.

The state is the position in each frame and the live variables. Values that the process no longer
reads are ignored, which merges many histories. A variable is live if reachable code or the current
statement reads it, or if it is a loop variable: a superset of the necessary, except for temporary
values without a variable. A test compares explorations with and without this.
"""

from __future__ import annotations

import ast
import dataclasses
import dis
import enum
import functools
import random
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import CodeType, FunctionType, MethodType, TracebackType
from typing import Any

# Code that processes run: the service, and a scenario's calls of it.
_THEIRS = ("/couponflow/couponflow/", "/proofs/scenarios.py")

_PLAIN = {type(None), bool, int, float, str, datetime}
_PLAIN_TOO = (int, float, str, datetime, enum.Enum)

# Instructions that do not continue with the next one.
_LEAVES = {
    "RETURN_VALUE",
    "RAISE_VARARGS",
    "RERAISE",
    "JUMP_FORWARD",
    "JUMP_BACKWARD",
    "JUMP_BACKWARD_NO_INTERRUPT",
}


def signature(stopped_at: TracebackType | None) -> str:
    text = _Text()
    frames: list[str] = []
    while stopped_at is not None:
        frame = stopped_at.tb_frame
        if any(part in frame.f_code.co_filename for part in _THEIRS):
            live = _live(frame.f_code, stopped_at.tb_lasti)
            known = {name: value for name, value in frame.f_locals.items() if name in live}
            frames.append(f"{frame.f_code.co_qualname}+{stopped_at.tb_lasti}{text.of(known)}")
        stopped_at = stopped_at.tb_next
    return "\n".join(frames)


class _Text:
    """Writes values as text: equal values have equal texts.

    Many frames hold the same services, so the text of an object is kept for the next frame, unless
    it names an object around it.
    """

    def __init__(self) -> None:
        # With the object, whose id no other one may get.
        self._known: dict[int, tuple[Any, str]] = {}
        self._around: list[int] = []
        self._names_around = False

    def of(self, value: Any) -> str:
        if type(value) in _PLAIN or isinstance(value, _PLAIN_TOO):
            return repr(value)
        identity = id(value)
        if known := self._known.get(identity):
            return known[1]
        if identity in self._around:
            self._names_around = True
            return f"^{self._around.index(identity)}"
        outer, self._names_around = self._names_around, False
        self._around.append(identity)
        text = self._inside(value)
        self._around.pop()
        if not self._names_around:
            self._known[identity] = value, text
        self._names_around |= outer
        return text

    def _inside(self, value: Any) -> str:
        if isinstance(value, Mapping):
            items = (f"{key!r}: {self.of(each)}" for key, each in value.items())
            return "{" + ", ".join(sorted(items)) + "}"
        if isinstance(value, list | tuple):
            return "[" + ", ".join(map(self.of, value)) + "]"
        if isinstance(value, set | frozenset):
            return "{" + ", ".join(sorted(map(self.of, value))) + "}"
        if isinstance(value, FunctionType):
            cells = dict(zip(value.__code__.co_freevars, value.__closure__ or (), strict=True))
            return value.__qualname__ + self.of(
                {name: cell.cell_contents for name, cell in cells.items()}
            )
        if isinstance(value, MethodType):
            return value.__qualname__ + self.of(value.__self__)
        if isinstance(value, type | random.Random) or type(value).__module__.startswith(
            ("tests.", "builtins")
        ):
            return type(value).__name__
        return type(value).__name__ + self.of(_fields(value))


def _fields(value: Any) -> dict[str, Any]:
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    fields = dict(vars(value))
    if isinstance(value, Exception):
        fields["args"] = value.args
    return fields


@functools.cache
def _live(code: CodeType, at: int) -> frozenset[str]:
    instructions = list(dis.get_instructions(code))
    at = max(
        each.offset for each in instructions if each.offset <= at
    )  # a running call points to the next instruction
    reached = _reachable(code, instructions, at) | _same_statement(code, instructions, at)
    live = set(code.co_freevars)
    for index, instruction in enumerate(instructions):
        reads = instruction.opname in (
            "LOAD_FAST",
            "LOAD_FAST_CHECK",
            "LOAD_CLOSURE",
            "LOAD_DEREF",
            "LOAD_FAST_AND_CLEAR",
        )
        pairs = instruction.opname.startswith(("LOAD_FAST", "STORE_FAST_LOAD_FAST")) and not reads
        if (reads or pairs) and instruction.offset in reached:
            live |= _names(instruction)
        if instruction.opname.startswith("STORE_FAST") and _follows_loop(instructions, index):
            live |= _names(instruction)
    return frozenset(live)


def _names(instruction: dis.Instruction) -> set[str]:
    """Variable names; newer Pythons read two by one instruction."""
    value = instruction.argval
    return {value} if isinstance(value, str) else set(value)


def _follows_loop(instructions: list[dis.Instruction], index: int) -> bool:
    while index and instructions[index].opname.startswith(
        ("STORE_FAST", "UNPACK_SEQUENCE", "CACHE")
    ):
        index -= 1
    return instructions[index].opname == "FOR_ITER"


def _reachable(code: CodeType, instructions: list[dis.Instruction], at: int) -> set[int]:
    following = {
        one.offset: other.offset for one, other in zip(instructions, instructions[1:], strict=False)
    }
    by_offset = {instruction.offset: instruction for instruction in instructions}
    handlers = [(entry.start, entry.end, entry.target) for entry in _exception_table(code)]
    reached: set[int] = set()
    waiting = [at]
    while waiting:
        offset = waiting.pop()
        if offset in reached or offset not in by_offset:
            continue
        reached.add(offset)
        instruction = by_offset[offset]
        waiting += [target for start, end, target in handlers if start <= offset < end]
        if instruction.opcode in dis.hasjrel or instruction.opcode in dis.hasjabs:
            waiting.append(instruction.argval)
        if instruction.opname not in _LEAVES and offset in following:
            waiting.append(following[offset])
    return reached


def _exception_table(code: CodeType) -> Iterable[Any]:
    return dis._parse_exception_table(code)  # type: ignore[attr-defined, no-any-return]


def _same_statement(code: CodeType, instructions: list[dis.Instruction], at: int) -> set[int]:
    line = next(
        (each.positions.lineno for each in instructions if each.offset == at and each.positions),
        None,
    )
    first, last = _statement(code.co_filename, line or code.co_firstlineno)
    return {
        each.offset
        for each in instructions
        if each.positions
        and each.positions.lineno is not None
        and first <= each.positions.lineno <= last
    }


@functools.cache
def _statement(filename: str, line: int) -> tuple[int, int]:
    """Lines of the smallest statement there; of a compound statement, its head."""
    found = (line, line)
    for node in ast.walk(_tree(filename)):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or line):
            body = getattr(node, "body", None)
            last = (
                max(node.lineno, body[0].lineno - 1)
                if isinstance(body, list)
                else node.end_lineno or line
            )
            if line <= last:
                found = (node.lineno, last)
    return found


@functools.cache
def _tree(filename: str) -> ast.Module:
    with open(filename) as source:
        return ast.parse(source.read())
