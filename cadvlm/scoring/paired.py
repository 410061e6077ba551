"""Two runs on the same parts: what differs, and whether that could be chance.

Parts differ more than models do. Comparing part by part takes that out: the interval is of the mean
of the *differences*, by percentile bootstrap over the parts (Efron, 1979), and is usually far
narrower than the two runs' own intervals laid side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cadvlm.execution.result import Status
from cadvlm.scoring.aggregate import BOOTSTRAP_DRAWS, MISSING

_BROKEN = set(Status) - {Status.OK, Status.NO_SOLID} | {MISSING}

RATES: dict[str, set[str]] = {
    "valid_solid_rate": _BROKEN | {Status.NO_SOLID},
    "execution_rate": _BROKEN,
    "syntax_valid_rate": {Status.SYNTAX, MISSING},
}
"""The statuses that count against each, as :mod:`cadvlm.scoring.aggregate` defines them."""

Row = Mapping[str, Any]


def differences(
    pairs: Sequence[tuple[Row, Row]], names: Sequence[str], *, seed: int = 0
) -> dict[str, dict[str, Any]]:
    """Rates and metrics of two runs, ``b`` less ``a``.

    Args:
        pairs: The two rows of each part that both runs have judged.
        names: Columns to compare.
        seed: Of the bootstrap.

    Returns:
        For each name that any part has a value of in both runs: means ``a`` and ``b`` over these
        ``n`` parts, their ``difference``, its ``ci95``, and in how many parts it ``rises``,
        ``falls`` or stays the ``same``. A distance is compared where both have a valid solid.
    """
    columns: dict[str, list[tuple[float, ...]]] = {
        name: [tuple(float(row["status"] not in failed) for row in both) for both in pairs]
        for name, failed in RATES.items()
    }
    for name in names:
        values = ((a.get(name), b.get(name)) for a, b in pairs)
        columns[name] = [(x, y) for x, y in values if x is not None and y is not None]
    return {
        name: _difference(np.array(values, float), seed)
        for name, values in columns.items()
        if values
    }


def _difference(values: NDArray[np.float64], seed: int) -> dict[str, Any]:
    changes = values[:, 1] - values[:, 0]
    same = np.isclose(changes, 0, atol=1e-6)
    return {
        "a": float(values[:, 0].mean()),
        "b": float(values[:, 1].mean()),
        "difference": float(changes.mean()),
        "ci95": _interval(changes, seed),
        "n": len(changes),
        "rises": int((~same & (changes > 0)).sum()),
        "falls": int((~same & (changes < 0)).sum()),
        "same": int(same.sum()),
    }


def _interval(changes: NDArray[np.float64], seed: int) -> list[float]:
    random = np.random.default_rng(seed)
    count = len(changes)
    means = [changes[random.integers(count, size=count)].mean() for _ in range(BOOTSTRAP_DRAWS)]
    return [float(end) for end in np.percentile(means, [2.5, 97.5])]
