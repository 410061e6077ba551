import math

import pytest

from cadvlm.sequences.deepcad import read
from cadvlm.sequences.loops import area
from cadvlm.sequences.resize import resized
from tests.sequences.onshape import circle, prism


def test_lengths_scale_and_the_origin_moves():
    part = read(prism([circle(0.01, 0.02, 0.005)], one=0.03))
    [op] = resized(part, 0.5, (1.0, 2.0, -4.0)).operations
    assert op.plane.origin == (-0.5, -1.0, 2.0)
    assert area(op.profiles[0].outer) == pytest.approx(math.pi * 25 / 4)
    assert (op.start, op.end) == (0, 15)
