import numpy as np
import pytest

from cadvlm.scoring.paired import differences


def row(iou=1.0, status="ok", **more):
    return {"status": status, "iou": iou, **more}


def test_a_difference_is_of_the_same_parts():
    found = differences([(row(0.2), row(0.5)), (row(0.9), row(0.8)), (row(1), row(1))], ["iou"])
    iou = found["iou"]
    assert (iou["a"], iou["b"], iou["difference"]) == pytest.approx((0.7, 23 / 30, 0.2 / 3))
    assert (iou["n"], iou["rises"], iou["falls"], iou["same"]) == (3, 1, 1, 1)


def test_pairing_sees_what_two_averages_hide():
    random = np.random.default_rng(0)
    easy = random.uniform(0, 0.9, 200)  # parts differ a hundred times as much as the runs
    pairs = [(row(x), row(x + 0.01 + random.normal(0, 0.005))) for x in easy]
    low, high = differences(pairs, ["iou"])["iou"]["ci95"]
    assert 0.008 < low < 0.01 < high < 0.012


def test_runs_that_differ_by_chance_have_zero_inside():
    random = np.random.default_rng(1)
    pairs = [(row(x), row(y)) for x, y in random.uniform(0, 1, (300, 2))]
    low, high = differences(pairs, ["iou"])["iou"]["ci95"]
    assert low < 0 < high


def test_a_run_against_itself_differs_nowhere():
    found = differences([(row(x, chamfer=x), row(x, chamfer=x)) for x in (0.1, 0.5)], ["chamfer"])
    assert all(body["difference"] == 0 and body["ci95"] == [0, 0] for body in found.values())


def test_rates_count_how_programs_ended():
    ends = [("ok", "no_solid"), ("syntax", "ok"), ("missing", "timeout"), ("ok", "ok")]
    found = differences([(row(status=a), row(status=b)) for a, b in ends], [])
    means = {name: (body["a"], body["b"]) for name, body in found.items()}
    assert means == {
        "valid_solid_rate": (0.5, 0.5),
        "execution_rate": (0.5, 0.75),
        "syntax_valid_rate": (0.5, 1),
    }


def test_a_distance_is_compared_where_both_have_one():
    pairs = [(row(chamfer=0.1), row(chamfer=0.3)), (row(chamfer=None), row(chamfer=9))]
    assert differences(pairs, ["chamfer", "hausdorff"])["chamfer"]["n"] == 1
    assert "hausdorff" not in differences(pairs, ["hausdorff"])


def test_the_seed_decides_the_interval():
    pairs = [(row(x), row(1 - x)) for x in np.random.default_rng(0).uniform(0, 1, 30)]
    first, again, other = (differences(pairs, ["iou"], seed=seed) for seed in (0, 0, 1))
    assert first == again != other
