import pytest

from cadvlm.errors import ConfigError
from tune.space import distributions, variants

RATE = {"optimizer.lr": {"loguniform": [1e-5, 1e-3]}}


def test_lists_are_tried_in_full():
    tried = variants([{"optimizer.lr": [1e-3, 1e-4], "lora.rank": [8, 16, 32]}], 1, seed=0)
    assert len(tried) == 6
    assert {"optimizer.lr": 1e-4, "lora.rank": 16} in tried


def test_every_space_is_tried_and_nothing_twice():
    spaces = [{"seed": [0, 1]}, {"seed": [1, 2]}, {"optimizer.lr": [1e-3]}]
    assert variants(spaces, 1, seed=0) == [
        {"seed": 0}, {"seed": 1}, {"seed": 2}, {"optimizer.lr": 1e-3},
    ]  # fmt: skip


def test_draws_stay_in_their_range_and_depend_on_the_seed_alone():
    space = {**RATE, "lora.rank": {"randint": [4, 16]}, "train_vision": {"choice": [True, False]}}
    drawn = variants([space], 50, seed=1)
    assert drawn == variants([space], 50, seed=1) != variants([space], 50, seed=2)
    assert all(1e-5 <= one["optimizer.lr"] <= 1e-3 for one in drawn)
    assert {one["lora.rank"] for one in drawn} <= set(range(4, 17))
    assert {one["train_vision"] for one in drawn} == {True, False}


def test_more_draws_leave_the_first_ones_as_they_are():
    assert variants([RATE], 6, seed=0)[:4] == variants([RATE], 4, seed=0)


def test_lists_can_be_drawn_from():
    drawn = variants([{"lora.rank": [8, 16], **RATE}], 20, seed=0, lists_in_full=False)
    assert len(drawn) == 20
    assert {one["lora.rank"] for one in drawn} == {8, 16}


def test_optuna_knows_the_same_ranges():
    known = distributions({**RATE, "lora.rank": {"randint": [4, 16]}, "seed": [0, 1]})
    assert (known["optimizer.lr"].low, known["optimizer.lr"].log) == (1e-5, True)
    assert known["lora.rank"].high == 16
    assert known["seed"].choices == (0, 1)


@pytest.mark.parametrize(
    "values", [3, [], {"normal": [0, 1]}, {"choice": 8}, {"choice": []}, {"uniform": [1]}, {}]
)
def test_an_unknown_range_is_named(values):
    with pytest.raises(ConfigError, match=r"sweep\.space\.lora\.rank"):
        variants([{"lora.rank": values}], 1, seed=0)
