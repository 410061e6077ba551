from collections import Counter

import numpy as np
import pytest

from cadvlm.config.data import SplitConfig
from cadvlm.data.shape_key import MEASURES, shape_key
from cadvlm.data.split import split_of
from cadvlm.execution import run
from cadvlm.records import CadProgram

BOX = "import cadquery as cq\nresult = cq.Workplane().box({}, {}, {})"
SHARES = SplitConfig(val=0.3, test=0.3)


def split_of_box(*sides, more: str = "") -> str:
    solid = run(CadProgram(BOX.format(*sides) + more)).solid
    assert solid is not None
    return split_of(shape_key(solid), SHARES)


@pytest.mark.parametrize(
    ("sides", "more"),
    [
        ((20, 40, 60), ""),
        ((30, 10, 20), ""),
        ((10, 20, 30), ".translate((5, 6, 7))"),
        ((10, 20, 30), ".rotate((0, 0, 0), (1, 2, 3), 40)"),
        ((10, 20, 30), ".mirror('XY')"),
    ],
    ids=["scaled", "turned", "moved", "rotated", "mirrored"],
)
def test_equal_shapes_share_a_split(sides, more):
    assert split_of_box(*sides, more=more) == split_of_box(10, 20, 30)


def test_shapes_stay_in_the_split_where_they_were():
    """Or models would be tested with what their forerunners were trained on."""
    sides = [(10, 20, 30), (10, 20, 31), (10, 21, 30), (9, 20, 30), (10, 10, 10), (1, 2, 7)]
    assert [split_of_box(*of) for of in sides] == ["test", "val", "val", "train", "val", "test"]


def test_shares_are_met_on_average():
    rng = np.random.default_rng(0)
    keys = [",".join(f"{m:.6f}" for m in rng.normal(size=MEASURES)) for _ in range(2000)]
    counts = Counter(split_of(key, SplitConfig(val=0.1, test=0.2)) for key in keys)
    assert counts["test"] / 2000 == pytest.approx(0.2, abs=0.04)
    assert counts["val"] / 2000 == pytest.approx(0.1, abs=0.03)


def test_what_has_no_shape_has_a_split_too():
    assert len({split_of(f"{number:016x}", SHARES) for number in range(20)}) == 3
