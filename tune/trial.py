"""One trial: override the settings, train, evaluate, probe, report; as often as it is looked at.

All it makes lies in ``trials/NAME``, named for its settings, so that a sweep that was stopped finds
it again: training goes on from its last checkpoint, and scores that are there are not made again.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import ray.tune

from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.config.train import TrainConfig
from cadvlm.dataset import Dataset
from cadvlm.errors import RunFailed
from cadvlm.storage import Folder
from tune.config import SweepConfig

RECORD = "trial.json"
"""What is known of a trial; see :func:`begin`."""

FINISHED, STOPPED, RUNNING = "finished", "stopped", "running"

DIVERGED, OUT_OF_MEMORY, FAILED = "diverged", "out_of_memory", "failed"

SHARE = "percent"
"""What is reported beside the objectives: percent of the steps."""

_WORDS = {
    OUT_OF_MEMORY: r"out ?of ?memory|can't allocate memory|cannot allocate|OOM|memory monitor",
    DIVERGED: r"diverged|\bnan\b|not finite|non-finite",
}
"""By which words an error is known; Ray hands on no more than its text."""


class Diverged(RunFailed):
    """The loss is no number any more."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What all trials of a sweep share."""

    folder: str
    """The sweep's."""
    train: TrainConfig
    evaluation: EvaluateConfig
    sweep: SweepConfig

    @property
    def suite(self) -> str:
        """The probes."""
        return f"{self.folder}/suite"

    @property
    def before(self) -> str:
        """What the model that trials begin with answers to them."""
        return f"{self.folder}/before/probes"

    def home(self, settings: Mapping[str, Any]) -> Folder:
        """A trial's folder."""
        return Folder(f"{self.folder}/trials/{name(settings)}")


Look = Callable[[Plan, Mapping[str, Any], float], dict[str, Any]]


def name(settings: Mapping[str, Any]) -> str:
    """What a trial is called: the same for the same settings."""
    text = json.dumps(settings, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def run_trial(config: Mapping[str, Any], *, plan: Plan, look: Look | None = None) -> None:
    """Run the trial of ``config["settings"]`` and report each look at it to Tune.

    What becomes of it is in its ``trial.json`` when it ends, however it ends. An error is raised
    on, for Tune to count. ``look`` takes the place of :func:`train_and_score`.
    """
    settings: Mapping[str, Any] = config["settings"]
    home = plan.home(settings)
    record = (read(home) or begin(settings)) | {"status": RUNNING, "error": None}
    home.write_json(RECORD, record)
    known = {one["share"]: one for one in record["looks"]}
    try:
        for share in plan.sweep.looks:
            started = time.monotonic()
            if share not in known:
                record["looks"].append((look or train_and_score)(plan, settings, share))
            seen = known.get(share, record["looks"][-1])
            record["seconds"] = round(record["seconds"] + time.monotonic() - started, 1)
            reason = hopeless(seen, plan.sweep)
            if share == 1 or reason:
                record |= {"status": STOPPED if reason else FINISHED, "error": reason}
            home.write_json(RECORD, record)
            ray.tune.report({**objectives(seen, plan.sweep), SHARE: round(100 * share)})
            if reason:
                return
    except Exception as error:  # whatever ends a trial is a result of the sweep
        home.write_json(RECORD, record | fate(error))
        raise


def read(home: Folder) -> dict[str, Any] | None:
    """A trial's record; None when it has not begun."""
    return home.read_json(RECORD) if home.exists(RECORD) else None


def overrides(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The keys that a trial changes: a replay of nothing is none."""
    if settings.get("replay.share") != 0:
        return dict(settings)
    return {key: value for key, value in settings.items() if key != "replay.share"} | {
        "replay": None
    }


def begin(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a trial that has not been looked at yet.

    ``looks`` has an entry for each time: ``share`` of the steps, ``step``, ``loss``, the ``run``
    that was scored, where ``at``, and its ``scores``: ``metrics.json`` and ``retention``.
    """
    return {
        "name": name(settings),
        "settings": dict(settings),
        "status": RUNNING,
        "error": None,
        "looks": [],
        "seconds": 0.0,
    }


def objectives(look: Mapping[str, Any], sweep: SweepConfig) -> dict[str, float]:
    """The objectives of a look by their dotted keys."""
    return {key: measure(look["scores"], key) for key in sweep.goals}


def measure(metrics: Mapping[str, Any], dotted: str) -> float:
    """One number of ``metrics.json`` by its dotted key.

    Raises:
        RunFailed: there is no such number.
    """
    value = at(metrics, dotted)
    if not isinstance(value, (int, float)):
        raise RunFailed(f"sweep.objectives: {dotted} is no number among the scores: {value!r}")
    return float(value)


def at(tree: Any, dotted: str) -> Any:
    """A value in nested mappings by its dotted key; None where there is none."""
    for key in dotted.split("."):
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree


def hopeless(look: Mapping[str, Any], sweep: SweepConfig) -> str | None:
    """Why a trial that is not over yet should end here; None: it may go on."""
    least = sweep.early_stop.retention if sweep.early_stop else None
    if least is None or look["share"] == 1:
        return None
    left = measure(look["scores"], "retention.mean")
    if left >= least:
        return None
    return f"retention {left:.2f} is below {least:g} after {look['share']:.0%} of the steps"


def fate(error: Exception) -> dict[str, Any]:
    """The status and the one line that an error leaves in a trial's record."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    text = f"{type(error).__name__} {error}"
    known = (status for status, words in _WORDS.items() if re.search(words, text, re.IGNORECASE))
    return {"status": next(known, FAILED), "error": lines[-1][:500]}


def train_and_score(plan: Plan, settings: Mapping[str, Any], share: float) -> dict[str, Any]:
    """Train up to a share of the steps, and score what came of it: an entry of ``looks``."""
    from cadvlm.evaluation.evaluate import evaluate
    from cadvlm.evaluation.probes.probe import kept, probe
    from cadvlm.training.loop import SUMMARY
    from cadvlm.training.trainer import fit

    home = plan.home(settings)
    train = plan.train.override({**overrides(settings), "out": f"{home.uri}/{plan.train.out}"})
    if share < 1:
        train = train.override({"max_steps": max(1, round(share * _steps(train)))})
    fit(train)
    summary = Folder(train.out).read_json(SUMMARY)
    if not math.isfinite(summary["loss"]):
        raise Diverged(f"the loss is {summary['loss']} after {summary['step']} steps: it diverged")
    here = home.uri if share == 1 else f"{home.uri}/at-{100 * share:.0f}"
    scored = {"checkpoint": train.out, "out": f"{here}/{plan.evaluation.out}"}
    scores = _brief(evaluate(plan.evaluation.override(scored)))
    if plan.sweep.probes:
        probe(train.out, plan.suite, f"{here}/probes", plan.sweep.probes)
        scores["retention"] = kept(plan.before, f"{here}/probes", plan.sweep.seed)
    return {
        "share": share,
        "step": summary["step"],
        "loss": summary["loss"],
        "run": train.out,
        "at": here,
        "scores": scores,
    }


def _brief(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of an evaluation without those of its groups and of its machine."""
    groups = ("by_source", "by_complexity", "by_family", "sandbox")
    return {key: value for key, value in metrics.items() if key not in groups}


def _steps(train: TrainConfig) -> int:
    """Steps of a whole trial."""
    from cadvlm.training.mixture import mix
    from cadvlm.training.rows import census

    dataset = Dataset(train.dataset)
    counted = census(dataset, train.max_tokens)
    return mix(train, dataset.manifest, counted.usable).stop(train)
