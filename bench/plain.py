"""Training with nothing but torch, and as a user starts it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from transformers import BatchFeature

from cadvlm.config.train import TrainConfig
from cadvlm.dataset import Dataset
from cadvlm.models.load import load
from cadvlm.training.feed import COLUMNS, Feed
from cadvlm.training.loss import answer_loss, answer_tokens
from cadvlm.training.mixture import mix
from cadvlm.training.order import Order
from cadvlm.training.rows import census, copy, facts, mapped, usable
from cadvlm.training.schedule import learning_rate
from cadvlm.training.trainable import decay_groups, prepare

CPU = torch.device("cpu")


class Plain:
    """A run's model, samples and optimizer in one process, without DeepSpeed and without Ray."""

    def __init__(self, config: TrainConfig, base: str, autocast: bool = False) -> None:
        dataset = Dataset(config.dataset)
        mixture = mix(config, dataset.manifest, census(dataset, config.max_tokens).usable)
        with tempfile.TemporaryDirectory() as folder:
            copy(dataset, "train", usable(config.max_tokens), f"{folder}/rows")
            rows = mapped(f"{folder}/rows")
        model, processor = load(base, torch.float32)
        self.config, self.autocast = config, autocast
        self.order = Order(config, mixture, facts(rows, config, mixture))
        dtype = torch.bfloat16 if autocast else torch.float32
        self.feed = Feed(rows.select(COLUMNS), processor, dtype, 4.0)
        self.model = prepare(model, config).train()
        self.optimizer = torch.optim.AdamW(
            decay_groups(self.model, config.optimizer.weight_decay),
            betas=config.optimizer.betas,
            fused=True,
        )

    def batches(self, step: int) -> list[BatchFeature]:
        """The micro-batches of a step, those of all workers."""
        rows = self.order.step(step).reshape(-1, self.config.micro_batch)
        return [self.feed.batch(micro_batch) for micro_batch in rows.tolist()]

    def step(self, step: int, batches: Sequence[BatchFeature]) -> float:
        """Forward, backward, clip and step; the mean loss of an answer token."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.config.optimizer, step, self.order.steps)
        answers, total = sum(map(answer_tokens, batches)), 0.0
        for batch in batches:
            with torch.autocast("cpu", torch.bfloat16) if self.autocast else nullcontext():
                loss = answer_loss(self._logits, batch, CPU)
            torch.autograd.backward(loss / answers)
            total += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.optimizer.grad_clip)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return total / answers

    def _logits(self, inputs: BatchFeature, keep: int) -> torch.Tensor:
        scores: torch.Tensor = self.model(**inputs, use_cache=False, logits_to_keep=keep).logits
        return scores


def dataset(folder: str, parts: int) -> str:
    """Synthetic parts, prepared by ``jobs.prepare``."""
    sources = json.dumps([{"name": "synthetic", "limit": parts}])
    keys = [f"sources={sources}", f"out={folder}/dataset", "pictures.size=96"]
    job("jobs.prepare", [*keys, "deduplicate=false", "split.test=0.01", "split.val=0.05"])
    return f"{folder}/dataset"


def job(name: str, keys: Sequence[str]) -> None:
    """Run a job as a user does."""
    subprocess.run([sys.executable, "-m", name, *keys, "cluster.address=local"], check=True)


def rows(out: str) -> list[dict[str, Any]]:
    """The metrics that a run has logged so far."""
    file = Path(out, "metrics.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
