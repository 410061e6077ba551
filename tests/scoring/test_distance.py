from math import exp, pi, sqrt

import numpy as np
import pytest

from cadvlm.geometry.pose import Pose
from cadvlm.geometry.surface import surface_points
from cadvlm.scoring.distance import (
    Pair,
    chamfer,
    f_score,
    hausdorff,
    normal_consistency,
    squared_chamfer,
    surface_iou,
)
from tests.meshes import box, moved, sphere

SMALL, LARGE = box(1, 1, 1), box(2, 1, 1, at=(0.5, 0, 0))
"""The one fills half of the other: all of its surface but one face lies on the other's."""

AS_IT_IS = Pose(np.eye(3), 1.0, np.zeros(3))


def test_chamfer_of_concentric_spheres_is_the_difference_of_their_radii():
    spheres = sphere(1, subdivisions=3), sphere(0.6, subdivisions=3)
    assert chamfer(Pair(*spheres)) == pytest.approx(0.4, abs=3e-3)


def test_chamfer_counts_both_directions():
    assert chamfer(Pair(SMALL, LARGE)) == pytest.approx(chamfer(Pair(LARGE, SMALL)), abs=5e-3)
    assert chamfer(Pair(SMALL, LARGE)) > 0.1


def test_hausdorff_is_met_at_a_corner():
    assert hausdorff(Pair(box(1, 1, 1), box(1, 0.5, 0.5))) == pytest.approx(sqrt(2) / 4, abs=1e-5)
    assert hausdorff(Pair(SMALL, LARGE)) == pytest.approx(1, abs=1e-5)


def test_f_score_is_the_harmonic_mean_of_the_shares_in_reach():
    # 5 of the small one's 6 faces lie on the large one. Of the large one's 10 units of surface
    # 5 lie on the small one, and a rim of its four long faces lies near enough.
    pair, reach = Pair(SMALL, LARGE), 0.05
    precision, recall = (5 + 4 * reach) / 6, (5 + 4 * reach) / 10
    expected = 2 * precision * recall / (precision + recall)
    assert f_score(pair, reach) == pytest.approx(expected, abs=0.01)
    assert f_score(Pair(box(), box(at=(3, 0, 0))), reach) == 0


def test_normals_of_a_solid_agree_with_its_own_and_not_with_anothers():
    assert normal_consistency(Pair(box(), box())) == pytest.approx(1, abs=1e-4)
    # On a cube's face the cosine to the direction from the centre is 0.793 in the mean.
    assert normal_consistency(Pair(box(), sphere(0.5, subdivisions=3))) < 0.95


def test_surface_iou_looks_after_the_pose():
    away = moved(box(), (3, 0, 0))
    assert surface_iou(Pair(away, box()), AS_IT_IS) == 0
    assert surface_iou(Pair(away, box()), Pose(np.eye(3), 1.0, np.array([-3.0, 0, 0]))) == 1
    half = box(0.5, 0.5, 0.5)
    assert surface_iou(Pair(half, box()), Pose(np.eye(3), 2.0, np.zeros(3))) == 1


def test_surface_iou_is_the_share_of_all_points_in_reach():
    expected = ((5 + 4 * 0.01) / 6 + (5 + 4 * 0.01) / 10) / 2
    assert surface_iou(Pair(SMALL, LARGE), AS_IT_IS) == pytest.approx(expected, abs=0.01)


def test_between_samples_a_perfect_cube_gets_the_041_that_we_charge_cadbench_with():
    from scipy.spatial import cKDTree

    first, second = (surface_points(box(2, 2, 2), 10_000, seed).points for seed in (0, 1))
    share = (cKDTree(first).query(second)[0] < 0.02).mean()
    assert share == pytest.approx(1 - exp(-pi * 0.02**2 * 10_000 / 24), abs=0.02)


def test_squared_chamfer_is_the_sum_of_both_directions_in_thousandths():
    far = squared_chamfer(Pair(sphere(1, subdivisions=3), sphere(0.6, subdivisions=3)))
    assert far.of_candidate == pytest.approx(2 * 0.16 * 1e3, rel=0.01)


def test_the_floor_is_that_of_random_points_on_the_reference():
    # The mean squared distance to the nearest of n points scattered over an area A is A / (pi n).
    floor = squared_chamfer(Pair(box(0.5, 1, 1), box())).floor
    assert floor == pytest.approx(2 * 6 / (pi * 8192) * 1e3, rel=0.05)
