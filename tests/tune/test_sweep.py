"""A sweep of real trials, small: one learns, one diverges, one wants more memory than there is."""

import json

import pyarrow.parquet as pq
import pytest
from transformers import AutoModelForImageTextToText

from cadvlm.config.data import PictureConfig
from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.config.train import TrainConfig
from cadvlm.errors import ConfigError
from cadvlm.records import PROMPT
from cadvlm.reports import sweep as report
from cadvlm.sequences import synthetic
from cadvlm.storage import Folder
from tests.serve.taught import teach
from tests.training import samples
from tune.config import SweepConfig
from tune.sweep import sweep

pytestmark = pytest.mark.proof

KNOWN = synthetic.part("probes-0", 0, ["chamfered_block"])[1].code
"""The first probe about chamfers, a picture: the model to begin with answers so to each."""

SPACE = (
    {"optimizer.lr": [1e-7, 1e30]},
    {"method": ["lora"], "lora.rank": [10**14]},
)


@pytest.fixture(scope="module")
def swept(tmp_path_factory, ray_session):
    folder = tmp_path_factory.mktemp("sweep")
    dataset = samples.write(folder / "dataset", train=16, test=2)
    manifest = json.loads((folder / "dataset/manifest.json").read_text())
    look = {"pictures": PictureConfig(size=32).model_dump(mode="json"), "prompt": PROMPT}
    (folder / "dataset/manifest.json").write_text(json.dumps({**manifest, "config": look}))
    teach(folder / "base", [KNOWN])
    train = TrainConfig.parse(
        {
            "dataset": dataset,
            "model": f"{folder}/base",
            "out": "train",
            "batch_size": 4,
            "max_steps": 3,
            "max_failures": 0,
            "log_every_steps": 1,
            "zero_stage": 0,
            "workers": {"count": 1, "gpu": False},
        }
    )
    evaluation = EvaluateConfig.parse(
        {
            "dataset": dataset,
            "checkpoint": f"{folder}/base",
            "out": "evaluation",
            "control": False,
            "edits": 0,
            "gallery": 0,
            "pages": 0,
            "generation": {"max_new_tokens": 64, "gpu": False},
        }
    )
    probes = {"count": 12, "generation": {"max_new_tokens": 200, "gpu": False}}
    config = SweepConfig.parse({"space": SPACE, "probes": probes, "concurrent": 3})
    out = f"{folder}/out"
    return Folder(out), (train, evaluation, config), sweep(out, train, evaluation, config)


def test_every_trial_is_told_of_with_its_fate(swept):
    _, _, summary = swept
    fates = {
        (row["settings"]["optimizer.lr"], row["settings"]["lora.rank"]): row["status"]
        for row in summary["trials"]
    }
    assert fates == {
        (1e-7, None): "finished",
        (1e30, None): "diverged",
        (2e-5, 10**14): "out_of_memory",
    }
    assert all(row["error"] for row in summary["trials"] if row["status"] != "finished")


def test_a_trial_that_changed_nothing_has_kept_all(swept):
    _, _, summary = swept
    [row] = summary["front"]
    assert row == summary["recommended"]
    assert row["retention.mean"] == 1
    assert row["retention"]["by_operation"]["chamfer"]["before"] == 1
    assert row["iou.mean"] == summary["before"]["iou.mean"]
    assert summary["before"]["retention.mean"] == 1


def test_the_best_model_is_ready_to_be_served(swept):
    out, _, _ = swept
    assert AutoModelForImageTextToText.from_pretrained(f"{out.uri}/best").config.model_type


def test_what_has_ended_is_not_run_again(swept):
    out, settings, summary = swept
    files = {path: out.read(path) for path in out.names("trial.json", recursive=True)}
    again = sweep(out.uri, *settings)
    assert {path: out.read(path) for path in files} == files
    assert again["trials"] == summary["trials"]


def test_another_sweep_is_refused_there(swept):
    out, (train, evaluation, config), _ = swept
    with pytest.raises(ConfigError, match=r"holds a sweep with another train\.seed;"):
        sweep(out.uri, train.override({"seed": 9}), evaluation, config)


def test_the_report_shows_the_front_and_every_failure(swept):
    out, _, _ = swept
    report.write(out)
    page = out.read("report.html").decode()
    for text in ("recommended", "diverged", "out of memory", "Retention", "chamfer", "<svg"):
        assert text in page
    assert pq.read_table(out.join("forgotten.parquet")).num_rows == 0
