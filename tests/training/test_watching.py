"""Runs that are looked at, guarded and ended."""

import json
from pathlib import Path
from typing import Any

import pytest

from cadvlm.config.train import TrainConfig
from cadvlm.config.watch import RangeConfig
from cadvlm.errors import ConfigError, RunFailed
from cadvlm.training.trainer import find_lr, fit
from tests.models.conftest import TINY
from tests.training import samples

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> str:
    return samples.write(tmp_path_factory.mktemp("data") / "squares", train=40, val=6)


def _config(dataset: str, out: Path, **settings: Any) -> TrainConfig:
    base = {
        "dataset": dataset,
        "out": str(out),
        "model": {"llava": TINY.model_dump()},
        "train_vision": True,
        "optimizer": {"lr": 3e-3},
        "batch_size": 8,
        "max_steps": 4,
        "epochs": 2,
        "checkpoint": {"every_steps": 2, "keep": 1},
        "log_every_steps": 1,
        "grouped_batches": 1,
        "max_failures": 0,
        "watch": {"samples": 0, "report": False},
    }
    return TrainConfig.parse({**base, **settings})


def _rows(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def watched(dataset, ray_session, tmp_path_factory) -> Path:
    """Under ZeRO 3, where workers have to answer in step: three parts, for two workers."""
    out = tmp_path_factory.mktemp("runs") / "watched"
    watch = {"samples": 3, "peak_tflops": 0.05}
    fit(_config(dataset, out, watch=watch, zero_stage=3, targets={"loss": {"at_most": 9}}))
    return out


def test_rows_say_how_fast_and_with_what_the_run_went(watched):
    rows = _rows(watched)
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    assert all(row["steps"] == 4 and row["skipped"] == 0 for row in rows)
    assert all(0 < row["mfu"] < 1 for row in rows)
    assert all(0.1 < gb < 20 for row in rows for gb in row["memory_gb"].values())
    assert list(rows[0]["memory_gb"]) == ["0", "1"]


def test_each_evaluation_looks_at_the_same_samples_and_keeps_them(watched):
    looks = [row for row in _rows(watched) if "sample" in row]
    assert [row["step"] for row in looks] == [2, 4]
    assert all(row["sample"]["n"] == 3 for row in looks)
    names = sorted(path.name for path in (watched / "samples").iterdir())
    assert names == ["step-00000002.parquet", "step-00000004.parquet"]
    html = (watched / "report.html").read_text()
    assert "square-4" in html
    assert "finished" in html
    assert ">met<" in html


@pytest.mark.proof
def test_losses_are_the_same_to_the_bit_without_looks(watched, dataset, ray_session, tmp_path):
    out = tmp_path / "alone"
    fit(_config(dataset, out, zero_stage=3))
    assert not (out / "samples").exists()
    seen, alone = ([(row["loss"], row["grad_norm"]) for row in _rows(o)] for o in (watched, out))
    assert seen == alone


@pytest.mark.proof
def test_a_run_without_gain_ends_early_and_is_finished_then(dataset, ray_session, tmp_path):
    config = _config(
        dataset, tmp_path, optimizer={"lr": 1e-12}, max_steps=9, checkpoint={"every_steps": 1},
        guards={"patience": 2}, workers={"count": 1},
    )  # fmt: skip
    assert fit(config) == fit(config) == f"{tmp_path}/final"
    rows = _rows(tmp_path)
    assert [row["step"] for row in rows] == [1, 2, 3]
    assert rows[-1]["stopped"] == "no lower validation loss in 2 evaluations"
    assert json.loads((tmp_path / "summary.json").read_text())["step"] == 3


@pytest.mark.proof
def test_the_largest_micro_batch_that_fits_is_found(dataset, ray_session, tmp_path):
    alone = {"micro_batch_size": "auto", "workers": {"count": 1}, "max_steps": 1}
    fit(_config(dataset, tmp_path, **alone))
    found = json.loads((tmp_path / "micro_batch.json").read_text())
    assert found["micro_batch_size"] == 8  # all of them
    assert 0 < found["one_gb"] < found["room_gb"]


def test_gradients_that_are_not_finite_stop_the_run_with_advice(dataset, ray_session, tmp_path):
    config = _config(
        dataset, tmp_path, optimizer={"lr": 1e30, "warmup_ratio": 0}, zero_stage=0, max_steps=9,
        guards={"max_skipped": 3}, workers={"count": 1},
    )  # fmt: skip
    with pytest.raises(RunFailed, match=r"none of the last 3 steps .* lower optimizer\.lr"):
        fit(config)
    assert [row["skipped"] for row in _rows(tmp_path)] == [0, 1, 2]


@pytest.mark.proof
def test_rates_are_tried_until_the_loss_breaks(dataset, ray_session, tmp_path):
    config = _config(dataset, tmp_path, epochs=5, workers={"count": 1})
    span = RangeConfig(lowest=1e-4, highest=10.0, steps=25)
    with pytest.raises(ConfigError, match=r"range\.steps \(25\): the run has 10"):
        find_lr(config.override({"epochs": 2}), span)
    found = find_lr(config, span)
    assert 1e-4 <= found.suggested < found.lowest < 10
    written = json.loads((tmp_path / "find_lr.json").read_text())
    assert written["suggested"] == found.suggested
    assert '<svg class="plot"' in (tmp_path / "find_lr.html").read_text()
    assert not (tmp_path / "trial").exists()
