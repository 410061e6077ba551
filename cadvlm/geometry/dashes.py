"""One line of a view as it is drawn: in turn visible and hidden."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.lines import Curve, Kind
from cadvlm.geometry.overlap import Interval, united

SAME = 1e-5
"""What is shorter is a point, in diagonals of the bounding box; and a line that is less bent is
straight."""

SHORT = 1e-3
"""Parts of a line shorter than this do not change between visible and hidden, in diagonals."""

FLAT = 1e-6
"""How level a circle lies that is seen as one, in diagonals."""

NO_CIRCLE = (0.0, 0.0, 0.0)


def spans(
    hidden: list[NDArray[np.float64]], behind: NDArray[np.bool_], first: int, last: int
) -> list[Interval]:
    """Where a line of pieces ``first`` to ``last`` is hidden, in pieces from its beginning."""
    if behind.all():
        return [(0.0, float(last - first))]
    back = [(float(n), n + 1.0) for n in np.flatnonzero(behind).tolist()]
    sides = []
    for found in hidden:
        low, high = np.searchsorted(found[:, 0], [first, last])
        cuts = [(piece - first + a, piece - first + b) for piece, a, b in found[low:high].tolist()]
        sides.append(united([*back, *cuts], 1e-9) if back or cuts else [])
    return list(_both(*sides))


def _both(one: list[Interval], other: list[Interval]) -> Iterator[Interval]:
    """What lies in intervals of the one and of the other, both ascending."""
    i = j = 0
    while i < len(one) and j < len(other):
        low, high = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if low < high:
            yield low, high
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1


def drawn(
    points: NDArray[np.float64], smooth: bool, hidden: list[Interval], size: float
) -> Iterator[Curve]:
    """A line as it is seen: its parts in turn visible and hidden."""
    seen = Kind.SMOOTH if smooth else Kind.VISIBLE
    circle = _circle(points, size) if len(points) > 3 else NO_CIRCLE
    whole = float(len(points) - 1)
    if hidden:
        hidden = _settled(points, hidden, SHORT * size)
    at = 0.0
    for low, high in [*hidden, (whole, whole)]:
        for kind, start, stop in ((seen, at, low), (Kind.HIDDEN, low, high)):
            if stop - start < 1e-6 or (kind is Kind.HIDDEN and smooth):
                continue
            piece = _part(points, start, stop)
            if np.abs(piece - piece[0]).max() > SAME * size:
                piece = _flattened(piece, SAME * size)
                yield Curve(kind, piece, circle if len(piece) > 2 else NO_CIRCLE)
        at = high


def _settled(points: NDArray[np.float64], hidden: list[Interval], short: float) -> list[Interval]:
    """Intervals without those that are short on paper, nor short gaps between them."""
    steps = np.hypot(*np.diff(points[:, :2], axis=0).T)
    numbers, along = np.arange(len(points)), np.concatenate([[0.0], np.cumsum(steps)])
    places = np.interp(np.array(hidden), numbers, along)
    joined: list[list[int]] = []
    for number, (low, _) in enumerate(places):
        if joined and low - places[joined[-1][1]][1] < short:
            joined[-1][1] = number
        else:
            joined.append([number, number])
    settled = []
    for first, last in joined:
        low, high = places[first][0], places[last][1]
        if high - low < short and along[-1] > short:
            continue
        begin = 0.0 if low < short else hidden[first][0]
        end = float(numbers[-1]) if along[-1] - high < short else hidden[last][1]
        settled.append((begin, end))
    return settled


def _flattened(points: NDArray[np.float64], tolerance: float) -> NDArray[np.float64]:
    """The two ends of what is a straight line, such as a circle that is seen from its side."""
    if len(points) == 2:
        return points
    far = points[np.argmax(np.hypot(*(points - points[0]).T))]
    along = (far - points[0]) / np.hypot(*(far - points[0]))
    away = np.abs((points - points[0]) @ np.array([-along[1], along[0]]))
    if away.max() > tolerance:
        return points
    at = (points - points[0]) @ along
    return points[[int(np.argmin(at)), int(np.argmax(at))]]


def _part(points: NDArray[np.float64], start: float, stop: float) -> NDArray[np.float64]:
    """A polyline's points (N, 2) from one place to another, in pieces from its beginning."""
    if start == 0 and stop == len(points) - 1:
        return points[:, :2]
    inner = np.arange(floor(start + 1e-6) + 1, stop - 1e-6)
    along = np.concatenate([[start], inner, [stop]])
    numbers = np.arange(len(points))
    return np.stack([np.interp(along, numbers, points[:, k]) for k in (0, 1)], axis=1)


def _circle(points: NDArray[np.float64], size: float) -> tuple[float, float, float]:
    """Centre and radius of a circle that faces the eye; radius 0 for everything else."""
    if np.ptp(points[:, 2]) > FLAT * size:
        return NO_CIRCLE
    flat = points[:, :2]
    a, b, c = flat[0], flat[len(flat) // 3], flat[2 * len(flat) // 3]
    (px, py), (qx, qy) = b - a, c - a
    twice = 2 * (px * qy - py * qx)
    if abs(twice) < (SAME * size) ** 2:
        return NO_CIRCLE
    p, q = px * px + py * py, qx * qx + qy * qy
    center = a + np.array([p * qy - q * py, q * px - p * qx]) / twice
    radii = np.hypot(*(flat - center).T)
    if np.ptp(radii) > SAME * size or radii[0] > size:
        return NO_CIRCLE
    return float(center[0]), float(center[1]), float(radii.mean())
