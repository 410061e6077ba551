"""Neighbouring regions of a sketch as one: what a person would have drawn.

Onshape cuts a sketch into the smallest regions that its curves enclose, and an extrude lists all
that were picked: a drilled plate with the drilled disc is a plate. Edges that two picked regions
share are inside the result and go; what remains is the outline.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from cadvlm.sequences.loops import JOINT_MM, area, circle_of, nest, reverse
from cadvlm.sequences.model import (
    Arc,
    Circle,
    ConstructionSequence,
    Curve,
    Line,
    Loop,
    Point2,
    Profile,
)

SAME_MM = 1e-4
"""Ten times the step to which DeepCAD's files round: curves nearer than this are one."""


def merge(profiles: Sequence[Profile]) -> tuple[Profile, ...]:
    """Join profiles that share edges; the others are left as they are.

    Profiles whose union would touch itself in a point stay apart: such an outline is no valid
    face, while the kernel's union of their solids is sound.
    """
    if len(profiles) < 2:
        return tuple(profiles)
    edges = _edges(dict.fromkeys(profiles))
    merged: list[Profile] = []
    for group in _neighbours(edges):
        union = _union([edge for profile in group for edge in edges[profile]])
        merged += [union] if union and len(group) > 1 else group
    return tuple(merged)


def outlined(sequence: ConstructionSequence) -> ConstructionSequence:
    """The same part with as few regions and curves as draw it."""
    return ConstructionSequence(
        tuple(
            replace(op, profiles=tuple(map(simplify, merge(op.profiles))))
            for op in sequence.operations
        )
    )


def simplify(profile: Profile) -> Profile:
    """Consecutive lines on one line, and arcs on one circle, become one curve."""
    return Profile(_simplified(profile.outer), tuple(map(_simplified, profile.inner)))


def _simplified(loop: Loop) -> Loop:
    curves: list[Curve] = []
    for curve in map(_flatten, loop.curves):
        joined = _join(curves[-1], curve) if curves else None
        curves[-1:] = [joined] if joined else [*curves[-1:], curve]
    while len(curves) > 1 and (joined := _join(curves[-1], curves[0])):
        curves = [joined, *curves[1:-1]]
    return Loop(tuple(curves))


@dataclass(frozen=True, slots=True)
class _Edge:
    """A piece of a boundary that ends where any other does, with its region on the left."""

    curve: Curve
    ends: tuple[Point2, Point2]
    """In one order for both sides; a circle's centre, twice."""
    mid: Point2
    forward: bool
    """Whether the curve runs in the order of ``ends``; a circle, counter-clockwise."""

    def along(self, other: _Edge) -> bool:
        """Whether both lie on each other, in any direction."""
        return self.ends == other.ends and math.dist(self.mid, other.mid) <= JOINT_MM


def _edges(profiles: Iterable[Profile]) -> dict[Profile, list[_Edge]]:
    """The boundaries of all profiles, cut wherever another one of them has a corner."""
    corners = _Corners()
    bounded = {profile: list(_bounding(profile)) for profile in profiles}
    for curves in bounded.values():
        for curve, _ in curves:
            if not isinstance(curve, Circle):
                corners.find(curve.start)
    return {
        profile: [
            _edge(piece, is_outer, corners)
            for curve, is_outer in curves
            for piece in _cut(curve, is_outer, corners)
        ]
        for profile, curves in bounded.items()
    }


class _Corners:
    """Points, each once: those nearer to one another than a joint are the same."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], Point2] = {}

    def __iter__(self) -> Iterator[Point2]:
        return iter(self._cells.values())

    def find(self, point: Point2) -> Point2:
        """The known point here, or this one, which is known from now on."""
        column, row = (math.floor(value / JOINT_MM) for value in point)
        for x in (column, column - 1, column + 1):
            for y in (row, row - 1, row + 1):
                known = self._cells.get((x, y))
                if known and math.dist(known, point) <= JOINT_MM:
                    return known
        self._cells[column, row] = point
        return point


def _bounding(profile: Profile) -> Iterator[tuple[Curve, bool]]:
    """Every curve with the region on its left, and whether it belongs to the outer loop."""
    for loop, is_outer in ((profile.outer, True), *((hole, False) for hole in profile.inner)):
        kept = (area(loop) > 0) is is_outer
        yield from ((curve if kept else reverse(curve), is_outer) for curve in loop.curves)


def _cut(curve: Curve, is_outer: bool, corners: Iterable[Point2]) -> Iterator[Curve]:
    """The curve in pieces between the corners that lie on it."""
    if isinstance(curve, Line):
        yield from _cut_line(curve, corners)
    elif isinstance(curve, Arc):
        center, radius, sweep = circle_of(curve)
        yield from _arcs(center, radius, curve.start, sweep, corners) or [curve]
    else:
        on = [c for c in corners if abs(math.dist(c, curve.center) - curve.radius) <= SAME_MM]
        full = 2 * math.pi if is_outer else -2 * math.pi
        # A circle with one corner on it is touched there, and still a circle.
        whole = len(on) < 2
        yield from [curve] if whole else _arcs(curve.center, curve.radius, on[0], full, on)


def _cut_line(line: Line, corners: Iterable[Point2]) -> Iterator[Line]:
    (x, y), (x2, y2) = line.start, line.end
    dx, dy = x2 - x, y2 - y
    length = math.hypot(dx, dy)
    at = {}
    for corner in corners:
        cx, cy = corner[0] - x, corner[1] - y
        along = (cx * dx + cy * dy) / length
        if JOINT_MM < along < length - JOINT_MM and abs(cx * dy - cy * dx) <= SAME_MM * length:
            at[along] = corner
    stops = [line.start, *(at[along] for along in sorted(at)), line.end]
    yield from map(Line, stops, stops[1:])


def _arcs(
    center: Point2, radius: float, start: Point2, sweep: float, corners: Iterable[Point2]
) -> list[Curve]:
    """Arcs from ``start`` over ``sweep`` radians, one for each corner passed and the last."""
    (x, y), begin = center, math.atan2(start[1] - center[1], start[0] - center[0])
    sign = math.copysign(1, sweep)
    margin = JOINT_MM / radius
    at = {abs(sweep): (x + radius * math.cos(begin + sweep), y + radius * math.sin(begin + sweep))}
    for corner in corners:
        if abs(math.dist(corner, center) - radius) <= SAME_MM:
            angle = math.atan2(corner[1] - y, corner[0] - x)
            turn = sign * (angle - begin) % (2 * math.pi)
            if margin < turn < abs(sweep) - margin:
                at[turn] = corner
    arcs: list[Curve] = []
    done = 0.0
    for turn in sorted(at):
        half = begin + sign * (done + turn) / 2
        mid = (x + radius * math.cos(half), y + radius * math.sin(half))
        arcs.append(Arc(start, mid, at[turn]))
        start, done = at[turn], turn
    return arcs


def _edge(curve: Curve, is_outer: bool, corners: _Corners) -> _Edge:
    if isinstance(curve, Circle):
        (x, y), radius = curve.center, curve.radius
        center = (round(x, 3) + 0.0, round(y, 3) + 0.0)
        return _Edge(curve, (center, center), (x + radius, y), is_outer)
    start, end = corners.find(curve.start), corners.find(curve.end)
    mid = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    if isinstance(curve, Arc):
        mid = curve.mid
    return _Edge(replace(curve, start=start, end=end), _ordered(start, end), mid, start < end)


def _ordered(one: Point2, other: Point2) -> tuple[Point2, Point2]:
    return (one, other) if one < other else (other, one)


def _neighbours(edges: dict[Profile, list[_Edge]]) -> list[list[Profile]]:
    """Groups of profiles that hang together by shared edges, in the order of their first."""
    group = {profile: index for index, profile in enumerate(edges)}
    seen: dict[tuple[Point2, Point2], list[tuple[_Edge, Profile]]] = defaultdict(list)
    for profile, own in edges.items():
        for edge in own:
            for other, neighbour in seen[edge.ends]:
                if edge.along(other) and group[profile] != group[neighbour]:
                    kept, gone = sorted((group[profile], group[neighbour]))
                    group = {p: kept if label == gone else label for p, label in group.items()}
            seen[edge.ends].append((edge, profile))
    return [[p for p in edges if group[p] == label] for label in dict.fromkeys(group.values())]


def _union(edges: Sequence[_Edge]) -> Profile | None:
    """The outline of all regions, or None when it crosses or touches itself."""
    at: dict[tuple[Point2, Point2], list[_Edge]] = defaultdict(list)
    for edge in edges:
        opposite = [o for o in at[edge.ends] if edge.along(o) and o.forward != edge.forward]
        if opposite:
            at[edge.ends].remove(opposite[0])
        else:
            at[edge.ends].append(edge)
    outline = [edge.curve for left in at.values() for edge in left]
    loops = [Loop((curve,)) for curve in outline if isinstance(curve, Circle)]
    rest = {curve.start: curve for curve in outline if not isinstance(curve, Circle)}
    if len(rest) + len(loops) != len(outline):
        return None
    while rest:
        _, curve = rest.popitem()
        curves = [curve]
        while curves[-1].end in rest:
            curves.append(rest.pop(curves[-1].end))
        if curves[-1].end != curve.start:
            return None
        loops.append(Loop(tuple(curves)))
    return nest(loops) if loops else None


def _flatten(curve: Curve) -> Curve:
    """An arc that does not rise above its chord is a line."""
    if isinstance(curve, Arc):
        _, radius, sweep = circle_of(curve)
        if abs(sweep) < math.pi and radius * (1 - math.cos(sweep / 2)) <= SAME_MM / 4:
            return Line(curve.start, curve.end)
    return curve


def _join(first: Curve, second: Curve) -> Curve | None:
    """One curve in place of two that follow each other, where there is one."""
    match first, second:
        case Line(start, knee), Line(_, end):
            return Line(start, end) if _between(start, knee, end) else None
        case Arc(), Arc():
            return _join_arcs(first, second)
        case _:
            return None


def _between(start: Point2, knee: Point2, end: Point2) -> bool:
    """Whether ``knee`` lies on the way from ``start`` to ``end``."""
    ax, ay, bx, by = knee[0] - start[0], knee[1] - start[1], end[0] - knee[0], end[1] - knee[1]
    shorter = min(math.hypot(ax, ay), math.hypot(bx, by))
    turn = math.atan2(ax * by - ay * bx, ax * bx + ay * by)
    return abs(turn) < math.pi / 2 and shorter * abs(math.sin(turn)) <= SAME_MM / 4


def _join_arcs(first: Arc, second: Arc) -> Arc | Circle | None:
    (center, radius, sweep), (center2, radius2, sweep2) = circle_of(first), circle_of(second)
    total = sweep + sweep2
    same = math.dist(center, center2) <= SAME_MM and abs(radius - radius2) <= SAME_MM
    if not same or sweep * sweep2 <= 0 or abs(total) > 2 * math.pi + SAME_MM:
        return None
    if math.dist(first.start, second.end) <= JOINT_MM:
        return Circle(center, radius)
    angle = math.atan2(first.start[1] - center[1], first.start[0] - center[0]) + total / 2
    mid = (center[0] + radius * math.cos(angle), center[1] + radius * math.sin(angle))
    return Arc(first.start, mid, second.end)
