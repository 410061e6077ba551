"""A sweep: what trials begin with, the trials, the front, the pick, and its model in ``best/``."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping
from typing import Any

from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.config.train import TrainConfig
from cadvlm.errors import ConfigError, RunFailed
from cadvlm.evaluation.claim import content_hash
from cadvlm.evaluation.evaluate import evaluate
from cadvlm.evaluation.probes.probe import kept, probe
from cadvlm.evaluation.probes.suite import make
from cadvlm.progress import Progress, warn
from cadvlm.storage import Folder
from tune import effects
from tune.config import SweepConfig
from tune.forgotten import write_examples
from tune.frontier import front, pick
from tune.ledger import Ledger, Record, has_ended, records
from tune.search import search
from tune.space import Settings, variants
from tune.trial import FINISHED, Plan, at, measure, objectives, run_trial

SUMMARY = "sweep.json"
CONFIG = "config.json"
BEST = "best"

_MAY_CHANGE = ("space", "search", "trials", "concurrent", "floor", "examples", "seed")
"""Settings of a sweep that say what else to try and how to look at it."""


def sweep(
    out: str, train: TrainConfig, evaluation: EvaluateConfig, config: SweepConfig
) -> dict[str, Any]:
    """Run every trial that has not ended yet and return ``sweep.json``'s content.

    Needs a Ray session.

    Raises:
        ConfigError: the space cannot be read, the folder holds another sweep, or there is nothing
            that a model built from scratch could forget.
        RunFailed: no trial finished.
    """
    folder = Folder(out)
    plan = Plan(folder.uri, train, evaluation, config)
    full = config.search == "grid"
    todo = variants(config.spaces, config.trials, config.seed, lists_in_full=full)
    _claim(folder, plan)
    before = _before(plan)
    ended = [record for record in records(plan) if has_ended(record)]
    if config.search == "optuna":
        todo, total = [], config.trials
    else:
        known = [record["settings"] for record in ended]
        total, todo = len(todo), [settings for settings in todo if settings not in known]
    left = total - len(ended) if config.search == "optuna" else len(todo)
    if left > 0:
        trial = functools.partial(run_trial, plan=plan)
        with Progress("sweep", total, "trials", done=total - left) as progress:
            search(plan, trial, todo, left, Ledger(plan, progress))
    summary = summarise(plan, before)
    if not summary["front"]:
        fates = [(row["settings"], row["status"], row["error"]) for row in summary["trials"]]
        raise RunFailed(f"no trial finished; see {folder.uri}/trials: {fates}")
    _keep_best(folder, summary["recommended"]["run"])
    if config.probes:
        write_examples(plan, _telling(summary))
    folder.write_json(SUMMARY, summary)
    return summary


def summarise(plan: Plan, before: dict[str, Any] | None) -> dict[str, Any]:
    """The content of ``sweep.json``, from the records of the trials."""
    goals = plan.sweep.goals
    trials = sorted(
        (_row(record, plan) for record in records(plan)), key=lambda row: str(row["settings"])
    )
    finished = [row for row in trials if row["status"] == FINISHED]
    best = [finished[place] for place in front(finished, goals)]
    chosen = pick(best, goals, plan.sweep.floor) if best else None
    return {
        "objectives": goals,
        "floor": plan.sweep.floor,
        "before": before,
        "trials": trials,
        "front": best,
        "recommended": best[chosen.place] if chosen else None,
        "rule": chosen.rule if chosen else None,
        "importance": effects.importance(finished, goals),
        "correlations": effects.correlations(finished, goals, plan.sweep.seed),
        "changes": effects.changes(finished, goals),
    }


def _claim(folder: Folder, plan: Plan) -> None:
    """Make the folder this sweep's, or find that it is."""
    branches = {
        "train": plan.train.model_dump(mode="json"),
        "evaluate": plan.evaluation.model_dump(mode="json"),
        "sweep": plan.sweep.model_dump(mode="json", exclude=set(_MAY_CHANGE)),
    }
    here = {
        f"{name}.{key}": value for name, tree in branches.items() for key, value in tree.items()
    }
    here["train.dataset"] = content_hash(plan.train.dataset)
    there = folder.read_json(CONFIG) if folder.exists(CONFIG) else here
    changed = [key for key in sorted(here | there) if here.get(key) != there.get(key)]
    if changed:
        raise ConfigError(
            f"out: {folder.uri} holds a sweep with another {', another '.join(changed)}; "
            "choose another folder, or remove this one"
        )
    folder.write_json(CONFIG, here)


def _before(plan: Plan) -> dict[str, Any] | None:
    """The scores of the model that trials begin with, and the probes made ready; None without."""
    start, config = plan.train.model.path, plan.sweep
    if start is None:
        if config.probes:
            raise ConfigError("sweep.probes: a model built from scratch has nothing to forget")
        return None
    scored = {"checkpoint": start, "out": f"{plan.folder}/before/{plan.evaluation.out}"}
    scores = evaluate(plan.evaluation.override(scored))
    if config.probes:
        make(config.probes, plan.train.dataset, plan.suite)
        probe(start, plan.suite, plan.before, config.probes)
        scores["retention"] = kept(plan.before, plan.before, config.seed)
        if scores["retention"]["mean"] is None:
            raise ConfigError(f"sweep.probes: {start} solves none of them: nothing to forget")
        unknown = [
            name for name, one in scores["retention"]["by_operation"].items() if one["before"] == 0
        ]
        if unknown:
            warn(f"the model to begin with can do none of: {', '.join(unknown)}")
    return {
        **{key: measure(scores, key) for key in config.goals},
        "model": start,
        "retention": scores.get("retention"),
    }


def _row(record: Record, plan: Plan) -> dict[str, Any]:
    """A trial as ``sweep.json`` has it: with its objectives by their dotted keys."""
    looks = [
        {"share": look["share"], "step": look["step"], **objectives(look, plan.sweep)}
        for look in record["looks"]
    ]
    row = {key: record[key] for key in ("name", "status", "error", "seconds")}
    row["settings"] = _given(plan) | record["settings"]
    if not looks:
        return row
    last = record["looks"][-1]
    return {
        **row,
        **objectives(last, plan.sweep),
        "ci95": {key: _interval(last["scores"], key) for key in plan.sweep.goals},
        "retention": last["scores"].get("retention"),
        "loss": last["loss"],
        "run": last["run"],
        "at": last["at"],
        "looks": looks,
    }


def _given(plan: Plan) -> Settings:
    """What a key of one space is in the trials of another."""
    train = plan.train.model_dump(mode="json")
    keys = {key for space in plan.sweep.spaces for key in space}
    return {key: at(train, key) for key in sorted(keys)}


def _interval(scores: Mapping[str, Any], dotted: str) -> list[float] | None:
    """The interval of a mean, which stands beside it, or of a rate, which stands apart."""
    above, _, last = dotted.rpartition(".")
    if not above:
        rates: Mapping[str, Any] = scores.get("ci95") or {}
        return rates.get(last)
    ends: list[float] | None = at(scores, above).get("ci95") if last == "mean" else None
    return ends


def _telling(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The trials that examples are shown of: the recommended one, and the one that forgot most."""
    finished = [row for row in summary["trials"] if row["status"] == FINISHED]
    most = min(finished, key=lambda row: row["retention"]["mean"])
    recommended = summary["recommended"]
    return [most] if most["name"] == recommended["name"] else [recommended, most]


def _keep_best(folder: Folder, run: str) -> None:
    folder.remove(BEST)
    with tempfile.TemporaryDirectory() as local:
        Folder(f"{run}/final").download(local)
        (folder / BEST).upload(local)
