from tune.frontier import front

BOTH_UP = {"iou": "max", "kept": "max"}


def test_a_point_beaten_in_every_objective_is_left_out():
    points = [{"iou": 0.5, "kept": 0.9}, {"iou": 0.4, "kept": 0.8}, {"iou": 0.8, "kept": 0.2}]
    assert front(points, BOTH_UP) == [2, 0]


def test_equal_points_stay_together():
    assert front([{"iou": 0.5, "kept": 0.5}] * 2, BOTH_UP) == [0, 1]


def test_a_minimised_objective_counts_downwards():
    points = [{"iou": 0.5, "chamfer": 0.2}, {"iou": 0.5, "chamfer": 0.1}]
    assert front(points, {"iou": "max", "chamfer": "min"}) == [1]


def test_no_points_no_front():
    assert front([], BOTH_UP) == []
