"""Whether a program is still a part after a small change: what makes it worth having as a program.

``edit_survival``  each numeric literal is changed by +5 % and by -5 %, one at a time, and the
                   program built again: the share of these programs that still leave a valid solid.
                   None when there is nothing to edit.

A literal is an integer, decimal or exponential number in the source, wherever it stands; with a
sign in front, the number behind it. An integer becomes a decimal (``4`` gives ``4.2`` and
``3.8``): an argument that must be whole, such as the sides of a polygon, then fails, and that is an
honest answer to "can this number be turned a little". Not edited, because a share of them means
nothing, are 0, booleans, subscripts (``points[2]``) and the arguments of ``range``. Digits in
strings, f-strings and docstrings are no numbers, and complex ones are no measures.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import isfinite
from typing import Any

from cadvlm.execution.result import Status

STEP = 0.05
"""The change, as a share of the number."""


def edits(code: str) -> list[str]:
    """Every edited program: for each literal in the order of the source, up and down.

    Returns:
        Twice as many programs as there are literals to edit; none when it is not Python.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    source = code.encode()
    lines = (len(line) for line in source.splitlines(keepends=True))
    starts = list(accumulate(lines, initial=0))
    literals = sorted(_literals(tree), key=lambda literal: (literal.lineno, literal.col_offset))
    edited = []
    for literal in literals:
        line = starts[literal.lineno - 1]  # columns count bytes
        begin, end = line + literal.col_offset, line + (literal.end_col_offset or 0)
        for factor in (1 + STEP, 1 - STEP):
            number = format(literal.value * factor, ".12g").encode()
            edited.append((source[:begin] + number + source[end:]).decode())
    return edited


def edit_survival(outcomes: Sequence[Status]) -> float | None:
    """The share of edited programs that left a valid solid; None when there were none.

    Args:
        outcomes: How each of the programs of :func:`edits` ended, in any order.
    """
    if not outcomes:
        return None
    return sum(status is Status.OK for status in outcomes) / len(outcomes)


def _literals(tree: ast.AST) -> Iterator[Any]:
    """The constants to edit, in no order."""
    left = [tree]
    while left:
        match node := left.pop():
            case ast.Constant(value=int() | float() as value):
                if not isinstance(value, bool) and value != 0 and isfinite(value):
                    yield node
            case ast.JoinedStr() | ast.Call(func=ast.Name(id="range")):
                pass
            case ast.Subscript():
                left.append(node.value)
            case _:
                left.extend(ast.iter_child_nodes(node))
