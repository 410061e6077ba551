"""CadQuery as GenCAD-Code writes it: every operation, plane and point as the sequence has it.

One work plane, one extrude and one boolean for each profile, in the order of the design, with the
result in ``solid``; lines and three-point arcs in the sketch's own axes. Only regions that share
edges are drawn by their common outline: joined one by one, one part in fifty becomes invalid, since
the file's rounding leaves gaps between them, and dozens of regions take the kernel a minute.
"""

from __future__ import annotations

from cadvlm.codegen.numbers import number, places, point
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
    Point3,
    Profile,
)
from cadvlm.sequences.regions import merge

DIGITS = 9
DIRECTION_PLACES = 12

COMBINE = {
    Boolean.NEW: "union",
    Boolean.JOIN: "union",
    Boolean.CUT: "cut",
    Boolean.INTERSECT: "intersect",
}


def write(sequence: ConstructionSequence) -> CadProgram:
    """Write ``sequence`` operation by operation."""
    decimals = places(sequence, DIGITS)
    lines = ["import cadquery as cq"]
    words: list[str] = []
    sketch = loop = 0
    for position, op in enumerate(sequence.operations):
        tools = []
        for profile in merge(op.profiles):
            lines += _solid(op, profile, sketch, loop, decimals)
            tools.append(f"solid{sketch}")
            sketch += 1
            loop += 1 + len(profile.inner)
        words += ["extrude"] * len(tools)
        combined = _combine(op.boolean, tools, first=position == 0)
        lines += [f"solid={text}" for text, _ in combined]
        words += [word for _, word in combined if word]
    return CadProgram("\n".join(lines) + "\n", operations=tuple(words))


def _solid(op: Extrude, profile: Profile, sketch: int, loop: int, decimals: int) -> list[str]:
    """A work plane, its loops and the extruded solid."""
    op = settle(op)
    lines = [
        f"# Generating a workplane for sketch {sketch}",
        f"wp_sketch{sketch} = cq.Workplane({_plane(op.plane, decimals)})",
    ]
    added = ""
    for index, item in enumerate((profile.outer, *profile.inner), start=loop):
        lines.append(f"loop{index}=wp_sketch{sketch}{_loop(item, decimals)}")
        added += f".add(loop{index})"
    depth = number(op.end, decimals) + (", both=True" if op.start else "")
    lines.append(f"solid{sketch}=wp_sketch{sketch}{added}.extrude({depth})")
    return lines


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


def _plane(plane: Plane, decimals: int) -> str:
    return (
        f"cq.Plane({_vector(plane.origin, decimals)}, "
        f"{_vector(plane.x_axis, DIRECTION_PLACES)}, {_vector(plane.normal, DIRECTION_PLACES)})"
    )


def _vector(values: Point3, decimals: int) -> str:
    return f"cq.Vector{point(values, decimals)}"


def _loop(loop: Loop, decimals: int) -> str:
    first = loop.curves[0]
    if isinstance(first, Circle):
        x, y = (number(value, decimals) for value in first.center)
        return f".moveTo({x}, {y}).circle({number(first.radius, decimals)})"
    text = f".moveTo{point(first.start, decimals)}"
    for curve in loop.curves:
        match curve:
            case Arc(_, mid, end):
                text += f".threePointArc({point(mid, decimals)}, {point(end, decimals)})"
            case Line(_, end):
                text += f".lineTo{point(end, decimals)}"
    return text + ".close()"
