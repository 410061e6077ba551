"""A job as a client sees it."""

from __future__ import annotations

import re
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from serve.shelf import Shelf
from serve.stages import stage
from serve.submission import Job, State


class Metrics(BaseModel):
    """The last row that a run has logged."""

    epoch: float | None
    step: int
    loss: float | None
    lr: float | None = None
    val_loss: float | None = None


class JobAnswer(BaseModel):
    """A job, and how far it is."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    job_id: str
    job_type: str
    """``dataset`` or ``finetune``."""
    name: str
    """Of the dataset or the run that comes of it."""
    status: State
    progress: float
    """0 to 1."""
    current_stage: str
    created_at: datetime | None
    completed_at: datetime | None
    error: str | None
    metrics: Metrics | None = None
    """Left out until there are any."""


class JobList(BaseModel):
    """The newest first."""

    total: int
    jobs: list[JobAnswer]


def answer(job: Job, shelf: Shelf) -> JobAnswer:
    """What is told of a job, without the reason of a failure, which is in its log."""
    now = stage(job, shelf)
    told = JobAnswer(
        job_id=job.id,
        job_type=job.kind,
        name=job.name,
        status=job.state,
        progress=now.progress,
        current_stage=now.name,
        created_at=job.started,
        completed_at=job.ended,
        error=job.message if job.state is State.FAILED else None,
    )
    if now.metrics is not None:  # set, or not there at all: clients ask whether there are any
        told.metrics = Metrics.model_validate(now.metrics)
    return told


def plain(log: str) -> str:
    """Without the colours of a terminal."""
    return re.sub(r"\x1b\[[0-9;]*m", "", log)


def reason(log: str) -> str | None:
    """What a job said last of its own failure; see :mod:`cluster.command`."""
    said = [line.partition("error: ")[2] for line in plain(log).splitlines() if "error: " in line]
    return said[-1] if said else None
