"""What people call a closed outline: a circle, a rectangle, a slot, a hexagon; or no name at all.

Points are rounded first and forms recognised after, so that an outline has a name exactly when the
rounded points have it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cadvlm.sequences.loops import circle_of
from cadvlm.sequences.model import Arc, Circle, Line, Loop, Point2


@dataclass(frozen=True, slots=True)
class Disc:
    """The inside of a circle."""

    center: Point2
    radius: float


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Four sides along the sketch's axes."""

    center: Point2
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Slot:
    """Two half circles and two lines between them, along one of the sketch's axes."""

    center: Point2
    length: float
    """From end to end."""
    width: float
    upright: bool
    """Along y."""


@dataclass(frozen=True, slots=True)
class Regular:
    """Equal sides and equal corners, one of them on the centre's right."""

    center: Point2
    sides: int
    diameter: float
    """Of the circle around the corners."""


@dataclass(frozen=True, slots=True)
class Outline:
    """Anything else."""

    loop: Loop


Form = Disc | Rectangle | Slot | Regular | Outline


def form(loop: Loop, decimals: int) -> Form:
    """The form of a loop.

    Args:
        loop: points rounded to one place less than ``decimals``, so that the middle of a rectangle
            can be written too.
        decimals: places of the form's own numbers.
    """
    first = loop.curves[0]
    if isinstance(first, Circle):
        return Disc(rounded(first.center, decimals), round(first.radius, decimals))
    kinds = "".join("L" if isinstance(curve, Line) else "A" for curve in loop.curves)
    found: Form | None = None
    if "A" not in kinds:
        lines = [curve for curve in loop.curves if isinstance(curve, Line)]
        corners = [rounded(line.start, decimals) for line in lines]
        found = _rectangle(corners, decimals) or _regular(corners, decimals)
    elif kinds in ("LALA", "ALAL"):
        found = _slot(loop, decimals)
    return found or Outline(loop)


def rounded(value: Point2, decimals: int) -> Point2:
    """The point without minus zeros."""
    return (round(value[0], decimals) + 0.0, round(value[1], decimals) + 0.0)


def _rectangle(corners: Sequence[Point2], decimals: int) -> Rectangle | None:
    xs, ys = sorted({x for x, _ in corners}), sorted({y for _, y in corners})
    if len(corners) != 4 or len(xs) != 2 or len(ys) != 2 or len(set(corners)) != 4:
        return None
    center = rounded(((xs[0] + xs[1]) / 2, (ys[0] + ys[1]) / 2), decimals)
    return Rectangle(center, round(xs[1] - xs[0], decimals), round(ys[1] - ys[0], decimals))


def _regular(corners: Sequence[Point2], decimals: int) -> Regular | None:
    count = len(corners)
    if not 3 <= count <= 12:
        return None
    # Rounded corners are off by half of a step, and the middle of them by less.
    step = 10.0 ** (1 - decimals)
    x, y = (sum(axis) / count for axis in zip(*corners, strict=True))
    radius = max(corners)[0] - x
    if radius < 100 * step:
        return None
    turn = math.tau / count
    wanted = [
        (x + radius * math.cos(i * turn), y + radius * math.sin(i * turn)) for i in range(count)
    ]
    if any(min(math.dist(each, corner) for corner in corners) > step for each in wanted):
        return None
    return Regular(rounded((x, y), decimals), count, round(2 * radius, decimals))


def _slot(loop: Loop, decimals: int) -> Slot | None:
    step = 10.0 ** (1 - decimals)
    arcs = [curve for curve in loop.curves if isinstance(curve, Arc)]
    lines = [curve for curve in loop.curves if isinstance(curve, Line)]
    ((ax, ay), radius, _), ((bx, by), other, _) = map(circle_of, arcs)
    upright = abs(ax - bx) < step
    if not upright and abs(ay - by) >= step:
        return None
    reach = abs(by - ay) if upright else abs(bx - ax)
    center = rounded(((ax + bx) / 2, (ay + by) / 2), decimals)
    across = 0 if upright else 1
    sides = sorted(line.start[across] - center[across] for line in lines)
    flat = all(abs(line.start[across] - line.end[across]) < step for line in lines)
    ends = [math.dist(arc.mid, center) - radius - reach / 2 for arc in arcs]
    fits = [radius - other, sides[0] + radius, sides[1] - radius, *ends]
    if not flat or reach < step or any(abs(gap) >= step for gap in fits):
        return None
    width = round(2 * radius, decimals - 1)
    return Slot(center, round(reach + 2 * radius, decimals - 1), width, upright)
