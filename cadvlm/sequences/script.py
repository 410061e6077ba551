"""Straight-line Python, read without Python: assignments, calls of known functions, numbers, lists.

For CAD languages that look like Python. Nothing is handed to ``eval`` or ``exec``, and whatever is
not listed in this file does not exist: no loops, no definitions, no attributes but a list's
``append`` and the number pi, no imports but those that bring pi.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import math
import operator
import reprlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cadvlm.sequences.errors import Unreadable

LONGEST = 200_000
"""Characters. OpenECAD's longest programs have a tenth."""

LARGEST = 1e9
"""Of any number: a thousand kilometres, in millimetres."""

MODULES = ("numpy", "math")
"""What may be imported, for its ``pi``."""

_ARITHMETIC: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}

Functions = Mapping[str, Callable[..., Any]]
Noted = Callable[[str, Any], None]


def parse(text: str) -> ast.Module:
    """The program's tree.

    Raises:
        Unreadable: ``syntax``, ``too_long``.
    """
    if len(text) > LONGEST:
        raise Unreadable("too_long", f"{len(text):,} characters, at most {LONGEST:,} are read")
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise Unreadable("syntax", f"line {error.lineno or 1}: {error.msg}") from None
    except (ValueError, MemoryError, RecursionError) as error:
        raise Unreadable("syntax", str(error) or "nested too deeply") from None


def run(tree: ast.Module, functions: Functions, noted: Noted) -> None:
    """Run a program's statements in order.

    Args:
        tree: from :func:`parse`.
        functions: what a program may call, by name.
        noted: told of every name and its new value once it is assigned.

    Raises:
        Unreadable: ``forbidden`` for what this file does not know, ``undefined`` for a name that
            nothing was assigned to, ``arguments`` for a call or an operation that does not fit;
            what ``functions`` raise, with the line before it.
    """
    script = _Script(functions, noted)
    for statement in tree.body:
        try:
            script.do(statement)
        except Unreadable as error:
            detail = f"line {statement.lineno}: {error.detail}"
            raise Unreadable(error.reason, detail) from error.__cause__
        except ArithmeticError as error:
            raise Unreadable("arguments", f"line {statement.lineno}: {error}") from None
        except RecursionError:
            raise Unreadable("forbidden", f"line {statement.lineno}: nested too deeply") from None


class _Script:
    """The names a program has assigned so far."""

    def __init__(self, functions: Functions, noted: Noted) -> None:
        self._functions = functions
        self._noted = noted
        self._names: dict[str, Any] = {}
        self._modules = {"np"}  # OpenECAD's own executor has it imported

    def do(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=node):
                self._assign(name, self._value(node))
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=nodes)) if len(
                targets
            ) == len(nodes):
                for target, node in zip(targets, nodes, strict=True):
                    self.do(ast.Assign([target], node))
            case ast.Expr(value=ast.Call() | ast.Constant(value=str()) as node):
                self._value(node)
            case ast.Import(names=names) if all(each.name in MODULES for each in names):
                self._modules |= {each.asname or each.name for each in names}
            case _:
                raise _forbidden(statement)

    def _assign(self, name: str, value: Any) -> None:
        self._names[name] = value
        self._noted(name, value)

    def _value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=bool() | str() | None as value):
                return value
            case ast.Constant(value=int() | float() as value):
                return _bounded(float(value))
            case ast.Name(id=name):
                return self._named(name)
            case ast.List(elts=nodes) | ast.Tuple(elts=nodes):
                return [self._value(each) for each in nodes]
            case ast.Attribute(value=ast.Name(id=name), attr="pi") if name in self._modules:
                return math.pi
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _ARITHMETIC:
                return self._computed(op, operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return self._computed(op, left, right)
            case ast.Subscript(value=items, slice=index):
                return _item(self._value(items), self._value(index))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
                return self._called(name, args, keywords)
            case ast.Call(func=ast.Attribute(value=items, attr="append"), args=[item], keywords=[]):
                return _append(self._value(items), self._value(item))
            case _:
                raise _forbidden(node)

    def _named(self, name: str) -> Any:
        if name in self._names:
            return self._names[name]
        raise _unknown(name)

    def _computed(self, op: ast.operator | ast.unaryop, *nodes: ast.expr) -> float:
        values = [self._value(node) for node in nodes]
        for value in values:
            if type(value) is not float:
                raise Unreadable("arguments", f"{brief(value)} is not a number to compute with")
        return _bounded(_ARITHMETIC[type(op)](*values))

    def _called(self, name: str, args: Sequence[ast.expr], keywords: list[ast.keyword]) -> Any:
        function = self._functions.get(name)
        if function is None:
            raise _unknown(name)
        if any(keyword.arg is None for keyword in keywords):
            raise Unreadable("forbidden", f"{name}(**...)")
        values = [self._value(node) for node in args]
        named = {str(keyword.arg): self._value(keyword.value) for keyword in keywords}
        try:
            bound = inspect.signature(function).bind(*values, **named)
        except TypeError as error:
            raise Unreadable("arguments", f"{name}: {error}") from None
        return function(*bound.args, **bound.kwargs)


def brief(value: Any) -> str:
    """A value in a message. ``repr`` would never end on lists within lists, doubled forty times."""
    return reprlib.repr(value)[:40]


def _bounded(value: float) -> float:
    if not abs(value) <= LARGEST:
        raise Unreadable("arguments", f"{value:g} is beyond {LARGEST:g}")
    return value


def _item(items: Any, index: Any) -> Any:
    if type(items) is not list or type(index) is not float or not index.is_integer():
        raise Unreadable("arguments", "only an item of a list can be taken, by a whole number")
    try:
        return items[int(index)]
    except IndexError:
        raise Unreadable("arguments", f"item {index:g} of a list of {len(items)}") from None


def _append(items: Any, item: Any) -> None:
    if type(items) is not list:
        raise Unreadable("arguments", "append to what is not a list")
    items.append(item)


def _unknown(name: str) -> Unreadable:
    """Python has it and we do not, or nobody has it."""
    reason = "forbidden" if hasattr(builtins, name) else "undefined"
    return Unreadable(reason, f"no {name} here")


def _forbidden(node: ast.AST) -> Unreadable:
    text = ast.unparse(ast.fix_missing_locations(node)) if isinstance(node, ast.expr) else ""
    return Unreadable("forbidden", f"{type(node).__name__} {text:.40}".rstrip())
