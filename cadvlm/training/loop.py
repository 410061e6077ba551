"""How every Ray Train worker trains: a plain loop.

The loss of a step is the mean over all answer tokens of the whole batch, so that it does not depend
on how the batch is cut into workers and micro-batches.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import ray.train
import ray.train.torch
import torch
from transformers import BatchFeature

from cadvlm.config.base import dotted
from cadvlm.dataset import Dataset
from cadvlm.errors import RunFailed
from cadvlm.progress import Progress, warn
from cadvlm.reports import training as report
from cadvlm.reports.advice import findings
from cadvlm.storage import Folder
from cadvlm.training.engine import Engine
from cadvlm.training.feed import COLUMNS, Feed
from cadvlm.training.flops import peak_tflops
from cadvlm.training.guards import is_stalled
from cadvlm.training.loss import answer_loss, answer_tokens
from cadvlm.training.metrics import MetricsLog, Window, read
from cadvlm.training.mixture import REPLAY, Mixture
from cadvlm.training.notice import Notice, Word
from cadvlm.training.order import Order
from cadvlm.training.reference import Reference
from cadvlm.training.reinforcement import Reinforcement
from cadvlm.training.rows import facts, shared, spread, usable, with_replay
from cadvlm.training.sampling import Sampler, chosen
from cadvlm.training.saving import SCORE, Saver
from cadvlm.training.schedule import learning_rate
from cadvlm.training.together import dealt, summed
from cadvlm.training.trackers import trackers
from cadvlm.training.work import Job

SUMMARY = "summary.json"
"""The last row of metrics; written when everything else is, so that it marks a finished run."""

_VALIDATION_CACHE_GB = 0.25


class Loop:
    """One worker's share of a run."""

    def __init__(self, job: Job) -> None:
        context = ray.train.get_context()
        self.config = job.config
        self.rank, self.workers = context.get_world_rank(), context.get_world_size()
        self.device = ray.train.torch.get_device()
        self.folder = Folder(job.config.out)
        self.engine = Engine(job.config, job.base, job.gpu)
        self.saver = Saver(self.engine)
        self.start = self.saver.resume(ray.train.get_checkpoint())
        self.notice = Notice(job.bell, self.rank)
        rows = self._rows(job.mixture)
        self.feed = self._feed(rows, job.config.cache_gb)
        known = facts(rows, job.config, job.mixture)
        known = known if job.hard is None else known.only(job.hard)
        self.order = Order(job.config, job.mixture, known)
        self.validation = self._validation()
        self.sampler = self._sampler()
        self.reinforcement = self._reinforcement(job)
        earlier = [row for row in read(self.folder) if row["step"] <= self.start]
        self.scores = [row[SCORE] for row in earlier if SCORE in row]
        """Validation losses so far, by which all workers know when to end."""
        self.done = self.start
        self.warned: set[str] = set()
        peak = job.config.watch.peak_tflops or peak_tflops(self.device)
        self.window = Window(self.device, self.rank, self.workers, self.engine.flops, peak)
        steps = map(self.order.sources, range(self.start))
        self.seen = sum(steps, np.zeros(len(job.mixture.rows), np.int64))

    def train(self) -> bool:
        """Every step that is left, with its rows of metrics and its checkpoints; False when it was
        told to stop before the last one.

        Raises:
            RunFailed: step after step had to be skipped.
        """
        batches = self.batches()
        every = self.config.checkpoint.every_steps
        # It may have ended early, and been interrupted before it was exported.
        stop = self.start if self._is_stalled() else self.order.stop
        with self._progress() as progress:
            for step in range(self.start, stop):
                rate = learning_rate(self.config.optimizer, step, self.order.steps)
                word = self.step(step, batches, rate)
                self.done = done = step + 1
                due = done % every == 0 or done == self.order.stop
                saves = due or word != Word.GO_ON
                note = ""
                if saves or done % self.config.log_every_steps == 0:
                    row = self._log(done, validate=due)
                    note = f"loss {row['loss']:.4f}"
                if saves:
                    self.saver.save(done, row)
                    self._report()
                    self.window.restart()
                if progress:
                    progress.advance(note=note)
                if word == Word.STOP and done < self.order.stop:
                    return False
                if due and self._is_stalled():
                    break
        return True

    def export(self) -> None:
        """Write ``final/``, and ``adapter/`` for LoRA; the summary last."""
        wants_best = self.config.checkpoint.export == "best" or self.done < self.order.stop
        step = self.saver.resume(self.saver.best() if wants_best else None) or self.done
        with tempfile.TemporaryDirectory(prefix="cadvlm-export-") as local:
            self.engine.export(local, keep=self.rank == 0)
            if self.log:
                self.folder.upload(local)
                self.log.close()
                self.folder.write_json(SUMMARY, {**self.log.rows[-1], "exported_step": step})

    def _feed(self, rows: pa.Table, cache_gb: float) -> Feed:
        return Feed(rows.select(COLUMNS), self.engine.processor, self.engine.input_dtype, cache_gb)

    def _rows(self, mixture: Mixture) -> pa.Table:
        keep = usable(self.config.max_tokens)
        rows = shared(Dataset(self.config.dataset), "train", keep, self.folder.uri)
        if self.config.replay is None:
            return rows
        earlier = shared(Dataset(self.config.replay.dataset), "train", keep, self.folder.uri)
        return with_replay(rows, earlier, mixture.rows[REPLAY])

    def _validation(self) -> dict[str, Feed]:
        """Rows from all over the validation split, and from that of the dataset that is replayed,
        by the name of their loss."""
        datasets = {SCORE: self.config.dataset}
        if self.config.replay:
            datasets[f"{REPLAY}_{SCORE}"] = self.config.replay.dataset
        feeds = {}
        for name, dataset in ((name, Dataset(uri)) for name, uri in datasets.items()):
            if self.config.validation_samples and dataset.count("val"):
                rows = shared(dataset, "val", usable(None), self.folder.uri)
                rows = spread(rows, self.config.validation_samples)
                if len(rows):
                    feeds[name] = self._feed(rows, _VALIDATION_CACHE_GB)
        return feeds

    def _sampler(self) -> Sampler | None:
        """Who looks at what is written; None where there is nothing to look at."""
        count, feed = self.config.watch.samples, self.validation.get(SCORE)
        if not count or feed is None:
            return None
        rows = chosen(feed.rows, count)
        if not len(rows):
            return None
        limits, processor = self.config.watch.limits, self.engine.processor
        return Sampler(rows, processor, limits, self.rank, self.workers)

    def _reinforcement(self, job: Job) -> Reinforcement | None:
        if self.config.reward is None:
            return None
        held = self.config.reward.kl > 0
        reference = Reference(self.engine, job.base, self.device) if held else None
        return Reinforcement(
            self.config, self.engine, reference, job.judges, self.device, self.rank, self.workers
        )

    @cached_property
    def log(self) -> MetricsLog | None:
        """Where rows go, on the first worker."""
        if self.rank > 0:
            return None
        settings = dict(dotted(self.config.model_dump(mode="json")))
        told = trackers(self.config.watch, self.folder, settings)
        return MetricsLog(self.folder, self.start, told)

    def batches(self) -> Iterator[BatchFeature]:
        """This worker's micro-batches of all steps that are left."""
        if self.reinforcement is None:
            return self.feed.batches(self.plan())
        steps = range(self.start, self.order.stop)
        return self.reinforcement.batches(self.feed, self.order, steps)

    def plan(self) -> Iterator[list[int]]:
        """This worker's rows of every micro-batch that is left."""
        for step in range(self.start, self.order.stop):
            micro_batches = self.order.micro_batches(
                step, self.config.micro_batch, self.rank, self.workers
            )
            yield from micro_batches.tolist()

    def step(self, step: int, batches: Iterator[BatchFeature], rate: float) -> Word:
        """One step at a learning rate, on the next batches of the plan."""
        with self.window.waiting():
            micro_batches = list(islice(batches, self.config.accumulation))
        counted = sum(answer_tokens(batch) for batch in micro_batches)
        answers, hints = summed([counted, self.notice.hint()], self.device)
        # DeepSpeed takes the mean over workers and micro-batches; what is wanted is their sum.
        scale = self.workers * self.config.accumulation / answers
        self.engine.set_lr(rate)
        for number, batch in enumerate(self.config.updates * micro_batches):
            self._seed(step, number * self.workers + self.rank)
            loss = self._loss(batch)
            self.engine.backward(loss * scale)
            self.window.add(loss, batch)
        self.seen += self.order.sources(step)
        if self.engine.guard.gives_up:
            raise RunFailed(
                f"none of the last {self.engine.guard.in_succession} steps could be taken, their "
                "gradients were not finite or far larger than before: lower optimizer.lr "
                "(jobs.find_lr finds one) or change precision, and give another out"
            )
        return self.notice.heed(hints)

    def _loss(self, batch: BatchFeature) -> torch.Tensor:
        if self.reinforcement is not None:
            return self.reinforcement.loss(batch)
        return answer_loss(self.engine.logits, batch, self.device)

    def _seed(self, step: int, micro_batch: int) -> None:
        """A micro-batch of a step draws the same dropout whoever computes it, and whether or not
        the run was interrupted before it."""
        seeds = np.random.SeedSequence((self.config.seed, step, micro_batch))
        torch.manual_seed(int(seeds.generate_state(1, np.uint64)[0]))

    def _log(self, done: int, validate: bool) -> dict[str, Any]:
        figures = self.window.totals()
        row: dict[str, Any] = {
            "step": done,
            "steps": self.order.stop,
            "epoch": self.order.epoch(done),
            "lr": learning_rate(self.config.optimizer, done - 1, self.order.steps),
            "grad_norm": self.engine.grad_norm,
            "skipped": self.engine.guard.skipped,
            **figures,
            "sources": self._sources(),
        }
        if self.reinforcement is not None:
            row["reward"] = self.reinforcement.figures()
        if self.config.curriculum:
            row["open"] = float(self.order.open(done - 1))
        if validate:
            row |= self._evaluate(done)
        if self.log:
            row["seconds"] += self.log.seconds
            self.log.add(row)
        self.window.restart()
        return row

    def _evaluate(self, done: int) -> dict[str, Any]:
        """Losses of the validation splits and rates of the samples, for a row."""
        started = time.perf_counter()
        row: dict[str, Any] = {n: self._validate(feed) for n, feed in self.validation.items()}
        if SCORE in row:
            self.scores.append(row[SCORE])
        if self.sampler:
            with self.engine.evaluating() as model:
                row |= self.sampler.look(model, done, self.folder)
        row["evaluation_s"] = time.perf_counter() - started
        if self._is_stalled():
            waited = self.config.guards.patience
            row |= {"stopped": f"no lower validation loss in {waited} evaluations"}
            row |= {"stopped_by": "patience"}
        return row

    def _is_stalled(self) -> bool:
        return is_stalled(self.scores, self.config.guards.patience)

    def _report(self) -> None:
        """Bring out what was logged, and say what is new to warn of."""
        if self.log is None:
            return
        self.log.flush()
        for finding in findings(self.log.rows):
            if finding.kind not in self.warned:
                warn(f"{finding.kind} at step {finding.step}: {finding.found}. {finding.advice}")
                self.warned.add(finding.kind)
        if self.config.watch.report:
            report.write(self.folder, self.log.rows)

    def _sources(self) -> dict[str, dict[str, float]]:
        """What was seen of each source since the run began."""
        samples, rows = self.seen.tolist(), self.order.mixture.rows
        return {
            name: {"samples": seen, "share": seen / sum(samples), "epochs": seen / rows[name]}
            for name, seen in zip(rows, samples, strict=True)
        }

    def _validate(self, feed: Feed) -> float:
        """Mean loss of an answer token, or what an answer lacks of the full reward, whatever the
        number of workers."""
        if self.reinforcement is not None:
            return self.reinforcement.missing(feed)
        count, size = len(feed.rows), self.config.micro_batch
        places = dealt(count, self.rank, self.workers)
        parts = [places[start : start + size] for start in range(0, len(places), size)]
        batches = feed.batches((part % count).tolist() for part in parts)
        loss, answers = 0.0, 0
        with self.engine.evaluating():
            for part, batch in zip(parts, batches, strict=True):
                batch["labels"][torch.from_numpy(part >= count)] = -100
                loss += float(answer_loss(self.engine.logits, batch, self.device))
                answers += answer_tokens(batch)
        total, counted = summed([loss, answers], self.device)
        return total / counted

    def _progress(self) -> Progress | nullcontext[None]:
        if self.rank > 0:
            return nullcontext()
        return Progress("train", total=self.order.stop, unit="steps", done=self.start)
