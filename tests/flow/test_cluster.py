"""Jobs submitted to a cluster that `ray start --head` started, and a sweep on it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.ray, pytest.mark.proof]

ROOT = Path(__file__).parents[2]
RAY = str(Path(sys.executable).with_name("ray"))


def submit(head: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [RAY, "job", "submit", "--working-dir", ".", "--", "python", "-m", *words]
    return subprocess.run(
        command, cwd=ROOT, env=head, capture_output=True, text=True, timeout=560, check=False
    )


def test_submitted_jobs_run_one_after_the_other(head, tmp_path):
    dataset = tmp_path / "dataset"
    ended = submit(
        head, "jobs.prepare", "sources=[{name: synthetic, limit: 16}]", f"out={dataset}",
        "pictures.size=64", "split.test=0.3", "split.val=0.0",
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert json.loads((dataset / "manifest.json").read_text())["splits"]["train"] > 0

    sweep = tmp_path / "sweep"
    ended = submit(
        head, "jobs.sweep", "tune/configs/small.yaml", f"out={sweep}", f"train.dataset={dataset}",
        f"evaluate.dataset={dataset}", "train.max_steps=2", "train.batch_size=4",
        "sweep.space={optimizer.lr: [5e-4]}",
        "train.model.llava.width=32", "train.model.llava.vision_layers=1",
        "train.model.llava.text_layers=1", "train.model.llava.image_size=64",
        "evaluate.limit=2", "evaluate.generation.max_new_tokens=8",
        "train.workers.count=1", "evaluate.scorers=1",  # each imports torch, for ten seconds
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    summary = json.loads((sweep / "sweep.json").read_text())
    assert [trial["status"] for trial in summary["trials"]] == ["finished"]
    assert summary["recommended"] in summary["front"]
    assert (sweep / "best/config.json").is_file()
    assert "Recommended is trial 1" in (sweep / "report.html").read_text()


def test_a_failed_job_is_reported_as_failed(head, tmp_path):
    ended = submit(
        head, "jobs.prepare", "sources=[{name: deepcad, path: /nowhere}]", f"out={tmp_path}"
    )
    assert ended.returncode != 0
    assert "/nowhere: no such folder" in ended.stdout + ended.stderr
