import pytest

from cadvlm.codegen.numbers import number, places, point
from cadvlm.sequences.model import (
    Boolean,
    Circle,
    ConstructionSequence,
    Extrude,
    Loop,
    Plane,
    Profile,
)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (12.0, 3, "12"),
        (12.70000001, 3, "12.7"),
        (-0.0004, 3, "0"),
        (-0.5, 3, "-0.5"),
        (1200.0, 0, "1200"),
        (1e-6, 6, "0.000001"),
    ],
)
def test_numbers_are_as_short_as_they_can_be(value: float, decimals: int, text: str) -> None:
    assert number(value, decimals) == text


def test_points_are_tuples() -> None:
    assert point((1.0, -0.25, 0.0), 2) == "(1, -0.25, 0)"


def disc(radius: float, depth: float) -> ConstructionSequence:
    plane = Plane((0, 0, 0), (1, 0, 0), (0, 0, 1))
    profile = Profile(Loop((Circle((0.0, 0.0), radius),)))
    return ConstructionSequence((Extrude(plane, (profile,), Boolean.NEW, 0.0, depth),))


def test_places_follow_the_size_of_the_part() -> None:
    assert places(disc(50, 20), 6) == 4
    assert places(disc(50_000, 20_000), 6) == 1


def test_a_thin_part_gets_the_places_its_thickness_needs() -> None:
    assert places(disc(50_000, 0.125), 6) == 4
