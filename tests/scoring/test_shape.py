import pytest

from cadvlm.scoring import METRICS, score
from cadvlm.scoring.shape import chamfer
from tests.meshes import box, cells, moved, scaled, solid, sphere

BRACKET = cells((0, 0, 0), (1, 0, 0), (2, 0, 0), (0, 1, 0))


def test_a_perfect_candidate_has_perfect_scores():
    assert score(solid(BRACKET), solid(BRACKET)) == {
        "iou": 1.0,
        "chamfer": pytest.approx(0, abs=2e-5),
    }


@pytest.mark.parametrize("scale", [1e-6, 0.1, 1e6])
def test_place_and_size_do_not_matter(scale):
    candidate = solid(scaled(moved(BRACKET, (100, -20, 3)), scale))
    scores = score(candidate, solid(BRACKET))
    assert scores["iou"] == pytest.approx(1, abs=1e-6)
    assert scores["chamfer"] == pytest.approx(0, abs=2e-5)


def test_direction_does_matter():
    upright = cells((0, 0, 0), (0, 0, 1), (0, 0, 2), (1, 0, 0))
    scores = score(solid(upright), solid(BRACKET))
    assert scores["iou"] < 0.5
    assert scores["chamfer"] > 0.05


def test_no_candidate_scores_zero_and_has_no_distance():
    assert score(None, solid(BRACKET)) == {"iou": 0.0, "chamfer": None}


def test_scores_have_the_names_that_are_announced():
    assert tuple(score(None, solid(BRACKET))) == METRICS
    assert tuple(score(solid(box()), solid(BRACKET))) == METRICS


def test_one_seed_gives_one_score():
    pair = solid(sphere()), solid(BRACKET)
    assert score(*pair, seed=3) == score(*pair, seed=3)
    assert score(*pair, seed=3)["chamfer"] != score(*pair, seed=4)["chamfer"]


def test_chamfer_of_concentric_spheres_is_the_difference_of_their_radii():
    assert chamfer(sphere(1), sphere(0.6)) == pytest.approx(0.4, abs=3e-3)


def test_chamfer_counts_both_directions():
    # Every point of the small box lies on the large one; half of the large one is far from it.
    small, large = box(1, 1, 1), box(2, 1, 1, at=(0.5, 0, 0))
    assert chamfer(small, large) == pytest.approx(chamfer(large, small), abs=3e-3)
    assert chamfer(small, large) > 0.1
