"""Closed loops out of loose curves, and profiles out of loops.

Exporters list the curves of a loop in any direction, sometimes in any order, and round their ends;
some flag every loop as an outer one. What counts here is geometry alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.model import Arc, Circle, Curve, Line, Loop, Point2, Profile

JOINT_MM = 1e-3
"""Ends nearer than this are one point. DeepCAD's files round to 1e-5 mm and are off by at most
1e-4 mm; a real gap is that of a person, and larger."""

LARGEST_MM = 1e9
"""Of any length: a thousand kilometres. Beyond, squares of what is computed are no numbers."""


def bounded(value: float) -> float:
    """The same number, if it is one to compute with.

    Raises:
        Unreadable: ``not_finite``, ``too_large``.
    """
    if not math.isfinite(value):
        raise Unreadable("not_finite", f"a length of {value}")
    if abs(value) > LARGEST_MM:
        raise Unreadable("too_large", f"a length of {value:g} mm, at most {LARGEST_MM:g} are read")
    return value


def chain(curves: Iterable[Curve]) -> Loop:
    """Put curves end to end, turning those that point the other way.

    Joints become exact: every curve starts at the very point where the one before it ends.

    Raises:
        Unreadable: ``open_loop`` when the curves do not close, ``empty_loop`` when none is left.
    """
    rest = [curve for curve in curves if not _is_point(curve)]
    if not rest:
        raise Unreadable("empty_loop", "a loop has no curve of any length")
    done = [rest.pop(0)]
    if isinstance(done[0], Circle):
        if rest:
            raise Unreadable("open_loop", f"a circle shares its loop with {len(rest)} curves")
        return Loop((done[0],))
    while rest:
        tip = _open(done[-1]).end
        # Of several curves at one point the file's next is right: min() keeps the first.
        following = min(rest, key=lambda curve: min(_reach(tip, curve)))
        rest.remove(following)
        done.append(_from(tip, following))
    first, last = _open(done[0]), _open(done[-1])
    if math.dist(last.end, first.start) > JOINT_MM:
        raise Unreadable("open_loop", f"from {first.start} to {last.end} mm")
    if len(done) > 1:
        done[-1] = replace(last, end=first.start)
    return Loop(tuple(done))


def nest(loops: Sequence[Loop]) -> Profile:
    """The largest loop is the boundary of a region, the others are its holes."""
    outer, *inner = sorted(loops, key=lambda loop: -abs(area(loop)))
    return Profile(outer, tuple(inner))


def area(loop: Loop) -> float:
    """Signed area in square millimetres, positive when the loop runs counter-clockwise."""
    total = 0.0
    for curve in loop.curves:
        if isinstance(curve, Circle):
            return math.pi * curve.radius**2
        (x1, y1), (x2, y2) = curve.start, curve.end
        total += (x1 * y2 - x2 * y1) / 2
        if isinstance(curve, Arc):
            _, radius, sweep = circle_of(curve)
            total += radius**2 * (sweep - math.sin(sweep)) / 2
    return total


def bounds(loop: Loop) -> tuple[float, float, float, float]:
    """``(xmin, ymin, xmax, ymax)`` in millimetres, arcs at their widest included."""
    points: list[Point2] = []
    for curve in loop.curves:
        if isinstance(curve, Circle):
            (x, y), r = curve.center, curve.radius
            points += [(x - r, y - r), (x + r, y + r)]
            continue
        points += [curve.start, curve.end]
        if isinstance(curve, Arc):
            points += _extremes(curve)
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _extremes(arc: Arc) -> list[Point2]:
    """Where an arc is level or upright, if it is."""
    (x, y), radius, sweep = circle_of(arc)
    begin = math.atan2(arc.start[1] - y, arc.start[0] - x)
    # Quarter turns that the arc passes, counted from the positive x axis.
    low, high = sorted((begin, begin + sweep))
    quarters = range(math.ceil(low / (math.pi / 2)), math.floor(high / (math.pi / 2)) + 1)
    turns = (quarter * math.pi / 2 for quarter in quarters)
    return [(x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in turns]


def reverse(curve: Curve) -> Curve:
    """The same points, run through from the other end."""
    if isinstance(curve, Circle):
        return curve
    return replace(curve, start=curve.end, end=curve.start)


def map_points(
    profiles: tuple[Profile, ...], move: Callable[[Point2], Point2], scale: float = 1.0
) -> tuple[Profile, ...]:
    """Send every point through ``move``, which multiplies distances by ``scale``."""

    def curve(item: Curve) -> Curve:
        match item:
            case Line(start, end):
                return Line(move(start), move(end))
            case Arc(start, mid, end):
                return Arc(move(start), move(mid), move(end))
            case Circle(center, radius):
                return Circle(move(center), scale * radius)

    def loop(item: Loop) -> Loop:
        return Loop(tuple(map(curve, item.curves)))

    return tuple(Profile(loop(p.outer), tuple(map(loop, p.inner))) for p in profiles)


def snapped(
    loop: Loop,
    at: Callable[[Point2], Point2],
    radius: Callable[[float], float],
    arc: Callable[[Arc, Point2, Point2], Arc | Line],
) -> Loop | None:
    """A loop whose points are rounded by ``at``; None where that leaves it flat.

    ``arc`` is given an arc and its rounded ends.
    """
    curves: list[Curve] = []
    for curve in loop.curves:
        if isinstance(curve, Circle):
            return Loop((Circle(at(curve.center), radius(curve.radius)),))
        start, end = at(curve.start), at(curve.end)
        if start != end:
            curves.append(arc(curve, start, end) if isinstance(curve, Arc) else Line(start, end))
    drawn = Loop(tuple(curves))
    return drawn if len(curves) > 1 and abs(area(drawn)) > 0 else None


def middle(start: Point2, end: Point2, sweep: float) -> Point2:
    """The middle of the arc between two points that turns by ``sweep`` radians."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    # Half the chord times tan(sweep / 4) is how far the middle stands off, to the right of the
    # way when the arc turns left.
    off = math.tan(sweep / 4) / 2
    return (start[0] + end[0]) / 2 + dy * off, (start[1] + end[1]) / 2 - dx * off


def circle_of(arc: Arc) -> tuple[Point2, float, float]:
    """Centre, radius and signed sweep (radians, counter-clockwise positive) of an arc.

    The sweep follows from the angle at the middle point, so it holds for more than half a turn.
    """
    (x1, y1), (xm, ym), (x2, y2) = arc.start, arc.mid, arc.end
    ax, ay, bx, by = xm - x1, ym - y1, x2 - xm, y2 - ym
    # Inscribed angle: chords start-mid and mid-end turn by half of the sweep.
    sweep = 2 * math.atan2(ax * by - ay * bx, ax * bx + ay * by)
    chord = math.hypot(x2 - x1, y2 - y1)
    if sweep == 0 or chord == 0:
        raise Unreadable("degenerate_arc", f"{arc.start} {arc.mid} {arc.end} mm")
    radius = chord / (2 * abs(math.sin(sweep / 2)))
    offset = chord / (2 * math.tan(sweep / 2))
    nx, ny = (y1 - y2) / chord, (x2 - x1) / chord
    center = ((x1 + x2) / 2 + offset * nx, (y1 + y2) / 2 + offset * ny)
    return center, radius, sweep


def headings(curve: Curve) -> tuple[float, float]:
    """Direction of travel at the start and at the end, radians. A circle has none: ``(0, 0)``."""
    match curve:
        case Line((x1, y1), (x2, y2)):
            heading = math.atan2(y2 - y1, x2 - x1)
            return heading, heading
        case Arc(start, _, end):
            (x, y), _, sweep = circle_of(curve)
            quarter = math.copysign(math.pi / 2, sweep)
            return (
                math.atan2(start[1] - y, start[0] - x) + quarter,
                math.atan2(end[1] - y, end[0] - x) + quarter,
            )
        case Circle():
            return 0.0, 0.0


def _is_point(curve: Curve) -> bool:
    return isinstance(curve, Line) and math.dist(curve.start, curve.end) <= JOINT_MM


def _open(curve: Curve) -> Line | Arc:
    if isinstance(curve, Circle):
        raise Unreadable("open_loop", "a circle shares its loop with other curves")
    return curve


def _reach(tip: Point2, curve: Curve) -> tuple[float, float]:
    curve = _open(curve)
    return math.dist(tip, curve.start), math.dist(tip, curve.end)


def _from(tip: Point2, curve: Curve) -> Line | Arc:
    to_start, to_end = _reach(tip, curve)
    if min(to_start, to_end) > JOINT_MM:
        raise Unreadable("open_loop", f"nothing continues from {tip} mm")
    return replace(_open(curve if to_start <= to_end else reverse(curve)), start=tip)
