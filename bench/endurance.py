"""python -m bench.endurance [PROGRAMS]: memory and rate of one long evaluation.

Half of the programs are references, half are predictions for them, and every one is executed,
isolated, once. Runs ``jobs.evaluate`` as a user would and watches its processes from outside. Flat
means: no thousand programs need more memory, or longer, than those before.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
import pyarrow.parquet as pq

from cadvlm.sequences import synthetic

PROGRAMS = 5000
EVERY_S = 2.0
ZYGOTE = "cadvlm.execution.zygote"
KINDS = {"ray::Scorer": "scorers", ZYGOTE: "sandboxes", "jobs.evaluate": "driver"}


class Look(NamedTuple):
    """What was seen at one time."""

    seconds: float
    programs: int
    memory: dict[str, int]
    """Bytes resident, by kind of process."""


def main(programs: int) -> None:
    """Run, watch, and print a line for each thousand."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for seed, name in ((0, "references"), (1, "predictions")):
            parts = (synthetic.part(seed, index)[1].code for index in range(programs // 2))
            rows = (json.dumps({"id": str(i), "code": code}) for i, code in enumerate(parts))
            (folder / f"{name}.jsonl").write_text("\n".join(rows))
        looks = _watch(folder)
    _conclude(looks, programs)


def _watch(folder: Path) -> list[Look]:
    keys = [f"{key}={folder}/{key}.jsonl" for key in ("predictions", "references")]
    # The edits of a program are programs, too; here each counts once.
    keys += [f"out={folder}/out", "edits=0", "cluster.address=local"]
    started, looks = time.monotonic(), []
    with subprocess.Popen([sys.executable, "-m", "jobs.evaluate", *keys]) as job:
        while job.poll() is None:
            time.sleep(EVERY_S)
            files = (folder / "out/rows").glob("*.parquet")
            done = 2 * sum(pq.read_metadata(file).num_rows for file in files)
            looks.append(Look(time.monotonic() - started, done, _memory(psutil.Process(job.pid))))
    if job.returncode:
        sys.exit(f"the evaluation ended with {job.returncode}")
    return looks


def _memory(job: psutil.Process) -> dict[str, int]:
    memory: dict[str, int] = defaultdict(int)
    for process in [job, *job.children(recursive=True)]:
        try:
            memory[_kind(process)] += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return memory


def _kind(process: psutil.Process) -> str:
    line, parent = " ".join(process.cmdline()), process.parent()
    # A child of a zygote, with its command line, lives for one program only.
    if ZYGOTE in line and parent and ZYGOTE in " ".join(parent.cmdline()):
        return "programs"
    return next((kind for word, kind in KINDS.items() if word in line), "other")


def _conclude(looks: list[Look], programs: int) -> None:
    kinds = list(KINDS.values())
    print("programs".ljust(14) + "a second".rjust(12) + "".join(f"{kind:>14}" for kind in kinds))
    for start in range(0, programs, 1000):
        seen = [look for look in looks if start < look.programs <= start + 1000]
        if len(seen) < 2:
            continue
        first, last = seen[0], seen[-1]
        rate = (last.programs - first.programs) / max(last.seconds - first.seconds, 1e-9)
        sizes = (np.median([look.memory.get(kind, 0) for look in seen]) / 2**20 for kind in kinds)
        memory = "".join(f"{size:11.0f} MB" for size in sizes)
        print(f"{start + 1:>6}-{start + 1000:<7}{rate:12.1f}{memory}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PROGRAMS)
