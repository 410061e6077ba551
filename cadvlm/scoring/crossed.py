"""Means over parts and seeds, with intervals that know of both.

A model trained from another seed scores otherwise, and so does the same model on other parts. With
values (S, P) of S seeds on the same P parts both are random, and crossed. The variance of the mean
is taken as ``a + b``: a the variance of the seeds' means over S, b that of the parts' means over P.
What is left over is then in both, so that an interval is never too narrow. Its quantile is
Student's at the degrees of freedom of Satterthwaite (1946), ``(a + b)^2 / (a^2 / (S - 1) + b^2 /
(P - 1))``: with three seeds that differ it is as wide as three seeds deserve. One seed says nothing
of others; the interval is then of the parts alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Values = NDArray[np.float64]


def estimate(values: Values) -> dict[str, Any]:
    """Mean of (S, P) values over the parts that all seeds have one of (not NaN).

    Returns:
        ``mean``, its ``ci95`` (None for fewer than two parts), the mean ``by_seed``, ``n`` parts.
        None and no entries when no part has a value.
    """
    known = values[:, np.isfinite(values).all(axis=0)]
    if not known.size:
        return {"mean": None, "ci95": None, "by_seed": [], "n": 0}
    by_seed, by_part = known.mean(axis=1), known.mean(axis=0)
    mean = float(known.mean())
    return {
        "mean": mean,
        "ci95": _interval(mean, by_seed, by_part),
        "by_seed": by_seed.tolist(),
        "n": known.shape[1],
    }


def difference(of: Values, to: Values) -> dict[str, Any]:
    """The same of ``of`` less ``to``, seed by seed and part by part."""
    return estimate(of - to)


def _interval(mean: float, by_seed: Values, by_part: Values) -> list[float] | None:
    if len(by_part) < 2:
        return None
    parts, free = [_squared_error(by_part)], [len(by_part) - 1]
    if len(by_seed) > 1:
        parts.append(_squared_error(by_seed))
        free.append(len(by_seed) - 1)
    total = sum(parts)
    if total == 0:
        return [mean, mean]
    degrees = total**2 / sum(part**2 / count for part, count in zip(parts, free, strict=True))
    reach = float(stats.t.ppf(0.975, degrees)) * total**0.5
    return [mean - reach, mean + reach]


def _squared_error(means: Values) -> float:
    return float(means.var(ddof=1)) / len(means)
