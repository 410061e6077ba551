"""What the scores of many predictions say together: the body of ``metrics.json``.

Every rate, and the mean of ``iou``, is over *all* rows, so that a model cannot gain by failing on
what is hard. A missing prediction is a failure.

``syntax_valid_rate``  the code parses.
``execution_rate``     the script ends without an exception inside its limits.
``vsr``                CAD-Coder's valid syntax rate: the script ends normally, whether or not it
                       leaves a solid. In the sandbox this is the same event as the one before.
``valid_solid_rate``   it leaves at least one closed, valid solid of positive volume.
``iou``                a failure counts 0.
``chamfer``            ``success_only`` averages what has a solid; ``adjusted`` charges a failure
                       with sqrt(3), the diagonal of the unit box.

``ci95`` is the percentile bootstrap of the mean (Efron, 1979): where the mean would fall on other
draws of as many parts. What nothing is known of is None, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cadvlm.execution.result import Status

MISSING = "missing"
"""The status of a reference that nothing was predicted for."""

FAILURE_DISTANCE = sqrt(3)

BOOTSTRAP_DRAWS = 2000
"""Another seed moves the ends of an interval by about a fiftieth of its length."""

FACES = {"1-6 faces": 6, "7-12 faces": 12, "13-24 faces": 24, "25+ faces": inf}
"""Bins of ``by_complexity`` and the most faces each takes. A box has 6, a plate with 4 holes 10."""

UNKNOWN = "unknown"
"""The bin of references whose faces were not counted."""

_ENDED = {Status.OK, Status.NO_SOLID}
_UNPARSED = {Status.SYNTAX, MISSING}

Row = Mapping[str, Any]


def summarise(rows: Sequence[Row], *, seed: int = 0) -> dict[str, Any]:
    """Aggregate scores.

    Args:
        rows: One for each reference that can be scored: ``source``, ``status`` (a :class:`Status`
            or ``missing``), ``iou``, ``chamfer``, and ``n_faces`` of the reference where known.
        seed: Of the bootstrap.

    Returns:
        The content of ``metrics.json``. ``by_source`` and ``by_complexity`` hold the same figures
        for each group that has rows.
    """
    sources = [row["source"] for row in rows]
    bins = [_bin(row.get("n_faces")) for row in rows]
    return {
        **_summary(rows, seed),
        "by_source": _by(rows, sources, sorted(set(sources)), seed),
        "by_complexity": _by(rows, bins, [*FACES, UNKNOWN], seed),
    }


def _summary(rows: Sequence[Row], seed: int) -> dict[str, Any]:
    statuses = [row["status"] for row in rows]
    solid = [row for row in rows if row["status"] == Status.OK]
    failed = len(rows) - len(solid)
    ended = _rate(status in _ENDED for status in statuses)
    iou = np.array([row["iou"] for row in solid] + [0.0] * failed)
    distance = np.array([row["chamfer"] for row in solid])
    adjusted = np.concatenate([distance, np.full(failed, FAILURE_DISTANCE)])
    return {
        "n": len(rows),
        "n_missing": statuses.count(MISSING),
        "syntax_valid_rate": _rate(status not in _UNPARSED for status in statuses),
        "execution_rate": ended,
        "valid_solid_rate": _rate(status == Status.OK for status in statuses),
        "vsr": ended,
        "iou": {**_average(iou), "ci95": _interval(iou, seed)},
        "chamfer": {"success_only": _average(distance), "adjusted": _average(adjusted)},
        "failures": {
            status.value: statuses.count(status) for status in Status if status is not Status.OK
        },
    }


def _by(
    rows: Sequence[Row], labels: Sequence[str], order: Iterable[str], seed: int
) -> dict[str, Any]:
    groups: dict[str, list[Row]] = {label: [] for label in order}
    for row, label in zip(rows, labels, strict=True):
        groups[label].append(row)
    return {label: _summary(group, seed) for label, group in groups.items() if group}


def _bin(n_faces: int | None) -> str:
    if n_faces is None:
        return UNKNOWN
    return next(label for label, most in FACES.items() if n_faces <= most)


def _rate(events: Iterable[bool]) -> float | None:
    flags = list(events)
    return sum(flags) / len(flags) if flags else None


def _average(values: NDArray[np.float64]) -> dict[str, float | None]:
    if not len(values):
        return {"mean": None, "median": None}
    return {"mean": float(values.mean()), "median": float(np.median(values))}


def _interval(values: NDArray[np.float64], seed: int) -> list[float] | None:
    if not len(values):
        return None
    random = np.random.default_rng(seed)
    count = len(values)
    means = [values[random.integers(count, size=count)].mean() for _ in range(BOOTSTRAP_DRAWS)]
    return [float(end) for end in np.percentile(means, [2.5, 97.5])]
