"""Checkpoints of a run: copied in a moment, written while training goes on.

A checkpoint counts when Ray Train has registered it, which is after every worker has written its
file. What a crash leaves half written is never looked at, and written over when the run comes by
again; ``index.json`` says whose files belong together.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
import threading
from typing import Any

import ray.train
from ray.train import Checkpoint, CheckpointConsistencyMode, CheckpointUploadMode
from safetensors.torch import save_file

from cadvlm.training.engine import Engine

INDEX = "index.json"
SCORE = "val_loss"
"""The figure by which checkpoints are compared; the lowest is the best."""


class Saver:
    """Writes and reads one worker's share of checkpoints. All workers make the same calls."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        context = ray.train.get_context()
        self.rank, self.workers = context.get_world_rank(), context.get_world_size()
        self._storage = context.get_storage()
        self._idle = threading.Event()
        self._idle.set()

    def save(self, step: int, metrics: dict[str, Any]) -> None:
        """Copy the state after ``step`` steps, and have it written.

        Waits for the one before: there is memory for one copy.
        """
        self._idle.wait()
        self._idle.clear()
        tensors = self.engine.snapshot()
        index = {"step": step, "workers": self.workers, **self.engine.counters()}
        folder = tempfile.mkdtemp(prefix="cadvlm-checkpoint-")

        def write(checkpoint: Checkpoint, name: str) -> Checkpoint:
            try:
                save_file(tensors, os.path.join(folder, _file(self.rank, self.workers)))
                if self.rank == 0:
                    with open(os.path.join(folder, INDEX), "w") as file:
                        json.dump(index, file)
                return self._storage.persist_current_checkpoint(checkpoint, name)
            finally:  # Ray Train ends the run for an error in here; nobody shall wait for it
                tensors.clear()
                self._idle.set()

        ray.train.report(
            {SCORE: math.nan, **metrics},
            checkpoint=Checkpoint.from_directory(folder),
            checkpoint_dir_name=f"step-{step:08}",
            checkpoint_upload_mode=CheckpointUploadMode.ASYNC,
            checkpoint_upload_fn=write,
        )

    def resume(self, checkpoint: Checkpoint | None) -> int:
        """Go back to a checkpoint; the number of steps it had taken, 0 without one."""
        if checkpoint is None:
            return 0
        with checkpoint.as_directory() as folder:
            with open(os.path.join(folder, INDEX)) as file:
                index = json.load(file)
            names = [_file(rank, index["workers"]) for rank in range(index["workers"])]
            self.engine.restore([os.path.join(folder, name) for name in names], index)
        return int(index["step"])

    def best(self) -> Checkpoint | None:
        """Of all that are kept, once they are written; None when none was validated."""
        kept = ray.train.get_all_reported_checkpoints(CheckpointConsistencyMode.COMMITTED)
        scored = [one for one in kept if not math.isnan(one.metrics[SCORE])]
        return min(scored, key=lambda one: one.metrics[SCORE]).checkpoint if scored else None


def _file(rank: int, workers: int) -> str:
    return f"state-{rank:05}-of-{workers:05}.safetensors"
