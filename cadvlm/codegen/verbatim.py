"""CadQuery operation by operation, in the statements of GenCAD-Code's ground truth.

One work plane, one extrude and one boolean for each profile, in the order of the design, with the
result in ``solid``; lines and three-point arcs in the sketch's own axes. Where a loop begins with a
line, the pen begins at that line's end and ``close`` draws it. Only regions that share edges are
drawn by their common outline: joined one by one, one part in fifty becomes invalid, since the
file's rounding leaves gaps between them, and dozens of regions take the kernel a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cadvlm.codegen.numbers import number, places
from cadvlm.codegen.planes import settle
from cadvlm.records import CadProgram
from cadvlm.sequences.model import (
    Arc,
    Boolean,
    Circle,
    ConstructionSequence,
    Extrude,
    Line,
    Loop,
    Plane,
    Profile,
)
from cadvlm.sequences.regions import merge

LONGEST_CHAIN = 200
"""Calls in one expression. Python gives up on the nesting of a thousand or so, and a gear has as
many curves."""

DIGITS = 9
DIRECTION_PLACES = 12

COMBINE = {
    Boolean.NEW: "union",
    Boolean.JOIN: "union",
    Boolean.CUT: "cut",
    Boolean.INTERSECT: "intersect",
}


class Figures(NamedTuple):
    """How numbers are written."""

    length: Callable[[float], str]
    direction: Callable[[float], str]


def write(sequence: ConstructionSequence) -> CadProgram:
    """Write ``sequence`` with its own numbers."""
    decimals = places(sequence, DIGITS)
    figures = Figures(
        lambda value: number(value, decimals), lambda value: number(value, DIRECTION_PLACES)
    )
    return spelled(sequence, figures)


def spelled(sequence: ConstructionSequence, figures: Figures) -> CadProgram:
    """Write ``sequence`` with any numbers."""
    lines = ["import cadquery as cq"]
    words: list[str] = []
    sketch = loop = 0
    for position, op in enumerate(sequence.operations):
        tools = []
        for profile in merge(op.profiles):
            lines += _solid(op, profile, sketch, loop, figures)
            tools.append(f"solid{sketch}")
            sketch += 1
            loop += 1 + len(profile.inner)
        words += ["extrude"] * len(tools)
        combined = _combine(op.boolean, tools, first=position == 0)
        lines += [f"solid={text}" for text, _ in combined]
        words += [word for _, word in combined if word]
    return CadProgram("\n".join(lines) + "\n", operations=tuple(words))


def _solid(op: Extrude, profile: Profile, sketch: int, loop: int, figures: Figures) -> list[str]:
    """A work plane, its loops and the extruded solid."""
    op = settle(op)
    lines = [
        f"# Generating a workplane for sketch {sketch}",
        f"wp_sketch{sketch} = cq.Workplane({_plane(op.plane, figures)})",
    ]
    added = []
    for index, item in enumerate((profile.outer, *profile.inner), start=loop):
        lines += _chained(f"loop{index}", f"wp_sketch{sketch}", _loop(item, figures.length))
        added.append(f".add(loop{index})")
    depth = figures.length(op.end) + (", both=True" if op.start else "")
    added.append(f".extrude({depth})")
    return lines + _chained(f"solid{sketch}", f"wp_sketch{sketch}", added)


def _chained(name: str, start: str, calls: list[str]) -> list[str]:
    """Assign a chain of calls to a name, in several statements when it is too long for one."""
    parts = range(0, len(calls), LONGEST_CHAIN)
    return [f"{name}={name if i else start}{''.join(calls[i : i + LONGEST_CHAIN])}" for i in parts]


def _combine(boolean: Boolean, tools: list[str], first: bool) -> list[tuple[str, str]]:
    """Right-hand sides for ``solid`` and the operation each stands for, ``""`` for none."""
    if first:
        return [(tools[0], ""), *((f"solid.union({tool})", "union") for tool in tools[1:])]
    if boolean is Boolean.INTERSECT:
        # Every profile belongs to the one tool; one after the other would leave nothing.
        union = tools[0] + "".join(f".union({tool})" for tool in tools[1:])
        return [(f"solid.intersect({union})", "intersect")]
    word = COMBINE[boolean]
    return [(f"solid.{word}({tool})", word) for tool in tools]


def _plane(plane: Plane, figures: Figures) -> str:
    origin = _tuple(plane.origin, figures.length)
    x_axis, normal = (_tuple(axis, figures.direction) for axis in (plane.x_axis, plane.normal))
    return f"cq.Plane(cq.Vector{origin}, cq.Vector{x_axis}, cq.Vector{normal})"


def _loop(loop: Loop, figure: Callable[[float], str]) -> list[str]:
    """The calls that draw it."""
    first, *rest = loop.curves
    if isinstance(first, Circle):
        return [f".moveTo{_tuple(first.center, figure)}", f".circle({figure(first.radius)})"]
    if isinstance(first, Line):
        calls = [f".moveTo{_tuple(first.end, figure)}"]
    else:
        calls, rest = [f".moveTo{_tuple(first.start, figure)}"], list(loop.curves)
    for curve in rest:
        match curve:
            case Arc(_, mid, end):
                calls.append(f".threePointArc({_tuple(mid, figure)}, {_tuple(end, figure)})")
            case Line(_, end):
                calls.append(f".lineTo{_tuple(end, figure)}")
    return [*calls, ".close()"]


def _tuple(values: tuple[float, ...], figure: Callable[[float], str]) -> str:
    return "(" + ", ".join(map(figure, values)) + ")"
