"""CadQuery as a person would write it.

One statement for each operation, the part in ``result``; sketches on named planes in the part's
own coordinates where they fit, rectangles and circles by name, equal ones together, arcs by their
radius, and numbers no longer than the part needs. Of the ways to place a sketch the shortest text
is taken. Regions that share edges are drawn as their common outline.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from cadvlm.codegen.numbers import number, places, point
from cadvlm.codegen.outlines import draw
from cadvlm.codegen.planes import name, settle, shift
from cadvlm.records import CadProgram
from cadvlm.sequences.loops import bounds, map_points
from cadvlm.sequences.model import (
    Boolean,
    ConstructionSequence,
    Extrude,
    Plane,
    Point3,
    Profile,
)
from cadvlm.sequences.regions import merge, simplify

DIGITS = 6
DIRECTION_PLACES = 9

COMBINE = {
    Boolean.NEW: "union",
    Boolean.JOIN: "union",
    Boolean.CUT: "cut",
    Boolean.INTERSECT: "intersect",
}


def write(sequence: ConstructionSequence) -> CadProgram:
    """Write ``sequence`` so that it is short and can be edited."""
    drawn = ConstructionSequence(
        tuple(
            replace(op, profiles=tuple(map(simplify, merge(op.profiles))))
            for op in sequence.operations
        )
    )
    decimals = places(drawn, DIGITS)
    code = "import cadquery as cq\n\n"
    words: list[str] = []
    for index, op in enumerate(drawn.operations):
        tools = [_tool(part, decimals) for part in _apart(op)]
        word = COMBINE[op.boolean] if index else ""
        code += f"result = {_combined(word, tools)}\n"
        for tool in tools:
            words += _words(tool)
        words += [word] if word else []
    return CadProgram(code, operations=tuple(words))


def _combined(word: str, tools: Sequence[str]) -> str:
    """The new value of ``result``; without a ``word`` it is the first."""
    if not word:
        return tools[0] + "".join(f".union({tool})" for tool in tools[1:])
    if word == "intersect":
        # All profiles make the one tool; one after the other would leave nothing.
        return f"result.intersect({_combined('', tools)})"
    return "result" + "".join(f".{word}({tool})" for tool in tools)


def _words(tool: str) -> list[str]:
    """What a tool's calls draw and do; moves, and how often one is repeated, are left out."""
    called = re.findall(r"\.([a-z]\w*)\(", tool)
    drawn = [word for word in called if word not in ("moveTo", "pushPoints", "close")]
    return [word for word, _ in groupby(drawn)]


def _apart(op: Extrude) -> Iterator[Extrude]:
    """Split an extrude whose profiles may touch: drawn together they would not make one face."""
    groups: list[list[Profile]] = []
    for profile in op.profiles:
        for group in groups:
            if all(_separate(profile, other) for other in group):
                group.append(profile)
                break
        else:
            groups.append([profile])
    for group in groups:
        yield replace(op, profiles=tuple(group))


def _separate(one: Profile, other: Profile) -> bool:
    """Whether the boxes around both leave a gap. Cheap, and wrong only on the safe side."""
    (ax, ay, aX, aY), (bx, by, bX, bY) = bounds(one.outer), bounds(other.outer)
    gap = 1e-3
    return ax - bX > gap or bx - aX > gap or ay - bY > gap or by - aY > gap


def _tool(op: Extrude, decimals: int) -> str:
    """The shortest of the ways to write one extrude."""
    op = settle(op)
    label, placed = name(op) or ("", op)
    placed = _rounded(placed, decimals)
    left, bottom, right, top = bounds(placed.profiles[0].outer)
    origins = [(0.0, 0.0), ((left + right) / 2, (bottom + top) / 2), (left, bottom)]
    # Half of a rounded length takes one place more.
    texts = [_extruded(label, shift(placed, origin), decimals + 1) for origin in origins]
    return min(texts, key=len)


def _rounded(op: Extrude, decimals: int) -> Extrude:
    """Round points and the plane's origin, before any arithmetic on them."""
    x, y, z = (round(value, decimals) + 0.0 for value in op.plane.origin)
    profiles = map_points(
        op.profiles, lambda p: (round(p[0], decimals) + 0.0, round(p[1], decimals) + 0.0)
    )
    return replace(
        op,
        plane=replace(op.plane, origin=(x, y, z)),
        profiles=profiles,
        start=round(op.start, decimals),
        end=round(op.end, decimals),
    )


def _extruded(label: str, op: Extrude, decimals: int) -> str:
    loops = [loop for profile in op.profiles for loop in (profile.outer, *profile.inner)]
    depth = number(op.end, decimals) + (", both=True" if op.start else "")
    plane = _plane(label, op.plane, decimals)
    return f"cq.Workplane({plane}){draw(loops, decimals)}.extrude({depth})"


def _plane(label: str, plane: Plane, decimals: int) -> str:
    origin = point(plane.origin, decimals)
    if label:
        return f'"{label}"' + (f", origin={origin}" if origin != "(0, 0, 0)" else "")
    axes = f"xDir={_direction(plane.x_axis)}, normal={_direction(plane.normal)}"
    return f"cq.Plane(origin={origin}, {axes})"


def _direction(axis: Point3) -> str:
    """The unit vector, or a multiple that is shorter to write: ``(1, 1, 0)``."""
    largest = max(map(abs, axis))
    a, b, c = axis
    multiple = (a / largest, b / largest, c / largest)
    return min((point(v, DIRECTION_PLACES) for v in (axis, multiple)), key=len)
