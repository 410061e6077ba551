"""python -m bench.restart [STEPS]: a run that is killed ends like one that is not.

``jobs.train`` on two workers, once undisturbed, and again with SIGKILL to a worker, to the driver,
and to everything in the moment in which a checkpoint is being written; with SIGTERM to the driver;
and with another number of workers and another ZeRO stage for the second half. The same command goes
on each time; the losses of every step must be those of the undisturbed run to 1e-5.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from bench.plain import dataset, rows

STEPS, TOLERANCE = 40, 1e-5
KEYS = [
    "precision=fp32", "train_vision=true", "batch_size=16", "micro_batch_size=4",
    "optimizer.lr=1e-3", "log_every_steps=1", "checkpoint.every_steps=5", "cluster.address=local",
    "lora={rank: 8, dropout: 0.05}",
]  # fmt: skip

Kill = Callable[[psutil.Process, str], bool]
"""Given the driver and its run folder; true when it has struck."""


def a_worker(driver: psutil.Process, out: str) -> bool:
    """SIGKILL to one of the two."""
    workers = [p for p in driver.children(recursive=True) if "RayTrainWorker" in p.name()]
    if len(rows(out)) < STEPS // 3 or not workers:
        return False
    workers[-1].kill()
    return True


def the_driver(driver: psutil.Process, out: str) -> bool:
    """SIGKILL, and whatever it had started ends as Ray ends it."""
    if len(rows(out)) < STEPS // 2:
        return False
    driver.kill()
    return True


def while_writing(driver: psutil.Process, out: str) -> bool:
    """SIGKILL to every process as soon as a third checkpoint's folder is there."""
    if len(list(Path(out, "checkpoints").glob("step-*"))) < 3:
        return False
    for process in [*driver.children(recursive=True), driver]:
        process.kill()
    return True


def by_sigterm(driver: psutil.Process, out: str) -> bool:
    """As ``ray job stop`` and batch systems ask."""
    if len(rows(out)) < STEPS // 2:
        return False
    driver.send_signal(signal.SIGTERM)
    return True


def _train(keys: list[str], out: str, kill: Kill | None = None) -> None:
    """Run to the end, or to where it is killed."""
    words = [sys.executable, "-m", "jobs.train", *keys, f"out={out}"]
    with subprocess.Popen(words, start_new_session=True) as job:
        driver = psutil.Process(job.pid)
        while kill and job.poll() is None and not kill(driver, out):
            time.sleep(0.02)
        job.wait()


def main(steps: int = STEPS) -> None:
    """Seven runs; ends with an error where a loss differs."""
    with tempfile.TemporaryDirectory() as folder:
        data = [f"dataset={dataset(folder, 20 * steps)}", f"max_steps={steps}"]
        keys = [*KEYS, *data, "checkpoint.keep=3"]
        started = f"{folder}/undisturbed"
        _train(keys, started)
        keys.append(f"model={started}/base")
        expected = [row["loss"] for row in rows(started)]
        print(f"undisturbed: {expected[0]:.4f} -> {expected[-1]:.4f} in {len(expected)} steps")
        half, wrong = f"max_steps={steps // 2}", []
        others = {"1 worker": ["workers.count=1"], "ZeRO 3": ["zero_stage=3"]}
        tries: dict[str, tuple[list[str], Kill | None]] = {
            **{kill.__name__: ([], kill) for kill in (a_worker, the_driver, while_writing)},
            by_sigterm.__name__: ([], by_sigterm),
            **{name: (changed, None) for name, changed in others.items()},
        }
        for name, (changed, kill) in tries.items():
            out = f"{folder}/{name}"
            _train(keys if kill else [*keys, half], out, kill)
            seen = len(rows(out))
            _train([*keys, *changed], out)
            found = [row["loss"] for row in rows(out)]
            apart = max(abs(a - b) for a, b in zip(found, expected, strict=True))
            print(f"{name}: {seen} steps before, at most {apart:.1e} apart")
            wrong += [name] * (apart > TOLERANCE)
    if wrong:
        sys.exit(f"losses differ by more than {TOLERANCE}: {', '.join(wrong)}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
