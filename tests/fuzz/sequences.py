"""Construction sequences that nobody has thought of: any forms, on any planes, in any order."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from cadvlm.sequences.loops import map_points
from cadvlm.sequences.model import (
    Arc,
    Boolean,
    ConstructionSequence,
    Extrude,
    Line,
    Loop,
    Plane,
    Point3,
    Profile,
)
from cadvlm.sequences.vectors import cross
from tests.codegen.sketches import box, chain, circle, polygon, regular, slot

halves = st.integers(-40, 40).map(lambda number: number / 2)
"""Lengths as people write them, in millimetres."""
sizes = st.integers(4, 60).map(lambda number: number / 2)

AXES: tuple[Point3, ...] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@st.composite
def forms(draw: st.DrawFn) -> tuple[Loop, float]:
    """A loop around the origin, and the radius of a disc around it that lies inside."""
    size = draw(sizes)
    match draw(st.sampled_from(("circle", "box", "regular", "slot", "corner", "star", "half"))):
        case "circle":
            return circle(0, 0, size), size
        case "box":
            other = draw(sizes)
            return box(-size, -other, size, other), min(size, other)
        case "regular":
            sides = draw(st.integers(3, 8))
            return regular(sides, size), size * math.cos(math.pi / sides)
        case "slot":
            return slot(2 * size + draw(sizes), 2 * size), size
        case "corner":
            return _corner(size, draw(sizes)), size
        case "star":
            return _star([draw(sizes) + size for _ in range(draw(st.integers(5, 9)))], size)
        case _:
            return _half(size), size / 2


def _corner(size: float, more: float) -> Loop:
    """An L around its inner corner."""
    return polygon((-size, -size), (size + more, -size), (size + more, size), (size, size),
                   (size, size + more), (-size, size + more))  # fmt: skip


def _star(radii: list[float], least: float) -> tuple[Loop, float]:
    """A polygon with a corner in each of some directions, as far away as told."""
    turns = (math.tau * number / len(radii) for number in range(len(radii)))
    corners = [
        (round(r * math.cos(turn), 3), round(r * math.sin(turn), 3))
        for r, turn in zip(radii, turns, strict=True)
    ]
    return polygon(*corners), least * math.cos(math.pi / len(radii))


def _half(size: float) -> Loop:
    """Half a disc: two curves."""
    low, high = (-size / 2, -size), (-size / 2, size)
    return chain([Line(high, low), Arc(low, (size / 2, 0.0), high)])


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """A form with holes that keep clear of it and of each other, anywhere on the plane."""
    outer, inside = draw(forms())
    count = draw(st.integers(0, 3))
    turn = draw(st.integers(0, 11)) * math.pi / 6
    holes = [
        circle(inside / 2 * math.cos(a), inside / 2 * math.sin(a), inside / draw(st.integers(4, 8)))
        for a in (turn + number * math.tau / 3 for number in range(count))
    ]
    x, y = draw(halves), draw(halves)
    [placed] = map_points((Profile(outer, tuple(holes)),), lambda p: (p[0] + x, p[1] + y))
    return placed


@st.composite
def planes(draw: st.DrawFn) -> Plane:
    """Along the axes in any way, turned about one, or anyhow."""
    origin = draw(halves), draw(halves), draw(halves)
    first, second = draw(st.permutations(AXES))[:2]
    third = cross(first, second)
    angle = draw(st.sampled_from((0, 0, 0, 90, 180, 270, 30, 45, math.degrees(math.atan2(4, 3)))))
    x_axis = _turned(first, second, math.radians(angle))
    tilt = math.radians(draw(st.sampled_from((0, 0, 180, 20))))
    normal = _turned(third, cross(third, x_axis), tilt)
    return Plane(origin, x_axis, normal)


def _turned(vector: Point3, towards: Point3, angle: float) -> Point3:
    """A direction, turned towards another one that is square to it."""
    x, y, z = (
        round(math.cos(angle) * a + math.sin(angle) * b, 12) + 0.0
        for a, b in zip(vector, towards, strict=True)
    )
    return x, y, z


@st.composite
def extrudes(draw: st.DrawFn, first: bool) -> Extrude:
    """One operation; what comes after the first joins, cuts or intersects."""
    start, end = draw(st.lists(halves, min_size=2, max_size=2, unique=True))
    kinds = [Boolean.NEW] if first else [Boolean.JOIN, Boolean.CUT, Boolean.CUT, Boolean.INTERSECT]
    start = draw(st.sampled_from((0.0, 0.0, start, -end)))
    if start == end:
        start = end + 3.0
    boolean = draw(st.sampled_from(kinds))
    return Extrude(draw(planes()), (draw(profiles()),), boolean, start, end)


@st.composite
def sequences(draw: st.DrawFn) -> ConstructionSequence:
    """One to four operations."""
    later = draw(st.lists(extrudes(first=False), max_size=3))
    return ConstructionSequence((draw(extrudes(first=True)), *later))
