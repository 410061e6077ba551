import math

import pytest

from cadvlm.codegen.forms import Disc, Outline, Rectangle, Regular, Slot, form
from cadvlm.sequences.loops import reverse
from cadvlm.sequences.model import Loop
from tests.codegen.sketches import box, circle, polygon, regular, slot

PLACES = 4


def test_circles_and_rectangles_are_known_by_name() -> None:
    assert form(circle(1, 2, 3), PLACES) == Disc((1, 2), 3)
    assert form(box(-40, -20, 40, 30), PLACES) == Rectangle((0, 5), 80, 50)


def test_a_rectangle_is_one_only_when_it_is_exactly_one() -> None:
    assert isinstance(form(polygon((0, 0), (20, 0), (20, 10.01), (0, 10)), PLACES), Outline)
    assert isinstance(form(polygon((0, 0), (3, 4), (-1, 7), (-4, 3)), PLACES), Outline)


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_slot_is_one_wherever_it_begins(turn: int, backwards: bool) -> None:
    curves = slot(30, 8, 2, 5).curves
    curves = curves[turn:] + curves[:turn]
    if backwards:
        curves = tuple(reverse(curve) for curve in reversed(curves))
    assert form(Loop(curves), PLACES) == Slot((2, 5), 30, 8, False)


def test_a_slot_with_one_end_turned_in_is_none() -> None:
    a, b, c, d = slot(30, 8).curves
    inwards = type(d)(d.start, (-11 + 4, 0.0), d.end)  # type: ignore[union-attr, call-arg]
    assert isinstance(form(Loop((a, b, c, inwards)), PLACES), Outline)


@pytest.mark.parametrize("sides", [3, 5, 6, 8])
def test_a_regular_polygon_has_a_corner_on_the_right(sides: int) -> None:
    assert form(regular(sides, 10), PLACES) == Regular((0, 0), sides, 20)
    assert isinstance(form(regular(sides, 10, math.pi / sides), PLACES), Outline) == (sides != 4)
