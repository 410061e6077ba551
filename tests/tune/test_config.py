import pytest

from cadvlm.errors import ConfigError
from tune.config import SweepConfig


def test_objectives_follow_from_what_is_asked():
    space = {"seed": [0]}
    assert list(SweepConfig(space=space).goals) == ["iou.mean", "valid_solid_rate"]
    assert list(SweepConfig(space=space, probes={}).goals) == ["iou.mean", "retention.mean"]


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"space": {}}, "at least one key"),
        ({"space": {"seed": [0]}, "objectives": {"retention.mean": "max"}}, "probes is null"),
        ({"space": {"seed": [0]}, "early_stop": {"retention": 0.5}}, "probes is null"),
        ({"space": {"seed": [0]}, "objectives": {"vsr": "max"}, "floor": 0.9}, "there is one"),
        ({"space": [{"seed": [0]}, {"seed": [1]}], "search": "optuna"}, "one space"),
    ],
)
def test_what_contradicts_itself_is_refused(tree, said):
    with pytest.raises(ConfigError, match=said):
        SweepConfig.parse(tree)
