"""What a run tells about itself: ``metrics.jsonl`` and TensorBoard events.

One row of ``metrics.jsonl`` is about the steps since the row before:

``step``, ``epoch``    how far the run is; ``epoch`` in passes over the training split
``loss``               mean over the answer tokens of these steps; ``val_loss`` over the validation
                       samples, after them
``lr``, ``grad_norm``  of the last of them, the norm before clipping
``skipped``            steps that were not taken, since the run began
``samples_per_s``, ``tokens_per_s``   of all workers, padding not counted
``mfu``                see :mod:`cadvlm.training.flops`; none where the device's peak is unknown
``memory_gb``          of each worker: on a GPU the most that was reserved, else what is resident
``padding_share``, ``data_wait_share``   of the tokens, and of the time
``seconds``            of training since the run began, without evaluations and checkpoints
``evaluation_s``       at an evaluation, what it took
``sources``            what was seen of each since the run began
``sample``             at an evaluation, what :mod:`cadvlm.training.sampling` found
``reward``             in the stage of this name, what these answers earned; ``loss`` is then the
                       policy's, ``val_loss`` what greedy answers lack of the full reward
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from pyarrow import fs
from torch.utils.tensorboard import SummaryWriter
from transformers import BatchFeature

from cadvlm.storage import Folder
from cadvlm.telemetry import tell
from cadvlm.training.flops import Flops
from cadvlm.training.memory import GB, resident
from cadvlm.training.together import summed
from cadvlm.training.trackers import Tracker

METRICS = "metrics.jsonl"
EVENTS = "tensorboard"

_SECONDS_BETWEEN_WRITES = 60.0
"""Of the whole file, where it cannot grow."""


class Window:
    """What one worker did since the last row was logged."""

    def __init__(
        self,
        device: torch.device,
        rank: int,
        workers: int,
        flops: Flops,
        peak_tflops: float | None,
    ) -> None:
        """``peak_tflops`` is one device's, None when it is not known."""
        self.device, self.rank, self.workers = device, rank, workers
        self._flops, self._peak = flops, peak_tflops
        self.restart()

    def restart(self) -> None:
        """Forget what was summed; the clock starts anew."""
        self.loss = torch.zeros((), device=self.device, dtype=torch.float64)
        self.answer_tokens = self.tokens = self.padded = self.samples = 0
        self.flops = self.waited = 0.0
        self._since = time.perf_counter()

    def add(self, loss: torch.Tensor, batch: BatchFeature) -> None:
        """A micro-batch that was computed, with its summed loss."""
        self.loss += loss.detach()
        self.answer_tokens += int((batch["labels"] != -100).sum())
        self.tokens += int(batch["attention_mask"].sum())
        self.padded += batch["attention_mask"].numel()
        self.samples += len(batch["labels"])
        self.flops += self._flops.batch(batch)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Time spent in here is time that the worker had no data."""
        start = time.perf_counter()
        yield
        self.waited += time.perf_counter() - start

    def totals(self) -> dict[str, Any]:
        """The window of all workers as figures of a row. All workers call this."""
        counted = [self.answer_tokens, self.tokens, self.padded, self.samples, self.flops]
        memory = [0.0] * self.workers
        memory[self.rank] = _memory_gb(self.device)
        own = [float(self.loss), *counted, self.waited]
        # Read after the loss, which waits for the device to have done its work.
        seconds = time.perf_counter() - self._since
        loss, answer_tokens, tokens, padded, samples, flops, waited, worked, *memory = summed(
            [*own, seconds, *memory], self.device
        )
        return {
            "loss": loss / answer_tokens,
            "samples_per_s": samples / seconds,
            "tokens_per_s": tokens / seconds,
            "mfu": flops / worked / (self._peak * 1e12) if self._peak else None,
            "memory_gb": {str(rank): round(gb, 3) for rank, gb in enumerate(memory)},
            "padding_share": 1 - tokens / padded,
            "data_wait_share": waited / worked,
            "seconds": seconds,
        }


def _memory_gb(device: torch.device) -> float:
    if device.type == "cuda":
        most = torch.cuda.max_memory_reserved(device)
        torch.cuda.reset_peak_memory_stats(device)
        return float(most) / GB
    return resident() / GB


_TOLD = (
    "step", "loss", "val_loss", "lr", "samples_per_s", "tokens_per_s", "mfu", "data_wait_share",
)  # fmt: skip
"""Figures that Prometheus is told as well, by their names in :data:`cadvlm.telemetry.TOLD`."""


class MetricsLog:
    """One row per logged step, each step once, also after a resume.

    A local file grows by whole lines. Object stores cannot append: there the file is written whole,
    and not oftener than once a minute.
    """

    def __init__(self, folder: Folder, step: int, trackers: Sequence[Tracker] = ()) -> None:
        """Go on after ``step`` steps: rows of later steps, which are made again, are dropped."""
        self.folder = folder
        self.rows = [row for row in read(folder) if row["step"] <= step]
        self._is_local = isinstance(folder.filesystem, fs.LocalFileSystem)
        self._upload = None if self._is_local else tempfile.mkdtemp(prefix="cadvlm-events-")
        self._events = SummaryWriter(
            self._upload or folder.join(EVENTS), purge_step=step + 1 if step else None
        )
        self._trackers = trackers
        self._write()

    @property
    def seconds(self) -> float:
        """Training time so far."""
        return float(self.rows[-1]["seconds"]) if self.rows else 0.0

    def add(self, row: dict[str, Any]) -> None:
        """Write a row; it has a ``step``."""
        self.rows.append(row)
        if self._is_local:
            with open(self.folder.join(METRICS), "a") as file:
                file.write(json.dumps(row) + "\n")
        elif time.monotonic() - self._written > _SECONDS_BETWEEN_WRITES:
            self._write()
        figures = {f"train/{name}": value for name, value in flat(row) if name != "step"}
        for name, value in figures.items():
            self._events.add_scalar(name, value, row["step"])
        for tracker in self._trackers:
            tracker.add(row["step"], figures)
        tell(self.folder.uri, **{f"cadvlm_train_{name}": row.get(name) for name in _TOLD})

    def flush(self) -> None:
        """Bring rows and events to where the run folder is."""
        self._events.flush()
        if self._upload:
            self._write()
            (self.folder / EVENTS).upload(self._upload)

    def close(self) -> None:
        """The run is finished."""
        self.flush()
        for tracker in self._trackers:
            tracker.close()

    def _write(self) -> None:
        self.folder.write(METRICS, "".join(json.dumps(row) + "\n" for row in self.rows))
        self._written = time.monotonic()


def flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """The numbers of a row, those within others under ``outer/inner``."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}/")
        elif isinstance(value, (int, float)):
            yield prefix + key, value


def read(folder: Folder) -> list[dict[str, Any]]:
    """The rows of a run; none when it has not logged yet.

    A line that was being written when its process was killed is no row.
    """
    if not folder.exists(METRICS):
        return []
    lines = folder.read(METRICS).decode().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]
