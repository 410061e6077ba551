"""Real runs: Ray Train, DeepSpeed, two workers, a model of a few thousand weights."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ray
import torch
import yaml
from transformers import AutoModelForImageTextToText, AutoProcessor

from cadvlm.config.train import TrainConfig
from cadvlm.errors import ConfigError, InputError, RunFailed
from cadvlm.models.load import load
from cadvlm.models.prompt import encode
from cadvlm.records import PROMPT
from cadvlm.training.mixture import Mixture
from cadvlm.training.order import Facts, Order
from cadvlm.training.trainer import fit
from tests.models.conftest import TINY
from tests.training import samples

ROWS, VALIDATION, EPOCHS, STEPS = 40, 5, 6, 30
UNKNOWN = [np.zeros(ROWS, int)] * 3


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> str:
    return samples.write(tmp_path_factory.mktemp("data") / "squares", train=ROWS, val=VALIDATION)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory) -> str:
    """Pictures, texts without any, captions, plans, and shapes without code."""
    texts = {row: {"images": [], "source": "texts", "prompt": "A box."} for row in range(12)}
    captions = {row: {"source": "captions", "code": "A square."} for row in range(12, 20)}
    others = {20: {"plan": "One box."}, 21: {"code": None, "source": "shapes"}}
    changes = texts | captions | others
    folder = tmp_path_factory.mktemp("mixed") / "data"
    return samples.write(folder, changes=changes, train=ROWS, val=VALIDATION)


def _config(dataset: str, out: Path, **settings: Any) -> TrainConfig:
    base = {
        "dataset": dataset,
        "out": str(out),
        "model": {"llava": TINY.model_dump()},
        "train_vision": True,
        "optimizer": {"lr": 3e-3},
        "epochs": EPOCHS,
        "batch_size": 8,
        "precision": "fp32",
        "zero_stage": 1,
        "checkpoint": {"every_steps": 4, "keep": 1},
        "log_every_steps": 1,
        "grouped_batches": 1,
        "max_failures": 0,
        "watch": {"samples": 0, "report": False},
    }
    return TrainConfig.parse({**base, **settings})


def _rows(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


def _when(out: Path, step: int, whom: Callable[[], int], number: int) -> None:
    """Send a process a signal as soon as a run has logged so many steps."""

    def wait() -> None:
        process = whom()
        while not (out / "metrics.jsonl").exists() or len(_rows(out)) < step:
            time.sleep(0.02)
        os.kill(process, number)

    threading.Thread(target=wait, daemon=True).start()


@pytest.fixture(scope="module")
def run(dataset, ray_session, tmp_path_factory) -> Path:
    """A run without interruption."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    fit(_config(dataset, out))
    return out


def _validation_loss(model: Any, processor: Any) -> float:
    """By transformers' own loss, in fp32, sample by sample."""
    loss, tokens = 0.0, 0
    for side in range(4, 4 + VALIDATION):
        pictures = [[samples.picture(side)]]
        batch = encode(processor, [PROMPT], pictures, [samples.code(side)])
        count = int((batch["labels"] != -100).sum())
        with torch.no_grad():
            loss += float(model.float().eval()(**batch).loss) * count
        tokens += count
    return loss / tokens


@pytest.mark.slow
def test_loss_falls_and_every_step_is_logged_once(run):
    rows = _rows(run)
    assert [row["step"] for row in rows] == list(range(1, STEPS + 1))
    assert rows[-1]["loss"] < rows[0]["loss"] - 0.5
    assert rows[-1]["epoch"] == EPOCHS
    assert all(0 <= row["data_wait_share"] < 1 and row["samples_per_s"] > 0 for row in rows)
    assert [row["step"] for row in rows if "val_loss" in row] == [*range(4, STEPS, 4), STEPS]


@pytest.mark.slow
def test_run_folder_holds_what_it_promises(run):
    names = {path.name for path in run.iterdir()}
    assert {"config.yaml", "metrics.jsonl", "tensorboard", "checkpoints", "final"} <= names
    assert TrainConfig.parse(yaml.safe_load((run / "config.yaml").read_text())).epochs == EPOCHS
    validated = [row for row in _rows(run) if "val_loss" in row]
    best = min(validated, key=lambda row: row["val_loss"])["step"]
    kept = {path.name for path in run.glob("checkpoints/step-*")}
    assert kept == {f"step-{best:08}", f"step-{STEPS:08}"}


@pytest.mark.slow
def test_final_model_opens_without_this_project_and_is_the_one_that_was_trained(run):
    model = AutoModelForImageTextToText.from_pretrained(run / "final")
    processor = AutoProcessor.from_pretrained(run / "final")
    logged = _rows(run)[-1]["val_loss"]
    assert _validation_loss(model, processor) == pytest.approx(logged, rel=2e-3)


@pytest.mark.slow
def test_finished_run_returns_at_once(run, dataset, ray_session):
    before, started = (run / "metrics.jsonl").read_bytes(), time.monotonic()
    assert fit(_config(dataset, run)) == f"{run}/final"
    assert time.monotonic() - started < 2
    assert (run / "metrics.jsonl").read_bytes() == before


@pytest.mark.slow
def test_other_settings_in_the_same_folder_are_refused_by_name(run, dataset, ray_session):
    other = _config(dataset, run, optimizer={"lr": 1e-4}, batch_size=4)
    with pytest.raises(ConfigError, match=r"batch_size \(8 there, 4 here\), optimizer\.lr"):
        fit(other)


def _worker() -> int:
    """The process of a worker that trains, or is about to."""
    from ray.util.state import list_actors

    ours = ray.get_runtime_context().gcs_address  # there may be other Rays on this machine
    living = [("class_name", "=", "RayTrainWorker"), ("state", "=", "ALIVE")]
    while not (found := list_actors(ours, filters=living)):
        time.sleep(0.2)
    return int(found[0].pid)


@pytest.mark.proof
def test_stopped_and_killed_run_ends_like_any_other_with_fewer_workers_and_another_stage(
    run, dataset, ray_session, tmp_path
):
    """SIGTERM to the driver of two workers, then SIGKILL to the one that went on."""
    settings = {"checkpoint": {"every_steps": 1, "keep": 1}, "micro_batch_size": 4}
    _when(tmp_path, 2, os.getpid, signal.SIGTERM)
    with pytest.raises(RunFailed, match=r"SIGTERM.*step-\d+ is kept.*same command"):
        fit(_config(dataset, tmp_path, **settings))
    done = len(_rows(tmp_path))
    assert 2 <= done < STEPS - 4

    checkpoints = tmp_path / "checkpoints"
    half = checkpoints / f"step-{done + 1:08}"  # as a kill in the middle of writing leaves it
    half.mkdir()
    whole = (checkpoints / f"step-{done:08}" / "state-00000-of-00002.safetensors").read_bytes()
    (half / "state-00000-of-00002.safetensors").write_bytes(whole[: len(whole) // 2])

    _when(tmp_path, done + 2, _worker, signal.SIGKILL)
    alone = {"workers": {"count": 1}, "zero_stage": 3, "max_failures": 1}
    fit(_config(dataset, tmp_path, **settings, **alone))
    resumed, undisturbed = _rows(tmp_path), _rows(run)
    assert [row["step"] for row in resumed] == list(range(1, STEPS + 1))
    for key in ("loss", "lr", "epoch"):
        assert [r[key] for r in resumed] == pytest.approx([r[key] for r in undisturbed], abs=1e-5)
    assert resumed[-1]["val_loss"] == pytest.approx(undisturbed[-1]["val_loss"], abs=1e-5)
    assert len(list((tmp_path / "tensorboard").iterdir())) == 3  # one for each beginning


@pytest.mark.slow
def test_adapted_model_has_its_adapters_merged_and_remembers_what_is_replayed(
    run, mixed, dataset, ray_session, tmp_path
):
    """The third stage, under ZeRO-3 in bf16, from the output of the first."""
    from peft import PeftModel

    out = tmp_path / "adapted"
    settings = {"zero_stage": 3, "precision": "bf16", "max_steps": 2, "train_vision": False}
    adapt = {"stage": "adapt", "lora": {"rank": 4}, "replay": {"dataset": mixed, "share": 0.25}}
    fit(_config(dataset, out, model=str(run), **adapt, **settings))
    sources = _rows(out)[-1]["sources"]
    assert sources.keys() == {"squares", "replay"}
    assert 1 <= sources["replay"]["samples"] <= 8
    assert _rows(out)[-1]["replay_val_loss"] > 0
    model, processor = load(str(out))
    logged = _rows(out)[-1]["val_loss"]
    assert _validation_loss(model, processor) == pytest.approx(logged, rel=2e-2)

    adapted = PeftModel.from_pretrained(load(str(run)).model, out / "adapter")
    assert _validation_loss(adapted, processor) == pytest.approx(logged, rel=2e-2)


@pytest.mark.proof
def test_error_of_the_data_ends_the_run_at_once_and_says_what_is_kept(run, ray_session, tmp_path):
    alone = {"workers": {"count": 1}, "micro_batch_size": 4, "max_failures": 3}
    config = _config("", tmp_path / "out", **alone)
    order = Order(config, Mixture({"squares": ROWS}, {"squares": 1.0 * EPOCHS}), Facts(*UNKNOWN))
    row = order.step(4)[0]
    broken = samples.write(tmp_path / "broken", train=ROWS, broken=[row])
    with pytest.raises(RunFailed, match=rf"square-{row}.*step-00000004 is kept.*same command"):
        fit(config.override({"dataset": broken}))
    assert len(list((tmp_path / "out" / "tensorboard").iterdir())) == 1  # begun once
    alone, together = ([r["loss"] for r in _rows(out)[:4]] for out in (tmp_path / "out", run))
    assert alone == pytest.approx(together, abs=1e-5)


@pytest.mark.proof
def test_mixed_rows_are_learnt_in_their_shares_and_the_run_tells(
    mixed, run, ray_session, tmp_path, capfd
):
    settings = {
        "model": str(run), "train_vision": False, "stage": "align", "zero_stage": 3,
        "mixture": {"squares": 0.5, "texts": 0.3, "captions": 0.2}, "grouped_batches": 4,
        "curriculum": {"start": 0.5, "over": 1.0}, "epochs": 40 / 39, "checkpoint": {},
    }  # fmt: skip
    fit(_config(mixed, tmp_path, **settings))
    assert "shapes that have no code and are left out: 1" in capfd.readouterr().err
    rows = _rows(tmp_path)
    assert [row["open"] for row in rows] == pytest.approx([0.5, 0.6, 0.7, 0.8, 0.9])
    sources = rows[-1]["sources"]
    assert sources["texts"]["samples"] == pytest.approx(12, abs=1)
    assert sources["squares"]["share"] == pytest.approx(0.5, abs=0.03)
    assert sources["captions"]["epochs"] == pytest.approx(1.0, abs=0.13)
    assert sum(source["samples"] for source in sources.values()) == 40


def test_shapes_without_code_are_nothing_to_learn_from(tmp_path):
    shapes = {row: {"code": None, "source": "abc"} for row in range(3)}
    dataset = samples.write(tmp_path / "data", changes=shapes, train=3)
    with pytest.raises(InputError, match=r"no row .* has code .*\(abc\)"):
        fit(_config(dataset, tmp_path / "out"))


def test_missing_dataset_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        fit(_config(str(tmp_path / "nowhere"), tmp_path))


def test_leaving_out_every_sample_as_too_long_is_an_input_error(dataset, tmp_path):
    with pytest.raises(InputError, match="no program has max_tokens=1 or less"):
        fit(_config(dataset, tmp_path / "out", max_tokens=1))


def test_adapter_target_that_matches_nothing_stops_before_any_worker(dataset, tmp_path):
    config = _config(dataset, tmp_path, lora={"targets": ["q_projj"]}, method="lora")
    with pytest.raises(ConfigError, match="q_projj"):
        fit(config)
