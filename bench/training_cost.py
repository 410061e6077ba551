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

from bench.plain import Plain, dataset, rows
from cadvlm.config.train import TrainConfig

STEPS, WARM = 120, 20
KEYS = [
    "train_vision=true", "batch_size=48", "micro_batch_size=24", "optimizer.lr=2e-3",
    "workers.count=1", "workers.cpus=1", "workers.gpu=false", "zero_stage=0", "log_every_steps=10",
    "validation_samples=0", "checkpoint.every_steps=1000",
]  # fmt: skip


def main(steps: int = STEPS) -> None:
    """Bare, framework, bare; prints what a step took."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        keys = [*KEYS, f"dataset={dataset(folder, 60 * steps)}", f"max_steps={steps}"]
        base = f"{folder}/built"
        _framework([*keys, f"out={base}", "max_steps=10"], base, 0, 10)
        keys.append(f"model={base}/base")
        before = _bare(keys, steps)
        wall, processor = _framework([*keys, f"out={folder}/run"], f"{folder}/run", WARM, steps)
        after = _bare(keys, steps)
        waits = [row["data_wait_share"] for row in rows(f"{folder}/run") if row["step"] > WARM]
    print("ms a step".ljust(14) + "wall".rjust(10) + "processor".rjust(12))
    print(f"{'bare, before':14}{1000 * before[0]:10.1f}{1000 * before[1]:12.1f}")
    print(f"{'jobs.train':14}{1000 * wall:10.1f}{1000 * processor:12.1f}")
    print(f"{'bare, after':14}{1000 * after[0]:10.1f}{1000 * after[1]:12.1f}")
    bare = [statistics.mean(pair) for pair in zip(before, after, strict=True)]
    print(f"more than bare: wall {wall / bare[0] - 1:.1%}, processor {processor / bare[1] - 1:.1%}")
    print(f"waiting for data: {statistics.mean(waits):.2%}")


def _bare(keys: list[str], steps: int) -> tuple[float, float]:
    """Mean seconds of a step, wall and processor."""
    config = TrainConfig.load([*keys, "out=none"])
    plain = Plain(config, str(config.model.path), autocast=_computes_in_bf16())
    batches = [plain.batches(step) for step in range(steps)]
    for step in range(WARM):
        plain.step(step, batches[step])
    started, worked = time.perf_counter(), time.process_time()
    for step in range(WARM, steps):
        plain.step(step, batches[step])
    counted = steps - WARM
    return (time.perf_counter() - started) / counted, (time.process_time() - worked) / counted


def _framework(keys: list[str], out: str, first: int, last: int) -> tuple[float, float]:
    """The same of a run's worker, between two of its steps."""
    words = [sys.executable, "-m", "jobs.train", *keys, "cluster.address=local"]
    with subprocess.Popen(words) as job:
        driver = psutil.Process(job.pid)
        start = _at(lambda: job.poll() is None and len(rows(out)) * 10 < first, driver)
        stop = _at(lambda: job.poll() is None and len(rows(out)) * 10 < last, driver)
        job.wait()
    seen = [row for row in rows(out) if first < row["step"] <= last]
    wall = sum(10 * 48 / row["samples_per_s"] for row in seen)
    return wall / (last - first), (stop - start) / (last - first)


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
    main(*map(int, sys.argv[1:]))
