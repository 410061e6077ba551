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
    "train.watch.samples=0",
    "train.model.llava.width=32",
    "train.model.llava.vision_layers=1",
    "train.model.llava.text_layers=1",
    "evaluate.limit=6",
    "evaluate.generation.max_new_tokens=24",
    "serve.max_new_tokens=24",
    "cluster.address=local",
)


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
def finished(tmp_path_factory, request):
    """The folder of a demo of 32 real parts and a broken file, or of synthetic parts where there
    are no real ones; how it ended."""
    out, cad_json = tmp_path_factory.mktemp("demo"), tmp_path_factory.mktemp("cad_json")
    try:
        real_data = request.getfixturevalue("real_data")
    except pytest.skip.Exception:
        parts = "prepare.sources=[{name: synthetic, limit: 32}]"
    else:
        files = sorted((real_data / "deepcad/cad_json/0001").glob("*.json"))
        small = [path for path in files if path.stat().st_size < 20_000]  # seconds in the kernel
        for path in small[:32]:
            (cad_json / path.name).symlink_to(path)
        (cad_json / "99999999.json").write_text("{ not json")
        parts = f"data={cad_json}"
    return out, demo(f"out={out}", parts, f"serve.port={free_ports(1)[0]}")


def test_the_demo_ends_well(finished):
    _, ended = finished
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


def test_the_summary_holds_the_figures(finished):
    out, _ = finished
    summary = json.loads((out / "summary.json").read_text())
    assert summary["n"] == 6
    assert 0 <= summary["valid_solid_rate"] <= 1
    assert 0 <= summary["iou"]["mean"] <= 1
    assert 0 <= summary["control"]["iou"]["mean"] <= 1
    assert set(summary["seconds"]) == {"data", "train", "evaluate", "serve"}
    assert isinstance(summary["answer"]["code"], str)


def test_every_file_is_accounted_for(finished):
    out, _ = finished
    [books] = json.loads((out / "summary.json").read_text())["sources"].values()
    assert books["read"] == books["written"] + books["quarantined"] >= 32
    assert books["reasons"].get("corrupt_json", 0) == books["read"] - 32


def test_every_folder_is_there(finished):
    out, _ = finished
    assert sum(Dataset(str(out / "dataset")).manifest["splits"].values()) > 6
    steps = [json.loads(line)["step"] for line in (out / "train/metrics.jsonl").open()]
    assert steps == [1, 2, 3, 4]
    assert (out / "evaluation/scores.parquet").is_file()
    assert "<html" in (out / "report.html").read_text()


def test_the_model_opens_without_this_project(finished):
    from transformers import AutoModelForImageTextToText, AutoProcessor

    out, _ = finished
    final = out / "train/final"
    model = AutoModelForImageTextToText.from_pretrained(final)
    processor = AutoProcessor.from_pretrained(final)
    assert model.config.text_config.vocab_size >= len(processor.tokenizer)


def test_an_empty_folder_is_one_clear_line(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    ended = demo(f"out={tmp_path / 'demo'}", f"data={empty}")
    assert ended.returncode == 2
    assert re.search(r"^error: .*empty.*holds no \.json", ended.stderr, re.M)
    assert "Traceback" not in ended.stderr
