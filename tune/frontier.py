"""The Pareto front: the trials that no other trial beats in every objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Point = Mapping[str, float]


def front(points: Sequence[Point], objectives: Mapping[str, str]) -> list[int]:
    """Positions of the points that are not dominated, best by the first objective first."""
    kept = [
        i
        for i, point in enumerate(points)
        if not any(_dominates(other, point, objectives) for other in points)
    ]
    first = next(iter(objectives))
    return sorted(kept, key=lambda i: _gain(points[i], first, objectives), reverse=True)


def _dominates(a: Point, b: Point, objectives: Mapping[str, str]) -> bool:
    gains = [_gain(a, key, objectives) - _gain(b, key, objectives) for key in objectives]
    return all(gain >= 0 for gain in gains) and any(gain > 0 for gain in gains)


def _gain(point: Point, key: str, objectives: Mapping[str, str]) -> float:
    return point[key] if objectives[key] == "max" else -point[key]
