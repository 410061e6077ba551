"""One trial: override the settings, train, evaluate, report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ray.tune

from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.config.train import TrainConfig
from cadvlm.evaluation.evaluate import evaluate
from cadvlm.training.trainer import fit


def run_trial(
    values: Mapping[str, Any],
    *,
    folder: str,
    train: TrainConfig,
    evaluation: EvaluateConfig,
    objectives: Mapping[str, str],
) -> None:
    """Train with ``values`` laid over ``train`` and report the objectives to Tune.

    Everything lands in ``folder/TRIAL``; a trial that is started again resumes there.
    """
    here = f"{folder}/{ray.tune.get_context().get_trial_id()}"
    run = f"{here}/{train.out}"
    fit(train.override({**values, "out": run}))
    metrics = evaluate(evaluation.override({"checkpoint": run, "out": f"{here}/{evaluation.out}"}))
    ray.tune.report({key: measure(metrics, key) for key in objectives} | {"run": run})


def measure(metrics: Mapping[str, Any], dotted: str) -> float:
    """One number of ``metrics.json`` by its dotted key."""
    value: Any = metrics
    for key in dotted.split("."):
        value = value[key]
    return float(value)
