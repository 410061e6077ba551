"""How far a job is, read from what it has written: nobody keeps a second account."""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple

from cadvlm.data.finish import SHARDS
from cadvlm.data.staging import Staging
from cadvlm.storage import Folder
from serve.shelf import MANIFEST, METRICS, SUMMARY, Shelf
from serve.submission import Job, State

DATASET, FINETUNE = "dataset", "finetune"
"""Kinds of jobs."""

BUILDING = 0.9
"""What building takes of a dataset's time; the rest is comparing shapes and writing."""


class Stage(NamedTuple):
    """Where a job stands."""

    name: str
    progress: float
    """0 to 1."""
    metrics: dict[str, Any] | None = None
    """Of a run, once there are any."""


DONE = Stage("done", 1.0)


def stage(job: Job, shelf: Shelf) -> Stage:
    """How far a job is, or was when it ended."""
    if job.state is State.PENDING:
        return Stage("waiting", 0.0)
    if job.kind == DATASET:
        found = _of_dataset(shelf.dataset(job.name), int(job.about["shards"]))
    else:
        found = _of_run(shelf.run(job.name), float(job.about["epochs"]))
    if job.state in (State.FAILED, State.CANCELLED):
        return found._replace(name=f"{job.state} while {found.name}")
    return found


def _of_dataset(folder: Folder, shards: int) -> Stage:
    if folder.exists(MANIFEST):
        return DONE
    built = len(Staging(folder).names())
    if built < shards:
        return Stage("building parts", BUILDING * built / shards)
    written = len((folder / SHARDS).names(".json"))
    return Stage("writing", BUILDING + (1 - BUILDING) * written / shards)


def _of_run(folder: Folder, epochs: float) -> Stage:
    if not folder.exists(METRICS):
        return Stage("starting", 0.0)
    row = json.loads(folder.read(METRICS).splitlines()[-1])
    # Not a number is none in JSON either.
    metrics: dict[str, Any] = {
        key: row[key] if math.isfinite(row[key]) else None
        for key in ("epoch", "step", "loss", "lr", "val_loss")
        if key in row
    }
    if folder.exists(SUMMARY):
        return DONE._replace(metrics=metrics)
    return Stage("training", min(1.0, row["epoch"] / epochs), metrics)
