"""Learning in several processes, with DeepSpeed and without Ray: what the workers of a test run."""

from __future__ import annotations

import json
import math
import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing
from safetensors.torch import save_file
from transformers import BatchFeature

from cadvlm.config.train import TrainConfig
from cadvlm.models.load import load
from cadvlm.models.prompt import encode
from cadvlm.records import PROMPT
from cadvlm.training.loss import answer_loss, answer_tokens
from cadvlm.training.schedule import learning_rate
from cadvlm.training.trainable import decay_groups, prepare
from tests.training.samples import code, picture

STEPS, HALF, BATCH, MICRO = 6, 3, 8, 2
CPU = torch.device("cpu")


def config(workers: int, **settings: Any) -> TrainConfig:
    base = {
        "dataset": "d", "out": "o", "model": "m", "precision": "fp32", "train_vision": True,
        "optimizer": {"lr": 3e-3, "weight_decay": 0.1, "warmup_ratio": 0.3},
        "batch_size": BATCH, "micro_batch_size": MICRO, "workers": {"count": workers},
    }  # fmt: skip
    return TrainConfig.parse({**base, **settings})


def batches(processor: Any, step: int) -> list[BatchFeature]:
    """The micro-batches of a step."""
    sides = [4 + (step * BATCH + place) * 5 % 24 for place in range(BATCH)]
    return [
        encode(
            processor,
            [PROMPT] * MICRO,
            [[picture(side)] for side in sides[start : start + MICRO]],
            [code(side) for side in sides[start : start + MICRO]],
        )
        for start in range(0, BATCH, MICRO)
    ]


def plain(base: str, settings: TrainConfig) -> list[float]:
    """Mean losses of the steps with nothing but torch, in this process."""
    torch.manual_seed(settings.seed)
    model, processor = load(base, torch.float32)
    model = prepare(model, settings).train()
    optimizer = torch.optim.AdamW(
        decay_groups(model, settings.optimizer.weight_decay), betas=settings.optimizer.betas
    )

    def logits(inputs: BatchFeature, keep: int) -> torch.Tensor:
        scores: torch.Tensor = model(**inputs, use_cache=False).logits
        return scores

    losses = []
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(settings.optimizer, step, STEPS)
        micro_batches = batches(processor, step)
        answers = sum(map(answer_tokens, micro_batches))
        loss = sum(answer_loss(logits, batch, CPU) for batch in micro_batches) / answers
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), settings.optimizer.grad_clip)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def learn(base: str, settings: TrainConfig, start: int, stop: int, engine: Any) -> list[float]:
    """The same steps as one of the workers."""
    rank, workers = dist.get_rank(), dist.get_world_size()
    losses = []
    for step in range(start, stop):
        everybody = batches(engine.processor, step)
        answers = sum(map(answer_tokens, everybody))
        engine.set_lr(learning_rate(settings.optimizer, step, STEPS))
        total = torch.zeros(())
        for number, batch in enumerate(everybody[rank::workers]):
            torch.manual_seed(step * 100 + number * workers + rank)
            loss = answer_loss(engine.logits, batch, CPU)
            engine.backward(loss * workers * settings.accumulation / answers)
            total += loss.detach()
        dist.all_reduce(total)
        losses.append(float(total) / answers)
    return losses


def train_and_leave_a_checkpoint(
    rank: int, workers: int, port: int, base: str, runs: Sequence[dict[str, Any]], out: str
) -> None:
    """Every run to its end, with a checkpoint at half of it."""
    with _group(rank, workers, port) as engine_of:
        for number, run in enumerate(runs):
            settings = config(workers, **run)
            engine = engine_of(settings, base)
            losses = learn(base, settings, 0, HALF, engine)
            folder = Path(out, str(number))
            folder.mkdir(exist_ok=True)
            save_file(engine.snapshot(), folder / f"{rank}.safetensors")
            (folder / "counters.json").write_text(json.dumps(engine.counters()))
            losses += learn(base, settings, HALF, STEPS, engine)
            (folder / "losses.json").write_text(json.dumps(losses))


def go_on(
    rank: int, workers: int, port: int, base: str, runs: Sequence[dict[str, Any]], out: str
) -> None:
    """The second half of every run, from its checkpoint."""
    with _group(rank, workers, port) as engine_of:
        for number, run in enumerate(runs):
            settings = config(workers, **run)
            engine = engine_of(settings, base)
            folder = Path(out, str(number))
            files = sorted(map(str, folder.glob("*.safetensors")))
            engine.restore(files, json.loads((folder / "counters.json").read_text()))
            losses = learn(base, settings, HALF, STEPS, engine)
            (folder / f"losses-of-{workers}.json").write_text(json.dumps(losses))


class _group:
    """A process group, and engines in it."""

    def __init__(self, rank: int, workers: int, port: int) -> None:
        names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
        values = (rank, rank, workers, "127.0.0.1", port)
        os.environ.update({name: str(value) for name, value in zip(names, values, strict=True)})
        torch.set_num_threads(1)

    def __enter__(self) -> Callable[[TrainConfig, str], Any]:
        from cadvlm.training.engine import Engine

        dist.init_process_group("gloo")
        return lambda settings, base: Engine(settings, base, gpu=False)

    def __exit__(self, *_: object) -> None:
        dist.destroy_process_group()


def together(work: Callable[..., None], workers: int, *given: Any) -> None:
    """Run ``work`` in so many processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    multiprocessing.spawn(work, (workers, port, *given), nprocs=workers)


def meet_broken_gradients(
    rank: int, workers: int, port: int, base: str, runs: Sequence[dict[str, Any]], out: str
) -> None:
    """Four steps of every run; in the third the gradients of the last worker are no numbers."""
    with _group(rank, workers, port) as engine_of:
        for number, run in enumerate(runs):
            settings = config(workers, **run)
            engine = engine_of(settings, base)
            before, changed = engine.snapshot(), []
            for step in range(4):
                for batch in batches(engine.processor, step)[rank::workers]:
                    loss = answer_loss(engine.logits, batch, CPU)
                    is_broken = step == 2 and rank == workers - 1
                    engine.backward(loss * math.nan if is_broken else loss)
                after = engine.snapshot()
                changed.append(any(not torch.equal(after[name], before[name]) for name in after))
                before = after
            seen = {"changed": changed, "skipped": engine.guard.skipped, "norm": engine.grad_norm}
            Path(out, f"{number}-{rank}.json").write_text(json.dumps(seen))
