"""Parts of one size, in halves of a unit."""

import math

import pytest

from cadvlm.sequences.corners import corners
from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.model import Arc, Boolean, Circle, Line, Loop, Profile
from cadvlm.sequences.whole import whole
from tests.codegen.sketches import box, extrude
from tests.sequences.test_grid import part


def sides(op) -> list[tuple[float, float]]:
    return [(min(values), max(values)) for values in zip(*corners(op), strict=True)]


def test_the_longest_side_has_the_length_and_lies_about_the_origin():
    (op,) = whole(part(extrude(Profile(box(10, 20, 13, 60)), end=2.5)), 100).operations
    assert sides(op) == [(-4, 3.5), (-50, 50), (-3, 3.5)]  # 7.5 and 6.25 wide before


def test_nothing_that_was_thick_is_flat_afterwards():
    sheet = part(extrude(Profile(box(0, 0, 1000, 1000)), end=-0.1))
    assert whole(sheet, 100).operations[0].end == -0.5


def test_all_places_are_halves_and_holes_stay():
    hole = Loop((Circle((7.77, 3.33), 0.01),))
    (op,) = whole(part(extrude(Profile(box(0, 0, 31, 7), (hole,)), end=3)), 100).operations
    (circle,) = op.profiles[0].inner[0].curves
    assert circle.radius == 0.5
    numbers = [*circle.center, op.start, op.end, *op.plane.origin]
    assert all(2 * number == round(2 * number) for number in numbers)


def test_an_arc_keeps_its_angle_and_a_flat_one_is_a_line():
    def slice_(bulge: float) -> Profile:
        curves = (Arc((0, 0), (5, -bulge), (10, 0)), Line((10, 0), (5, 9)), Line((5, 9), (0, 0)))
        return Profile(Loop(curves))

    (round_,) = whole(part(extrude(slice_(5.0), end=1)), 140).operations
    (arc, *_) = round_.profiles[0].outer.curves
    assert math.dist(arc.start, arc.end) == 100
    assert arc.mid[1] == pytest.approx(arc.start[1] - 50)
    (flat,) = whole(part(extrude(slice_(0.01), end=1)), 100).operations
    assert isinstance(flat.profiles[0].outer.curves[0], Line)


def test_a_part_whose_first_body_vanishes_is_refused():
    speck = extrude(Profile(box(0, 0, 0.01, 0.01)), end=1)
    plate = extrude(Profile(box(0, 0, 1000, 1000)), end=1, boolean=Boolean.JOIN)
    with pytest.raises(Unreadable, match="nothing is left of the first extrude"):
        whole(part(speck, plate), 100)
