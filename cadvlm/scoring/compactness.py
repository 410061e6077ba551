"""How short a program says what it says, after CADBench (Doris et al., 2026): fewer is tighter.

``tokens``      Python's lexical tokens without comments and layout, so that no model's tokenizer
                and no formatter decides.
``operations``  CadQuery calls: every call in the source that goes through CadQuery, be it a method
                on a workplane, sketch, shape or assembly (one for each link of a chain) or a
                constructor such as ``cq.Workplane(...)`` or ``cq.Vector(...)``. A call in a loop or
                function counts once, as it is written once.

They are read, not run. A call goes through CadQuery when what it is called on began with the
module, with a name imported from it, or with a variable that was assigned such a thing, anywhere
in the program; so ``math.sin(x)``, ``range(4)`` and ``points.append(p)`` are none. A parameter of a
function is not followed. An OpenECAD program has its own calls and counts them all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from cadvlm.codegen.length import count_tokens

MODULE = "cadquery"


def tokens(code: str) -> int:
    """Lexical tokens of a program; words when it is not Python."""
    return count_tokens(code)


def operations(code: str) -> int:
    """CadQuery calls of a program; 0 when it is not Python."""
    return len(calls(code))


def calls(code: str) -> list[str]:
    """What they call, in the order in which they are written; none when it is not Python."""
    return [call.name for call in called(code)]


class Called(NamedTuple):
    """One call."""

    name: str
    numbers: tuple[float, ...]
    """Those that are written in its own arguments, in order; not those of calls within them."""


def called(code: str) -> list[Called]:
    """The same calls with their numbers."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    nodes = list(ast.walk(tree))
    found = [node for node in nodes if isinstance(node, ast.Call)]
    known = _imported(nodes)
    if known:
        while grown := {name for name in _assigned(nodes, known) if name not in known}:
            known |= grown
        found = [call for call in found if _root(call.func) in known]
    found.sort(key=lambda call: (call.func.end_lineno or 0, call.func.end_col_offset or 0))
    return [
        Called(call.func.attr if isinstance(call.func, ast.Attribute) else "", _numbers(call))
        for call in found
    ]


def _numbers(call: ast.Call) -> tuple[float, ...]:
    waiting: list[ast.AST] = [*reversed([*call.args, *(word.value for word in call.keywords)])]
    numbers: list[float] = []
    while waiting:
        match waiting.pop():
            case ast.Call():
                continue
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                numbers.append(-float(value))
            case ast.Constant(value=bool()):
                continue
            case ast.Constant(value=int() | float() as value):
                numbers.append(float(value))
            case node:
                waiting += reversed([*ast.iter_child_nodes(node)])
    return tuple(numbers)


def _imported(nodes: list[ast.AST]) -> set[str]:
    """The names under which CadQuery, or something of it, was imported."""
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {a.asname or MODULE for a in node.names if a.name.split(".")[0] == MODULE}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == MODULE:
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def _assigned(nodes: list[ast.AST], known: set[str]) -> Iterator[str]:
    """Names that are given something that comes from a known one."""
    for node in nodes:
        if isinstance(node, ast.Assign):
            targets: list[ast.expr] = node.targets
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.For)):
            targets = [node.target]
        else:
            continue
        value = node.iter if isinstance(node, ast.For) else node.value
        if value is not None and any(_root(part) in known for part in _values(value)):
            for target in targets:
                stored = (name for name in ast.walk(target) if isinstance(name, ast.Name))
                yield from (name.id for name in stored if isinstance(name.ctx, ast.Store))


def _values(value: ast.expr) -> Iterator[ast.expr]:
    """What an expression may be or hold: both branches, both operands, every element."""
    match value:
        case ast.IfExp():
            parts = [value.body, value.orelse]
        case ast.BinOp():
            parts = [value.left, value.right]
        case ast.BoolOp():
            parts = value.values
        case ast.Tuple() | ast.List() | ast.Set():
            parts = value.elts
        case ast.ListComp() | ast.GeneratorExp():
            parts = [value.elt]
        case _:
            yield value
            return
    for part in parts:
        yield from _values(part)


def _root(node: ast.expr) -> str | None:
    """The name that a chain of attributes, calls and subscripts begins with."""
    while True:
        match node:
            case ast.Name():
                return node.id
            case ast.Attribute() | ast.Subscript() | ast.Starred() | ast.Await():
                node = node.value
            case ast.Call():
                node = node.func
            case ast.BinOp():  # (a + b).fillet(1), for CadQuery overloads the signs
                node = node.left
            case _:
                return None
