"""Real runs that learn from what their programs build: Ray Train, actors, the sandbox."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from cadvlm.config.train import TrainConfig
from cadvlm.errors import ConfigError
from cadvlm.models.build import build
from cadvlm.models.prompt import encode
from cadvlm.records import PROMPT
from cadvlm.training.trainer import fit
from tests.models.conftest import TINY
from tests.training import samples

STEPS, GROUP, QUESTIONS = 3, 4, 4


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> str:
    return samples.write(tmp_path_factory.mktemp("data") / "squares", train=24, val=4)


def _config(dataset: str, out: Path, workers: int, **settings: Any) -> TrainConfig:
    base = {
        "dataset": dataset,
        "out": str(out),
        "train_vision": True,
        "precision": "fp32",
        "zero_stage": 2,
        "workers": {"count": workers},
        "checkpoint": {"every_steps": 100, "keep": 1},
        "log_every_steps": 1,
        "grouped_batches": 1,
        "max_failures": 0,
        "watch": {"samples": 0, "report": False},
    }
    return TrainConfig.parse({**base, **settings})


@pytest.fixture(scope="module")
def taught(tmp_path_factory) -> str:
    """A model that has learnt to write boxes, and not yet of which size."""
    sides = range(4, 28)
    model, processor = build(TINY, [PROMPT, *map(samples.code, sides)], seed=0)
    batch = encode(
        processor,
        [PROMPT] * len(sides),
        [[samples.picture(side)] for side in sides],
        [samples.code(side) for side in sides],
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    model.train()
    for _ in range(60):
        model(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    folder = tmp_path_factory.mktemp("models") / "taught"
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return str(folder)


def _reward(dataset: str, taught: str, out: Path, workers: int, **settings: Any) -> TrainConfig:
    reward = {
        "group": GROUP, "max_new_tokens": 48, "at_once": 5, "judges": 1, "kl": 0.1,
        "mining": {"questions": 12, "answers": 1, "below": 1.0},
    }  # fmt: skip
    return _config(
        dataset, out, workers, stage="reward", model=taught, optimizer={"lr": 1e-3},
        batch_size=GROUP * QUESTIONS, epochs=9, max_steps=STEPS, reward=reward, **settings,
    )  # fmt: skip


def _rows(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def rewarded(dataset, taught, ray_session, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "rewarded"
    fit(_reward(dataset, taught, out, workers=2))
    return out


@pytest.mark.proof
def test_rows_say_what_answers_earned(rewarded):
    rows = _rows(rewarded)
    assert [row["step"] for row in rows] == [1, 2, 3]
    for row in rows:
        found = row["reward"]
        assert -1 <= found["mean"] <= found["iou"] <= 1
        assert 0 < found["valid_solid_rate"] <= 1
        assert found["unscored"] == 0
        assert found["kl"] >= 0
    # The first answers are the reference's own; what they earn differs, and so moves the model.
    assert rows[0]["reward"]["kl"] == pytest.approx(0, abs=1e-6)
    assert rows[0]["reward"]["telling"] > 0
    assert rows[-1]["reward"]["kl"] > 1e-6
    assert 0 <= rows[-1]["val_loss"] <= 2


@pytest.mark.proof
def test_hard_questions_alone_are_asked(rewarded):
    found = json.loads((rewarded / "mining.json").read_text())
    assert found["tried"] == 12
    assert 0 < found["kept"] == len(found["rows"]) <= 12
    assert _rows(rewarded)[-1]["sources"]["squares"]["samples"] == STEPS * QUESTIONS
    assert _rows(rewarded)[-1]["epoch"] == pytest.approx(STEPS * QUESTIONS / found["kept"])


@pytest.mark.proof
def test_a_run_that_was_interrupted_learns_the_same_with_other_workers(
    rewarded, dataset, taught, ray_session, tmp_path
):
    config = _reward(dataset, taught, tmp_path, workers=1).override({"zero_stage": 0})
    shutil.copy(rewarded / "mining.json", tmp_path)
    fit(config.override({"max_steps": 2}))
    assert yaml.safe_load((tmp_path / "config.yaml").read_text())["stage"] == "reward"
    assert fit(config) == f"{tmp_path}/final"
    for row, other in zip(_rows(rewarded), _rows(tmp_path), strict=True):
        for key in ("mean", "iou", "tokens", "kl"):
            assert row["reward"][key] == pytest.approx(other["reward"][key], abs=1e-4), key
        assert row["grad_norm"] == pytest.approx(other["grad_norm"], rel=1e-2)
    with pytest.raises(ConfigError, match=r"reward\.group \(4 there, 2 here\)"):
        fit(config.override({"reward.group": 2}))
