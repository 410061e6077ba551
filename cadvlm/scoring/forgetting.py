"""How much of what a model could do is left after training.

``retention``  mean score of the probes after training over their mean before: 1 when nothing is
               lost, above 1 when the model does better. Probes that were failed before weigh as
               those that were solved: what is gained on one makes up for what is lost on another.

Its ``ci95`` is the percentile bootstrap (Efron, 1979) over the probes, drawn with both of their
scores; draws in which the model could do nothing before are left out. A group in which it could do
nothing before has no retention: None.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cadvlm.scoring.aggregate import BOOTSTRAP_DRAWS


def retention(
    before: Sequence[float], after: Sequence[float], groups: Sequence[str], *, seed: int = 0
) -> dict[str, Any]:
    """Retention over all probes, and of each group.

    Args:
        before: Scores (N,) of the model that training began with.
        after: Those of the model that came of it, in the same order.
        groups: What each probe is about.
        seed: Of the bootstrap.

    Returns:
        ``n``, ``before`` and ``after`` (means), ``mean`` and ``ci95``; the same for each group
        under ``by_operation``.
    """
    scores = np.array([before, after], float).T.reshape(-1, 2)
    names = np.array(groups)
    return {
        **_ratio(scores, seed),
        "by_operation": {
            name: _ratio(scores[names == name], seed) for name in dict.fromkeys(groups)
        },
    }


def _ratio(scores: NDArray[np.float64], seed: int) -> dict[str, Any]:
    count = len(scores)
    before, after = scores.mean(axis=0).tolist() if count else (0.0, 0.0)
    known: dict[str, Any] = {"n": count, "before": before, "after": after}
    if not before:
        return {**known, "mean": None, "ci95": None}
    random = np.random.default_rng(seed)
    drawn = scores[random.integers(count, size=(BOOTSTRAP_DRAWS, count))].mean(axis=1)
    drawn = drawn[drawn[:, 0] > 0]
    low, high = np.percentile(drawn[:, 1] / drawn[:, 0], [2.5, 97.5])
    return {**known, "mean": after / before, "ci95": [float(low), float(high)]}
