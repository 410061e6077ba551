import math

import pytest

from cadvlm.sequences.loops import area, chain
from cadvlm.sequences.model import Arc, Circle, Curve, Line, Loop, Point2, Profile
from cadvlm.sequences.regions import merge, simplify


def polygon(*corners: Point2) -> Loop:
    return chain([Line(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)])


def box(left: float, bottom: float, right: float, top: float) -> Loop:
    return polygon((left, bottom), (right, bottom), (right, top), (left, top))


def merged(profiles: list[Profile]) -> tuple[Profile, ...]:
    return tuple(map(simplify, merge(profiles)))


def disc(radius: float) -> Loop:
    return Loop((Circle((0.0, 0.0), radius),))


def half_disc(radius: float, side: int) -> Loop:
    arc: Curve = Arc((radius, 0.0), (0.0, side * radius), (-radius, 0.0))
    return chain([arc, Line((-radius, 0.0), (radius, 0.0))])


def test_a_ring_and_its_disc_are_the_large_disc() -> None:
    assert merged([Profile(disc(5.0), (disc(2.0),)), Profile(disc(2.0))]) == (Profile(disc(5.0)),)


def test_two_halves_are_a_disc() -> None:
    (whole,) = merged([Profile(half_disc(5.0, 1)), Profile(half_disc(5.0, -1))])
    (circle,) = whole.outer.curves
    assert isinstance(circle, Circle)
    assert circle.radius == pytest.approx(5)


def test_a_disc_in_halves_fills_its_hole() -> None:
    plate = Profile(box(-10, -10, 10, 10), (disc(5.0),))
    (whole,) = merged([plate, Profile(half_disc(5.0, 1)), Profile(half_disc(5.0, -1))])
    assert whole.inner == ()
    assert abs(area(whole.outer)) == pytest.approx(400)


def test_neighbours_of_different_length_join_at_their_corners() -> None:
    (whole,) = merged([Profile(box(0, 0, 10, 10)), Profile(box(10, 2, 20, 8))])
    assert abs(area(whole.outer)) == pytest.approx(160)
    assert len(whole.outer.curves) == 8


def test_four_squares_around_a_corner_are_one() -> None:
    squares = [Profile(box(x, y, x + 10, y + 10)) for x in (0.0, 10.0) for y in (0.0, 10.0)]
    (whole,) = merged(squares)
    assert len(whole.outer.curves) == 4
    assert abs(area(whole.outer)) == pytest.approx(400)


def test_a_closed_ring_of_squares_keeps_its_hole() -> None:
    frame = [
        Profile(box(x, y, x + 10, y + 10))
        for x in (0.0, 10.0, 20.0)
        for y in (0.0, 10.0, 20.0)
        if (x, y) != (10.0, 10.0)
    ]
    (whole,) = merged(frame)
    assert [abs(area(hole)) for hole in whole.inner] == [pytest.approx(100)]


def test_squares_that_meet_in_a_corner_stay_apart() -> None:
    both = [Profile(box(0, 0, 10, 10)), Profile(box(10, 10, 20, 20))]
    assert merged(both) == tuple(both)


def test_profiles_apart_are_left_as_they_are() -> None:
    split = Profile(polygon((0, 0), (4, 0), (10, 0), (10, 5), (0, 5)))
    far = Profile(box(20, 0, 30, 5))
    assert merge([split, far]) == (split, far)


def test_a_profile_picked_twice_counts_once() -> None:
    assert merged([Profile(disc(5.0)), Profile(disc(5.0))]) == (Profile(disc(5.0)),)


def test_a_line_in_two_pieces_is_one() -> None:
    split = polygon((0, 0), (4, 0), (10, 0), (10, 5), (0, 5))
    assert simplify(Profile(split)).outer == box(0, 0, 10, 5)


def test_a_corner_is_kept() -> None:
    bent = polygon((0, 0), (5, -0.001), (10, 0), (10, 5), (0, 5))
    assert len(simplify(Profile(bent)).outer.curves) == 5


def test_merging_keeps_the_area() -> None:
    sectors = [
        Profile(
            chain(
                [
                    Line((0.0, 0.0), at(start)),
                    Arc(at(start), at(start + 15), at(start + 30)),
                    Line(at(start + 30), (0.0, 0.0)),
                ]
            )
        )
        for start in range(0, 240, 30)
    ]
    (pie,) = merged(sectors)
    assert abs(area(pie.outer)) == pytest.approx(math.pi * 100 * 240 / 360)
    assert len(pie.outer.curves) == 3


def at(degrees: float) -> Point2:
    return 10 * math.cos(math.radians(degrees)), 10 * math.sin(math.radians(degrees))
