import math

import pytest

from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.loops import area, bounds, chain, circle_of, headings
from cadvlm.sequences.model import Arc, Circle, Line, Loop

HALF = Loop((Arc((10.0, 0.0), (0.0, 10.0), (-10.0, 0.0)), Line((-10.0, 0.0), (10.0, 0.0))))


@pytest.mark.parametrize("degrees", [1, 90, 179, 180, 181, 359])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_arc_knows_its_circle(degrees: float, sign: int) -> None:
    def at(angle: float) -> tuple[float, float]:
        return 3 + 2 * math.cos(sign * angle), 4 + 2 * math.sin(sign * angle)

    sweep = math.radians(degrees)
    center, radius, found = circle_of(Arc(at(0), at(sweep / 2), at(sweep)))
    assert center == pytest.approx((3, 4), abs=1e-6)
    assert radius == pytest.approx(2, rel=1e-6)
    assert found == pytest.approx(sign * sweep)


def test_area_is_signed_by_direction_and_counts_the_bulge() -> None:
    assert area(HALF) == pytest.approx(50 * math.pi)
    backwards = Loop((Line((10.0, 0.0), (-10.0, 0.0)), Arc((-10.0, 0.0), (0.0, 10.0), (10.0, 0.0))))
    assert area(backwards) == pytest.approx(-50 * math.pi)


def test_bounds_reach_to_the_top_of_an_arc() -> None:
    assert bounds(HALF) == pytest.approx((-10, 0, 10, 10))
    assert bounds(Loop((Circle((1.0, 2.0), 3.0),))) == (-2, -1, 4, 5)


def test_headings_are_tangents() -> None:
    arc = HALF.curves[0]
    assert headings(arc) == pytest.approx((math.pi / 2, 3 * math.pi / 2))


def test_a_gap_is_not_closed() -> None:
    with pytest.raises(Unreadable, match="open_loop"):
        chain([Line((0.0, 0.0), (1.0, 0.0)), Line((1.0, 0.1), (0.0, 0.0))])


def test_curves_without_length_are_dropped() -> None:
    loop = chain([*HALF.curves, Line((10.0, 0.0), (10.0, 0.0))])
    assert len(loop.curves) == 2
