import json
from math import sqrt

import numpy as np
import pytest

from cadvlm.execution.result import Status
from cadvlm.scoring.aggregate import MISSING, summarise


def row(status=Status.OK, iou=0.0, chamfer=None, source="deepcad", n_faces=6, **more):
    return {
        "id": "a",
        "source": source,
        "status": str(status),
        "iou": iou,
        "chamfer": chamfer,
        "n_faces": n_faces,
        **more,
    }


NOTHING = {"mean": None, "median": None, "ci95": None, "n": 0}

MIXED = [
    row(iou=1.0, chamfer=0.0),
    row(iou=0.6, chamfer=0.1, source="synthetic", n_faces=10),
    row(Status.SYNTAX),
    row(Status.EXCEPTION),
    row(Status.NO_SOLID, n_faces=14),
    row(Status.TIMEOUT, n_faces=300),
    row(Status.FORBIDDEN, n_faces=None),
    row(MISSING),
]


def test_rates_are_over_all_references():
    metrics = summarise(MIXED)
    assert metrics["n"] == 8
    assert metrics["n_missing"] == 1
    assert metrics["syntax_valid_rate"] == 6 / 8
    assert metrics["execution_rate"] == metrics["vsr"] == 3 / 8
    assert metrics["valid_solid_rate"] == 2 / 8
    assert metrics["invalid_ratio"] == 75


def test_every_failure_is_counted_under_its_class():
    assert summarise(MIXED)["failures"] == {
        "syntax": 1,
        "exception": 1,
        "no_solid": 1,
        "timeout": 1,
        "memory": 0,
        "crash": 0,
        "forbidden": 1,
    }


def test_a_failure_scores_zero_iou():
    iou = summarise(MIXED)["iou"]
    assert iou["mean"] == pytest.approx(1.6 / 8)
    assert iou["median"] == 0


def test_a_failure_is_charged_the_diagonal_apart_from_the_successes():
    chamfer = summarise(MIXED)["chamfer"]
    assert chamfer["success_only"]["mean"] == pytest.approx(0.05)
    assert chamfer["success_only"]["n"] == 2
    assert chamfer["adjusted"]["mean"] == pytest.approx((0.1 + 6 * sqrt(3)) / 8)
    assert chamfer["adjusted"]["median"] == pytest.approx(sqrt(3))


def test_groups_hold_the_same_figures():
    metrics = summarise(MIXED)
    assert list(metrics["by_source"]) == ["deepcad", "synthetic"]
    assert metrics["by_source"]["synthetic"]["iou"]["mean"] == pytest.approx(0.6)
    assert sum(group["n"] for group in metrics["by_source"].values()) == 8
    groups = metrics["by_complexity"]
    assert list(groups) == ["1-6 faces", "7-12 faces", "13-24 faces", "25+ faces", "unknown"]
    assert [group["n"] for group in groups.values()] == [4, 1, 1, 1, 1]


def test_the_interval_holds_the_mean_and_narrows_with_more_parts():
    random = np.random.default_rng(0)
    widths = []
    for count in (50, 5000):
        rows = [row(iou=value, chamfer=0.0) for value in random.random(count)]
        iou = summarise(rows)["iou"]
        low, high = iou["ci95"]
        assert low < iou["mean"] < high
        widths.append(high - low)
    assert widths[0] == pytest.approx(2 * 1.96 * sqrt(1 / 12 / 50), rel=0.2)
    assert widths[1] == pytest.approx(widths[0] / 10, rel=0.2)


def test_one_seed_gives_one_interval():
    rows = [row(iou=value, chamfer=0.0) for value in np.linspace(0, 1, 20)]
    assert summarise(rows, seed=1) == summarise(rows, seed=1)
    assert summarise(rows, seed=1)["iou"]["ci95"] != summarise(rows, seed=2)["iou"]["ci95"]


def test_nothing_to_aggregate_gives_nulls_not_zeros():
    metrics = summarise([])
    assert metrics["n"] == 0
    assert metrics["vsr"] is None
    assert metrics["iou"] == NOTHING
    assert metrics["by_source"] == metrics["by_complexity"] == {}


def test_without_a_single_success_distances_are_unknown():
    chamfer = summarise([row(Status.CRASH)])["chamfer"]
    assert chamfer["success_only"] == NOTHING
    assert chamfer["adjusted"]["mean"] == pytest.approx(sqrt(3))


def test_a_column_that_a_folder_lacks_is_unknown_not_zero():
    metrics = summarise(MIXED)
    assert metrics["iou_aligned"] == metrics["f_score"]["0.01"] == metrics["tokens"] == NOTHING
    assert metrics["iou_best"] == {**NOTHING, "mean_valid_only": None}
    assert metrics["hausdorff"] == {"success_only": NOTHING, "adjusted": NOTHING}


def test_a_reference_without_the_thing_is_left_out_and_counted():
    rows = [row(feature_match=value) for value in (1.0, None, 0.5, None)]
    feature_match = summarise(rows)["feature_match"]
    assert feature_match["mean"] == pytest.approx(0.75)
    assert feature_match["n"] == 2


def test_cad_coders_own_average_is_over_what_its_script_measures():
    rows = [
        row(iou_best=0.9),
        row(iou_best=0.0),
        row(Status.NO_SOLID, iou_best=0.6),
        row(Status.SYNTAX, iou_best=0.0),
    ]
    iou_best = summarise(rows)["iou_best"]
    assert iou_best["mean"] == pytest.approx(1.5 / 4)
    assert iou_best["mean_valid_only"] == pytest.approx(1.5 / 3)


def test_every_mean_has_its_interval_and_failures_do_not_thin_that_of_the_successes():
    rows = [row(iou=0.5, chamfer=0.1 + 0.001 * i, tokens=100 + i) for i in range(20)]
    metrics = summarise(rows + [row(Status.TIMEOUT)] * 20)
    low, high = metrics["chamfer"]["success_only"]["ci95"]
    assert 0.1 <= low < metrics["chamfer"]["success_only"]["mean"] < high <= 0.12
    low, high = metrics["tokens"]["ci95"]
    assert 100 < low < high < 119
    low, high = metrics["ci95"]["valid_solid_rate"]
    assert low == pytest.approx(0.5 - 1.96 * sqrt(0.25 / 40), abs=0.03)
    assert high == pytest.approx(0.5 + 1.96 * sqrt(0.25 / 40), abs=0.03)


@pytest.mark.parametrize("rows", [[], MIXED], ids=["empty", "mixed"])
def test_metrics_are_plain_json(rows):
    metrics = summarise(rows)
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
