"""The five stages at tiny size, as words of a command line; all files on the S3 of the tests."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.s3 import BUCKET

PARTS, SHARDS, STEPS = 96, 24, 16


def preparation(out: str) -> tuple[str, ...]:
    return (
        "jobs.prepare", f"sources=[{{name: synthetic, limit: {PARTS}}}]", f"out={uri(out)}",
        f"shard_rows={PARTS // SHARDS}", "pictures.size=64", "split.val=0.1", "split.test=0.4",
    )  # fmt: skip


def training(out: str) -> tuple[str, ...]:
    """Two workers who do not find room on one machine."""
    return (
        "jobs.train", f"dataset={uri('dataset')}", f"out={uri(out)}", "workers.count=2",
        "workers.cpus=2", "batch_size=4", f"max_steps={STEPS}", "epochs=100", "zero_stage=2",
        "precision=fp32", "checkpoint.every_steps=2", "log_every_steps=1", "watch.samples=0",
        *tiny("model."),
    )  # fmt: skip


def evaluation(out: str) -> tuple[str, ...]:
    return (
        "jobs.evaluate", f"checkpoint={uri('run')}", f"dataset={uri('dataset')}", f"out={uri(out)}",
        "limit=24", "scorers=2", "answerers=2", "edits=1", "gallery=1",
        "generation.max_new_tokens=24",
    )  # fmt: skip


def sweeping(out: str) -> tuple[str, ...]:
    return (
        "jobs.sweep", "tune/configs/small.yaml", f"out={uri(out)}", *tiny("train.model."),
        f"train.dataset={uri('dataset')}", f"evaluate.dataset={uri('dataset')}",
        "train.max_steps=2", "train.batch_size=4", "train.workers.count=1", "evaluate.limit=2",
        "evaluate.generation.max_new_tokens=8", "evaluate.scorers=1",
        "sweep.space={optimizer.lr: [5e-4, 2e-3]}",
    )  # fmt: skip


def serving(host: str, port: int) -> tuple[str, ...]:
    return (
        "jobs.deploy", f"checkpoint={uri('run')}", f"host={host}", f"port={port}",
        "max_new_tokens=24", "generators=2", "builders=2",
    )  # fmt: skip


def tiny(prefix: str) -> list[str]:
    sizes = {"width": 32, "vision_layers": 1, "text_layers": 1, "image_size": 64}
    return [f"{prefix}llava.{key}={value}" for key, value in sizes.items()]


def uri(name: str) -> str:
    return f"s3://{BUCKET}/{name}"


def until(is_so: Callable[[], Any], seconds: float) -> Any:
    """Wait for something; what it was."""
    deadline = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found
