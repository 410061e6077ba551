"""Tune runs trials, stops hopeless ones and survives those that fail. Nothing is trained here: a
trial's scores follow from its settings."""

import functools

import pytest

from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.config.train import TrainConfig, WorkersConfig
from cadvlm.errors import RunFailed
from cadvlm.progress import Progress
from tune.config import SweepConfig
from tune.ledger import Ledger, has_ended, records
from tune.search import at_once, search
from tune.trial import Plan, run_trial


def seen(plan, settings, share):
    """A look at a trial whose rate decides what it learns and what it forgets."""
    rate = settings["optimizer.lr"]
    if rate > 1:
        raise RunFailed("training stopped: can't allocate memory")
    (plan.home(settings)).write(f"looked-{100 * share:.0f}", "")
    scores = {"iou": {"mean": rate * share}, "retention": {"mean": 1 - rate}}
    return {"share": share, "step": 1, "loss": 1.0, "run": "r", "at": "a", "scores": scores}


def searched(folder, todo, count=0, **sweep):
    """The records of a search over learning rates."""
    space = {"optimizer.lr": {"uniform": [0.1, 0.9]}}
    config = SweepConfig.parse({"space": space, "probes": {}, "concurrent": 1, **sweep})
    train = TrainConfig(dataset="d", out="train")
    plan = Plan(str(folder), train, EvaluateConfig(checkpoint="c", dataset="d", out="e"), config)
    trial = functools.partial(run_trial, plan=plan, look=seen)
    with Progress("sweep", len(todo), "trials") as progress:
        search(
            plan, trial, [{"optimizer.lr": rate} for rate in todo], count, Ledger(plan, progress)
        )
    return {record["settings"]["optimizer.lr"]: record for record in records(plan)}


def test_hopeless_trials_are_stopped_and_failed_ones_reported(tmp_path, ray_session):
    early = {"first": 0.5, "factor": 2, "retention": 0.2}
    found = searched(tmp_path, [0.5, 0.6, 0.2, 0.9, 2.0], early_stop=early)
    assert {rate: record["status"] for rate, record in found.items()} == {
        0.5: "finished",
        0.6: "finished",
        0.2: "stopped",
        0.9: "stopped",
        2.0: "out_of_memory",
    }
    assert "others were better" in found[0.2]["error"]
    assert "retention 0.10 is below 0.2" in found[0.9]["error"]
    assert [len(found[rate]["looks"]) for rate in (0.5, 0.2, 2.0)] == [2, 1, 0]
    assert all(has_ended(record) for record in found.values())


def test_optuna_goes_on_from_what_it_knows(tmp_path, ray_session):
    first = searched(tmp_path, [], 3, search="optuna")
    assert len(first) == 3
    looked = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("looked-100")}
    both = searched(tmp_path, [], 2, search="optuna")
    assert len(both) == 5
    assert both.keys() > first.keys()
    assert all(path.stat().st_mtime_ns == written for path, written in looked.items())


@pytest.mark.parametrize(
    ("concurrent", "workers", "gpus", "cpus", "trials"),
    [
        (None, {"count": 2}, 8, 64, 4),
        (3, {"count": 2}, 8, 64, 3),
        (9, {"count": 2}, 8, 64, 4),
        (None, {"count": 1, "gpu": False}, 8, 2, 2),
        (None, {"count": 2}, 0, 2, 1),
        (None, {"count": 4}, 0, 2, 1),
    ],
)
def test_as_many_trials_at_once_as_there_is_room_for(concurrent, workers, gpus, cpus, trials):
    assert at_once(concurrent, WorkersConfig(**workers), gpus=gpus, cpus=cpus) == trials
