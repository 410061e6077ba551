"""Jobs of this project as Ray jobs. Ray alone remembers them, so that they outlive who asked."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple, Self

import ray
from ray.job_submission import JobDetails, JobSubmissionClient

from cadvlm.config.base import Config
from cluster.session import submission
from serve.errors import Refused

KIND = "cadvlm"
"""Key of a Ray job's metadata that says which kind of ours it is."""


class State(StrEnum):
    """What a client hears of a job."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self not in (State.PENDING, State.RUNNING)


_STATES = {
    "PENDING": State.PENDING,
    "RUNNING": State.RUNNING,
    "SUCCEEDED": State.COMPLETED,
    "FAILED": State.FAILED,
    "STOPPED": State.CANCELLED,
}


class Job(NamedTuple):
    """A job that was asked for."""

    id: str
    kind: str
    name: str
    """Of the dataset or the run that comes of it."""
    state: State
    message: str
    """Ray's own word about the state."""
    started: datetime | None
    ended: datetime | None
    about: Mapping[str, str]
    """Whatever else was to be remembered."""

    @classmethod
    def of(cls, details: JobDetails) -> Self:
        """One of Ray's, which is ours."""
        about = dict(details.metadata or {})
        return cls(
            str(details.submission_id),
            about.pop(KIND),
            about.pop("name"),
            _STATES[str(details.status)],
            details.message or "",
            _time(details.start_time),
            _time(details.end_time),
            about,
        )


class Jobs:
    """The jobs of the cluster of this session.

    Every method asks Ray over HTTP, and waits: not for an event loop.

    Raises:
        Refused: 503, Ray does not answer; 404, it knows no such job of ours.
    """

    def __init__(self, python: str | None = None) -> None:
        self._python = python or sys.executable

    @cached_property
    def _client(self) -> JobSubmissionClient:
        """Only when it is needed: the routes can be described where no Ray runs."""
        # RAY_ADDRESS would win over this, as it does in cluster.session.
        return JobSubmissionClient(ray.get_runtime_context().gcs_address)

    def submit(self, module: str, config: Config, kind: str, name: str, **about: str) -> str:
        """Run ``python -m MODULE`` with these settings; the id of the job."""
        settings = config.model_dump(mode="json", exclude_unset=True)
        words = [f"{key}={json.dumps(value)}" for key, value in settings.items()]
        with _asked():
            id: str = self._client.submit_job(
                entrypoint=shlex.join([self._python, "-m", module, *words]),
                runtime_env=submission(),
                metadata={KIND: kind, "name": name, **about},
            )
        return id

    def all(self) -> list[Job]:
        """The newest first."""
        with _asked():
            every = self._client.list_jobs()
        ours = [Job.of(one) for one in every if one.submission_id and KIND in (one.metadata or {})]
        return sorted(ours, key=lambda job: job.started or datetime.now(UTC), reverse=True)

    def find(self, id: str) -> Job:
        """The job of an id."""
        for job in self.all():
            if job.id == id:
                return job
        raise Refused(404, "not_found", "no such job", "id")

    def stop(self, id: str) -> None:
        """End a job; it says so when it has ended."""
        with _asked():
            self._client.stop_job(id)

    def logs(self, id: str) -> str:
        """What it has printed so far."""
        with _asked():
            return str(self._client.get_job_logs(id))


@contextmanager
def _asked() -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError) as error:
        message = f"the cluster does not answer: {' '.join(str(error).split())[:300]}"
        raise Refused(503, "unavailable", message, retry_s=5) from error


def _time(milliseconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None
