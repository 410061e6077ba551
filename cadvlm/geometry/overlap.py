"""Lines that lie on one another, drawn once: visible before hidden (ISO 128-2, precedence).

A box has twelve edges and its front view four lines. Projection leaves the others in place, hidden
under the visible ones, and many a long line in pieces. Straight lines and circles are cut free of
what a more important one covers, and joined with what continues them; other curves stay as they
are.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import pi, tau

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.lines import Curve, Kind

Interval = tuple[float, float]

ARC_STEP = pi / 60
"""Turn between neighbouring points of an arc. On a circle as wide as an A4 sheet the polyline is
0.04 mm off."""


PARALLEL = 0.01
"""Angle, in radians, beyond which lines never lie on one another. Those so short that they could,
within the tolerance, are too short to be seen."""


def simplified(curves: list[Curve], tolerance: float) -> list[Curve]:
    """The same picture with nothing drawn twice.

    Args:
        curves: of one view.
        tolerance: distance below which lines count as one.
    """
    straight = [c for c in curves if len(c.points) == 2]
    round_ = [c for c in curves if len(c.points) > 2 and c.circle[2] > 0]
    others = [c for c in curves if len(c.points) > 2 and not c.circle[2] > 0]
    return [*_lines(straight, tolerance), *_circles(round_, tolerance), *others]


def arc(circle: tuple[float, float, float], start: float, end: float) -> NDArray[np.float64]:
    """Points (N, 2) along a circle from one angle on to another, in radians."""
    x, y, radius = circle
    angles = np.linspace(start, end, max(3, 1 + int(np.ceil((end - start) / ARC_STEP))))
    return np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1)


def _lines(curves: list[Curve], tolerance: float) -> Iterator[Curve]:
    if not curves:
        return
    ends = np.array([curve.points for curve in curves])
    ways = ends[:, 1] - ends[:, 0]
    lengths = np.linalg.norm(ways, axis=1)
    near = _Parallels(np.arctan2(ways[:, 1], ways[:, 0]) % pi)
    left = lengths > tolerance
    # The longest decides the direction of those that lie on it.
    for i in np.argsort(-lengths, kind="stable"):
        if not left[i]:
            continue
        group = near.to(i)
        group = group[left[group]]
        origin, along = ends[i, 0], ways[i] / lengths[i]
        away = np.abs((ends[group] - origin) @ np.array([-along[1], along[0]])).max(axis=1)
        group = group[away < tolerance]
        left[group] = False
        at = np.sort((ends[group] - origin) @ along, axis=1).tolist()
        spans = [(curves[g].kind, (a, b)) for g, (a, b) in zip(group, at, strict=True)]
        for kind, (a, b) in _uncovered(spans, tolerance):
            yield Curve(kind, origin + np.outer([a, b], along))


class _Parallels:
    """Lines by their direction, for looking at few of many thousand."""

    def __init__(self, angles: NDArray[np.float64]) -> None:
        twice = np.concatenate([angles, angles + pi])
        self._order = np.argsort(twice, kind="stable")
        self._angles, self._sorted = angles, twice[self._order]

    def to(self, line: int) -> NDArray[np.int64]:
        """The lines that run like this one, itself included."""
        angle = self._angles[line] + (pi if self._angles[line] < PARALLEL else 0)
        low, high = np.searchsorted(self._sorted, [angle - PARALLEL, angle + PARALLEL])
        return self._order[low:high] % len(self._angles)


def _circles(curves: list[Curve], tolerance: float) -> Iterator[Curve]:
    circles = np.array([curve.circle for curve in curves]).reshape(-1, 3)
    left = np.ones(len(curves), dtype=bool)
    for i, curve in enumerate(curves):
        if not left[i]:
            continue
        group = np.flatnonzero(left & (np.abs(circles - circles[i]).max(axis=1) < tolerance))
        left[group] = False
        spans = [(curves[g].kind, span) for g in group for span in _angles(curves[g])]
        for kind, (a, b) in _uncovered(spans, tolerance / curve.circle[2]):
            yield Curve(kind, arc(curve.circle, a, b), curve.circle)


def _angles(curve: Curve) -> Iterator[Interval]:
    """The angles that an arc covers, within 0 and one turn."""
    x, y, _ = curve.circle
    turned = np.unwrap(np.arctan2(curve.points[:, 1] - y, curve.points[:, 0] - x))
    low, high = float(turned.min()), float(turned.max())
    if high - low > tau - 1e-6:
        yield 0.0, tau
        return
    low, high = low % tau, low % tau + high - low
    yield low, min(high, tau)
    if high > tau:
        yield 0.0, high - tau


def _uncovered(
    spans: list[tuple[Kind, Interval]], tolerance: float
) -> Iterator[tuple[Kind, Interval]]:
    covered: list[Interval] = []
    for kind in Kind:
        own = united([span for of, span in spans if of == kind], tolerance)
        for span in own:
            for low, high in _without(span, covered):
                if high - low > tolerance:
                    yield kind, (low, high)
        covered = united([*covered, *own], tolerance)


def united(spans: list[Interval], tolerance: float) -> list[Interval]:
    """The same intervals, ascending, with those joined that overlap or nearly meet."""
    joined: list[Interval] = []
    for low, high in sorted(spans):
        if joined and low <= joined[-1][1] + tolerance:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return joined


def _without(span: Interval, covered: list[Interval]) -> Iterator[Interval]:
    low, high = span
    for start, end in covered:
        if end <= low or start >= high:
            continue
        if start > low:
            yield low, start
        low = max(low, end)
    if low < high:
        yield low, high
