"""Construction sequences as OpenECAD programs; :mod:`cadvlm.sequences.openecad` has the language.

One sketch and one extrude for each profile. A plane is written so that the authors' executors,
which turn directions of negative x round, see it as it is. In the second dialect it refers to an
earlier extrude where one begins or ends in it, so that the part can be edited.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cadvlm.codegen.numbers import number, places, point
from cadvlm.codegen.planes import settle
from cadvlm.codegen.verbatim import COMBINE, DIGITS, DIRECTION_PLACES
from cadvlm.errors import InputError
from cadvlm.records import CadProgram
from cadvlm.sequences.grid import normalised, single
from cadvlm.sequences.loops import bounds, map_points
from cadvlm.sequences.model import (
    Arc,
    Circle,
    ConstructionSequence,
    Curve,
    Extrude,
    Line,
    Point2,
    Point3,
    Profile,
)
from cadvlm.sequences.openecad.words import GRID_CENTER, GRID_STEPS, OPERATIONS
from cadvlm.sequences.vectors import add, cross, dot, in_space, scaled

Dialect = Literal["first", "second"]

SAME = 1e-9
"""Millimetres, or radians: planes nearer than this are one."""


def write(sequence: ConstructionSequence, dialect: Dialect = "second") -> CadProgram:
    """Write the OpenECAD that builds ``sequence``.

    The second dialect keeps millimetres. The first has no unit: the part is scaled until it reaches
    just to 0.75 along an axis, from the origin that it has.

    Raises:
        InputError: an extrude intersects with several profiles, for which there is no word.
    """
    if dialect == "first":
        sequence = normalised(sequence)
    decimals = places(sequence, DIGITS)
    steps = [_Step(i, upright(op), decimals) for i, op in enumerate(_single(sequence))]
    lines = [line for i, step in enumerate(steps) for line in _lines(step, steps[:i], dialect)]
    words = [
        word for step in steps for word in ("extrude", COMBINE[step.op.boolean] if step.at else "")
    ]
    return CadProgram("\n".join(lines) + "\n", "openecad", tuple(filter(None, words)))


@dataclass(frozen=True, slots=True)
class _Step:
    """An extrude of one profile, its number, and how precisely it is written."""

    at: int
    op: Extrude
    decimals: int

    def list(self, values: Sequence[float], decimals: int | None = None) -> str:
        return f"[{point(tuple(values), self.decimals if decimals is None else decimals)[1:-1]}]"

    def extents(self) -> tuple[int, float, float]:
        """``type``, ``extent_one`` and ``extent_two``."""
        start, end = self.op.start, self.op.end
        if start == 0:
            return 0, end, 0.0
        low, high = sorted((start, end))
        return (1, high, 0.0) if low == -high else (2, high, -low)


def upright(op: Extrude) -> Extrude:
    """The same solid, from a sketch whose normal and y axis have no negative x."""
    x_axis, normal = op.plane.x_axis, op.plane.normal
    y_axis = cross(normal, x_axis)
    n, v = (-1.0 if axis[0] < -SAME else 1.0 for axis in (normal, y_axis))
    u = n * v
    if u == v == 1:
        return op
    return replace(
        op,
        plane=replace(op.plane, x_axis=_turned(x_axis, u), normal=_turned(normal, n)),
        profiles=map_points(op.profiles, lambda p: (u * p[0] + 0.0, v * p[1] + 0.0)),
        start=n * op.start,
        end=n * op.end,
    )


def _turned(axis: Point3, sign: float) -> Point3:
    return add(scaled(axis, sign), (0.0, 0.0, 0.0))  # -0.0 becomes 0.0


def _single(sequence: ConstructionSequence) -> Iterator[Extrude]:
    """One extrude for each profile, from a sketch within the sweep or at its end."""
    for op in single(sequence):
        if len(op.profiles) > 1:
            raise InputError("OpenECAD cannot intersect with several profiles at once")
        yield op if op.start * op.end < 0 else settle(op)


# --- lines of text -------------------------------------------------------------------------------


def _lines(step: _Step, earlier: Sequence[_Step], dialect: Dialect) -> Iterator[str]:
    i, profile, plane = step.at, step.op.profiles[0], step.op.plane
    placed = ""
    if dialect == "first":
        profile, position, size = _on_grid(profile)
        placed = (
            f",\n\tsketch_position= {step.list(in_space(plane, position))}, "
            f"sketch_size= {number(size, step.decimals)}"
        )
    yield _plane(step, earlier, dialect)
    yield f"Loops{i} = []"
    for j, loop in enumerate((profile.outer, *profile.inner)):
        yield f"Curves{i}_{j} = []"
        for k, curve in enumerate(loop.curves):
            yield f"{type(curve).__name__}{i}_{j}_{k} = {_curve(step, curve)}"
            if dialect == "first":
                yield f"Curves{i}_{j}.append({type(curve).__name__}{i}_{j}_{k})"
        yield f"Loop{i}_{j} = add_loop(Curves{i}_{j})"
        if dialect == "first":
            yield f"Loops{i}.append(Loop{i}_{j})"
    yield f"Profile{i} = add_profile(Loops{i})"
    yield f"Sketch{i} = add_sketch(sketch_plane= SketchPlane{i}, profile= Profile{i}{placed})"
    kind, one, two = step.extents()
    yield (
        f"Extrude{i} = add_extrude(sketch= Sketch{i},\n"
        f"\toperation= {OPERATIONS.index(step.op.boolean)}, type= {kind}, "
        f"extent_one= {number(one, step.decimals)}, extent_two= {number(two, step.decimals)})"
    )


def _curve(step: _Step, curve: Curve) -> str:
    match curve:
        case Line(start, end):
            return f"add_line(start= {step.list(start)}, end= {step.list(end)})"
        case Arc(start, mid, end):
            ends = f"start= {step.list(start)}, end= {step.list(end)}"
            return f"add_arc({ends}, mid= {step.list(mid)})"
        case Circle(center, radius):
            size = number(radius, step.decimals)
            return f"add_circle(center= {step.list(center)}, radius= {size})"


def _plane(step: _Step, earlier: Sequence[_Step], dialect: Dialect) -> str:
    plane = step.op.plane
    if dialect == "second":
        for other in earlier:
            if seen := _reference(step, other):
                return f"SketchPlane{step.at} = add_sketchplane_ref(\n\tExtrude{other.at}, {seen})"
    axes = {"normal": plane.normal, "x_axis": plane.x_axis}
    if dialect == "first":
        axes["y_axis"] = cross(plane.normal, plane.x_axis)
    written = "".join(f", {key}= {step.list(v, DIRECTION_PLACES)}" for key, v in axes.items())
    return f"SketchPlane{step.at} = add_sketchplane(\n\torigin= {step.list(plane.origin)}{written})"


def _reference(step: _Step, other: _Step) -> str | None:
    """The plane as seen from an earlier extrude that is parallel to it and ends or begins in it."""
    own, seen = step.op.plane, other.op.plane
    along = math.copysign(1, dot(own.normal, seen.normal))
    if math.dist(own.normal, scaled(seen.normal, along)) > SAME:
        return None
    offset = add(own.origin, scaled(seen.origin, -1))
    height, (_, one, two) = dot(offset, seen.normal), other.extents()
    heights = {"sameplane": 0.0, "extent_one": one, "extent_two": -two}
    kind = next((key for key, value in heights.items() if abs(height - value) < SAME), None)
    if kind is None:
        return None
    y_axis = cross(seen.normal, seen.x_axis)
    angle = math.atan2(dot(own.x_axis, y_axis), dot(own.x_axis, seen.x_axis))
    origin = step.list((dot(offset, seen.x_axis), dot(offset, y_axis)))
    turn = f", angle= {_angle(angle)}" if abs(angle) > SAME else ""
    return f'origin= {origin}, type= "{kind}"{turn}' + (", reverse= True" if along < 0 else "")


def _angle(angle: float) -> str:
    """In eighths of a turn where it is some, else in radians."""
    eighths = round(angle / (math.pi / 4))
    if abs(angle - eighths * math.pi / 4) > SAME:
        return number(angle, DIRECTION_PLACES)
    shared = math.gcd(eighths, 4)
    count, parts = eighths // shared, 4 // shared
    sign, factor = "-" * (count < 0), f"{abs(count)}*" * (abs(count) > 1)
    return f"{sign}{factor}np.pi" + f"/{parts}" * (parts > 1)


# --- the grid of the first dialect ---------------------------------------------------------------


def _on_grid(profile: Profile) -> tuple[Profile, Point2, float]:
    """The profile on the grid, the sketch's point that is its middle, and the sketch's size."""
    first = profile.outer.curves[0]
    x, y = (
        (first.center[0] - first.radius, first.center[1])
        if isinstance(first, Circle)
        else first.start
    )
    left, bottom, right, top = bounds(profile.outer)
    size = max(x - left, right - x, y - bottom, top - y)
    step = GRID_STEPS / size
    (drawn,) = map_points(
        (profile,),
        lambda p: ((p[0] - x) * step + GRID_CENTER, (p[1] - y) * step + GRID_CENTER),
        step,
    )
    return drawn, (x, y), size
