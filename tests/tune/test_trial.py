import pytest

from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.config.train import TrainConfig
from cadvlm.errors import RunFailed
from tune.config import EarlyStopConfig, SweepConfig
from tune.trial import Plan, fate, hopeless, measure, name, overrides


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (
            RunFailed("stopped: CUDA out of memory. Tried to allocate 2 GiB"),
            "out_of_memory",
        ),
        (RunFailed("DefaultCPUAllocator: can't allocate memory: you tried"), "out_of_memory"),
        (RunFailed("the worker died: OutOfMemoryError, the memory monitor"), "out_of_memory"),
        (RunFailed("the loss is nan after 12 steps: it diverged"), "diverged"),
        (ValueError("finance: no such key"), "failed"),
    ],
)
def test_the_fate_of_a_trial_is_read_from_its_error(error, status):
    assert fate(error)["status"] == status
    assert fate(error)["error"] == str(error)


def test_a_trial_has_one_name_for_the_same_settings():
    assert name({"a": 1, "b": 0.5}) == name({"b": 0.5, "a": 1}) != name({"a": 2, "b": 0.5})


def test_a_replay_of_nothing_is_none():
    assert overrides({"seed": 1, "replay.share": 0}) == {"seed": 1, "replay": None}
    assert overrides({"replay.share": 0.1}) == {"replay.share": 0.1}


def test_a_look_below_the_floor_ends_a_trial_before_its_end():
    sweep = SweepConfig(space={"seed": [0]}, probes={}, early_stop={"retention": 0.5})
    low = {"share": 0.5, "scores": {"retention": {"mean": 0.4}}}
    assert "retention 0.40 is below 0.5 after 50%" in str(hopeless(low, sweep))
    assert hopeless({**low, "share": 1}, sweep) is None
    assert hopeless({"share": 0.5, "scores": {"retention": {"mean": 0.6}}}, sweep) is None


def test_looks_multiply_until_the_end():
    assert EarlyStopConfig(first=0.25).looks == (0.25, 0.5, 1)
    assert EarlyStopConfig(first=0.1, factor=3).looks == pytest.approx((0.1, 0.3, 0.9, 1))


def test_an_objective_that_is_no_number_is_named():
    with pytest.raises(RunFailed, match=r"iou\.median"):
        measure({"iou": {"mean": 0.5}}, "iou.median")


def test_a_trial_lies_where_its_name_says(tmp_path):
    plan = Plan(
        str(tmp_path),
        TrainConfig(dataset="d", out="train"),
        EvaluateConfig(checkpoint="c", dataset="d", out="e"),
        SweepConfig(space={"seed": [0]}),
    )
    assert plan.home({"seed": 0}).uri == f"{tmp_path}/trials/{name({'seed': 0})}"
