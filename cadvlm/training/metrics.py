"""What a run tells about itself: ``metrics.jsonl`` and TensorBoard events."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from pyarrow import fs
from torch.utils.tensorboard import SummaryWriter
from transformers import BatchFeature

from cadvlm.storage import Folder

METRICS = "metrics.jsonl"
EVENTS = "tensorboard"


class Window:
    """What one worker did since the last row was logged."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.restart()

    def restart(self) -> None:
        """Forget what was summed; the clock starts anew."""
        self.loss = torch.zeros((), device=self.device, dtype=torch.float64)
        self.answer_tokens = self.tokens = self.padded = self.samples = 0
        self.waited = 0.0
        self._since = time.perf_counter()

    def add(self, loss: torch.Tensor, batch: BatchFeature) -> None:
        """A micro-batch that was computed, with its summed loss."""
        self.loss += loss.detach()
        self.answer_tokens += int((batch["labels"] != -100).sum())
        self.tokens += int(batch["attention_mask"].sum())
        self.padded += batch["attention_mask"].numel()
        self.samples += len(batch["labels"])

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Time spent in here is time that the worker had no data."""
        start = time.perf_counter()
        yield
        self.waited += time.perf_counter() - start

    def totals(self) -> dict[str, float]:
        """The window of all workers as figures of a row. All workers call this."""
        seconds = time.perf_counter() - self._since
        counted = [self.answer_tokens, self.tokens, self.padded, self.samples]
        own = [float(self.loss), *counted, self.waited, seconds]
        summed = torch.tensor(own, device=self.device, dtype=torch.float64)
        dist.all_reduce(summed)
        loss, answer_tokens, tokens, padded, samples, waited, worked = summed.tolist()
        return {
            "loss": loss / answer_tokens,
            "samples_per_s": samples / seconds,
            "tokens_per_s": tokens / seconds,
            "padding_share": 1 - tokens / padded,
            "data_wait_share": waited / worked,
            "seconds": seconds,
        }


class MetricsLog:
    """One row per logged step, each step once, also after a resume.

    The file is written whole each time: it is small, object stores cannot append, and a reader
    never sees half a line.
    """

    def __init__(self, folder: Folder, step: int) -> None:
        """Go on after ``step`` steps: rows of later steps, which are made again, are dropped."""
        self.folder = folder
        self.rows = [row for row in read(folder) if row["step"] <= step]
        local = isinstance(folder.filesystem, fs.LocalFileSystem)
        self._upload = None if local else tempfile.mkdtemp(prefix="cadvlm-events-")
        self._events = SummaryWriter(
            self._upload or folder.join(EVENTS), purge_step=step + 1 if step else None
        )

    @property
    def seconds(self) -> float:
        """Training time so far."""
        return float(self.rows[-1]["seconds"]) if self.rows else 0.0

    def add(self, row: dict[str, Any]) -> None:
        """Write a row; it has a ``step``."""
        self.rows.append(row)
        self.folder.write(METRICS, "".join(json.dumps(row) + "\n" for row in self.rows))
        for name, value in _flat(row, "train"):
            if name != "train/step":
                self._events.add_scalar(name, value, row["step"])

    def flush(self) -> None:
        """Bring the events to where the run folder is."""
        self._events.flush()
        if self._upload:
            (self.folder / EVENTS).upload(self._upload)


def _flat(tree: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, float]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}/{key}")
        else:
            yield f"{prefix}/{key}", value


def read(folder: Folder) -> list[dict[str, Any]]:
    """The rows of a run; none when it has not logged yet."""
    if not folder.exists(METRICS):
        return []
    return [json.loads(line) for line in folder.read(METRICS).decode().splitlines()]
