import pytest

from cadvlm.config.train import TrainConfig
from cadvlm.config.watch import RangeConfig
from cadvlm.errors import ConfigError


def _load(*layers: str) -> TrainConfig:
    return TrainConfig.load(["dataset=d", "out=o", *layers])


def test_targets_can_be_given_on_the_command_line():
    targets = _load("targets.val_loss.at_most=0.8", "targets.sample/iou.at_least=0.5").targets
    assert targets["val_loss"].at_most == 0.8
    assert targets["sample/iou"].at_least == 0.5


def test_a_target_that_is_no_figure_or_says_nothing_is_refused():
    with pytest.raises(ConfigError, match="targets: accuracy is no figure of a run"):
        _load("targets.accuracy.at_least=1")
    with pytest.raises(ConfigError, match="give at_least or at_most"):
        _load("targets={loss: {}}")


def test_a_micro_batch_that_is_to_be_found_is_the_whole_share_until_then():
    config = _load("micro_batch_size=auto", "batch_size=32", "workers.count=4")
    assert config.micro_batch == 8
    assert config.override({"micro_batch_size": 2}).accumulation == 4


def test_rates_rise():
    with pytest.raises(ConfigError, match="must be above lowest"):
        RangeConfig.load(["lowest=1", "highest=0.1"])
