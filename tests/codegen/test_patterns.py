import math

import pytest

from cadvlm.codegen.patterns import Grid, Ring, grid, ring

PLACES = 4


def test_rows_and_columns_are_found_in_any_order() -> None:
    points = [(x, y) for x in (10.0, 40.0, 70.0) for y in (5.0, -15.0)]
    assert grid(points[::-1], PLACES) == Grid((40, -5), (30, 20), (3, 2))


def test_a_row_is_a_grid_with_one_row() -> None:
    assert grid([(0.0, 3.0), (5.0, 3.0), (10.0, 3.0)], PLACES) == Grid((5, 3), (5, 1), (3, 1))


@pytest.mark.parametrize(
    "points",
    [
        [(0.0, 0.0), (10.0, 0.0)],
        [(0.0, 0.0), (10.0, 0.0), (25.0, 0.0)],
        [(0.0, 0.0), (10.0, 0.0), (0.0, 10.0)],
        [(0.0, 0.0), (10.0, 0.0), (0.0, 10.0), (10.0, 10.5)],
        [(0.0, 0.0), (10.0, 0.0), (0.0, 0.0), (10.0, 0.0)],
    ],
)
def test_what_is_uneven_or_not_filled_is_no_grid(points: list[tuple[float, float]]) -> None:
    assert grid(points, PLACES) is None


@pytest.mark.parametrize("count", [3, 4, 5, 7, 12])
@pytest.mark.parametrize("start", [0.0, 15.0, 12.345])
def test_a_ring_is_found_with_where_it_starts(count: int, start: float) -> None:
    angles = [math.radians(start + i * 360 / count) for i in range(count)]
    points = [(round(3 + 20 * math.cos(a), 3), round(20 * math.sin(a), 3)) for a in angles]
    found = ring(points[2:] + points[:2], PLACES)
    assert isinstance(found, Ring)
    assert (found.center, found.count) == ((3, 0), count)
    assert found.radius == pytest.approx(20, abs=1e-3)
    assert found.start == pytest.approx(start % (360 / count), abs=0.01)


def test_a_ring_with_a_gap_is_none() -> None:
    angles = [math.radians(60 * i) for i in range(5)]
    assert ring([(20 * math.cos(a), 20 * math.sin(a)) for a in angles], PLACES) is None
