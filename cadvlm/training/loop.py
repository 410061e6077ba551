"""What every Ray Train worker runs: a plain loop.

The loss of a step is the mean over all answer tokens of the whole batch, so that it does not depend
on how the batch is cut into workers and micro-batches.
"""

# B batch, T tokens, K tokens from the first answer on, V vocabulary

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import ray.train
import ray.train.torch
import torch
import torch.distributed as dist
from torch.nn import functional
from transformers import BatchFeature

from cadvlm.config.train import TrainConfig
from cadvlm.dataset import Dataset
from cadvlm.progress import Progress
from cadvlm.storage import Folder
from cadvlm.training.engine import Engine
from cadvlm.training.feed import COLUMNS, Feed
from cadvlm.training.metrics import MetricsLog, Window
from cadvlm.training.mixture import Mixture
from cadvlm.training.order import Order
from cadvlm.training.rows import facts, shared, spread, usable
from cadvlm.training.schedule import learning_rate

SUMMARY = "summary.json"
"""The last row of metrics; written when everything else is, so that it marks a finished run."""

_VALIDATION_CACHE_GB = 0.25


class Job(NamedTuple):
    """What the driver hands to every worker."""

    config: TrainConfig
    base: str
    """The model to start from, as :func:`cadvlm.models.load.load` takes it."""
    gpu: bool
    mixture: Mixture


def run(given: dict[str, Job]) -> None:
    """Ray Train's entry: train, or go on, to the last step, and export."""
    job = given["job"]
    torch.set_num_threads(max(1, int(job.config.workers.cpus)))
    loop = Loop(job)
    loop.train()
    loop.export()


class Loop:
    """One worker's share of a run."""

    def __init__(self, job: Job) -> None:
        context = ray.train.get_context()
        self.config = job.config
        self.rank, self.workers = context.get_world_rank(), context.get_world_size()
        self.device = ray.train.torch.get_device()
        self.folder = Folder(job.config.out)
        self.engine = Engine(job.config, job.base, job.gpu)
        self.start = self.engine.resume(ray.train.get_checkpoint())
        dataset = Dataset(job.config.dataset)
        rows = shared(dataset, "train", usable(job.config.max_tokens), self.folder.uri)
        self.feed = self._feed(rows, job.config.cache_gb)
        self.order = Order(job.config, job.mixture, facts(rows, job.config, job.mixture))
        self.validation = self._validation(dataset)
        self.log = MetricsLog(self.folder, self.start) if self.rank == 0 else None
        self.window = Window(self.device)
        steps = map(self.order.sources, range(self.start))
        self.seen = sum(steps, np.zeros(len(job.mixture.rows), np.int64))

    def train(self) -> None:
        """Every step that is left, with its rows of metrics and its checkpoints."""
        batches = self.feed.batches(self._plan())
        every = self.config.checkpoint.every_steps
        with self._progress() as progress:
            for step in range(self.start, self.order.stop):
                self._step(step, batches)
                done = step + 1
                saves = done % every == 0 or done == self.order.stop
                note = ""
                if saves or done % self.config.log_every_steps == 0:
                    row = self._log(done, validate=saves)
                    note = f"loss {row['loss']:.4f}"
                if saves:
                    self.engine.save(done, row)
                    self.window.restart()
                if progress:
                    progress.advance(note=note)

    def export(self) -> None:
        """Write ``final/``, and ``adapter/`` for LoRA; the summary last."""
        with tempfile.TemporaryDirectory(prefix="cadvlm-export-") as local:
            self.engine.export(local, keep=self.rank == 0)
            if self.log:
                self.log.flush()
                self.folder.upload(local)
                self.folder.write_json(SUMMARY, self.log.rows[-1])

    def _feed(self, rows: pa.Table, cache_gb: float) -> Feed:
        return Feed(rows.select(COLUMNS), self.engine.processor, self.engine.input_dtype, cache_gb)

    def _validation(self, dataset: Dataset) -> Feed | None:
        """Rows from all over the validation split; None when there are fewer than workers."""
        wanted = self.config.validation_samples
        if not wanted or not dataset.count("val"):
            return None
        rows = spread(shared(dataset, "val", usable(None), self.folder.uri), wanted)
        return self._feed(rows, _VALIDATION_CACHE_GB) if len(rows) >= self.workers else None

    def _plan(self) -> Iterator[list[int]]:
        for step in range(self.start, self.order.stop):
            micro_batches = self.order.micro_batches(
                step, self.config.micro_batch, self.rank, self.workers
            )
            yield from micro_batches.tolist()

    def _step(self, step: int, batches: Iterator[BatchFeature]) -> None:
        with self.window.waiting():
            micro_batches = list(islice(batches, self.config.accumulation))
        answers = self._sum(sum(_answer_tokens(batch) for batch in micro_batches))
        # DeepSpeed takes the mean over workers and micro-batches; what is wanted is their sum.
        scale = self.workers * self.config.accumulation / answers
        # A step draws the same dropout whether or not the run was interrupted before it.
        torch.manual_seed((self.config.seed * 1_000_003 + step) * self.workers + self.rank)
        self.engine.set_lr(learning_rate(self.config.optimizer, step, self.order.steps))
        for batch in micro_batches:
            loss = self._loss(batch)
            self.engine.backward(loss * scale)
            self.window.add(loss, batch)
        self.seen += self.order.sources(step)

    def _loss(self, batch: BatchFeature) -> torch.Tensor:
        """Cross entropy summed over the answer tokens of a micro-batch."""
        inputs = BatchFeature({k: v for k, v in batch.items() if k != "labels"}).to(self.device)
        labels_BT = batch["labels"].to(self.device)
        first = int((batch["labels"] != -100).int().argmax(dim=1).min())
        # The head is a third of a small model's work; before the first answer nobody needs it.
        keep = labels_BT.shape[1] - first + 1
        logits_BKV = self.engine.logits(inputs, keep)[:, -keep:-1]
        return functional.cross_entropy(
            logits_BKV.float().flatten(0, 1), labels_BT[:, first:].flatten(), reduction="sum"
        )

    def _log(self, done: int, validate: bool) -> dict[str, Any]:
        figures = self.window.totals()
        row: dict[str, Any] = {
            "step": done,
            "epoch": self.order.epoch(done),
            "lr": learning_rate(self.config.optimizer, done - 1, self.order.steps),
            "grad_norm": self.engine.grad_norm,
            **figures,
            "sources": self._sources(),
        }
        if self.config.curriculum:
            row["open"] = float(self.order.open(done - 1))
        if validate and self.validation:
            row["val_loss"] = self._validate(self.validation)
        if self.log:
            row["seconds"] += self.log.seconds
            self.log.add(row)
        self.window.restart()
        return row

    def _sources(self) -> dict[str, dict[str, float]]:
        """What was seen of each source since the run began."""
        samples, rows = self.seen.tolist(), self.order.mixture.rows
        return {
            name: {"samples": seen, "share": seen / sum(samples), "epochs": seen / rows[name]}
            for name, seen in zip(rows, samples, strict=True)
        }

    def _validate(self, feed: Feed) -> float:
        """Mean loss of an answer token. Workers take as many rows each: ZeRO-3 moves in step."""
        share = len(feed.rows) // self.workers
        rows = range(self.rank * share, (self.rank + 1) * share)
        size = self.config.micro_batch
        batches = feed.batches(rows[start : start + size] for start in range(0, share, size))
        loss, answers = 0.0, 0
        with self.engine.evaluating():
            for batch in batches:
                loss += float(self._loss(batch))
                answers += _answer_tokens(batch)
        return self._sum(loss) / self._sum(answers)

    def _sum(self, value: float) -> float:
        """Over all workers."""
        total = torch.tensor(value, device=self.device, dtype=torch.float64)
        dist.all_reduce(total)
        return float(total)

    def _progress(self) -> Progress | nullcontext[None]:
        if self.rank > 0:
            return nullcontext()
        return Progress("train", total=self.order.stop, unit="steps", done=self.start)


def _answer_tokens(batch: BatchFeature) -> int:
    return int((batch["labels"] != -100).sum())
