"""What ways to train are worth: each with several seeds, judged on the same held-out parts.

    python -m bench.recipes bench/recipes/align.yaml dataset=DIR out=DIR
    python -m bench.recipes bench/recipes/real.yaml dataset=DIR judged_on=DIR out=DIR

A way is a list of stages, each the settings of ``jobs.train`` that it changes; a stage goes on from
the output of the one before. What is done already is not done again. Intervals are of 95 %, by a
bootstrap that draws seeds and parts, the same ones for every way.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import Field, SerializeAsAny

from cadvlm.config.base import Config
from cadvlm.config.evaluate import GenerationConfig
from cadvlm.config.train import TrainConfig
from cluster.config import ClusterConfig
from cluster.session import session

DRAWS = 10_000


class RecipesConfig(Config):
    """Ways, and what they share."""

    dataset: str
    """What is trained on."""

    judged_on: str | None = None
    """Whose test split decides; null: that of ``dataset``."""

    out: str
    """Where all runs go."""

    ways: dict[str, tuple[dict[str, Any], ...]] = Field(min_length=2)
    """Names, and the stages of each; the first way is what the others are compared with."""

    train: dict[str, Any]
    """Settings of every stage."""

    seeds: tuple[int, ...] = (0, 1, 2)
    """Each way is trained with each."""

    limit: int | None = None
    """Parts to judge by, at most."""

    generation: GenerationConfig = GenerationConfig()
    """How they are answered."""

    cluster: SerializeAsAny[ClusterConfig] = ClusterConfig(address="local")
    """Where it runs."""


def main(config: RecipesConfig) -> None:
    """Train, judge, and print the table."""
    scores: dict[str, list[dict[str, NDArray[np.float64]]]] = {name: [] for name in config.ways}
    with session(config.cluster):
        for seed in config.seeds:
            for name in config.ways:
                run = _trained(config, name, seed)
                scores[name].append(_judged(config, run, f"{config.out}/{name}-{seed}/evaluation"))
    _report(scores)


def _trained(config: RecipesConfig, name: str, seed: int) -> str:
    """The last run of a way."""
    from cadvlm.training.trainer import fit

    run: str | None = None
    tree = TrainConfig.parse({"dataset": config.dataset, "out": "", **config.train})
    for number, stage in enumerate(config.ways[name]):
        before = {"model": run} if run else {}
        run = f"{config.out}/{name}-{seed}/{number}"
        print(f"\n{name}, seed {seed}, stage {number}: {stage}", flush=True)
        fit(tree.override({**stage, **before, "seed": seed, "out": run}))
    assert run is not None, "a way has at least one stage"
    return run


def _judged(config: RecipesConfig, run: str, out: str) -> dict[str, NDArray[np.float64]]:
    """IoU and validity of every part, in the order of their ids."""
    from cadvlm.config.evaluate import EvaluateConfig
    from cadvlm.evaluation.evaluate import evaluate

    settings = {
        "checkpoint": run, "dataset": config.judged_on or config.dataset, "out": out,
        "limit": config.limit, "edits": 0, "generation": config.generation.model_dump(),
    }  # fmt: skip
    evaluate(EvaluateConfig.parse(settings))
    rows = pq.read_table(f"{out}/scores.parquet", columns=["id", "status", "iou"]).sort_by("id")
    valid = np.array([status == "ok" for status in rows["status"].to_pylist()], float)
    return {"IoU": rows["iou"].fill_null(0.0).to_numpy().astype(float), "valid": valid}


def _report(scores: Mapping[str, Sequence[Mapping[str, NDArray[np.float64]]]]) -> None:
    first = next(iter(scores))
    for figure in ("IoU", "valid"):
        table = {name: np.stack([one[figure] for one in runs]) for name, runs in scores.items()}
        seeds, parts = table[first].shape
        random = np.random.default_rng(0)
        drawn = [
            np.ix_(random.integers(seeds, size=seeds), random.integers(parts, size=parts))
            for _ in range(DRAWS)
        ]
        print(f"\n{figure}, {seeds} seeds, {parts} parts".ljust(36) + "mean" + "95 %".rjust(17))
        means = {
            name: np.array([values[at].mean() for at in drawn]) for name, values in table.items()
        }
        for name, values in table.items():
            each = ", ".join(f"{mean:.3f}" for mean in values.mean(axis=1))
            _line(name, values.mean(), means[name], f"seeds: {each}")
        for name in [*table][1:]:
            gain = table[name].mean() - table[first].mean()
            _line(f"  {name} - {first}", gain, means[name] - means[first])


def _line(name: str, mean: float, draws: NDArray[np.float64], note: str = "") -> None:
    low, high = np.percentile(draws, [2.5, 97.5])
    print(f"{name:35}{mean:6.3f}   [{low:.3f}, {high:.3f}]   {note}")


if __name__ == "__main__":
    main(RecipesConfig.load(sys.argv[1:]))
