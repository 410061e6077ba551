import pytest

from cadvlm.scoring import METRICS, score
from cadvlm.scoring.scores import DISTANCES, SIMILARITIES
from tests.meshes import box, cells, moved, scaled, solid, sphere

BRACKET = cells((0, 0, 0), (1, 0, 0), (2, 0, 0), (0, 1, 0))

KNOWN = [name for name in SIMILARITIES if name not in ("feature_match", "parametric_validity")]
"""What can be told of a solid of which only triangles are known."""


def test_a_perfect_candidate_has_perfect_scores():
    scores = score(solid(BRACKET), solid(BRACKET))
    for name in KNOWN:
        assert scores[name] == pytest.approx(1, abs=1e-3), name
    assert scores["chamfer"] == pytest.approx(0, abs=2e-5)
    assert scores["hausdorff"] == pytest.approx(0, abs=2e-5)


def test_only_samples_differ_between_a_solid_and_itself():
    scores = score(solid(BRACKET), solid(BRACKET))
    assert scores["chamfer_squared"] == pytest.approx(scores["chamfer_floor"], rel=0.05)
    assert 0.05 < scores["chamfer_floor"] < 0.2


@pytest.mark.parametrize("scale", [1e-6, 0.1, 1e6])
def test_place_and_size_do_not_matter_but_for_the_absolute_measure(scale):
    candidate = solid(scaled(moved(BRACKET, (100, -20, 3)), scale))
    scores = score(candidate, solid(BRACKET))
    for name in KNOWN:
        expected = 0 if name == "iou_absolute" else 1
        assert scores[name] == pytest.approx(expected, abs=1e-3), name
    assert scores["chamfer"] == pytest.approx(0, abs=2e-5)


def test_direction_does_matter():
    upright = cells((0, 0, 0), (0, 0, 1), (0, 0, 2), (1, 0, 0))
    scores = score(solid(upright), solid(BRACKET))
    assert scores["iou"] < 0.5
    assert scores["chamfer"] > 0.05


def test_no_candidate_scores_zero_and_has_no_distance():
    scores = score(None, solid(BRACKET))
    assert all(scores[name] == 0 for name in KNOWN)
    assert all(scores[name] is None for name in DISTANCES)


def test_what_cannot_be_told_of_the_reference_is_unknown_not_zero():
    assert score(None, solid(BRACKET))["feature_match"] is None
    assert score(solid(BRACKET), solid(BRACKET))["feature_match"] is None


def test_of_an_unsound_solid_only_iou_best_is_measured():
    scores = score(None, solid(BRACKET), unsound=solid(BRACKET))
    assert scores.pop("iou_best") == pytest.approx(1, abs=1e-3)
    assert not any(scores.values())


def test_a_bad_body_beside_a_valid_solid_fills_space():
    whole = score(solid(box()), solid(BRACKET), unsound=solid(BRACKET))
    assert whole["iou"] == pytest.approx(1, abs=1e-3)
    assert score(solid(BRACKET), solid(BRACKET), unsound=solid(box()))["iou"] < 0.9


def test_scores_have_the_names_that_are_announced():
    assert set(score(None, solid(BRACKET))) == set(METRICS)
    assert set(score(solid(box()), solid(BRACKET))) == set(METRICS)


def test_one_seed_gives_one_score():
    pair = solid(sphere(subdivisions=3)), solid(BRACKET)
    assert score(*pair, seed=3) == score(*pair, seed=3)
    assert score(*pair, seed=3)["chamfer"] != score(*pair, seed=4)["chamfer"]
