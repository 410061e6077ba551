"""The books of a sweep: a record of each trial, that outlives whoever runs it."""

from __future__ import annotations

from typing import Any

import ray.tune

from cadvlm.progress import Progress
from cadvlm.storage import Folder
from cadvlm.telemetry import tell
from tune.trial import (
    FAILED,
    FINISHED,
    RECORD,
    RUNNING,
    STOPPED,
    Plan,
    begin,
    objectives,
    read,
)

Record = dict[str, Any]

_ENDED_BY_TUNE = "others were better at the same point"
_PROCESS_DIED = "the trial's own process died"


class Ledger(ray.tune.Callback):  # type: ignore[misc]  # Ray is untyped
    """Told by Tune of the trials that end, among them those that could not say so themselves."""

    def __init__(self, plan: Plan, progress: Progress) -> None:
        self._plan, self._progress = plan, progress

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **_: Any) -> None:
        """A trial that ended by itself, or was stopped."""
        self._close(trial.config["settings"], STOPPED, _ENDED_BY_TUNE)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **_: Any) -> None:
        """A trial that failed."""
        self._close(trial.config["settings"], FAILED, _PROCESS_DIED)

    def _close(self, settings: dict[str, Any], status: str, reason: str) -> None:
        home = self._plan.home(settings)
        record = read(home) or begin(settings)
        if record["status"] == RUNNING:
            record |= {"status": status, "error": reason}
            home.write_json(RECORD, record)
        self._progress.advance(note=line(record, self._plan))
        tell(self._plan.folder, cadvlm_trials_ended=self._progress.done)


def records(plan: Plan) -> list[Record]:
    """Of all trials that have one, in no particular order."""
    folder = Folder(f"{plan.folder}/trials")
    return [folder.read_json(name) for name in folder.names(f"/{RECORD}", recursive=True)]


def has_ended(record: Record) -> bool:
    """Whether there is no use in running a trial again: what failed for another reason than its
    settings, or was interrupted, is run again."""
    return record["status"] not in (RUNNING, FAILED)


def line(record: Record, plan: Plan) -> str:
    """A trial in one line: its settings, and its objectives or why it has none."""
    settings = ", ".join(f"{key}={shown(value)}" for key, value in record["settings"].items())
    if record["status"] != FINISHED:
        return f"{settings}: {record['status'].replace('_', ' ')}, {record['error']}"
    scores = objectives(record["looks"][-1], plan.sweep)
    return f"{settings}: " + ", ".join(f"{key} {value:.3f}" for key, value in scores.items())


def shown(value: Any) -> str:
    """A setting's value, short."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
