"""python -m bench.training_cost [STEPS]: what training costs over its bare steps.

The demo's model on synthetic parts: by ``jobs.train`` with one worker of one thread,
and the same forward, backward and optimizer step on the same batches, made beforehand, with nothing
but torch. Wall time and processor time of a step, the bare ones measured before and after.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import psutil
import torch

from bench.beside import Beside, beside, table
from bench.plain import Plain, dataset, rows
from cadvlm.config.train import TrainConfig

STEPS, WARM, TEN = 120, 20, 10
"""Steps, those that nobody times, and those of a row of a run's metrics."""

KEYS = [
    "train_vision=true", "batch_size=48", "micro_batch_size=24", "optimizer.lr=2e-3",
    "workers.count=1", "workers.cpus=1", "workers.gpu=false", "zero_stage=0", "log_every_steps=10",
    "validation_samples=0", "checkpoint.every_steps=1000",
]  # fmt: skip


def main(steps: int = STEPS) -> list[Beside]:
    """Bare, framework, bare; prints what a step took, and returns tens of steps side by side."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        keys = [*KEYS, f"dataset={dataset(folder, 60 * steps)}", f"max_steps={steps}"]
        base = f"{folder}/built"
        _framework([*keys, f"out={base}", "max_steps=10"], base, 0, 10)
        keys.append(f"model={base}/base")
        before = _bare(keys, steps)
        framework = _framework([*keys, f"out={folder}/run"], f"{folder}/run", WARM, steps)
        after = _bare(keys, steps)
        waits = [row["data_wait_share"] for row in rows(f"{folder}/run") if row["step"] > WARM]
    ways = {"bare, before": before, "jobs.train": framework, "bare, after": after}
    print("ms a step".ljust(14) + "wall".rjust(10) + "processor".rjust(12))
    for name, (walls, processor) in ways.items():
        print(f"{name:14}{1000 * statistics.mean(walls):10.1f}{1000 * processor:12.1f}")
    print(f"waiting for data: {statistics.mean(waits):.2%}")
    bare = [statistics.mean(pair) for pair in zip(before[0], after[0], strict=True)]
    return [beside("training step", "the bare steps in torch", bare, framework[0])]


def _bare(keys: list[str], steps: int) -> tuple[list[float], float]:
    """Seconds of a step on the clock, the mean of every ten; its processor seconds."""
    config = TrainConfig.load([*keys, "out=none"])
    plain = Plain(config, str(config.model.path), autocast=_computes_in_bf16())
    batches = [plain.batches(step) for step in range(steps)]
    for step in range(WARM):
        plain.step(step, batches[step])
    walls, worked = [], time.process_time()
    for first in range(WARM, steps, TEN):
        started = time.perf_counter()
        for step in range(first, first + TEN):
            plain.step(step, batches[step])
        walls.append((time.perf_counter() - started) / TEN)
    return walls, (time.process_time() - worked) / (steps - WARM)


def _framework(keys: list[str], out: str, first: int, last: int) -> tuple[list[float], float]:
    """The same of a run's worker, between two of its steps."""
    words = [sys.executable, "-m", "jobs.train", *keys, "cluster.address=local"]
    with subprocess.Popen(words) as job:
        driver = psutil.Process(job.pid)
        start = _at(lambda: job.poll() is None and len(rows(out)) * TEN < first, driver)
        stop = _at(lambda: job.poll() is None and len(rows(out)) * TEN < last, driver)
        job.wait()
    seen = [row for row in rows(out) if first < row["step"] <= last]
    return [48 / row["samples_per_s"] for row in seen], (stop - start) / (last - first)


def _at(not_yet: Callable[[], bool], driver: psutil.Process) -> float:
    """Processor seconds of the training worker when a time has come."""
    while not_yet():
        time.sleep(0.01)
    workers = (p for p in driver.children(recursive=True) if "RayTrainWorker" in p.name())
    return sum(sum(worker.cpu_times()[:2]) for worker in workers)


def _computes_in_bf16() -> bool:
    from cadvlm.training.precision import resolve

    return resolve("auto", gpu=False) == "autocast"


if __name__ == "__main__":
    print(*table(main(*map(int, sys.argv[1:]))), sep="\n")
