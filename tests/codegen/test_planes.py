import math

import pytest

from cadvlm.codegen.planes import name, settle, shift
from cadvlm.sequences.model import Boolean, Circle, Extrude, Loop, Plane, Profile

DISC = Profile(Loop((Circle((3.0, 2.0), 1.0),)))
DOWN = Plane((10.0, 20.0, 30.0), (0.0, 1.0, 0.0), (0.0, 0.0, -1.0))


def test_a_sketch_seen_from_below_is_drawn_from_above() -> None:
    found = name(Extrude(DOWN, (DISC,), Boolean.NEW, 0.0, 4.0))
    assert found
    label, op = found
    # Its y axis is normal x x axis: the part's x.
    assert label == "XY"
    assert op.profiles[0].outer.curves == (Circle((12.0, 23.0), 1.0),)
    assert (op.plane.origin, op.start, op.end) == ((0.0, 0.0, 30.0), 0.0, -4.0)


def test_a_turned_sketch_has_no_name() -> None:
    turned = Plane((0.0, 0.0, 0.0), (math.sqrt(0.5), math.sqrt(0.5), 0.0), (0.0, 0.0, 1.0))
    assert name(Extrude(turned, (DISC,), Boolean.NEW, 0.0, 4.0)) is None


@pytest.mark.parametrize(
    ("start", "end", "settled", "height"), [(2, 5, (0, 3), 28), (-3, 3, (-3, 3), 30)]
)
def test_a_sweep_starts_on_its_sketch_unless_it_goes_both_ways(
    start: float, end: float, settled: tuple[float, float], height: float
) -> None:
    op = settle(Extrude(DOWN, (DISC,), Boolean.NEW, start, end))
    assert (op.start, op.end) == settled
    assert op.plane.origin == (10, 20, height)


def test_shifting_moves_the_origin_and_not_the_part() -> None:
    op = shift(Extrude(DOWN, (DISC,), Boolean.NEW, 0.0, 4.0), (3.0, 2.0))
    assert op.profiles[0].outer.curves == (Circle((0.0, 0.0), 1.0),)
    assert op.plane.origin == (12.0, 23.0, 30.0)
