"""Loops as calls on a work plane: ``.circle(5)``, ``.moveTo(10, 0).rect(4, 2)``, ``.polyline``.

Every shape starts from its own absolute point; equal ones are drawn together, in rows and columns
or around the plane's origin where they stand so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from cadvlm.codegen.forms import Disc, Form, Outline, Rectangle, Regular, Slot, form, rounded
from cadvlm.codegen.numbers import number, point
from cadvlm.codegen.patterns import grid, ring
from cadvlm.sequences.loops import circle_of
from cadvlm.sequences.model import Arc, Circle, Line, Loop, Point2

_TOKEN = re.compile(r'"[^"]*"|[\w.]*\w|\S')
"""Near enough to Python's own: strings, names and numbers, and each sign by itself."""


HALF = 5e-7
"""CadQuery takes an arc for half a circle when the squares of its radius and of half its chord
differ by less than twice this."""


def length(text: str) -> tuple[int, int]:
    """What makes one way to write shorter than another: tokens first, then characters."""
    return len(_TOKEN.findall(text)), len(text)


def draw(loops: Iterable[Loop], decimals: int, hole: str | None = None) -> str:
    """The chained calls that draw ``loops``.

    Args:
        loops: coordinates rounded to one place less than ``decimals``. The first loop stays first:
            CadQuery wants a boundary.
        decimals: places of the numbers written.
        hole: for circles that are to be holes, what comes after a hole's diameter.
    """
    text = ""
    here: Point2 | None = (0.0, 0.0)
    for call, points in _calls(loops, decimals, hole).items():
        if len(points) > 1:
            text += _points(points, decimals, turnable=call.startswith((".circle(", ".hole(")))
        elif points and points[0] != here:
            text += f".moveTo{point(points[0], decimals)}"
        elif not points and here == (0.0, 0.0):
            call = call.removeprefix(".moveTo(0, 0)")
        text += call
        # CadQuery goes on from the middle of what it drew.
        here = points[0] if len(points) == 1 and hole is None else None
    return text


def middles(loops: Iterable[Loop], decimals: int) -> list[Point2]:
    """Where a plane's origin would have to be for equal loops to be in an array around it."""
    groups = [points for points in _calls(loops, decimals, None).values() if len(points) > 2]
    found = [pattern(points, decimals) for points in groups for pattern in (grid, ring)]
    return [pattern.center for pattern in found if pattern]


def _calls(loops: Iterable[Loop], decimals: int, hole: str | None) -> dict[str, list[Point2]]:
    """The calls that draw loops, and the points about which each draws one."""
    calls: dict[str, list[Point2]] = {}
    for loop in loops:
        shape = form(loop, decimals)
        call = _call(shape, decimals)
        if hole is not None and isinstance(shape, Disc):
            call = f".hole({number(2 * shape.radius, decimals)}{hole})"
        calls.setdefault(call, []).extend([] if isinstance(shape, Outline) else [shape.center])
    return calls


def _points(points: Sequence[Point2], decimals: int, turnable: bool) -> str:
    """Where equal shapes stand; ``turnable`` when it does not matter which way they look."""
    texts = [f".pushPoints([{', '.join(point(each, decimals) for each in points)}])"]
    rows = grid(points, decimals)
    if rows and rows.center == (0.0, 0.0):
        spacing = ", ".join(number(value, decimals) for value in rows.spacing)
        texts.append(f".rarray({spacing}, {rows.count[0]}, {rows.count[1]})")
    round_ = ring(points, decimals) if turnable else None
    if round_ and round_.center == (0.0, 0.0):
        radius, start = number(round_.radius, decimals), number(round_.start, decimals + 2)
        texts.append(f".polarArray({radius}, {start}, 360, {round_.count})")
    return min(texts, key=length)


def _call(shape: Form, decimals: int) -> str:
    match shape:
        case Disc(_, radius):
            return f".circle({number(radius, decimals)})"
        case Rectangle(_, width, height):
            return f".rect{point((width, height), decimals)}"
        case Slot(_, long, width, upright):
            size = f"{number(long, decimals)}, {number(width, decimals)}"
            return f".slot2D({size}, 90)" if upright else f".slot2D({size})"
        case Regular(_, sides, diameter):
            return f".polygon({sides}, {number(diameter, decimals)})"
        case Outline(loop):
            return min(_outlines(loop, decimals), key=length)


def _outlines(loop: Loop, decimals: int) -> list[str]:
    """Ways to write a loop point by point."""
    curves = [curve for curve in loop.curves if not isinstance(curve, Circle)]
    texts = [_path(_from(curves, (0.0, 0.0)), decimals), _path(curves, decimals)]
    if not any(isinstance(curve, Arc) for curve in curves):
        corners = ", ".join(point(rounded(curve.start, decimals), decimals) for curve in curves)
        texts.append(f".polyline([{corners}]).close()")
    return texts


def _from(curves: list[Line | Arc], start: Point2) -> list[Line | Arc]:
    """The loop from its corner at ``start``, if it has one."""
    at = next((i for i, curve in enumerate(curves) if curve.start == start), 0)
    return curves[at:] + curves[:at]


def _path(curves: list[Line | Arc], decimals: int) -> str:
    """Lines and arcs from point to point; ``close`` draws the last line."""
    last = next((i for i, curve in reversed([*enumerate(curves)]) if isinstance(curve, Line)), -1)
    if isinstance(curves[-1], Arc) and last >= 0 and curves[0].start != (0.0, 0.0):
        curves = curves[last + 1 :] + curves[: last + 1]
    drawn = curves[:-1] if isinstance(curves[-1], Line) else curves
    text = f".moveTo{point(rounded(curves[0].start, decimals), decimals)}"
    for curve in drawn:
        text += _arc(curve, decimals) if isinstance(curve, Arc) else _line(curve, decimals)
    return text + ".close()"


def _line(line: Line, decimals: int) -> str:
    """A step along an axis is written as its length, or as where it leads."""
    (x1, y1), (x2, y2) = rounded(line.start, decimals), rounded(line.end, decimals)
    if y1 == y2:
        steps = f".hLine({number(x2 - x1, decimals)})", f".hLineTo({number(x2, decimals)})"
        return min(steps, key=length)
    if x1 == x2:
        steps = f".vLine({number(y2 - y1, decimals)})", f".vLineTo({number(y2, decimals)})"
        return min(steps, key=length)
    return f".lineTo{point((x2, y2), decimals)}"


def _arc(arc: Arc, decimals: int) -> str:
    """By its radius where that is shorter to say and comes out the same, else by three points."""
    start, end = rounded(arc.start, decimals), rounded(arc.end, decimals)
    points = f".threePointArc({point(arc.mid, decimals)}, {point(end, decimals)})"
    _, exact, sweep = circle_of(arc)
    tolerance = 10.0 ** (1 - decimals)  # the step to which the points were rounded
    for places in range(decimals + 1):
        # CadQuery's sign: positive bulges to the left of the way from start to end.
        radius = math.copysign(round(exact, places), -sweep)
        mid = _mid_by_radius(start, end, radius)
        if mid and math.dist(mid, arc.mid) <= tolerance:
            by_radius = f".radiusArc({point(end, decimals)}, {number(radius, places)})"
            return min(points, by_radius, key=length)
    return points


def _mid_by_radius(start: Point2, end: Point2, radius: float) -> Point2 | None:
    """The middle of CadQuery's ``radiusArc``, or None when the radius does not reach."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    chord = math.hypot(dx, dy)
    below = radius**2 - chord**2 / 4
    if chord == 0 or below <= -HALF:
        return None
    rise = abs(radius) - (math.sqrt(below) if below > HALF else 0)
    scale = math.copysign(rise, radius) / chord
    return ((start[0] + end[0]) / 2 - dy * scale, (start[1] + end[1]) / 2 + dx * scale)
