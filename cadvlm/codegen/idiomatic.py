"""CadQuery as a person would write it.

One chain of calls, a line for each operation, the part in ``result``: sketches on named planes in
the part's own coordinates where they fit, or on the face that they stand on; forms by name, equal
ones together, holes as holes, arcs by their radius; numbers no longer than the part needs, and a
name for a length that comes again and again. Of the ways to write an operation the shortest is
taken. Regions that share edges are drawn as their common outline.

Where the faces of a part are is reckoned without the kernel (:mod:`cadvlm.codegen.body`), so that
what was written should be checked with it: :mod:`cadvlm.codegen.verified`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from cadvlm.codegen.body import FACES, Body
from cadvlm.codegen.forms import rounded
from cadvlm.codegen.intent import counted, intent
from cadvlm.codegen.named import with_names
from cadvlm.codegen.numbers import number, places, point
from cadvlm.codegen.outlines import draw, length, middles
from cadvlm.codegen.planes import name, settle, shift
from cadvlm.records import CadProgram
from cadvlm.sequences.loops import bounds, map_points
from cadvlm.sequences.model import (
    Boolean,
    Circle,
    ConstructionSequence,
    Extrude,
    Loop,
    Plane,
    Point3,
    Profile,
)
from cadvlm.sequences.regions import outlined
from cadvlm.sequences.vectors import cross, dot

DIGITS = 6
DIRECTION_PLACES = 9

MOVES = {"moveTo", "pushPoints", "rarray", "polarArray", "close", "faces", "workplane"}
"""Calls that place the pen or the sketch and draw nothing."""

COMBINE = {
    Boolean.NEW: "union",
    Boolean.JOIN: "union",
    Boolean.CUT: "cut",
    Boolean.INTERSECT: "intersect",
}


class _Way(NamedTuple):
    """One way to write an operation, and the origin of the work plane that it leaves."""

    text: str
    origin: Point3


def write(sequence: ConstructionSequence) -> CadProgram:
    """Write ``sequence`` so that it is short and can be edited."""
    drawn = outlined(sequence)
    decimals = places(drawn, DIGITS)
    body, origin = Body(), (0.0, 0.0, 0.0)
    steps: list[str] = []
    notes: list[str] = []
    for op in drawn.operations:
        label, op = placed(op, decimals)
        ways = _ways(label, op, body, origin, decimals, first=not steps)
        text, origin = min(ways, key=lambda way: length(way.text))
        steps.append(text)
        notes.append(counted(len(op.profiles), intent(op, body, decimals + 1)))
        body.add(op)
    words = tuple(word for step in steps for word in _words(step))
    return CadProgram(_laid_out(steps, notes), operations=words)


def _laid_out(steps: Sequence[str], notes: Sequence[str]) -> str:
    """The program: names first, then a chain with what each of its lines is for."""
    names, calls = with_names(steps)
    lines = ["import cadquery as cq", "", *names]
    if len(calls) == 1:
        lines.append(f"result = {calls[0]}")
    else:
        links = (f"    {call}  # {note}" for call, note in zip(calls, notes, strict=True))
        lines += ["result = (", *links, ")"]
    return "\n".join(lines) + "\n"


def _words(step: str) -> list[str]:
    """What a step's calls draw and do; moves, and how often one is repeated, are left out."""
    called = re.findall(r"\.([a-z]\w*)\(", step)
    return [word for word, _ in groupby(word for word in called if word not in MOVES)]


def placed(op: Extrude, decimals: int) -> tuple[str, Extrude]:
    """The name of the sketch's plane, if it has one, and the operation from a sketch on it."""
    op = settle(op)
    label, placed = name(op) or ("", op)
    return label, _rounded(placed, decimals)


def _rounded(op: Extrude, decimals: int) -> Extrude:
    """Round points and the plane's origin, before any arithmetic on them."""
    x, y, z = (round(value, decimals) + 0.0 for value in op.plane.origin)
    return replace(
        op,
        plane=replace(op.plane, origin=(x, y, z)),
        profiles=map_points(op.profiles, lambda p: rounded(p, decimals)),
        start=round(op.start, decimals),
        end=round(op.end, decimals),
    )


def _ways(
    label: str, op: Extrude, body: Body, origin: Point3, decimals: int, *, first: bool
) -> Iterator[_Way]:
    """Ways to write one operation as the next link of the chain, or as its beginning."""
    tools = [_tool(label, part, decimals) for part in _apart(op)]
    together = tools[0].text + "".join(f".union({tool.text})" for tool in tools[1:])
    word = COMBINE[op.boolean]
    if first:
        yield _Way(together, tools[0].origin)
    elif op.boolean is Boolean.INTERSECT:
        # All profiles make the one tool; one after the other would leave nothing.
        yield _Way(f".intersect({together})", origin)
    else:
        yield _Way("".join(f".{word}({tool.text})" for tool in tools), origin)
        if len(tools) == 1:
            yield from _on_faces(op, body, origin, decimals)


def _on_faces(op: Extrude, body: Body, origin: Point3, decimals: int) -> Iterator[_Way]:
    """The operation drawn on a face of what is there, and a round cut as a hole in it."""
    for face, seated, through in body.seats(op):
        x_axis, normal = FACES[face]
        # CadQuery puts the new origin where the old one, seen along the normal, meets the face.
        moved = shift(seated, (dot(origin, x_axis), dot(origin, cross(normal, x_axis))))
        loops = list(_loops(moved))
        texts = [draw(loops, decimals + 1) + f".extrude({number(moved.end, decimals)})"]
        if op.boolean is Boolean.CUT:
            texts = [draw(loops, decimals + 1) + f".cutBlind({number(moved.end, decimals)})"]
            depth = "" if through else f", {number(-moved.end, decimals)}"
            if all(isinstance(loop.curves[0], Circle) for loop in loops) and len(loops) == len(
                moved.profiles
            ):
                texts.append(draw(loops, decimals + 1, hole=depth))
        for text in texts:
            yield _Way(f'.faces("{face}").workplane(){text}', moved.plane.origin)


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


def _tool(label: str, op: Extrude, decimals: int) -> _Way:
    """One extrude by itself, from where on its plane it is shortest to draw."""
    left, bottom, right, top = bounds(op.profiles[0].outer)
    origins = [(0.0, 0.0), ((left + right) / 2, (bottom + top) / 2), (left, bottom)]
    origins += middles(_loops(op), decimals)
    ways = (_extruded(label, shift(op, origin), decimals + 1) for origin in origins)
    return min(ways, key=lambda way: length(way.text))


def _extruded(label: str, op: Extrude, decimals: int) -> _Way:
    """``decimals`` is one more than that of the points: half of a length takes one place more."""
    depth = number(op.end, decimals) + (", both=True" if op.start else "")
    plane = _plane(label, op.plane, decimals)
    text = f"cq.Workplane({plane}){draw(_loops(op), decimals)}.extrude({depth})"
    return _Way(text, op.plane.origin)


def _loops(op: Extrude) -> list[Loop]:
    return [loop for profile in op.profiles for loop in (profile.outer, *profile.inner)]


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
