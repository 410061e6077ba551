"""What OpenECAD's words do, in each dialect. Arguments have the language's own names."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.loops import JOINT_MM, bounds, circle_of, map_points, nest
from cadvlm.sequences.model import (
    Arc,
    Boolean,
    Circle,
    Extrude,
    Line,
    Loop,
    Plane,
    Point2,
    Point3,
    Profile,
)
from cadvlm.sequences.openecad.arguments import index, items, number, of_kind, point2, point3
from cadvlm.sequences.openecad.loops import Drawn, closed
from cadvlm.sequences.script import brief
from cadvlm.sequences.vectors import add, cross, dot, in_space, scaled

OPERATIONS = (Boolean.NEW, Boolean.JOIN, Boolean.CUT, Boolean.INTERSECT)

GRID_CENTER = 128.0
GRID_STEPS = 95.0
"""Of DeepCAD's 256: half, less a margin of a quarter for augmentation, less one for rounding."""

MOST_CURVES = 20_000
"""Handled in one program, counted again wherever they are used again. Protects this process."""


@dataclass(frozen=True, slots=True)
class _Sketch:
    plane: Plane
    profile: Profile


@dataclass(frozen=True, slots=True)
class _Extruded:
    plane: Plane
    one: float
    two: float


class Program:
    """The words that both dialects share."""

    def __init__(self) -> None:
        self.operations: list[Extrude] = []
        self._curves_left = MOST_CURVES

    def noted(self, name: str, value: Any) -> None:
        """A name was assigned."""

    def add_line(self, start: Any, end: Any) -> Drawn:
        return Drawn(Line(point2("start", start), point2("end", end)))

    def add_arc(self, start: Any, end: Any, mid: Any) -> Drawn:
        arc = Arc(point2("start", start), point2("mid", mid), point2("end", end))
        circle_of(arc)  # raises when there is none
        return Drawn(arc)

    def add_circle(self, center: Any, radius: Any) -> Drawn:
        circle = Circle(point2("center", center), abs(number("radius", radius)))
        if circle.radius == 0:
            raise Unreadable("degenerate_circle", "a radius of 0")
        return Drawn(circle)

    def add_loop(self, curves: Any) -> Loop:
        drawn = items("curves", curves, Drawn)
        self._spend(len(drawn))
        return closed(drawn)

    def add_profile(self, loops: Any) -> Profile:
        profile = nest(items("loops", loops, Loop))
        self._spend(_size(profile))
        left, bottom, right, top = bounds(profile.outer)
        for hole in profile.inner:
            x, y, x2, y2 = bounds(hole)
            # The executor takes any second loop for a hole, and the face is then no valid one.
            if min(x - left, y - bottom, right - x2, top - y2) < -JOINT_MM:
                raise Unreadable("not_nested", "a loop reaches outside of the profile's largest")
        return profile

    def add_extrude(
        self, sketch: Any, operation: Any, type: Any, extent_one: Any, extent_two: Any
    ) -> _Extruded:
        sketch = of_kind("sketch", sketch, _Sketch)
        self._spend(_size(sketch.profile))
        one, two = number("extent_one", extent_one), number("extent_two", extent_two)
        start, end = _extent(index("type", type, 3), one, two)
        if start == end:
            raise Unreadable("zero_length", "extruded by 0")
        boolean = OPERATIONS[index("operation", operation, 4)]
        if not self.operations:
            boolean = Boolean.NEW  # whatever it says: there is nothing yet to join or to cut
        self.operations.append(Extrude(sketch.plane, (sketch.profile,), boolean, start, end))
        return _Extruded(sketch.plane, one, two)

    def _spend(self, curves: int) -> None:
        self._curves_left -= curves
        if self._curves_left < 0:
            raise Unreadable("too_large", f"more than {MOST_CURVES:,} curves")


class First(Program):
    """The first dialect: on a grid."""

    def add_sketchplane(self, origin: Any, normal: Any, x_axis: Any, y_axis: Any) -> Plane:
        x = point3("x_axis", x_axis)
        point3("normal", normal)
        return _plane(point3("origin", origin), cross(x, point3("y_axis", y_axis)), x)

    def add_sketch(
        self,
        sketch_plane: Any,
        profile: Any,
        sketch_position: Any = None,
        sketch_size: Any = 0.0,
    ) -> _Sketch:
        plane = of_kind("sketch_plane", sketch_plane, Plane)
        step = abs(number("sketch_size", sketch_size)) / GRID_STEPS
        if step < 1e-9:
            raise Unreadable("zero_length", f"sketch_size is {sketch_size:g}")

        def placed(point: Point2) -> Point2:
            return (point[0] - GRID_CENTER) * step, (point[1] - GRID_CENTER) * step

        (placed_profile,) = map_points((of_kind("profile", profile, Profile),), placed, step)
        position = point3("sketch_position", sketch_position or [0.0, 0.0, 0.0])
        return _Sketch(Plane(position, plane.x_axis, plane.normal), placed_profile)


class Second(Program):
    """The second dialect: in millimetres, planes by reference, lists filled by name."""

    def __init__(self) -> None:
        super().__init__()
        self._curves: list[Any] | None = None
        self._loops: list[Any] | None = None

    def noted(self, name: str, value: Any) -> None:
        if name.startswith("Curves"):
            self._curves = of_kind(name, value, list)
        elif name.startswith("Loops"):
            self._loops = of_kind(name, value, list)
        elif name.startswith(("Line", "Arc", "Circle")):
            _join(name, value, self._curves, "Curves")
        elif name.startswith("Loop"):
            _join(name, value, self._loops, "Loops")

    def add_sketchplane(self, origin: Any, normal: Any, x_axis: Any) -> Plane:
        return _plane(point3("origin", origin), point3("normal", normal), point3("x_axis", x_axis))

    def add_sketchplane_ref(
        self,
        extrude: Any,
        origin: Any,
        type: Any,
        line: Any = None,
        reverse: Any = False,
        angle: Any = 0.0,
    ) -> Plane:
        seen = _seen_from(of_kind("extrude", extrude, _Extruded), type, line)
        x, y, turn = seen.x_axis, cross(seen.normal, seen.x_axis), number("angle", angle)
        return _plane(
            in_space(seen, point2("origin", origin)),
            # The turn is about the normal as it was before it is reversed.
            scaled(seen.normal, -1) if of_kind("reverse", reverse, bool) else seen.normal,
            add(scaled(x, math.cos(turn)), scaled(y, math.sin(turn))),
        )

    def add_sketch(
        self, sketch_plane: Any, profile: Any, sketch_position: Any = None, sketch_size: Any = None
    ) -> _Sketch:
        return _Sketch(
            of_kind("sketch_plane", sketch_plane, Plane), of_kind("profile", profile, Profile)
        )


def _seen_from(extrude: _Extruded, kind: Any, line: Any) -> Plane:
    """The plane at either end of an extrude, or the wall that it raises on a line."""
    plane = extrude.plane
    match kind:
        case "sameplane":
            return plane
        case "extent_one" | "extent_two":
            height = extrude.one if kind == "extent_one" else -extrude.two
            return replace(plane, origin=in_space(plane, (0.0, 0.0), height))
        case "line":
            foot = of_kind("line", line, Drawn).curve
            if not isinstance(foot, Line):
                raise Unreadable("arguments", "line is no line")
            start, end = in_space(plane, foot.start), in_space(plane, foot.end)
            along = add(end, scaled(start, -1))
            return _plane(start, cross(along, plane.normal), along)
        case _:
            raise Unreadable("arguments", f"type is {brief(kind)}, not a kind of reference")


def _extent(kind: int, one: float, two: float) -> tuple[float, float]:
    """Where the sweep starts and ends: on one side, on both alike, or on each as far as it says."""
    if kind == 0:
        return 0.0, one
    other = -one if kind == 1 else -two
    return min(other, one, 0.0), max(other, one, 0.0)


def _plane(origin: Point3, normal: Point3, x_axis: Point3) -> Plane:
    """With unit axes at right angles: programs round them to four places."""
    normal = _unit(normal)
    return Plane(origin, _unit(add(x_axis, scaled(normal, -dot(x_axis, normal)))), normal)


def _unit(direction: Point3) -> Point3:
    length = math.hypot(*direction)
    if length < 1e-9:
        raise Unreadable("arguments", "the axes of a plane do not span it")
    return scaled(direction, 1 / length)


def _join(name: str, value: Any, items: list[Any] | None, kind: str) -> None:
    if items is None:
        raise Unreadable("undefined", f"there is no list of {kind} yet for {name} to join")
    items.append(value)


def _size(profile: Profile) -> int:
    return sum(len(loop.curves) for loop in (profile.outer, *profile.inner))
