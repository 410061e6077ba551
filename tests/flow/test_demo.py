"""The whole way on a handful of parts, as `make demo` goes: real Ray, DeepSpeed, kernel, HTTP."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cadvlm.dataset import Dataset
from cluster.ports import free_ports

pytestmark = pytest.mark.ray

ROOT = Path(__file__).parents[2]
SMALL = (
    "prepare.split.val=0.1",
    "prepare.split.test=0.3",
    "train.max_steps=4",
    "train.batch_size=8",
    "train.checkpoint.every_steps=2",
    "train.log_every_steps=1",
    "train.model.llava.width=32",
    "train.model.llava.vision_layers=1",
    "train.model.llava.text_layers=1",
    "evaluate.limit=6",
    "evaluate.generation.max_new_tokens=24",
    "serve.max_new_tokens=24",
    "cluster.address=local",
)
ONE_OF_EACH = ("train.workers.count=1", "evaluate.scorers=1")
"""Every worker imports torch and all that, for ten seconds."""


def demo(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the job as a user does. Its own session, so that nothing outlives a time-out."""
    process = subprocess.Popen(
        [sys.executable, "-m", "jobs.demo", *SMALL, *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=500)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo")
    sources = "prepare.sources=[{name: synthetic, limit: 40}]"
    return out, demo(f"out={out}", sources, f"serve.port={free_ports(1)[0]}")


def test_the_demo_ends_well(synthetic):
    _, ended = synthetic
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


def test_the_summary_holds_the_figures(synthetic):
    out, _ = synthetic
    summary = json.loads((out / "summary.json").read_text())
    assert summary["n"] == 6
    assert 0 <= summary["valid_solid_rate"] <= 1
    assert 0 <= summary["iou"]["mean"] <= 1
    assert 0 <= summary["control"]["iou"]["mean"] <= 1
    assert set(summary["seconds"]) == {"data", "train", "evaluate", "serve"}
    assert isinstance(summary["answer"]["code"], str)


def test_every_folder_is_there(synthetic):
    out, _ = synthetic
    assert sum(Dataset(str(out / "dataset")).manifest["splits"].values()) == 40
    steps = [json.loads(line)["step"] for line in (out / "train/metrics.jsonl").open()]
    assert steps == [1, 2, 3, 4]
    assert (out / "evaluation/scores.parquet").is_file()
    assert "<html" in (out / "report.html").read_text()


def test_the_model_opens_without_this_project(synthetic):
    from transformers import AutoModelForImageTextToText, AutoProcessor

    out, _ = synthetic
    final = out / "train/final"
    model = AutoModelForImageTextToText.from_pretrained(final)
    processor = AutoProcessor.from_pretrained(final)
    assert model.config.text_config.vocab_size >= len(processor.tokenizer)


def test_real_parts_take_the_same_way(tmp_path, real_data):
    folder = tmp_path / "cad_json"
    folder.mkdir()
    for path in sorted((real_data / "deepcad/cad_json/0001").glob("*.json"))[:24]:
        (folder / path.name).symlink_to(path)
    (folder / "99999999.json").write_text("{ not json")
    out = tmp_path / "demo"
    ended = demo(f"out={out}", f"data={folder}", f"serve.port={free_ports(1)[0]}", *ONE_OF_EACH)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    summary = json.loads((out / "summary.json").read_text())
    [books] = summary["sources"].values()
    assert books["read"] == 25 == books["written"] + books["quarantined"]
    assert books["reasons"]["corrupt_json"] == 1


def test_an_empty_folder_is_one_clear_line(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    ended = demo(f"out={tmp_path / 'demo'}", f"data={empty}")
    assert ended.returncode == 2
    assert re.search(r"^error: .*empty.*holds no \.json", ended.stderr, re.M)
    assert "Traceback" not in ended.stderr
