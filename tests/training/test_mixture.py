from typing import Any

import pytest

from cadvlm.config.train import TrainConfig
from cadvlm.errors import ConfigError
from cadvlm.training.mixture import Mixture, mix, replayed

ROWS = {"deepcad": 1000, "openecad": 300, "synthetic": 200}


def _mix(weights: dict[str, float] | None = None, **settings: Any) -> Mixture:
    manifest = {"sources": {name: {"weight": weight} for name, weight in (weights or {}).items()}}
    config = TrainConfig.parse({"dataset": "d", "out": "o", "batch_size": 10, **settings})
    return mix(config, manifest, ROWS)


def test_without_weights_every_row_comes_once_an_epoch():
    mixture = _mix(epochs=2)
    assert mixture == Mixture(ROWS, dict.fromkeys(ROWS, 2.0))
    assert mixture.is_even
    assert mixture.steps(TrainConfig.parse({"dataset": "d", "out": "o", "batch_size": 8})) == 375


def test_equal_weights_of_the_dataset_are_none():
    assert _mix({"deepcad": 1.0, "openecad": 1.0, "synthetic": 1.0}) == _mix()


def test_unequal_weights_of_the_dataset_are_shares():
    mixture = _mix({"deepcad": 7, "openecad": 2, "synthetic": 1})
    assert mixture.shares == pytest.approx({"deepcad": 0.7, "openecad": 0.2, "synthetic": 0.1})


def test_shares_say_how_often_each_source_is_seen():
    mixture = _mix(mixture={"deepcad": 0.7, "openecad": 0.2, "synthetic": 0.1}, epochs=2)
    # 3,000 samples: 2,100 of 1,000 rows, 600 of 300, 300 of 200.
    assert mixture.epochs == pytest.approx({"deepcad": 2.1, "openecad": 2.0, "synthetic": 1.5})
    assert mixture.steps(TrainConfig.parse({"dataset": "d", "out": "o", "batch_size": 10})) == 300


def test_mixture_overrides_the_weights_of_the_sources_it_names():
    prepared = {"deepcad": 7.0, "openecad": 2.0, "synthetic": 1.0}
    shares = _mix(prepared, mixture={"deepcad": 1}).shares
    assert shares == pytest.approx({"deepcad": 0.25, "openecad": 0.5, "synthetic": 0.25})


def test_prepared_source_that_has_nothing_to_train_on_is_passed_over():
    shares = _mix({"deepcad": 3, "openecad": 1, "synthetic": 1, "abc": 50}).shares
    assert shares == pytest.approx({"deepcad": 0.6, "openecad": 0.2, "synthetic": 0.2})


def test_equal_shares_are_equal_shares():
    assert _mix(mixture=dict.fromkeys(ROWS, 1)).shares == pytest.approx(dict.fromkeys(ROWS, 1 / 3))


def test_zero_leaves_a_source_out():
    mixture = _mix(mixture={"openecad": 0, "deepcad": 3, "synthetic": 1})
    assert mixture.rows == {"deepcad": 1000, "synthetic": 200}
    assert mixture.shares == pytest.approx({"deepcad": 0.75, "synthetic": 0.25})
    assert mixture.epochs["synthetic"] == 1.5


def test_epochs_by_source_are_taken_as_they_are():
    mixture = _mix(source_epochs={"deepcad": 0.5, "openecad": 2, "synthetic": 0})
    assert mixture.epochs == {"deepcad": 0.5, "openecad": 2.0}
    assert mixture.shares == pytest.approx({"deepcad": 5 / 11, "openecad": 6 / 11})


def test_replay_is_its_share_of_the_samples_and_repeats_nothing_while_there_is_more():
    new = Mixture({"parts": 300, "scans": 100}, {"parts": 2.0, "scans": 1.0})
    mixture = replayed(new, 0.3, available=10_000)
    assert mixture.shares["replay"] == pytest.approx(0.3)
    assert mixture.rows["replay"] == 300
    assert mixture.epochs["replay"] == pytest.approx(1.0)
    assert {name: mixture.epochs[name] for name in new.epochs} == new.epochs


def test_replay_of_a_small_dataset_comes_again():
    mixture = replayed(Mixture({"parts": 300}, {"parts": 2.0}), 0.2, available=50)
    assert mixture.rows["replay"] == 50
    assert mixture.epochs["replay"] == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mixture": {"abc": 1}}, "mixture: abc has no rows.* deepcad, openecad, synthetic"),
        ({"source_epochs": {"abc": 1}}, "source_epochs: abc has no rows"),
        ({"source_epochs": {"deepcad": 1}}, "source_epochs: give openecad, synthetic too"),
        ({"mixture": dict.fromkeys(ROWS, 0)}, "mixture: nothing is left"),
        ({"mixture": {"deepcad": 1}}, "mixture: give openecad, synthetic too"),
        (
            {"mixture": {**ROWS, "openecad": 0.01}},
            "mixture: openecad would not come",
        ),
    ],
)
def test_mixture_that_cannot_be_is_refused_by_name(settings, message):
    with pytest.raises(ConfigError, match=message):
        _mix(**settings)
