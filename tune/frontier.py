"""The Pareto front, and which of its trials is recommended.

A trial is on the front when no other is at least as good in every objective and better in one.

With a floor, the recommended trial is the best at the task, the first objective, of those on the
front that reach the floor in the second; if none does, the one that comes nearest. Without one it
is the *knee*: the point of the front farthest from the straight line between its two ends, on
the side of the better, with both objectives scaled to the span of the front (Das, 1999). That is
where a little more of the one begins to cost much of the other. A front of one or two points has no
knee: then the product of the two scaled to their best decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

Point = Mapping[str, float]


class Pick(NamedTuple):
    """What is recommended, and why."""

    place: int
    """Among the points of the front."""
    rule: str


def front(points: Sequence[Point], objectives: Mapping[str, str]) -> list[int]:
    """Positions of the points that are not dominated, best by the first objective first."""
    kept = [
        i
        for i, point in enumerate(points)
        if not any(_dominates(other, point, objectives) for other in points)
    ]
    first = next(iter(objectives))
    return sorted(kept, key=lambda i: _gain(points[i], first, objectives), reverse=True)


def pick(best: Sequence[Point], objectives: Mapping[str, str], floor: float | None = None) -> Pick:
    """The recommended one of a front, which is in the order of :func:`front`.

    Args:
        best: the points of the front, at least one.
        objectives: ``max`` or ``min`` by key; only the first two count.
        floor: what the second objective must reach, where one is given.
    """
    first, *others = objectives
    if not others or len(best) == 1:
        return Pick(0, f"the best {first}" if not others else "the only trial of the front")
    second = others[0]
    if floor is not None:
        return _above(floor, best, objectives, first, second)
    x, y = ([_gain(point, key, objectives) for point in best] for key in (first, second))
    if len(best) > 2:
        return Pick(_knee(x, y), f"the knee of the front of {first} and {second}")
    products = [(a - min(0, *x)) * (b - min(0, *y)) for a, b in zip(x, y, strict=True)]
    return Pick(products.index(max(products)), f"the larger product of {first} and {second}")


def _above(
    floor: float, best: Sequence[Point], objectives: Mapping[str, str], first: str, second: str
) -> Pick:
    sign, relation = (1, ">=") if objectives[second] == "max" else (-1, "<=")
    for place, point in enumerate(best):  # the best at the task first
        if _gain(point, second, objectives) >= sign * floor:
            return Pick(place, f"the best {first} with {second} {relation} {floor:g}")
    gains = [_gain(point, second, objectives) for point in best]
    return Pick(
        gains.index(max(gains)), f"no trial has {second} {relation} {floor:g}: the nearest to it"
    )


def _knee(x: Sequence[float], y: Sequence[float]) -> int:
    """Farthest from the line between the ends; ``x`` falls from one to the next."""
    across, up = x[0] - x[-1], y[-1] - y[0]
    if across <= 0 or up <= 0:  # all are equal, or a third objective has kept them
        return 0
    # On the scaled front the ends are (1, 0) and (0, 1), and the sum is the distance but a factor.
    away = [(a - x[-1]) / across + (b - y[0]) / up for a, b in zip(x, y, strict=True)]
    return away.index(max(away))


def _dominates(a: Point, b: Point, objectives: Mapping[str, str]) -> bool:
    gains = [_gain(a, key, objectives) - _gain(b, key, objectives) for key in objectives]
    return all(gain >= 0 for gain in gains) and any(gain > 0 for gain in gains)


def _gain(point: Point, key: str, objectives: Mapping[str, str]) -> float:
    return point[key] if objectives[key] == "max" else -point[key]
