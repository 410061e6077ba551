"""Processes are killed in the middle of a run; no row is lost, made twice, or another."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.evaluation.evaluate import evaluate

pytestmark = pytest.mark.proof

ROOT = Path(__file__).parents[2]
N_PARTS = 12  # three calls: the driver is killed after the first
BUSY = """
import cadquery as cq
total = 0
for number in range(3_000_000):
    total += number
result = cq.Workplane("XY").box({side}, 20, 30)
"""


def settings(folder, **more) -> EvaluateConfig:
    """Programs that take about a quarter of a second each, some of them too large."""
    folder.mkdir(exist_ok=True)
    files = {"references": [10] * N_PARTS, "predictions": range(10, 10 + N_PARTS)}
    for name, sides in files.items():
        rows = [
            {"id": f"part-{number}", "code": BUSY.format(side=side)}
            for number, side in enumerate(sides)
        ]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    tree = {
        "out": str(folder / "out"),
        "predictions": str(folder / "predictions.jsonl"),
        "references": str(folder / "references.jsonl"),
        "scorers": 1,
        "gallery": 0,
        "pages": 0,
        "edits": 0,
    }
    return EvaluateConfig.parse(tree | more)


def scores(config):
    """The rows but for how long they took; each must be there once, in the shards too."""
    rows = pq.read_table(f"{config.out}/scores.parquet").drop_columns(["seconds"]).to_pylist()
    made = pq.read_table(f"{config.out}/rows")["id"].to_pylist()
    assert sorted(made) == sorted(row["id"] for row in rows)
    assert len(set(made)) == len(made) == N_PARTS
    return rows


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, ray_session):
    config = settings(tmp_path_factory.mktemp("undisturbed") / "run")
    evaluate(config)
    return scores(config)


class Killer(threading.Thread):
    """Kills one process of each kind, one after the other, while a program is running."""

    def __init__(self, *kinds: str) -> None:
        super().__init__(daemon=True)
        self.waiting, self.killed = list(kinds), []

    def run(self) -> None:
        while self.waiting:
            for process in _working():
                if process[0] == self.waiting[0]:
                    os.kill(process[1], signal.SIGKILL)
                    self.killed.append(self.waiting.pop(0))
                    time.sleep(0.3)  # or the same one would be found again
                    break
            time.sleep(0.02)


def _working() -> list[tuple[str, int]]:
    """Kind and id of a scorer, its zygote and its program's process, while there are all three."""
    for child in psutil.Process().children(recursive=True):
        try:
            names = [process.cmdline() for process in (child, child.parent(), child.parents()[1])]
        except (psutil.Error, IndexError):
            continue
        is_zygote = ["execution.zygote" in " ".join(name) for name in names]
        if is_zygote == [True, True, False] and names[2][0].startswith("ray::Scorer.score"):
            program, zygote, scorer = child, child.parent(), child.parents()[1]
            return [("program", program.pid), ("zygote", zygote.pid), ("scorer", scorer.pid)]
    return []


def test_processes_that_are_killed_cost_no_row_and_change_none(tmp_path, undisturbed):
    killer = Killer("program", "zygote", "scorer")
    killer.start()
    config = settings(tmp_path / "run")
    evaluate(config)
    assert killer.killed == ["program", "zygote", "scorer"]
    assert scores(config) == undisturbed


def test_a_run_whose_driver_is_killed_goes_on_where_it_was(tmp_path, undisturbed):
    config = settings(tmp_path / "run")
    words = [f"{key}={value}" for key, value in config.model_dump(exclude_unset=True).items()]
    driver = subprocess.Popen(
        [sys.executable, "-m", "jobs.evaluate", *words, "cluster.address=local"],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    rows = Path(config.out) / "rows"
    try:
        while not list(rows.glob("*.parquet")):
            assert driver.poll() is None
            time.sleep(0.05)
    finally:
        driver.kill()
        driver.wait()
    kept = pq.read_table(rows)["id"].to_pylist()
    assert 0 < len(kept) < N_PARTS
    evaluate(config)
    assert scores(config) == undisturbed
    assert pq.read_table(rows / "part-000000.parquet")["id"].to_pylist() == kept
