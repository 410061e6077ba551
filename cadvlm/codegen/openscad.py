"""Construction sequences as OpenSCAD.

A sketch is a 2D shape, raised by ``linear_extrude`` and placed by ``rotate`` and ``translate``
where its plane has a name, else by ``multmatrix``. OpenSCAD knows no curves: circles and arcs come
out as polygons of ``$fn`` sides to the turn, with their corners on the curve, so that a round
section is 0.16 % smaller than it is. Arcs keep their three points in the text, and end exactly
where their neighbours begin; a function that stands above the part takes them apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from cadvlm.codegen.forms import Disc, Rectangle, form, rounded
from cadvlm.codegen.numbers import number, places, point
from cadvlm.codegen.planes import name
from cadvlm.records import CadProgram
from cadvlm.sequences.loops import map_points
from cadvlm.sequences.model import (
    Arc,
    Boolean,
    Circle,
    ConstructionSequence,
    Extrude,
    Loop,
    Plane,
    Point2,
    Profile,
)
from cadvlm.sequences.vectors import add, cross, scaled

DIGITS = 6
DIRECTION_PLACES = 9

SIDES = 64
"""``$fn``. A polygon of 64 sides has 99.84 % of the area of its circle."""

TURNS = {"XY": "", "XZ": "rotate([90, 0, 0]) ", "YZ": "rotate([90, 0, 90]) "}
"""How a sketch gets onto a named plane."""

KINDS = {
    Boolean.NEW: "union",
    Boolean.JOIN: "union",
    Boolean.CUT: "difference",
    Boolean.INTERSECT: "intersection",
}

WORDS = {"union": "union", "difference": "cut", "intersection": "intersect"}
"""OpenSCAD's operations in CadQuery's words."""

ARC = """
// Points of the arc from a through m to b, without b.
function arc(a, m, b) =
    let (u = m - a, v = b - m, half = atan2(u.x * v.y - u.y * v.x, u * v))
    let (c = (a + b) / 2 + [a.y - b.y, b.x - a.x] / (2 * tan(half)), p = a - c)
    let (n = max(1, ceil($fn * abs(half) / 180)))
    [for (i = [0 : n - 1]) let (t = 2 * half * i / n)
        c + [p.x * cos(t) - p.y * sin(t), p.x * sin(t) + p.y * cos(t)]];
"""


def write(sequence: ConstructionSequence) -> CadProgram:
    """Write the OpenSCAD that builds ``sequence``, lengths in millimetres."""
    decimals = places(sequence, DIGITS)
    part: list[str] = []
    words: list[str] = []
    for kind, group in groupby(sequence.operations, lambda op: KINDS[op.boolean]):
        tools = [_tool(op, decimals) for op in group]
        words += [word for _ in tools for word in ("extrude", WORDS[kind])]
        operands = [part, *tools] if part else tools
        part = operands[0] if len(operands) == 1 else _block(kind, operands)
    text = "\n".join(part) + "\n"
    head = f"$fn = {SIDES};\n" + (ARC if "arc(" in text else "")
    # The first extrude joins nothing.
    return CadProgram(f"{head}\n{text}", "openscad", (words[0], *words[2:]))


def _block(kind: str, operands: Sequence[list[str]]) -> list[str]:
    return [f"{kind}() {{", *(f"    {line}" for lines in operands for line in lines), "}"]


def _tool(op: Extrude, decimals: int) -> list[str]:
    """One extrude: where it stands, how high it is, and its outlines."""
    label, op = name(op) or ("", op)
    low, high = sorted((op.start, op.end))
    height = number(high - low, decimals)
    if low == -high:
        height += ", center = true"
    else:
        op = replace(op, plane=_lifted(op.plane, low))
    op = _rounded(op, decimals)
    raised = f"{_placed(label, op.plane, decimals)}linear_extrude(height = {height})"
    regions = [_profile(profile, decimals + 1) for profile in op.profiles]
    if len(regions) == 1:
        first, *rest = regions[0]
        return [f"{raised} {first}", *rest]
    return [f"{raised} {{", *(f"    {line}" for region in regions for line in region), "}"]


def _lifted(plane: Plane, height: float) -> Plane:
    return replace(plane, origin=add(plane.origin, scaled(plane.normal, height)))


def _rounded(op: Extrude, decimals: int) -> Extrude:
    x, y, z = (round(value, decimals) + 0.0 for value in op.plane.origin)
    return replace(
        op,
        plane=replace(op.plane, origin=(x, y, z)),
        profiles=map_points(op.profiles, lambda p: rounded(p, decimals)),
    )


def _placed(label: str, plane: Plane, decimals: int) -> str:
    if label:
        moved = any(plane.origin)
        return (f"translate({_list(plane.origin, decimals)}) " if moved else "") + TURNS[label]
    axes = (plane.x_axis, cross(plane.normal, plane.x_axis), plane.normal)
    rows = []
    for directions, place in zip(zip(*axes, strict=True), plane.origin, strict=True):
        turns = (number(value, DIRECTION_PLACES) for value in directions)
        rows.append(f"[{', '.join([*turns, number(place, decimals)])}]")
    return f"multmatrix([{', '.join(rows)}]) "


def _profile(profile: Profile, decimals: int) -> list[str]:
    """Lines that draw a region."""
    (outer,) = _shapes([profile.outer], decimals)
    if not profile.inner:
        return [outer]
    holes = _shapes(profile.inner, decimals)
    return ["difference() {", f"    {outer}", *(f"    {hole}" for hole in holes), "}"]


def _shapes(loops: Sequence[Loop], decimals: int) -> Iterator[str]:
    """The shapes of loops, equal ones together."""
    centers: dict[str, list[Point2]] = {}
    for loop in loops:
        match form(loop, decimals):
            case Disc(center, radius):
                text = f"circle({number(radius, decimals)});"
                centers.setdefault(text, []).append(center)
            case Rectangle(center, width, height):
                text = f"square({_list((width, height), decimals)}, center = true);"
                centers.setdefault(text, []).append(center)
            case _:
                centers[_polygon(loop, decimals)] = []
    for text, points in centers.items():
        if len(points) > 1:
            listed = ", ".join(_list(each, decimals) for each in points)
            yield f"for (p = [{listed}]) translate(p) {text}"
        elif points and any(points[0]):
            yield f"translate({_list(points[0], decimals)}) {text}"
        else:
            yield text


def _polygon(loop: Loop, decimals: int) -> str:
    """Corners one by one, and arcs by their three points."""
    pieces: list[str] = []
    corners: list[str] = []
    for curve in loop.curves:
        assert not isinstance(curve, Circle)
        if not isinstance(curve, Arc):
            corners.append(_list(curve.start, decimals))
            continue
        if corners:
            pieces.append(f"[{', '.join(corners)}]")
            corners = []
        ends = (_list(each, decimals) for each in (curve.start, curve.mid, curve.end))
        pieces.append(f"arc({', '.join(ends)})")
    if corners:
        pieces.append(f"[{', '.join(corners)}]")
    points = pieces[0] if len(pieces) == 1 else f"concat({', '.join(pieces)})"
    return f"polygon({points});"


def _list(values: tuple[float, ...], decimals: int) -> str:
    return f"[{point(values, decimals)[1:-1]}]"
