import dataclasses
from collections import Counter

import numpy as np
import pytest

from cadvlm.config.data import SplitConfig
from cadvlm.data.split import shape_key, split_of
from cadvlm.execution import run
from cadvlm.records import CadProgram

BOX = "import cadquery as cq\nresult = cq.Workplane().box({}, {}, {})"


def solid_of(code: str):
    return run(CadProgram(code)).solid


@pytest.mark.parametrize(
    "moved",
    [
        BOX.format(20, 40, 60),
        BOX.format(30, 10, 20),
        BOX.format(10, 20, 30) + ".translate((5, 6, 7))",
        BOX.format(10, 20, 30) + ".rotate((0, 0, 0), (1, 2, 3), 40)",
        BOX.format(10, 20, 30) + ".mirror('XY')",
    ],
    ids=["scaled", "turned", "moved", "rotated", "mirrored"],
)
def test_equal_shapes_share_a_key(moved):
    assert shape_key(solid_of(BOX.format(10, 20, 30))) == shape_key(solid_of(moved))


def test_other_shapes_have_other_keys():
    sizes = [(10, 20, 30), (10, 20, 31), (10, 21, 30), (9, 20, 30)]
    assert len({shape_key(solid_of(BOX.format(*size))) for size in sizes}) == len(sizes)


def test_shares_are_met_on_average():
    base = solid_of(BOX.format(10, 20, 30))
    rng = np.random.default_rng(0)
    solids = [dataclasses.replace(base, volume=rng.uniform(10, 1000)) for _ in range(2000)]
    counts = Counter(split_of(shape_key(solid), SplitConfig(val=0.1, test=0.2)) for solid in solids)
    assert counts["test"] / 2000 == pytest.approx(0.2, abs=0.04)
    assert counts["val"] / 2000 == pytest.approx(0.1, abs=0.03)
