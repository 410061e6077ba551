import numpy as np
import pytest

from cadvlm.geometry.surface import Surface, surface_points
from tests.meshes import box, sphere


def test_surface_points_are_spread_by_area():
    points, normals = surface_points(box(4, 1, 1), 20_000, seed=0)
    on_end = np.abs(normals[:, 0]) > 0.5
    assert on_end.mean() == pytest.approx(2 / 18, abs=0.01)
    assert np.abs(points[~on_end, 0]).mean() == pytest.approx(1, abs=0.02)


def test_surface_points_lie_on_the_surface_and_normals_point_out():
    points, normals = surface_points(sphere(subdivisions=5), 1000, seed=1)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=2e-3)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1)
    assert (points * normals).sum(axis=1).min() > 0.99


def test_surface_points_depend_on_the_seed_alone():
    first, again, other = (surface_points(sphere(), 100, seed).points for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_distances_are_to_the_surface():
    points = np.array([[0, 0, 0], [0, 0, 0.5], [0.4, 0, 0], [1.5, 0, 0], [1.5, 1.5, 0.2]])
    expected = [0.5, 0, 0.1, 1, np.sqrt(2)]
    np.testing.assert_allclose(Surface(box()).nearest(points).distances, expected, atol=1e-6)


def test_normals_are_those_of_the_nearest_triangle():
    nearest = Surface(box()).nearest(np.array([[0.1, 0.2, 0.9], [-3.0, 0.1, 0.2]]))
    np.testing.assert_allclose(nearest.points, [[0.1, 0.2, 0.5], [-0.5, 0.1, 0.2]], atol=1e-6)
    np.testing.assert_allclose(np.abs(nearest.normals), [[0, 0, 1], [1, 0, 0]], atol=1e-6)
