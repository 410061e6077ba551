from cadvlm.evaluation.gallery import choose


def rows(*scores, status="ok", prefix="part"):
    return [
        {"id": f"{prefix}-{n}", "status": status, "iou": iou, "n_faces": 6}
        for n, iou in enumerate(scores)
    ]


def test_best_median_and_worst_are_where_they_say():
    groups = choose(rows(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9), 2)
    assert groups["best"] == ["part-8", "part-7"]
    assert groups["worst"] == ["part-0", "part-1"]
    assert set(groups["median"]) < {"part-3", "part-4", "part-5"}


def test_nobody_is_shown_twice_however_few_there_are():
    for count in range(12):
        shown = [id_ for ids in choose(rows(*[0.5] * count), 3).values() for id_ in ids]
        assert len(shown) == len(set(shown)) == min(count, 9)


def test_between_equals_the_more_complex_part_comes_first():
    plain, complex_ = rows(1.0, 1.0)
    assert choose([plain, complex_ | {"n_faces": 40}], 1)["best"] == ["part-1"]


def test_every_class_of_failure_is_shown_before_one_is_shown_twice():
    timeouts = rows(*[0.0] * 5, status="timeout", prefix="slow")
    crash = rows(0.0, status="crash", prefix="crash")
    assert choose(timeouts + crash, 3)["failed"] == ["slow-0", "crash-0", "slow-1"]


def test_what_was_never_built_is_no_case():
    unjudged = rows(None, status="unscored") + rows(0.0, status="missing", prefix="gone")
    assert not any(choose(unjudged, 3).values())
