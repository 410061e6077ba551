"""A long run seen from outside: how much is done, how fast, and the memory of its processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import psutil

EVERY_S = 2.0
ZYGOTE = "cadvlm.execution.zygote"


class Look(NamedTuple):
    """What was seen at one time."""

    seconds: float
    done: int
    memory: dict[str, int]
    """Bytes resident, by kind of process."""


def watch(
    words: Sequence[str],
    done: Callable[[], int],
    kinds: Mapping[str, str],
    kill_at: float = float("inf"),
) -> list[Look]:
    """Run ``python -m WORDS`` and look at it now and then.

    Args:
        words: module and arguments.
        done: counts what is done.
        kinds: what processes are called here, by a word of their command lines.
        kill_at: kill it, and all that it has started, when so much is done.
    """
    started, looks = time.monotonic(), [Look(0.0, done(), {})]
    with subprocess.Popen([sys.executable, "-m", *words], start_new_session=True) as job:
        while job.poll() is None:
            time.sleep(EVERY_S)
            looks.append(Look(time.monotonic() - started, done(), _memory(job.pid, kinds)))
            if looks[-1].done >= kill_at:
                os.kill(job.pid, signal.SIGKILL)
                job.wait()
                return looks
    if job.returncode:
        sys.exit(f"{words[0]} ended with {job.returncode}")
    return looks


def table(looks: Sequence[Look], every: int, kinds: Mapping[str, str]) -> None:
    """Print a line for each ``every`` done: flat is what needs no more memory, or time, at the end
    than at the beginning."""
    names = list(kinds.values())
    print("done".ljust(14) + "a second".rjust(12) + "".join(f"{name:>14}" for name in names))
    for start in range(0, max(look.done for look in looks), every):
        seen = [look for look in looks if start < look.done <= start + every]
        if len(seen) < 2:
            continue
        first, last = seen[0], seen[-1]
        rate = (last.done - first.done) / max(last.seconds - first.seconds, 1e-9)
        sizes = (np.median([look.memory.get(name, 0) for look in seen]) / 2**20 for name in names)
        memory = "".join(f"{size:11.0f} MB" for size in sizes)
        print(f"{start + 1:>6}-{start + every:<7}{rate:12.1f}{memory}")


def _memory(job: int, kinds: Mapping[str, str]) -> dict[str, int]:
    memory: dict[str, int] = defaultdict(int)
    try:
        processes = [psutil.Process(job), *psutil.Process(job).children(recursive=True)]
    except psutil.NoSuchProcess:
        return memory
    for process in processes:
        try:
            memory[_kind(process, kinds)] += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return memory


def _kind(process: psutil.Process, kinds: Mapping[str, str]) -> str:
    line, parent = " ".join(process.cmdline()), process.parent()
    # A child of a zygote, with its command line, lives for one program only.
    if ZYGOTE in line and parent and ZYGOTE in " ".join(parent.cmdline()):
        return "programs"
    return next((kind for word, kind in kinds.items() if word in line), "other")
