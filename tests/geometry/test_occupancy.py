import numpy as np
import pytest

from cadvlm.geometry.occupancy import occupancy
from tests.meshes import box, flipped, joined, moved

HOLLOW = joined(box(), flipped(box(0.8, 0.8, 0.8)))


def test_interior_points_fill_the_solid_and_nothing_else():
    points = occupancy(moved(HOLLOW, (3, 2, 1))).interior(2000) - (3, 2, 1)
    assert len(points) == pytest.approx(2000, abs=2)
    reach = np.abs(points).max(axis=1)
    assert (reach > 0.395).all()
    assert (reach < 0.505).all()
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=0.02)


def test_hits_are_the_points_inside_after_each_move():
    grid = occupancy(box())
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (5000, 3))
    maps = np.stack([np.eye(3), np.eye(3), np.eye(3) / 2, np.eye(3) * 2])
    shifts = np.array([[0, 0, 0], [0.5, 0, 0], [0, 0, 0], [0, 0, 0]], dtype=float)
    shares = grid.hits(points, maps, shifts) / 5000
    np.testing.assert_allclose(shares, [1, 0.5, 1, 1 / 8], atol=0.02)
