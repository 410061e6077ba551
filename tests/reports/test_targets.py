from itertools import pairwise

import pytest

from cadvlm.reports.targets import CHAMFER, IOU, SYNTAX, TARGETS


@pytest.mark.parametrize(
    ("value", "level"),
    [(0.0, "poor"), (0.7, "poor"), (0.71, "fair"), (0.85, "fair"), (1.0, "good")],
)
def test_a_similarity_must_exceed_its_thresholds(value, level):
    assert IOU.level(value) == level


@pytest.mark.parametrize(("value", "level"), [(0.3, "poor"), (0.07, "fair"), (0.01, "good")])
def test_a_distance_must_fall_below_its_thresholds(value, level):
    assert CHAMFER.level(value) == level


def test_three_thresholds_make_four_levels():
    assert [SYNTAX.level(value) for value in (0.5, 0.92, 0.96, 0.99)] == [
        "poor", "fair", "good", "best",
    ]  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_bands_cover_the_scale_and_agree_with_the_level(target):
    bands = target.bands()
    low, high = target.scale
    assert (bands[0][0], bands[-1][1]) == (low, high)
    assert all(left[1] == right[0] for left, right in pairwise(bands))
    assert all(target.level((start + end) / 2) == level for start, end, level in bands)


def test_values_are_found_where_the_key_says():
    assert IOU.value({"iou": {"mean": 0.5}}) == 0.5
    assert IOU.value({"iou": {"mean": None}}) is None
    assert IOU.value({}) is None
