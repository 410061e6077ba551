"""DeepCAD's grid: a part that reaches to 0.75, sketches of their own size, 256 steps.

What the vectors of DeepCAD keep of a part (Wu et al., ICCV 2021; its ``cadlib``): the part is
scaled about its origin until its bounding box reaches to 0.75. Every profile is a sketch of its
own; its origin is where its outline begins, and its size the farthest that it reaches from there
along an axis. In 8 bits, places and extents are in steps of 1/128 from -1 to 127/128, sizes of
sketches too, points of a sketch in 95ths of its size, angles of the plane and of arcs in 256ths of
a turn.

Where DeepCAD's own code loses a part, this does not: an angle of half a turn, which it cuts off at
127/128 of one, is kept; a direction with negative x is not turned round; what would vanish keeps
one step; and regions that share edges are joined before they are rounded apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cadvlm.sequences.corners import corners
from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.loops import (
    area,
    bounds,
    circle_of,
    map_points,
    middle,
    reverse,
    snapped,
)
from cadvlm.sequences.model import (
    Arc,
    Boolean,
    Circle,
    ConstructionSequence,
    Curve,
    Extrude,
    Loop,
    Plane,
    Point2,
    Point3,
    Profile,
)
from cadvlm.sequences.regions import merge
from cadvlm.sequences.resize import resized
from cadvlm.sequences.vectors import add, cross, dot, in_space, scaled

REACH = 0.75
"""Largest coordinate of a part: the rest, up to 1, is for augmentation."""

STEPS = 95
"""Across a sketch in 8 bits."""

ROUNDED = 0.04
"""How far from ``REACH``, relative to it, the reach of a part may be that was scaled to it and then
rounded to 8 bits."""

LEFT_MOST = 5
"""Decimal places, relative to a loop's size, to which points are equally far left."""


def normalised(sequence: ConstructionSequence) -> ConstructionSequence:
    """Scaled about the origin so that the largest coordinate is ``REACH``; as it is, if it was."""
    adding = [op for op in sequence.operations if op.boolean in (Boolean.NEW, Boolean.JOIN)]
    reach = max(abs(value) for op in adding for corner in corners(op) for value in corner)
    scale = 1.0 if abs(reach / REACH - 1) < ROUNDED else REACH / reach
    return sequence if scale == 1 else resized(sequence, scale)


def single(sequence: ConstructionSequence) -> Iterator[Extrude]:
    """One extrude for each profile, but for an intersection with several at once."""
    for op in sequence.operations:
        profiles = merge(op.profiles)
        if op.boolean is Boolean.INTERSECT:
            yield replace(op, profiles=profiles)
            continue
        following = Boolean.JOIN if op.boolean is Boolean.NEW else op.boolean
        for index, profile in enumerate(profiles):
            yield replace(op, profiles=(profile,), boolean=following if index else op.boolean)


def begun(op: Extrude) -> Extrude:
    """The same solid from loops in DeepCAD's order, the sketch's origin where the first begins.

    Rounding moves the left end of a circle off the origin by up to one step: that stays.
    """
    (profile,) = op.profiles
    inner = sorted(profile.inner, key=lambda loop: bounds(loop)[:2])
    outer, *inner = map(_from_the_left, (profile.outer, *inner))
    first = outer.curves[0]
    x, y = _begin(first)
    if isinstance(first, Circle) and y == 0 and abs(x) * STEPS <= 2.001 * first.radius:
        x = 0.0
    return replace(
        op,
        plane=replace(op.plane, origin=in_space(op.plane, (x, y))),
        profiles=map_points((Profile(outer, tuple(inner)),), lambda p: (p[0] - x, p[1] - y)),
    )


def quantized(sequence: ConstructionSequence, bits: int = 8) -> ConstructionSequence:
    """The part that is left after rounding to DeepCAD's grid, in its unit: it reaches to 0.75.

    Args:
        sequence: in any unit.
        bits: of every number; DeepCAD has 8.

    Raises:
        Unreadable: ``vanished``, nothing is left of what the part began with;
            ``unsupported_operation``, an intersection with several profiles at once.
    """
    grid = _Grid(2**bits)
    operations: list[Extrude] = []
    for op in single(normalised(sequence)):
        if len(op.profiles) > 1:
            raise Unreadable("unsupported_operation", "an intersection with several profiles")
        operations += grid.extrude(begun(op))
    if not operations or operations[0].boolean is not Boolean.NEW:
        raise Unreadable("vanished", f"nothing is left of the first extrude in {bits} bits")
    return ConstructionSequence(tuple(operations))


def _from_the_left(loop: Loop) -> Loop:
    """Counter-clockwise from the left-most start of a curve, the lower of two."""
    curves = list(loop.curves)
    if isinstance(curves[0], Circle):
        return loop
    if area(loop) < 0:
        curves = [reverse(curve) for curve in reversed(curves)]
    left, bottom, right, top = bounds(loop)
    size = max(right - left, top - bottom)

    def place(index: int) -> tuple[float, float]:
        x, y = _begin(curves[index])
        return round((x - left) / size, LEFT_MOST), y

    at = min(range(len(curves)), key=place)
    return Loop((*curves[at:], *curves[:at]))


def _begin(curve: Curve) -> Point2:
    """Where DeepCAD has a curve begin: a circle, on its left."""
    if isinstance(curve, Circle):
        return curve.center[0] - curve.radius, curve.center[1]
    return curve.start


@dataclass(frozen=True, slots=True)
class _Grid:
    """So many levels for every number."""

    levels: int

    @property
    def steps(self) -> float:
        """Across a sketch: three quarters of half the levels, less one for rounding."""
        return self.levels / 2 * REACH - 1

    def extrude(self, op: Extrude) -> Iterator[Extrude]:
        """The extrude, unless nothing is left of its outline."""
        (profile,) = op.profiles
        reach = max(abs(value) for value in bounds(profile.outer))
        size = 2 / self.levels * min(max(round(reach / 2 * self.levels), 1), self.levels - 1)
        outer, *inner = (self.loop(loop, reach, size) for loop in (profile.outer, *profile.inner))
        if outer is None:
            return
        start, end = self.place(op.start), self.place(op.end)
        if start == end:
            end += math.copysign(2 / self.levels, op.end - op.start)
        x, y, z = map(self.place, op.plane.origin)
        yield replace(
            op,
            plane=self.plane(replace(op.plane, origin=(x, y, z))),
            profiles=(Profile(outer, tuple(loop for loop in inner if loop)),),
            start=start,
            end=end,
        )

    def place(self, value: float) -> float:
        """On the axis from -1 to 1, whose last step is missing."""
        level = min(max(round((value + 1) / 2 * self.levels), 0), self.levels - 1)
        return level / self.levels * 2 - 1

    def turn(self, angle: float) -> float:
        step = math.tau / self.levels
        return round(angle / step) * step

    def plane(self, plane: Plane) -> Plane:
        """By the polar angles of the normal, and how far x is turned about it."""
        nx, ny, nz = plane.normal
        theta, phi = math.acos(max(-1.0, min(1.0, nz))), math.atan2(ny, nx)
        across, up = _frame(theta, phi)
        gamma = math.atan2(dot(plane.x_axis, up), dot(plane.x_axis, across))
        theta, phi, gamma = map(self.turn, (theta, phi, gamma))
        across, up = _frame(theta, phi)
        x_axis = add(scaled(across, math.cos(gamma)), scaled(up, math.sin(gamma)))
        return Plane(plane.origin, _clean(x_axis), _clean(cross(across, up)))

    def loop(self, loop: Loop, reach: float, size: float) -> Loop | None:
        """A loop of a sketch that reaches so far, on the grid of one of ``size``; None if flat."""
        pitch = size / self.steps

        def on(value: float) -> int:
            half = self.levels // 2
            return min(max(round(value * (self.steps / reach)) + half, 0), self.levels - 1) - half

        def at(point: Point2) -> Point2:
            return on(point[0]) * pitch, on(point[1]) * pitch

        def radius(value: float) -> float:
            return min(max(round(value * (self.steps / reach)), 1), self.levels - 1) * pitch

        return snapped(loop, at, radius, self.arc)

    def arc(self, arc: Arc, start: Point2, end: Point2) -> Arc:
        """From one rounded point to another over a rounded angle."""
        _, _, sweep = circle_of(arc)
        step = math.tau / self.levels
        turn = min(max(round(abs(sweep) / step), 1), self.levels - 1) * step
        return Arc(start, middle(start, end, math.copysign(turn, sweep)), end)


def _frame(theta: float, phi: float) -> tuple[Point3, Point3]:
    """The x and y axes of a plane whose normal has these polar angles, before it is turned."""
    across = (math.cos(theta) * math.cos(phi), math.cos(theta) * math.sin(phi), -math.sin(theta))
    return across, (-math.sin(phi), math.cos(phi), 0.0)


def _clean(axis: Point3) -> Point3:
    x, y, z = (round(component, 12) + 0.0 for component in axis)
    return (x, y, z)
