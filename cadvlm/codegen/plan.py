"""The plan of a part in words, for a model to write before the code: what it is and how it is made.

Everything in it follows from the construction sequence or the program, and from the box of the
solid that was built; only the words for what an operation is for are a guess
(:mod:`cadvlm.codegen.intent`). Lengths are those of the program.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from cadvlm.codegen.body import Body
from cadvlm.codegen.forms import Disc, Form, Outline, Rectangle, Regular, Slot, form
from cadvlm.codegen.idiomatic import DIGITS, placed
from cadvlm.codegen.intent import counted, intent
from cadvlm.codegen.numbers import number, places
from cadvlm.codegen.patterns import grid, ring
from cadvlm.records import CadProgram
from cadvlm.sequences.grid import normalised
from cadvlm.sequences.loops import bounds
from cadvlm.sequences.model import Arc, Boolean, ConstructionSequence, Extrude, Loop
from cadvlm.sequences.regions import outlined

Box = Sequence[float]
"""``(xmin, ymin, zmin, xmax, ymax, zmax)`` of the solid."""

HEIGHTS = {"XY": ("z", 2), "XZ": ("y", 1), "YZ": ("x", 0)}
"""The axis that a named plane is normal to, and its index."""


def of(program: CadProgram, sequence: str | None, box: Box, style: str = "idiomatic") -> str | None:
    """The plan of a part from its sequence, as JSON, or else from a program that is one chain.

    None where neither says enough.
    """
    if sequence is not None:
        return of_sequence(ConstructionSequence.from_json(sequence), box, style)
    return of_program(program.code, box) if program.language == "cadquery" else None


def of_sequence(sequence: ConstructionSequence, box: Box, style: str = "idiomatic") -> str:
    """A line for the whole part and one for each operation.

    Args:
        sequence: as it was written.
        box: of the solid.
        style: in which it was written; GenCAD's has another scale.
    """
    drawn = outlined(normalised(sequence) if style == "gencad" else sequence)
    decimals = places(drawn, DIGITS)
    body = Body()
    nouns: list[str] = []
    steps: list[str] = []
    for op in drawn.operations:
        label, op = placed(op, decimals)
        noun, count = intent(op, body, decimals + 1), len(op.profiles)
        nouns += [noun] * count
        sketch, sweep = _sketch(label, op, decimals + 1), _sweep(op, body, decimals)
        steps.append(f"{counted(count, noun).capitalize()}: {sketch}, {sweep}.")
        body.add(op)
    made = [counted(times, noun) for noun, times in Counter(nouns).items()]
    return _listed(made, steps, box, decimals)


def _listed(made: Iterable[str], steps: Iterable[str], box: Box, decimals: int) -> str:
    size = " x ".join(
        number(high - low, decimals) for low, high in zip(box[:3], box[3:], strict=True)
    )
    numbered = (f"{i}. {step}" for i, step in enumerate(steps, start=1))
    return "\n".join([f"{', '.join(made).capitalize()}; {size} in all.", *numbered])


def _sketch(label: str, op: Extrude, decimals: int) -> str:
    """``rectangle 80 x 40 without 4 circles of diameter 6 on XY``."""
    text = _drawn([profile.outer for profile in op.profiles], decimals)
    if holes := [hole for profile in op.profiles for hole in profile.inner]:
        text += f" without {_drawn(holes, decimals)}"
    if not label:
        return f"{text} on a slanted plane"
    axis, index = HEIGHTS[label]
    height = number(op.plane.origin[index], decimals)
    return f"{text} on {label}" + (f" at {axis} = {height}" if height != "0" else "")


def _drawn(loops: Sequence[Loop], decimals: int) -> str:
    kinds: dict[tuple[str, str], list[Form]] = {}
    for loop in loops:
        shape = form(loop, decimals)
        kinds.setdefault(_named(shape, decimals), []).append(shape)
    return " and ".join(
        counted(len(shapes), noun, rest) + _arranged(shapes, decimals)
        for (noun, rest), shapes in kinds.items()
    )


def _named(shape: Form, decimals: int) -> tuple[str, str]:
    """The noun for a form, and its size."""

    def by(*sizes: float) -> str:
        return " x ".join(number(size, decimals) for size in sizes)

    match shape:
        case Disc(_, radius):
            return "circle", f" of diameter {by(2 * radius)}"
        case Rectangle(_, width, height):
            return "rectangle", f" {by(width, height)}"
        case Slot(_, long, width, upright):
            return "slot", f" {by(long, width)}" + (" along y" if upright else "")
        case Regular(_, sides, diameter):
            return "regular polygon", f" of {sides} sides in a circle of diameter {by(diameter)}"
        case Outline(loop):
            left, bottom, right, top = bounds(loop)
            arcs = sum(isinstance(curve, Arc) for curve in loop.curves)
            lines = len(loop.curves) - arcs
            counts = [counted(n, noun) for n, noun in ((lines, "line"), (arcs, "arc")) if n]
            return "outline", f" {by(right - left, top - bottom)} of {' and '.join(counts)}"


def _arranged(shapes: Sequence[Form], decimals: int) -> str:
    """In which pattern several equal forms stand, if it is one."""
    centers = [shape.center for shape in shapes if not isinstance(shape, Outline)]
    if (rows := grid(centers, decimals)) and len(centers) == len(shapes):
        columns, lines = rows.count
        return f" in {lines} rows of {columns}" if min(rows.count) > 1 else " in a row"
    if (round_ := ring(centers, decimals)) and len(centers) == len(shapes):
        return f" around a circle of diameter {number(2 * round_.radius, decimals)}"
    return ""


def _sweep(op: Extrude, before: Body, decimals: int) -> str:
    depth = number(abs(op.end), decimals)
    if op.start:
        depth += " to each side"
    match op.boolean:
        case Boolean.CUT:
            return "cut through" if before.pierced(op) else f"cut {depth}"
        case Boolean.INTERSECT:
            return f"keep what is within {depth}"
    return f"extrude {depth}"


# --- programs without a sequence -----------------------------------------------------------------

STEPS = {
    "box": "box {0} x {1} x {2}",
    "extrude": "extrude {0}",
    "revolve": "revolve",
    "hole": "hole of diameter {0}",
    "cutBlind": "cut {0} deep",
    "cutThruAll": "cut through",
    "fillet": "round with radius {0}",
    "chamfer": "bevel by {0}",
    "shell": "hollow out, walls {0} thick",
}
"""Calls that make or change the solid; numbers without their sign."""

SKETCHES = {
    "rect": "rectangle {0} x {1}",
    "circle": "circle of radius {0}",
    "polygon": "polygon of {0} sides in a circle of diameter {1}",
    "slot2D": "slot {0} x {1}",
    "rarray": "{2} x {3} times",
    "polarArray": "{3} times around a circle of radius {0}",
    "close": "closed outline",
    "faces": "on face {0}",
    "edges": "edges {0}",
    "vertices": "at its corners",
}
"""Calls that lead up to one."""

UNSAID = {"Workplane", "workplane", "hLineTo", "vLineTo", "lineTo", "moveTo"}
"""Calls that need no words of their own."""


def of_program(code: str, box: Box) -> str | None:
    """The same from a program that is one chain of CadQuery's calls, as the synthetic ones are.

    None when it is not, or does something that is not known here.
    """
    calls = _chain(code)
    steps: list[str] = []
    sketch: list[str] = []
    nouns: list[str] = []
    for name, args in calls:
        values = [number(abs(v), 6) if isinstance(v, (int, float)) else str(v) for v in args]
        try:
            if name in STEPS:
                steps.append(", ".join([*sketch, STEPS[name].format(*values)]).capitalize() + ".")
                nouns.append(name)
                sketch = []
            elif name in SKETCHES:
                sketch.append(SKETCHES[name].format(*values))
            elif name not in UNSAID:
                return None
        except IndexError:
            return None
    if not steps or sketch:
        return None
    made = [f"{name} x {times}" if times > 1 else name for name, times in Counter(nouns).items()]
    return _listed(made, steps, box, 6)


def _chain(code: str) -> list[tuple[str, list[Any]]]:
    """Names and literal arguments of a program's only statement after its import, in order."""
    try:
        statements = ast.parse(code).body
    except SyntaxError:
        return []
    match statements:
        case [ast.Import(), ast.Assign(value=node)]:
            pass
        case _:
            return []
    calls: list[tuple[str, list[Any]]] = []
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        try:
            calls.append((node.func.attr, [ast.literal_eval(arg) for arg in node.args]))
        except ValueError:
            return []
        node = node.func.value
    return calls[::-1]
