"""DeepSpeed learns what plain torch learns, and goes on from what others wrote."""

import json
from pathlib import Path

import pytest

from tests.training.several import (
    HALF,
    config,
    go_on,
    plain,
    together,
    train_and_leave_a_checkpoint,
)

FULL = [{"zero_stage": stage} for stage in range(4)]
LORA = [
    {"zero_stage": stage, "method": "lora", "lora": {"rank": 4, "dropout": dropout}}
    for stage, dropout in [(3, 0.0), (1, 0.0), (2, 0.1)]
]
OFFLOADED = [{"zero_stage": 2, "offload": "optimizer"}]
RUNS = FULL + LORA + OFFLOADED
OTHER_STAGES = [3, 2, 0, 1, 1, 0, 3, 3]


@pytest.fixture(scope="module")
def base(tiny, tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("base")
    for part in tiny:
        part.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def out(base, tmp_path_factory) -> Path:
    """Every run in two processes, and its second half again in one, under another stage."""
    folder = tmp_path_factory.mktemp("runs")
    together(train_and_leave_a_checkpoint, 2, base, RUNS, str(folder))
    resumed = [
        {**run, "zero_stage": stage, "offload": None}
        for run, stage in zip(RUNS, OTHER_STAGES, strict=True)
    ]
    together(go_on, 1, base, resumed, str(folder))
    return folder


def _losses(out: Path, number: int, name: str = "losses.json") -> list[float]:
    losses: list[float] = json.loads((out / str(number) / name).read_text())
    return losses


@pytest.mark.slow
@pytest.mark.parametrize("runs", [FULL + OFFLOADED, LORA[:2]], ids=["full", "lora"])
def test_two_workers_learn_what_one_process_without_deepspeed_does(out, base, runs):
    expected = plain(base, config(1, **runs[0]))
    assert expected[-1] < expected[0] - 0.1
    for run in runs:
        assert _losses(out, RUNS.index(run)) == pytest.approx(expected, abs=1e-5), run


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(RUNS)))
def test_one_worker_goes_on_from_two_under_another_stage_as_if_nothing_had_changed(out, number):
    resumed = _losses(out, number, "losses-of-1.json")
    assert resumed == pytest.approx(_losses(out, number)[HALF:], abs=1e-5)
