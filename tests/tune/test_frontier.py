from tune.frontier import front, pick

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


def test_the_knee_is_where_more_begins_to_cost():
    best = [{"iou": 0.9, "kept": 0.1}, {"iou": 0.85, "kept": 0.8}, {"iou": 0.5, "kept": 0.9}]
    chosen = pick(best, BOTH_UP)
    assert chosen.place == 1
    assert "knee" in chosen.rule


def test_the_knee_does_not_depend_on_the_scale_of_an_objective():
    best = [{"iou": 0.9, "kept": 1}, {"iou": 0.85, "kept": 80}, {"iou": 0.5, "kept": 90}]
    assert pick(best, BOTH_UP).place == 1


def test_a_floor_is_reached_by_the_best_at_the_task():
    best = [{"iou": 0.9, "kept": 0.1}, {"iou": 0.8, "kept": 0.9}, {"iou": 0.5, "kept": 0.95}]
    assert pick(best, BOTH_UP, floor=0.9) == (1, "the best iou with kept >= 0.9")
    nearest = pick(best, BOTH_UP, floor=0.99)
    assert nearest.place == 2
    assert nearest.rule.startswith("no trial has kept >= 0.99")


def test_a_floor_of_what_is_minimised_is_a_ceiling():
    best = [{"iou": 0.9, "chamfer": 0.3}, {"iou": 0.8, "chamfer": 0.1}]
    assert pick(best, {"iou": "max", "chamfer": "min"}, floor=0.2).place == 1


def test_two_points_have_no_knee():
    assert pick([{"iou": 0.9, "kept": 0.5}, {"iou": 0.6, "kept": 0.9}], BOTH_UP).place == 1
    assert pick([{"iou": 0.5, "kept": 0.5}] * 3, BOTH_UP).place == 0
