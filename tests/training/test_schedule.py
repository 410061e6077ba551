import pytest

from cadvlm.config.train import OptimizerConfig
from cadvlm.training.schedule import learning_rate

CONFIG = OptimizerConfig(lr=1.0, warmup_ratio=0.1, min_lr_ratio=0.2)


def test_rate_rises_in_a_line_to_its_peak():
    assert [learning_rate(CONFIG, step, 40) for step in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]


def test_rate_is_halfway_down_in_the_middle_of_the_cosine():
    assert learning_rate(CONFIG, 22, 40) == pytest.approx(0.6)


def test_rate_ends_at_its_floor():
    assert learning_rate(CONFIG, 40, 40) == pytest.approx(0.2)


def test_no_warm_up_starts_at_the_peak():
    assert learning_rate(OptimizerConfig(lr=1.0, warmup_ratio=0.0), 0, 1) == 1.0
