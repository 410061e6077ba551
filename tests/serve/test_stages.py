from __future__ import annotations

import json
from pathlib import Path

from serve.config import TrainingConfig
from serve.shelf import Shelf
from serve.stages import Stage, stage
from serve.submission import Job, State


def _job(kind: str, state: State = State.RUNNING, **about: str) -> Job:
    return Job("id", kind, "name", state, "", None, None, about)


def test_a_dataset_is_built_then_written_then_done(tmp_path: Path) -> None:
    shelf = Shelf(TrainingConfig(storage=str(tmp_path)))
    job, seen = _job("dataset", shards="2"), []
    for name in ("staged/built/0.parquet", "staged/built/1.parquet", "shards/0.json"):
        seen.append(stage(job, shelf))
        shelf.dataset("name").write(name, b"")
    seen.append(stage(job, shelf))
    shelf.dataset("name").write("manifest.json", "{}")
    seen.append(stage(job, shelf))
    assert [one.name for one in seen] == ["building parts"] * 2 + ["writing"] * 2 + ["done"]
    progress = [one.progress for one in seen]
    assert progress == sorted(set(progress))
    assert (progress[0], progress[-1]) == (0, 1)


def test_a_run_tells_its_last_row_and_what_is_no_number_is_none(tmp_path: Path) -> None:
    shelf = Shelf(TrainingConfig(storage=str(tmp_path)))
    job = _job("finetune", epochs="4")
    assert stage(job, shelf) == Stage("starting", 0.0)
    rows = [{"epoch": 0.5, "step": 1, "loss": 2.0}, {"epoch": 1, "step": 2, "loss": float("nan")}]
    shelf.run("name").write("metrics.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    metrics = {"epoch": 1, "step": 2, "loss": None}
    assert stage(job, shelf) == Stage("training", 0.25, metrics)
    failed = job._replace(state=State.FAILED)
    assert stage(failed, shelf).name == "failed while training"
    shelf.run("name").write("summary.json", "{}")
    assert stage(job, shelf) == Stage("done", 1.0, metrics)


def test_who_waits_has_not_begun(tmp_path: Path) -> None:
    shelf = Shelf(TrainingConfig(storage=str(tmp_path)))
    assert stage(_job("dataset", State.PENDING, shards="1"), shelf) == Stage("waiting", 0.0)
