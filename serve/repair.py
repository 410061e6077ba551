"""Roundings that the kernel refuses, made smaller until it does not.

A fillet or a chamfer that does not fit is by far the commonest way in which a program for the right
part builds nothing. Only its own lengths are touched, and the client is told by how much.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from cadvlm.execution.result import ExecutionResult, Status
from cadvlm.records import CadProgram

ROUNDINGS = {"fillet", "chamfer", "fillet2D", "chamfer2D"}

FACTORS = (0.98, 0.7, 0.4, 0.1)
"""What is left of a length, one try after the other. The first is for a radius of exactly half of
what there is, where two fillets meet in a line without a face between them."""

MOST_RUNS = 8
"""For one program; each takes as long as the program itself."""

_REFUSED = re.compile(r"Standard_|StdFail|BRep|command not done")
_LINE = re.compile(r"\(line (\d+)\)$")


class Repaired(NamedTuple):
    """A program that was run, perhaps not quite as it was written."""

    program: CadProgram
    result: ExecutionResult
    changes: tuple[str, ...] = ()
    """One line each, for people; none where it was run as written."""


def run(program: CadProgram, execute: Callable[[CadProgram], ExecutionResult]) -> Repaired:
    """Run a program; where a rounding is refused, run it again with a smaller one.

    A program that cannot be saved comes back as it was, with its own error.
    """
    first = result = execute(program)
    if first.status is not Status.EXCEPTION or program.language != "cadquery":
        return Repaired(program, first)
    calls = _roundings(program.code)
    tries: dict[ast.Call, int] = {}
    mended = program
    for _ in range(MOST_RUNS):
        call = _refused(calls, result)
        if call is None or tries.get(call, 0) == len(FACTORS):
            break
        tries[call] = tries.get(call, 0) + 1
        shrunk = {one: FACTORS[count - 1] for one, count in tries.items()}
        mended = CadProgram(_rewritten(program.code, shrunk), operations=program.operations)
        result = execute(mended)
    if result.status is not Status.OK:
        return Repaired(program, first)
    return Repaired(mended, result, tuple(_change(program.code, *one) for one in shrunk.items()))


def _roundings(code: str) -> list[ast.Call]:
    """The calls that round, in order; none where the program is too deep to be read."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ROUNDINGS
        and _lengths(node)
    ]
    return sorted(calls, key=lambda call: (call.end_lineno, call.end_col_offset))


def _lengths(call: ast.Call) -> list[ast.expr]:
    """The arguments that say how large: all positional ones of CadQuery's roundings, and names."""
    named = [word.value for word in call.keywords if word.arg in ("radius", "length", "length2")]
    return [*(one for one in call.args if not isinstance(one, ast.Starred)), *named]


def _refused(calls: Sequence[ast.Call], result: ExecutionResult) -> ast.Call | None:
    """The rounding on the line where the kernel gave up."""
    at = _LINE.search(result.error or "")
    if result.status is not Status.EXCEPTION or not at or not _REFUSED.search(result.error or ""):
        return None
    line = int(at[1])
    return next((call for call in calls if call.func.end_lineno == line), None)


def _rewritten(code: str, shrunk: Mapping[ast.Call, float]) -> str:
    """The program with the lengths of some calls multiplied; nothing else moves to another line."""
    lines = [line.encode() for line in code.splitlines(keepends=True)]  # columns count in UTF-8
    edits = [(length, factor) for call, factor in shrunk.items() for length in _lengths(call)]
    for length, factor in sorted(edits, key=lambda edit: _start(edit[0]), reverse=True):
        if length.lineno != length.end_lineno:
            continue
        line = lines[length.lineno - 1]
        before, after = line[: length.col_offset], line[length.end_col_offset :]
        text = line[length.col_offset : length.end_col_offset].decode()
        lines[length.lineno - 1] = before + _times(text, length, factor).encode() + after
    return b"".join(lines).decode()


def _start(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _times(text: str, length: ast.expr, factor: float) -> str:
    value = getattr(length, "value", None)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value * factor:.6g}"
    return f"({text}) * {factor:g}"


def _change(code: str, call: ast.Call, factor: float) -> str:
    assert isinstance(call.func, ast.Attribute)
    lengths = [(ast.get_source_segment(code, one) or "", one) for one in _lengths(call)]
    old = ", ".join(text for text, _ in lengths)
    new = ", ".join(_times(text, one, factor) for text, one in lengths)
    return f"{call.func.attr}({old}) reduced to {new} on line {call.func.end_lineno}"
