"""Loops as calls on a work plane: ``.circle(5)``, ``.moveTo(10, 0).rect(4, 2)``, ``.polyline``.

Every shape starts from its own absolute point. Points are rounded first and shapes recognised
after, so that a rectangle is written as one exactly when the rounded corners are one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cadvlm.codegen.numbers import number, point
from cadvlm.sequences.loops import circle_of
from cadvlm.sequences.model import Arc, Circle, Line, Loop, Point2


class _Shape(NamedTuple):
    """A call that draws one loop, and the point it draws about; None when it names its points."""

    call: str
    center: Point2 | None


def draw(loops: Iterable[Loop], decimals: int) -> str:
    """The chained calls that draw ``loops``, equal circles and rectangles in one call.

    Args:
        loops: Coordinates rounded to one place less than ``decimals``, so that the middle of a
            rectangle can be written too. The first loop stays first: CadQuery wants a boundary.
        decimals: Places of the numbers written.
    """
    centers: dict[str, list[Point2]] = {}
    for loop in loops:
        shape = _shape(loop, decimals)
        centers.setdefault(shape.call, []).extend([shape.center] if shape.center else [])
    text = ""
    here: Point2 | None = (0.0, 0.0)
    for call, points in centers.items():
        if len(points) > 1:
            text += f".pushPoints([{', '.join(point(each, decimals) for each in points)}])"
        elif points and points[0] != here:
            text += f".moveTo{point(points[0], decimals)}"
        text += call
        # CadQuery goes on from the middle of what it drew.
        here = points[0] if len(points) == 1 else None
    return text


def _shape(loop: Loop, decimals: int) -> _Shape:
    first = loop.curves[0]
    if isinstance(first, Circle):
        return _Shape(
            f".circle({number(first.radius, decimals)})", _rounded(first.center, decimals)
        )
    if any(not isinstance(curve, Line) for curve in loop.curves):
        return _Shape(_path(loop, decimals), None)
    corners = [_rounded(line.start, decimals) for line in loop.curves if isinstance(line, Line)]
    return _rectangle(corners, decimals) or _Shape(_polygon(corners, decimals), None)


def _rectangle(corners: Sequence[Point2], decimals: int) -> _Shape | None:
    """A rectangle along the axes, when the corners are one's."""
    xs, ys = sorted({x for x, _ in corners}), sorted({y for _, y in corners})
    if len(corners) != 4 or len(xs) != 2 or len(ys) != 2 or len(set(corners)) != 4:
        return None
    size = (round(xs[1] - xs[0], decimals), round(ys[1] - ys[0], decimals))
    center = _rounded(((xs[0] + xs[1]) / 2, (ys[0] + ys[1]) / 2), decimals)
    return _Shape(f".rect{point(size, decimals)}", center)


def _polygon(corners: Sequence[Point2], decimals: int) -> str:
    return f".polyline([{', '.join(point(corner, decimals) for corner in corners)}]).close()"


def _path(loop: Loop, decimals: int) -> str:
    """Lines and arcs from point to point; ``close`` draws the last line."""
    curves = [curve for curve in loop.curves if not isinstance(curve, Circle)]
    last = next((i for i, curve in enumerate(curves) if isinstance(curve, Line)), -1)
    curves = curves[last + 1 :] + curves[: last + 1]
    drawn = curves[:-1] if last >= 0 else curves
    text = f".moveTo{point(curves[0].start, decimals)}"
    for curve in drawn:
        text += _arc(curve, decimals) if isinstance(curve, Arc) else _line(curve, decimals)
    return text + ".close()"


def _line(line: Line, decimals: int) -> str:
    """A step along an axis is written as its length."""
    (x1, y1), (x2, y2) = _rounded(line.start, decimals), _rounded(line.end, decimals)
    if y1 == y2:
        return f".hLine({number(x2 - x1, decimals)})"
    if x1 == x2:
        return f".vLine({number(y2 - y1, decimals)})"
    return f".lineTo{point((x2, y2), decimals)}"


def _arc(arc: Arc, decimals: int) -> str:
    """By its radius where that is shorter to say and comes out the same, else by three points."""
    start, end = _rounded(arc.start, decimals), _rounded(arc.end, decimals)
    points = f".threePointArc({point(arc.mid, decimals)}, {point(end, decimals)})"
    _, exact, sweep = circle_of(arc)
    tolerance = 10.0 ** (1 - decimals)  # the step to which the points were rounded
    for places in range(decimals + 1):
        # CadQuery's sign: positive bulges to the left of the way from start to end.
        radius = math.copysign(round(exact, places), -sweep)
        mid = _mid_by_radius(start, end, radius)
        if mid and math.dist(mid, arc.mid) <= tolerance:
            by_radius = f".radiusArc({point(end, decimals)}, {number(radius, places)})"
            return min(points, by_radius, key=len)
    return points


def _mid_by_radius(start: Point2, end: Point2, radius: float) -> Point2 | None:
    """The middle of CadQuery's ``radiusArc``, or None when the radius does not reach."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    chord = math.hypot(dx, dy)
    if chord == 0 or abs(radius) <= chord / 2:
        return None
    rise = abs(radius) - math.sqrt(radius**2 - chord**2 / 4)
    scale = math.copysign(rise, radius) / chord
    return ((start[0] + end[0]) / 2 - dy * scale, (start[1] + end[1]) / 2 + dx * scale)


def _rounded(value: Point2, decimals: int) -> Point2:
    return (round(value[0], decimals) + 0.0, round(value[1], decimals) + 0.0)
