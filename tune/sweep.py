"""The search: trials by Ray Tune, the front, the pick, and its checkpoint in ``best/``."""

from __future__ import annotations

import functools
import random
import tempfile
from typing import Any

import ray.tune

from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.config.train import TrainConfig
from cadvlm.errors import RunFailed
from cadvlm.storage import Folder
from tune.config import SweepConfig
from tune.frontier import front
from tune.space import search_space
from tune.trial import run_trial


def sweep(
    out: str, train: TrainConfig, evaluation: EvaluateConfig, config: SweepConfig
) -> dict[str, Any]:
    """Run every trial and return ``sweep.json``'s content. Needs a Ray session.

    Raises:
        ConfigError: the space cannot be read.
        RunFailed: no trial finished.
    """
    folder = Folder(out)
    trial = functools.partial(
        run_trial,
        folder=f"{folder.uri}/trials",
        train=train,
        evaluation=evaluation,
        objectives=config.objectives,
    )
    random.seed(config.seed)  # ray.tune's variant generator draws from the global one
    tuner = ray.tune.Tuner(
        # The trial only waits for its own workers; zero processors are refused.
        ray.tune.with_resources(trial, {"CPU": 0.01}),
        param_space=search_space(config.space),
        tune_config=ray.tune.TuneConfig(
            num_samples=config.trials, max_concurrent_trials=config.concurrent
        ),
        run_config=ray.tune.RunConfig(name="tune", storage_path=folder.uri),
    )
    summary = _summarise(tuner.fit(), config)
    if not summary["front"]:
        raise RunFailed(f"every trial failed; see {folder.uri}/tune: {summary['trials']}")
    with tempfile.TemporaryDirectory() as local:
        Folder(f"{summary['recommended']['run']}/final").download(local)
        (folder / "best").upload(local)
    folder.write_json("sweep.json", summary)
    return summary


def _summarise(results: ray.tune.ResultGrid, config: SweepConfig) -> dict[str, Any]:
    trials = [_row(result, config) for result in results]
    finished = [row for row in trials if row["status"] == "finished"]
    best = [finished[i] for i in front(finished, config.objectives)]
    return {
        "objectives": config.objectives,
        "trials": trials,
        "front": best,
        "recommended": best[0] if best else None,
    }


def _row(result: ray.tune.Result, config: SweepConfig) -> dict[str, Any]:
    row = {"settings": result.config}
    if result.error is not None:
        return {**row, "status": "failed", "error": str(result.error).strip().splitlines()[-1]}
    metrics = result.metrics or {}
    scores = {key: metrics[key] for key in (*config.objectives, "run")}
    return {**row, "status": "finished", **scores}
