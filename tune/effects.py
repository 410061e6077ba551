"""What each setting of a sweep does to the objectives, from its finished trials.

``importance``    share of what decides whether a trial is among the best quarter at an objective:
                  PED-ANOVA (Watanabe et al., IJCAI 2023), as Optuna has it.
``correlations``  Spearman's rank correlation of a number with an objective over all trials, and
                  with all else equal: of the ranks within groups of trials that agree in every
                  other setting. With percentile bootstrap intervals over the trials.
``changes``       what an objective gains on average when a setting goes from its first value to
                  another one and all others stay: over the pairs of trials that differ in it alone.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Row = Mapping[str, Any]
"""A finished trial: ``settings``, the same keys in all, and each objective by its dotted key."""

LEAST = 4
"""Fewer trials say nothing of what matters."""

_ALIKE = 3
"""Of two trials one has always the lower rank."""

_BEST = 0.25
_DRAWS = 2000
_DECADE = 10


def varied(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """The settings that differ between trials, with their values in order."""
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        for key, value in row["settings"].items():
            if value not in found[key]:
                found[key].append(value)
    return {
        key: sorted(values, key=lambda value: (not _is_number(value), _order(value)))
        for key, values in found.items()
        if len(values) > 1
    }


def importance(rows: Sequence[Row], objectives: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """By objective, the shares of the settings, which come to 1; nothing of too few trials."""
    settings = varied(rows)
    if len(rows) < LEAST or not settings:
        return {}
    return {
        objective: _importance(rows, settings, objective, better)
        for objective, better in objectives.items()
    }


def correlations(
    rows: Sequence[Row], objectives: Mapping[str, str], seed: int = 0
) -> dict[str, dict[str, dict[str, Any]]]:
    """By setting and objective ``rho``, its ``ci95`` and the number ``n`` of trials; the same under
    ``equal`` with all else equal, where three trials or more agree in all else."""
    if len(rows) < LEAST:
        return {}
    return {
        key: {
            name: {
                **_spearman([(row["settings"][key], row[name]) for row in rows], seed),
                "equal": _spearman(_within(rows, key, name), seed),
            }
            for name in objectives
        }
        for key, values in varied(rows).items()
        if all(map(_is_number, values))
    }


def changes(rows: Sequence[Row], objectives: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """By setting, for each value but the first: ``value``, ``pairs``, and each objective's gain."""
    return {
        key: [_change(rows, key, values[0], value, objectives) for value in values[1:]]
        for key, values in varied(rows).items()
    }


def _change(
    rows: Sequence[Row], key: str, base: Any, value: Any, objectives: Mapping[str, str]
) -> dict[str, Any]:
    before = {_others(row, key): row for row in rows if row["settings"][key] == base}
    after = [row for row in rows if row["settings"][key] == value]
    pairs = [(before[_others(row, key)], row) for row in after if _others(row, key) in before]
    gains = {name: [b[name] - a[name] for a, b in pairs] for name in objectives}
    return {
        "from": base,
        "value": value,
        "pairs": len(pairs),
        **{name: fmean(some) if some else None for name, some in gains.items()},
    }


def _importance(
    rows: Sequence[Row], settings: Mapping[str, list[Any]], objective: str, better: str
) -> dict[str, float]:
    import optuna
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    distributions = {key: _distribution(values) for key, values in settings.items()}
    study = optuna.create_study(direction="maximize" if better == "max" else "minimize")
    for row in rows:
        params = {key: _plain(row["settings"][key], settings[key]) for key in settings}
        study.add_trial(
            optuna.trial.create_trial(
                params=params, distributions=distributions, value=float(row[objective])
            )
        )
    evaluator = PedAnovaImportanceEvaluator(target_quantile=_BEST)
    found = get_param_importances(study, evaluator=evaluator)
    return {key: float(value) for key, value in found.items()}


def _distribution(values: Sequence[Any]) -> Any:
    from optuna import distributions as optuna

    if all(map(_is_number, values)):
        low, high = float(min(values)), float(max(values))
        return optuna.FloatDistribution(low, high, log=low > 0 and high >= _DECADE * low)
    return optuna.CategoricalDistribution([json.dumps(value) for value in values])


def _plain(value: Any, values: Sequence[Any]) -> Any:
    return float(value) if all(map(_is_number, values)) else json.dumps(value)


def _others(row: Row, key: str) -> str:
    """All settings but one."""
    rest = {name: value for name, value in row["settings"].items() if name != key}
    return json.dumps(rest, sort_keys=True)


def _within(rows: Sequence[Row], key: str, objective: str) -> list[tuple[float, float]]:
    """Ranks among the trials that agree in all other settings, from 0 to 1."""
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[_others(row, key)].append(row)
    pairs: list[tuple[float, float]] = []
    for group in groups.values():
        if len(group) >= _ALIKE:
            x = rankdata([row["settings"][key] for row in group])
            y = rankdata([row[objective] for row in group])
            pairs += zip(x / len(group), y / len(group), strict=True)
    return pairs


def _spearman(pairs: Sequence[tuple[float, float]], seed: int) -> dict[str, Any]:
    array, random = np.array(pairs, float).reshape(-1, 2), np.random.default_rng(seed)
    count = len(array)
    [rho] = _rho(array[None]) if count else [math.nan]
    if not math.isfinite(rho):
        return {"rho": None, "ci95": None, "n": count}
    drawn = _rho(array[random.integers(count, size=(_DRAWS, count))])
    return {"rho": float(rho), "ci95": np.nanpercentile(drawn, [2.5, 97.5]).tolist(), "n": count}


def _rho(pairs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rank correlations (D,) of D draws (D, N, 2); NaN where one of the two does not vary."""
    ranks = rankdata(pairs, axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    spread = np.sqrt((ranks**2).sum(axis=1).prod(axis=1))
    products = ranks.prod(axis=2).sum(axis=1)
    rho: NDArray[np.float64] = np.divide(
        products, spread, out=np.full_like(products, np.nan), where=spread > 0
    )
    return rho


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _order(value: Any) -> Any:
    return value if _is_number(value) else json.dumps(value, sort_keys=True)
