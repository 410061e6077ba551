"""Equal things in rows and columns, or on a circle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cadvlm.codegen.forms import rounded
from cadvlm.sequences.model import Point2


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows and columns, filled."""

    center: Point2
    spacing: Point2
    count: tuple[int, int]
    """Columns and rows; where there is one, its spacing says nothing and is 1."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Evenly around a circle."""

    center: Point2
    radius: float
    start: float
    """Where the first stands, in degrees, below one step."""
    count: int


def grid(points: Sequence[Point2], decimals: int) -> Grid | None:
    """The rows and columns that three points or more stand in, if they do."""
    step = 10.0 ** (1 - decimals)
    axes = [_levels([point[axis] for point in points], step) for axis in (0, 1)]
    columns, rows = map(len, axes)
    if len(points) < 3 or columns * rows != len(points):
        return None
    places = {(_nearest(axes[0], x), _nearest(axes[1], y)) for x, y in points}
    if len(places) != len(points):
        return None
    spacing = []
    for levels in axes:
        pitch = (levels[-1] - levels[0]) / (len(levels) - 1) if len(levels) > 1 else 1.0
        even = (levels[0] + i * pitch for i in range(len(levels)))
        if any(abs(a - b) > step for a, b in zip(levels, even, strict=True)):
            return None
        spacing.append(pitch)
    middle = rounded(((axes[0][0] + axes[0][-1]) / 2, (axes[1][0] + axes[1][-1]) / 2), decimals)
    return Grid(middle, rounded((spacing[0], spacing[1]), decimals), (columns, rows))


def ring(points: Sequence[Point2], decimals: int) -> Ring | None:
    """The circle around which three points or more are spread, if they are."""
    count = len(points)
    if count < 3:
        return None
    step = 10.0 ** (1 - decimals)
    middle = sum(p[0] for p in points) / count, sum(p[1] for p in points) / count
    # Of each number the shortest that fits: rounded points are not quite around their middle.
    for places in range(decimals + 1):
        center = rounded(middle, places)
        reach = [math.dist(center, p) for p in points]
        if max(reach) - min(reach) <= 1.5 * step:
            break
    for places in range(decimals + 1):
        radius = round(sum(reach) / count, places)
        if max(abs(radius - each) for each in reach) <= step:
            break
    if radius < 100 * step:
        return None
    turn = math.tau / count
    angles = [math.atan2(p[1] - center[1], p[0] - center[0]) for p in points]
    # The first of them, as all of them together say where it is.
    first = angles[0] % turn
    first += sum((a - first + turn / 2) % turn - turn / 2 for a in angles) / count
    for places in range(decimals + 3):
        start = round(math.degrees(first), places) % round(math.degrees(turn), 9) + 0.0
        angles = [math.radians(start) + i * turn for i in range(count)]
        wanted = [
            (center[0] + radius * math.cos(a), center[1] + radius * math.sin(a)) for a in angles
        ]
        if all(min(math.dist(each, point) for point in points) <= step for each in wanted):
            return Ring(center, radius, start, count)
    return None


def _levels(values: Sequence[float], step: float) -> list[float]:
    """The different ones of ``values``, ascending."""
    levels: list[float] = []
    for value in sorted(values):
        if not levels or value - levels[-1] > step:
            levels.append(value)
    return levels


def _nearest(levels: Sequence[float], value: float) -> int:
    return min(range(len(levels)), key=lambda i: abs(levels[i] - value))
