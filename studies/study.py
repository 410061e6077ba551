"""A study: every arm prepared, trained from every seed and scored; then the answer.

Folders are named for the settings that made them. So what arms have in common, a dataset or the
first stages of a training, is made once, and a study that was stopped finds what it has done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from cadvlm.config.data import PrepareConfig
from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.config.train import TrainConfig
from cadvlm.data.pipeline import prepare
from cadvlm.errors import ConfigError
from cadvlm.evaluation.evaluate import evaluate
from cadvlm.progress import Progress
from cadvlm.reports import study as report
from cadvlm.storage import Folder
from cadvlm.training.loop import SUMMARY
from cadvlm.training.metrics import read
from cadvlm.training.trainer import fit
from studies.answer import Scored, answer
from studies.config import StudyConfig

STUDY = "study.json"

_PLACES = {"out", "dataset"}
"""Settings that say where something is."""


class Plan(NamedTuple):
    """All that one arm does from one seed."""

    arm: str
    seed: int
    data: PrepareConfig
    judged: PrepareConfig
    """Mostly the same."""
    stages: list[TrainConfig]
    scores: EvaluateConfig


def study(config: StudyConfig) -> dict[str, Any]:
    """Fill the study's folder and return the content of ``study.json``. Needs a Ray session.

    Raises:
        ConfigError: an arm's changes contradict the settings that they change.
        InputError, RunFailed: as preparation, training and evaluation raise them.
    """
    plans = planned(config)
    scored = []
    with Progress("study", len(plans), "runs") as progress:
        for plan in plans:
            prepare(plan.data)
            prepare(plan.judged)
            for stage in plan.stages:
                fit(stage)
            evaluate(plan.scores)
            scored.append(_scored(plan))
            progress.advance(note=f"{plan.arm}, seed {plan.seed}")
    folder = Folder(config.out)
    summary = answer(config, scored)
    folder.write_json(STUDY, summary)
    report.write(folder)
    return summary


def planned(config: StudyConfig) -> list[Plan]:
    """Seed by seed, so that a study that is stopped has something of every arm."""
    return [_plan(config, name, seed) for seed in config.seeds for name in config.arms]


def _plan(config: StudyConfig, name: str, seed: int) -> Plan:
    arm, out = config.arms[name], Folder(config.out).uri
    try:
        data = _data(config.prepare.override(arm.prepare), out)
        judged = _data(data.override(config.judged), out)
        key = _digest(data.model_dump(mode="json", exclude=_PLACES))
        stages: list[TrainConfig] = []
        for changes in arm.train:
            before = {"model.path": stages[-1].out} if stages else {}
            stage = config.train.override({**before, **changes, "seed": seed, "dataset": data.out})
            # The model of a later stage is the one before, which the key so far tells of.
            apart = {*_PLACES, "model"} if stages else _PLACES
            key = _digest(key, stage.model_dump(mode="json", exclude=apart))
            stages.append(stage.override({"out": f"{out}/runs/{key}"}))
        scores = config.evaluate.override(arm.evaluate)
        by = judged.model_dump(mode="json", exclude=_PLACES)
        key = _digest(key, by, scores.model_dump(mode="json", exclude={*_PLACES, "checkpoint"}))
        places = {"checkpoint": stages[-1].out, "dataset": judged.out, "out": f"{out}/scores/{key}"}
        scores = scores.override(places)
    except ConfigError as error:
        raise ConfigError(f"arms.{name}: {error}") from None
    return Plan(name, seed, data, judged, stages, scores)


def _data(config: PrepareConfig, out: str) -> PrepareConfig:
    """In the folder that its settings name."""
    key = _digest(config.model_dump(mode="json", exclude=_PLACES))
    return config.override({"out": f"{out}/data/{key}"})


def _digest(*told: Any) -> str:
    """A name for all that is told."""
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]


def _scored(plan: Plan) -> Scored:
    folders = [Folder(stage.out) for stage in plan.stages]
    table = pq.read_table(pa.BufferReader(Folder(plan.scores.out).read("scores.parquet")))
    rows = table.drop_columns(["text", "code", "reference"]).to_pylist()
    return Scored(
        plan.arm,
        plan.seed,
        {row["id"]: row for row in rows},
        sum(float(folder.read_json(SUMMARY)["seconds"]) for folder in folders),
        _rewards(read(folders[-1])) if plan.stages[-1].reward else [],
        {"data": plan.data.out, "runs": [one.uri for one in folders], "scores": plan.scores.out},
    )


def _rewards(rows: Sequence[Mapping[str, Any]]) -> list[tuple[int, float]]:
    """Steps, and what greedy answers to the validation split earned after them."""
    return [(row["step"], 1 - row["val_loss"]) for row in rows if "val_loss" in row]
