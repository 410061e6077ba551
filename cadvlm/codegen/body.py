"""What can be said of a part half way through its operations, without the kernel.

Its box, where its outermost flat faces are, and so which of them an operation begins in. Material
that was cut away is not reckoned: what follows from this is likely and not certain.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import NamedTuple

from cadvlm.codegen.planes import is_straight, turned
from cadvlm.sequences.corners import corners
from cadvlm.sequences.loops import bounds
from cadvlm.sequences.model import Boolean, Extrude, Line, Point3
from cadvlm.sequences.vectors import dot, in_space, scaled

FACES: dict[str, tuple[Point3, Point3]] = {
    ">Z": ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    ">X": ((0.0, 1.0, 0.0), (1.0, 0.0, 0.0)),
    "<Y": ((1.0, 0.0, 0.0), (0.0, -1.0, 0.0)),
    "<Z": ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
    "<X": ((0.0, -1.0, 0.0), (-1.0, 0.0, 0.0)),
    ">Y": ((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
}
"""CadQuery's selectors of the outermost faces, with the x direction and the normal that its
``workplane`` has there. The first three draw as the named planes do."""

NEAR = 1e-6
"""Of the part's size: places nearer than this are one."""


class Seat(NamedTuple):
    """An outermost flat face that an operation may be drawn on."""

    face: str
    op: Extrude
    """From a sketch on that face, in the part's coordinates."""
    through: bool
    """Whether it is a cut through the whole part."""


class Body:
    """The box of what was added so far, and where flat faces are along each axis."""

    def __init__(self) -> None:
        self._low = [math.inf] * 3
        self._high = [-math.inf] * 3
        self._flat: list[tuple[int, float]] = []

    def add(self, op: Extrude) -> None:
        """Take into account an operation that is done."""
        if op.boolean in (Boolean.CUT, Boolean.INTERSECT):
            return
        for axis, values in enumerate(zip(*corners(op), strict=True)):
            self._low[axis] = min(self._low[axis], *values)
            self._high[axis] = max(self._high[axis], *values)
        if is_straight(op.plane):
            self._flat += _flat(op)

    def seats(self, op: Extrude) -> Iterator[Seat]:
        """The faces that what is added stands on, or that what is cut comes in through."""
        if op.boolean is Boolean.INTERSECT or not is_straight(op.plane):
            return
        near = NEAR * self.size
        for face, (x_axis, normal) in FACES.items():
            bottom, top = self._reach(normal)
            if _axis(op.plane.normal) != _axis(normal) or not self._is_flat(normal, top):
                continue
            drawn = turned(op, x_axis, normal)
            height = dot(drawn.plane.origin, normal) - top
            low, high = sorted((height + drawn.start, height + drawn.end))
            plane = replace(drawn.plane, origin=scaled(normal, top))
            if op.boolean is Boolean.CUT and low < -near <= high + near:
                cut = replace(drawn, plane=plane, start=0.0, end=low)
                yield Seat(face, cut, low <= bottom - top + near)
            elif op.boolean is not Boolean.CUT and abs(low) <= near:
                yield Seat(face, replace(drawn, plane=plane, start=0.0, end=high), False)

    def pierced(self, op: Extrude) -> bool:
        """Whether a cut leaves the part's box on both sides."""
        bottom, top = self._reach(op.plane.normal)
        height = dot(op.plane.origin, op.plane.normal)
        low, high = sorted((height + op.start, height + op.end))
        near = NEAR * self.size
        return low <= bottom + near and high >= top - near

    def holds(self, op: Extrude) -> bool:
        """Whether what is swept lies within the part's box, but for the way it goes."""
        ahead, near = _axis(op.plane.normal), NEAR * self.size
        return all(
            axis == ahead or (self._low[axis] < value - near and value + near < self._high[axis])
            for corner in corners(op)
            for axis, value in enumerate(corner)
        )

    @property
    def size(self) -> float:
        """The diagonal of the box."""
        return math.dist(self._low, self._high)

    def _reach(self, normal: Point3) -> tuple[float, float]:
        """The innermost height of the box along ``normal`` and the outermost."""
        box = product(*zip(self._low, self._high, strict=True))
        heights = [dot((x, y, z), normal) for x, y, z in box]
        return min(heights), max(heights)

    def _is_flat(self, normal: Point3, height: float) -> bool:
        axis, near = _axis(normal), NEAR * self.size
        return any(
            own == axis and abs(value * normal[axis] - height) <= near for own, value in self._flat
        )


def _flat(op: Extrude) -> Iterator[tuple[int, float]]:
    """Axis and place of the flat faces of a straight extrude that may be outermost: its ends, and
    the walls on lines along its sketch's axes."""
    across, ahead = _axis(op.plane.x_axis), _axis(op.plane.normal)
    upward = 3 - across - ahead
    for height in (op.start, op.end):
        yield ahead, in_space(op.plane, (0.0, 0.0), height)[ahead]
    for profile in op.profiles:
        left, bottom, right, top = bounds(profile.outer)
        for line in profile.outer.curves:
            if not isinstance(line, Line):
                continue
            place = in_space(op.plane, line.start)
            if line.start[0] == line.end[0] and line.start[0] in (left, right):
                yield across, place[across]
            if line.start[1] == line.end[1] and line.start[1] in (bottom, top):
                yield upward, place[upward]


def _axis(direction: Point3) -> int:
    """Which axis a direction is along, or mostly."""
    return max(range(3), key=lambda axis: abs(direction[axis]))
