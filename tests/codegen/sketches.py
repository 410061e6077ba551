"""Loops, profiles and extrudes with few words, for the tests of all writers."""

from __future__ import annotations

import math

from cadvlm.sequences.loops import chain
from cadvlm.sequences.model import Arc, Boolean, Circle, Extrude, Line, Loop, Plane, Point2, Profile

XY = Plane((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))


def circle(x: float, y: float, radius: float) -> Loop:
    return Loop((Circle((x, y), radius),))


def polygon(*corners: Point2) -> Loop:
    return chain([Line(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)])


def box(left: float, bottom: float, right: float, top: float) -> Loop:
    return polygon((left, bottom), (right, bottom), (right, top), (left, top))


def regular(sides: int, radius: float, first: float = 0.0) -> Loop:
    """The first corner at ``first`` radians."""
    angles = [first + i * math.tau / sides for i in range(sides)]
    return polygon(*((radius * math.cos(a), radius * math.sin(a)) for a in angles))


def slot(length: float, width: float, x: float = 0.0, y: float = 0.0) -> Loop:
    """Along x, around a point."""
    half, radius = length / 2 - width / 2, width / 2
    return Loop(
        (
            Line((x - half, y - radius), (x + half, y - radius)),
            Arc((x + half, y - radius), (x + half + radius, y), (x + half, y + radius)),
            Line((x + half, y + radius), (x - half, y + radius)),
            Arc((x - half, y + radius), (x - half - radius, y), (x - half, y - radius)),
        )
    )


def extrude(
    *profiles: Profile,
    plane: Plane = XY,
    boolean: Boolean = Boolean.NEW,
    start: float = 0.0,
    end: float = 10.0,
) -> Extrude:
    return Extrude(plane, profiles, boolean, start, end)


def raised(height: float) -> Plane:
    """The plane XY at a height."""
    return Plane((0.0, 0.0, height), XY.x_axis, XY.normal)
