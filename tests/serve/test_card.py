from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from cadvlm.config.train import TrainConfig
from serve.card import find, write

SOURCES = {
    "deepcad": {"written": 900, "licence": "CC BY 4.0"},
    "synthetic": {"written": 100, "licence": "CC0 1.0"},
}


def _json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A run with its dataset, its evaluation, and one of another run."""
    manifest = {
        "sources": SOURCES,
        "licences": ["CC BY 4.0", "CC0 1.0"],
        "content_hash": "0123456789abcdef" * 4,
    }
    _json(tmp_path / "dataset" / "manifest.json", manifest)
    run = tmp_path / "run"
    config = TrainConfig(
        dataset=str(tmp_path / "dataset"), out=str(run), model="owner/base", lora={"rank": 8}
    )
    run.mkdir()
    (run / "config.yaml").write_text(yaml.safe_dump(config.model_dump(mode="json")))
    seen = {"deepcad": {"epochs": 1.5}, "synthetic": {"epochs": 3.0}}
    summary = {"step": 70, "epoch": 1.6, "loss": 0.25, "val_loss": 0.5, "sources": seen}
    _json(run / "summary.json", summary)
    _json(run / "final" / "config.json", {})
    for name, of, iou in (("evaluation", run, 0.75), ("other", tmp_path / "elsewhere", 0.1)):
        _json(tmp_path / name / "config.json", {"config": {"checkpoint": str(of)}})
        _json(tmp_path / name / "metrics.json", {"n": 120, "iou": {"mean": iou}})
    return tmp_path


@pytest.mark.parametrize("path", ["run", "run/final"])
def test_the_card_tells_data_licences_training_and_scores(home: Path, path: str) -> None:
    card = write(str(home / path))
    assert card == str(home / "run" / "final" / "README.md")
    _, front, text = Path(card).read_text().split("---\n", 2)
    assert yaml.safe_load(front) | {"tags": []} == {
        "library_name": "transformers",
        "pipeline_tag": "image-text-to-text",
        "tags": [],
        "license": "other",
        "license_name": "CC BY 4.0; CC0 1.0",
        "base_model": "owner/base",
    }
    for told in (
        "| deepcad | 900 | 1.50 | CC BY 4.0 |",
        "| method | LoRA of rank 8, merged |",
        "| validation loss | 0.5 |",
        "evaluation, 120 parts",
        "| IoU, mean | 0.75 |",
        "Not measured.",
    ):
        assert told in text
    assert "0.1" not in text


def test_of_a_sweep_the_recommended_trial_is_told_with_what_it_keeps(home: Path) -> None:
    row = {"run": str(home / "run"), "iou.mean": 0.75, "retention.mean": 0.9}
    sweep = {
        "objectives": {"iou.mean": "max", "retention.mean": "max"},
        "trials": [row, row, row],
        "front": [row],
        "recommended": row,
    }
    _json(home / "sweep" / "sweep.json", sweep)
    card = write(str(home / "sweep"))
    assert card == str(home / "sweep" / "best" / "README.md")
    text = Path(card).read_text()
    assert "Recommended of 3 trials" in text
    assert "| retention.mean (max) | 0.9 |" in text


def test_what_is_missing_is_said(home: Path) -> None:
    (home / "dataset" / "manifest.json").unlink()
    (home / "evaluation" / "config.json").unlink()
    card = write(str(home / "run"))
    assert card is not None
    text = Path(card).read_text()
    assert "its licences are unknown" in text
    assert "Not evaluated" in text


@pytest.mark.parametrize("checkpoint", ["owner/model", "dataset"])
def test_a_model_of_somebody_else_gets_none(
    home: Path, checkpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    assert find(checkpoint) is None
