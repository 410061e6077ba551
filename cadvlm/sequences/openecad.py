"""OpenECAD programs, in both dialects: ``Line0_0_1 = add_line(start=[0, 0], end=[10, 0])``.

The language is what its authors' executors do (Yuki-Kokomi/OpenECADtoSTEP for the first dialect,
OpenECADv2toSTEP for the second); the words are explained in the paper (Yuan et al., 2024).

=================  ==================================  =======================================
\\                  first                               second
=================  ==================================  =======================================
units              DeepCAD's grid: a sketch lies       millimetres
                   around (128, 128), ``sketch_size``
                   across 95 steps; the part, in +-1
placed by          ``sketch_position``                 the plane's ``origin``
normal             ``x_axis`` x ``y_axis``             ``normal``
lists              filled by ``append``                each curve and loop joins the list that
                                                       was named last, by its own name's start
planes             ``add_sketchplane``                 ... and ``add_sketchplane_ref``, seen
                                                       from an earlier extrude
=================  ==================================  =======================================

A program that appends, or names an argument that only the first dialect has, is in the first.

Three things are not as the executors do them. Lengths of the first dialect are taken as
millimetres, for want of a unit. Ends that they take for the same, to four places, are the same
here; their kernel sometimes finds a gap there. And a direction with a negative x stays as it is
written: they turn it by half a turn about z (their polar angles come from ``arctan``), so that no
program exported by them has such a normal.

Of 174 DeepCAD parts as their exporter writes them, their second executor builds 173 soundly; 170 of
these come out the same here.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeVar

from cadvlm.sequences import script
from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.loops import JOINT_MM, bounds, circle_of, map_points, nest, reverse
from cadvlm.sequences.model import (
    Arc,
    Boolean,
    Circle,
    ConstructionSequence,
    Curve,
    Extrude,
    Line,
    Loop,
    Plane,
    Point2,
    Point3,
    Profile,
)
from cadvlm.sequences.vectors import add, cross, dot, in_space, scaled

OPERATIONS = (Boolean.NEW, Boolean.JOIN, Boolean.CUT, Boolean.INTERSECT)

GRID_CENTER = 128.0
GRID_STEPS = 95.0
"""Of DeepCAD's 256: half, less a margin of a quarter for augmentation, less one for rounding."""

MOST_CURVES = 20_000
"""Handled in one program, counted again wherever they are used again. Protects this process."""

_FIRST_ONLY = {"y_axis", "sketch_position", "sketch_size"}


def read(text: str) -> ConstructionSequence:
    """Read a program.

    Raises:
        Unreadable: the line and what is wrong there; the reasons are those of
            :mod:`cadvlm.sequences.script`, those of loops (``open_loop``, ``degenerate_arc``),
            ``no_extrude``, ``zero_length``, ``not_nested`` and ``too_large``.
    """
    tree = script.parse(text)
    program: _Program = _First() if _is_first(tree) else _Second()
    words = [name for name in dir(program) if name.startswith("add_")]
    script.run(tree, {name: getattr(program, name) for name in words}, program.noted)
    if not program.operations:
        raise Unreadable("no_extrude", "nothing is extruded")
    return ConstructionSequence(tuple(program.operations))


def _is_first(tree: ast.Module) -> bool:
    return any(
        (isinstance(node, ast.Attribute) and node.attr == "append")
        or (isinstance(node, ast.keyword) and node.arg in _FIRST_ONLY)
        for node in ast.walk(tree)
    )


@dataclass
class _Drawn:
    """A curve by its name. A loop may turn it round, for those who ask for its line later."""

    curve: Curve


@dataclass(frozen=True, slots=True)
class _Sketch:
    plane: Plane
    profile: Profile


@dataclass(frozen=True, slots=True)
class _Extruded:
    plane: Plane
    one: float
    two: float


class _Program:
    """The words that both dialects share. Argument names are the language's own."""

    def __init__(self) -> None:
        self.operations: list[Extrude] = []
        self._curves_left = MOST_CURVES

    def noted(self, name: str, value: Any) -> None:
        """A name was assigned."""

    def add_line(self, start: Any, end: Any) -> _Drawn:
        return _Drawn(Line(_point2("start", start), _point2("end", end)))

    def add_arc(self, start: Any, end: Any, mid: Any) -> _Drawn:
        arc = Arc(_point2("start", start), _point2("mid", mid), _point2("end", end))
        circle_of(arc)  # raises when there is none
        return _Drawn(arc)

    def add_circle(self, center: Any, radius: Any) -> _Drawn:
        circle = Circle(_point2("center", center), abs(_number("radius", radius)))
        if circle.radius == 0:
            raise Unreadable("degenerate_circle", "a radius of 0")
        return _Drawn(circle)

    def add_loop(self, curves: Any) -> Loop:
        drawn = _items("curves", curves, _Drawn)
        self._spend(len(drawn))
        return _closed(drawn)

    def add_profile(self, loops: Any) -> Profile:
        profile = nest(_items("loops", loops, Loop))
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
        sketch = _a("sketch", sketch, _Sketch)
        self._spend(_size(sketch.profile))
        one, two = _number("extent_one", extent_one), _number("extent_two", extent_two)
        start, end = _extent(_index("type", type, 3), one, two)
        if start == end:
            raise Unreadable("zero_length", "extruded by 0")
        boolean = OPERATIONS[_index("operation", operation, 4)]
        if not self.operations:
            boolean = Boolean.NEW  # whatever it says: there is nothing yet to join or to cut
        self.operations.append(Extrude(sketch.plane, (sketch.profile,), boolean, start, end))
        return _Extruded(sketch.plane, one, two)

    def _spend(self, curves: int) -> None:
        self._curves_left -= curves
        if self._curves_left < 0:
            raise Unreadable("too_large", f"more than {MOST_CURVES:,} curves")


class _First(_Program):
    """The first dialect: on a grid."""

    def add_sketchplane(self, origin: Any, normal: Any, x_axis: Any, y_axis: Any) -> Plane:
        x = _point3("x_axis", x_axis)
        _point3("normal", normal)
        return _plane(_point3("origin", origin), cross(x, _point3("y_axis", y_axis)), x)

    def add_sketch(
        self,
        sketch_plane: Any,
        profile: Any,
        sketch_position: Any = None,
        sketch_size: Any = 0.0,
    ) -> _Sketch:
        plane = _a("sketch_plane", sketch_plane, Plane)
        step = abs(_number("sketch_size", sketch_size)) / GRID_STEPS
        if step < 1e-9:
            raise Unreadable("zero_length", f"sketch_size is {sketch_size:g}")

        def placed(point: Point2) -> Point2:
            return (point[0] - GRID_CENTER) * step, (point[1] - GRID_CENTER) * step

        (placed_profile,) = map_points((_a("profile", profile, Profile),), placed, step)
        position = _point3("sketch_position", sketch_position or [0.0, 0.0, 0.0])
        return _Sketch(Plane(position, plane.x_axis, plane.normal), placed_profile)


class _Second(_Program):
    """The second dialect: in millimetres, planes by reference, lists filled by name."""

    def __init__(self) -> None:
        super().__init__()
        self._curves: list[Any] | None = None
        self._loops: list[Any] | None = None

    def noted(self, name: str, value: Any) -> None:
        if name.startswith("Curves"):
            self._curves = _a(name, value, list)
        elif name.startswith("Loops"):
            self._loops = _a(name, value, list)
        elif name.startswith(("Line", "Arc", "Circle")):
            _join(name, value, self._curves, "Curves")
        elif name.startswith("Loop"):
            _join(name, value, self._loops, "Loops")

    def add_sketchplane(self, origin: Any, normal: Any, x_axis: Any) -> Plane:
        return _plane(
            _point3("origin", origin), _point3("normal", normal), _point3("x_axis", x_axis)
        )

    def add_sketchplane_ref(
        self,
        extrude: Any,
        origin: Any,
        type: Any,
        line: Any = None,
        reverse: Any = False,
        angle: Any = 0.0,
    ) -> Plane:
        seen = _seen_from(_a("extrude", extrude, _Extruded), type, line)
        x, y, turn = seen.x_axis, cross(seen.normal, seen.x_axis), _number("angle", angle)
        return _plane(
            in_space(seen, _point2("origin", origin)),
            # The turn is about the normal as it was before it is reversed.
            scaled(seen.normal, -1) if _a("reverse", reverse, bool) else seen.normal,
            add(scaled(x, math.cos(turn)), scaled(y, math.sin(turn))),
        )

    def add_sketch(
        self, sketch_plane: Any, profile: Any, sketch_position: Any = None, sketch_size: Any = None
    ) -> _Sketch:
        return _Sketch(_a("sketch_plane", sketch_plane, Plane), _a("profile", profile, Profile))


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
            foot = _a("line", line, _Drawn).curve
            if not isinstance(foot, Line):
                raise Unreadable("arguments", "line is no line")
            start, end = in_space(plane, foot.start), in_space(plane, foot.end)
            along = add(end, scaled(start, -1))
            return _plane(start, cross(along, plane.normal), along)
        case _:
            raise Unreadable("arguments", f"type is {kind!r:.40}, not a kind of reference")


def _extent(kind: int, one: float, two: float) -> tuple[float, float]:
    """Where the sweep starts and ends: on one side, on both alike, or on each as far as it says."""
    if kind == 0:
        return 0.0, one
    other = -one if kind == 1 else -two
    return min(other, one, 0.0), max(other, one, 0.0)


# --- loops as the executor closes them -----------------------------------------------------------


def _closed(drawn: Sequence[_Drawn]) -> Loop:
    """One loop of the curves in their order, from its left-most corner counter-clockwise."""
    if any(isinstance(each.curve, Circle) for each in drawn):
        if len(drawn) > 1:
            raise Unreadable("open_loop", f"a circle shares its loop with {len(drawn) - 1} curves")
        return Loop((drawn[0].curve,))
    curves: list[Line | Arc] = []
    for each in _in_order(drawn):
        curve = _open(each)
        # A gap is closed by moving what comes after it, however wide it is; only not the last one.
        curves.append(replace(curve, start=curves[-1].end) if curves else curve)
    first, last = curves[0], curves[-1]
    if not _near(last.end, first.start):
        raise Unreadable("open_loop", f"from {last.end} back to {first.start}")
    curves[-1] = replace(last, end=first.start)
    kept = [curve for curve in curves if isinstance(curve, Arc) or curve.start != curve.end]
    if not kept:
        raise Unreadable("empty_loop", "a loop has no curve of any length")
    for curve in kept:
        if isinstance(curve, Arc):
            circle_of(curve)  # a moved end may have left none
    return Loop(tuple(kept))


def _in_order(drawn: Sequence[_Drawn]) -> list[_Drawn]:
    """The curves where the loop starts first, each turned to go on from the one before it."""
    chain = list(drawn)
    if len(chain) > 1 and _near_either(_open(chain[0]).start, _open(chain[1])):
        _turn(chain[0])
    for each, following in pairwise(chain):
        if _near(_open(each).end, _open(following).end):
            _turn(following)
    at = min(range(len(chain)), key=lambda i: _rounded(_open(chain[i]).start))
    chain = chain[at:] + chain[:at]
    first, last = _open(chain[0]), _open(chain[-1])
    (ax, ay), (bx, by) = _arrives(last), _leaves(first)
    if ax * by - ay * bx < 0:
        chain.reverse()
        for each in chain:
            _turn(each)
    return chain


def _turn(drawn: _Drawn) -> None:
    drawn.curve = reverse(drawn.curve)


def _open(drawn: _Drawn) -> Line | Arc:
    assert not isinstance(drawn.curve, Circle)
    return drawn.curve


def _leaves(curve: Line | Arc) -> Point2:
    """Where a curve sets out for; an arc, for its middle."""
    return _step(curve.start, curve.mid if isinstance(curve, Arc) else curve.end)


def _arrives(curve: Line | Arc) -> Point2:
    """From where it comes in the end."""
    return _step(curve.mid if isinstance(curve, Arc) else curve.start, curve.end)


def _step(start: Point2, end: Point2) -> Point2:
    return end[0] - start[0], end[1] - start[1]


def _near_either(point: Point2, curve: Line | Arc) -> bool:
    return _near(point, curve.start) or _near(point, curve.end)


def _near(a: Point2, b: Point2) -> bool:
    """Numpy's ``allclose``, which the executor asks."""
    return all(abs(p - q) <= 1e-8 + 1e-5 * abs(q) for p, q in zip(a, b, strict=True))


def _rounded(point: Point2) -> Point2:
    return round(point[0], 6), round(point[1], 6)


# --- arguments -----------------------------------------------------------------------------------

Kind = TypeVar("Kind")


def _a(name: str, value: Any, kind: type[Kind]) -> Kind:
    if not isinstance(value, kind):
        found, wanted = (_word(each) for each in (type(value), kind))
        raise Unreadable("arguments", f"{name} is a {found}, expected a {wanted}")
    return value


def _word(kind: type) -> str:
    return kind.__name__.strip("_").lower()


def _items(name: str, value: Any, kind: type[Kind]) -> list[Kind]:
    items = [_a(f"an item of {name}", item, kind) for item in _a(name, value, list)]
    if not items:
        raise Unreadable("empty_loop", f"{name} is empty")
    return items


def _join(name: str, value: Any, items: list[Any] | None, kind: str) -> None:
    if items is None:
        raise Unreadable("undefined", f"there is no list of {kind} yet for {name} to join")
    items.append(value)


def _number(name: str, value: Any) -> float:
    return float(_a(name, value, float))


def _index(name: str, value: Any, count: int) -> int:
    number = _number(name, value)
    if number not in range(count):
        raise Unreadable("arguments", f"{name} is {number:g}, expected 0 to {count - 1}")
    return int(number)


def _numbers(name: str, value: Any, count: int) -> list[float]:
    numbers = [_number(f"an item of {name}", item) for item in _a(name, value, list)]
    if len(numbers) != count:
        raise Unreadable("arguments", f"{name} has {len(numbers)} numbers, expected {count}")
    return numbers


def _point2(name: str, value: Any) -> Point2:
    x, y = _numbers(name, value, 2)
    return x, y


def _point3(name: str, value: Any) -> Point3:
    x, y, z = _numbers(name, value, 3)
    return x, y, z


def _plane(origin: Point3, normal: Point3, x_axis: Point3) -> Plane:
    """With unit axes at right angles: programs round them to four places."""
    normal = _unit(normal)
    return Plane(origin, _unit(add(x_axis, scaled(normal, -dot(x_axis, normal)))), normal)


def _unit(direction: Point3) -> Point3:
    length = math.hypot(*direction)
    if length < 1e-9:
        raise Unreadable("arguments", "the axes of a plane do not span it")
    return scaled(direction, 1 / length)


def _size(profile: Profile) -> int:
    return sum(len(loop.curves) for loop in (profile.outer, *profile.inner))
