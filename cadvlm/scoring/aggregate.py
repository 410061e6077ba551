"""What the scores of many predictions say together: the body of ``metrics.json``.

Every rate and every mean is over *all* rows, so that a model cannot gain by failing on what is
hard. A missing prediction is a failure.

``syntax_valid_rate``  the code parses.
``execution_rate``     the script ends without an exception inside its limits.
``vsr``                CAD-Coder's valid syntax rate: the script ends normally, whether or not it
                       leaves a solid. In the sandbox this is the same event as the one before.
``valid_solid_rate``   it leaves at least one closed, valid solid of positive volume.
``invalid_ratio``      the rest, in percent (cadrille's and CAD-Recode's IR).

Similarities count a failure as 0. ``iou_best`` has ``mean_valid_only`` beside it, CAD-Coder's own
average: over the predictions that its script could measure.

Distances come twice: ``success_only`` over what has a solid, and ``adjusted``, where a failure is
charged the diagonal of the unit box, sqrt(3) (for the squared Chamfer distance its square, both
ways). ``chamfer_floor`` is success only: what perfect candidates would get on the same parts.

``n`` beside a mean is how many rows it is over. A row without a value (a reference without holes,
an older folder without the column) is left out. What nothing is known of is None, never 0.

``ci95`` is the percentile bootstrap of a mean (Efron, 1979): where it would fall on other draws of
as many parts. All means of a group share the draws.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from math import inf, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cadvlm.execution.result import Status

MISSING = "missing"
"""The status of a reference that nothing was predicted for."""

SIMILARITIES = (
    "iou",
    "iou_aligned",
    "iou_absolute",
    "surface_iou",
    "normal_consistency",
    "topology_match",
    "feature_match",
    "parametric_validity",
)
"""Columns that are averaged as they are; ``iou_best`` and ``f_score_T`` look a little different."""

F_SCORES = ("0.01", "0.02", "0.05")

FAILURE_DISTANCES = {"chamfer": sqrt(3), "chamfer_squared": 2 * 3e3, "hausdorff": sqrt(3)}
"""What a failure is charged in ``adjusted``."""

PROGRAM = ("tokens", "operations", "edit_survival", "operation_recall", "parameter_error")
"""Columns that describe the program: averaged over the rows that have one."""

BOOTSTRAP_DRAWS = 2000
"""Another seed moves the ends of an interval by about a fiftieth of its length."""

DRAWN_AT_ONCE = 4_000_000
"""Parts in a batch of draws: 32 MB."""

FACES = {"1-6 faces": 6, "7-12 faces": 12, "13-24 faces": 24, "25+ faces": inf}
"""Bins of ``by_complexity`` and the most faces each takes. A box has 6, a plate with 4 holes 10."""

UNKNOWN = "unknown"
"""The bin of references whose faces were not counted."""

_ENDED = {Status.OK, Status.NO_SOLID}
_UNPARSED = {Status.SYNTAX, MISSING}

_COLUMNS = (
    *SIMILARITIES,
    "iou_best",
    *(f"f_score_{threshold}" for threshold in F_SCORES),
    *FAILURE_DISTANCES,
    "chamfer_floor",
    *PROGRAM,
)

Row = Mapping[str, Any]


def summarise(rows: Sequence[Row], *, seed: int = 0) -> dict[str, Any]:
    """Aggregate scores.

    Args:
        rows: One for each reference that can be scored: ``source``, ``status`` (a :class:`Status`
            or ``missing``), ``n_faces`` of the reference, and the metrics; any may be absent.
        seed: Of the bootstrap.

    Returns:
        The content of ``metrics.json``. ``by_source`` and ``by_complexity`` hold the same figures
        for each group that has rows.
    """
    sources = [row["source"] for row in rows]
    bins = [by_faces(row.get("n_faces")) for row in rows]
    return {
        **_summary(rows, seed),
        "by_source": _by(rows, sources, sorted(set(sources)), seed),
        "by_complexity": _by(rows, bins, [*FACES, UNKNOWN], seed),
    }


def _summary(rows: Sequence[Row], seed: int) -> dict[str, Any]:
    statuses = [row["status"] for row in rows]
    ended = [status in _ENDED for status in statuses]
    solid = [status == Status.OK for status in statuses]
    rates = {
        "syntax_valid_rate": [status not in _UNPARSED for status in statuses],
        "execution_rate": ended,
        "valid_solid_rate": solid,
        "vsr": ended,
    }
    columns = {name: _column(rows, name) for name in _COLUMNS}
    measured = np.array(solid, bool) | (columns["iou_best"] > 0)  # BRepCheck is not the peer's
    columns["iou_best_valid"] = np.where(measured, columns["iou_best"], np.nan)
    for name, charge in FAILURE_DISTANCES.items():
        known = np.isfinite(columns[name]).any() or not any(solid)
        columns[f"{name}_adjusted"] = np.where(solid, columns[name], charge if known else np.nan)
    columns |= {name: np.array(flags, float) for name, flags in rates.items()}
    means = _averages(columns, seed)
    return {
        "n": len(rows),
        "n_missing": statuses.count(MISSING),
        **{name: means[name]["mean"] for name in rates},
        "invalid_ratio": _percent_left(means["valid_solid_rate"]["mean"]),
        "ci95": {name: means[name]["ci95"] for name in rates},
        **{name: means[name] for name in SIMILARITIES},
        "iou_best": means["iou_best"] | {"mean_valid_only": means["iou_best_valid"]["mean"]},
        "f_score": {threshold: means[f"f_score_{threshold}"] for threshold in F_SCORES},
        **{
            name: {"success_only": means[name], "adjusted": means[f"{name}_adjusted"]}
            for name in FAILURE_DISTANCES
        },
        "chamfer_floor": means["chamfer_floor"],
        **{name: means[name] for name in PROGRAM},
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


def by_faces(n_faces: int | None) -> str:
    """The bin of a reference with so many faces."""
    if n_faces is None:
        return UNKNOWN
    return next(label for label, most in FACES.items() if n_faces <= most)


def _percent_left(rate: float | None) -> float | None:
    return None if rate is None else 100 * (1 - rate)


def _column(rows: Sequence[Row], name: str) -> NDArray[np.float64]:
    values = (row.get(name) for row in rows)
    return np.array([np.nan if value is None else value for value in values], float)


def _averages(columns: Mapping[str, NDArray[np.float64]], seed: int) -> dict[str, dict[str, Any]]:
    """Mean, median and interval of each column over the rows that have a value (not NaN)."""
    values = np.stack(list(columns.values()), axis=1)
    ends = _intervals(values, seed)
    averages = {}
    for name, column, (low, high) in zip(columns, values.T, ends, strict=True):
        known = column[np.isfinite(column)]
        some = len(known) > 0
        averages[name] = {
            "mean": float(known.mean()) if some else None,
            "median": float(np.median(known)) if some else None,
            "ci95": [float(low), float(high)] if some else None,
            "n": len(known),
        }
    return averages


def _intervals(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Ends (C, 2) of the interval of each column's mean; ``values`` is (N, C), NaN left out."""
    count, width = values.shape
    if not count:
        return np.full((width, 2), np.nan)
    random = np.random.default_rng(seed)
    known = np.isfinite(values)
    # How often each part was drawn turns all means of a draw into one product of matrices.
    both = np.concatenate([np.where(known, values, 0), known], axis=1)
    means, batch = [], max(1, DRAWN_AT_ONCE // count)
    for start in range(0, BOOTSTRAP_DRAWS, batch):
        draws = min(batch, BOOTSTRAP_DRAWS - start)
        drawn = random.integers(count, size=(draws, count)) + np.arange(draws)[:, None] * count
        times = np.bincount(drawn.ravel(), minlength=draws * count).reshape(draws, count)
        sums, counts = np.split(times.astype(float) @ both, 2, axis=1)
        means.append(np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0))
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # a column of NaN
        ends: NDArray[np.float64] = np.nanpercentile(np.concatenate(means), [2.5, 97.5], axis=0).T
    return ends
