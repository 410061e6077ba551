import math

import numpy as np
import pytest
from scipy import stats

from cadvlm.scoring.crossed import difference, estimate


def _crossed(random, seeds: int, parts: int, by_seed: float, by_part: float, rest: float):
    return (
        by_seed * random.normal(size=(seeds, 1))
        + by_part * random.normal(size=(1, parts))
        + rest * random.normal(size=(seeds, parts))
    )


def test_one_seed_has_student_s_interval_over_parts():
    values = np.array([[0.1, 0.4, 0.9, 0.6]])
    found = estimate(values)
    low, high = stats.t.interval(0.95, 3, values.mean(), values.std(ddof=1) / 2)
    assert found == {"mean": 0.5, "ci95": [pytest.approx(low), pytest.approx(high)],
                     "by_seed": [0.5], "n": 4}  # fmt: skip


def test_seeds_that_differ_alone_have_student_s_interval_over_seeds():
    values = np.array([[0.4] * 50, [0.5] * 50, [0.6] * 50])
    reach = stats.t.ppf(0.975, 2) * 0.1 / math.sqrt(3)
    assert estimate(values)["ci95"] == [pytest.approx(0.5 - reach), pytest.approx(0.5 + reach)]


@pytest.mark.parametrize(
    "spread", [(0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.3, 1.0, 0.5), (0.02, 0.3, 0.1)]
)
def test_an_interval_holds_the_truth_at_least_as_often_as_it_says(spread):
    random = np.random.default_rng(1)
    runs = 600
    held = 0
    for _ in range(runs):
        low, high = estimate(_crossed(random, 3, 40, *spread))["ci95"]
        held += low <= 0 <= high
    assert held / runs > 0.95 - 3 * math.sqrt(0.95 * 0.05 / runs)


def test_what_parts_have_in_common_does_not_widen_a_difference():
    parts = np.linspace(0, 1, 40)
    a, b = np.stack([parts, parts]), np.stack([parts + 0.1, parts + 0.1])
    found = difference(b, a)
    assert found["mean"] == pytest.approx(0.1)
    assert found["ci95"] == [pytest.approx(0.1), pytest.approx(0.1)]


def test_parts_without_a_value_are_left_out_and_counted():
    found = estimate(np.array([[1.0, math.nan, 3.0], [1.0, 2.0, 3.0]]))
    assert (found["mean"], found["n"]) == (2, 2)
    assert estimate(np.full((2, 3), math.nan)) == {
        "mean": None, "ci95": None, "by_seed": [], "n": 0,
    }  # fmt: skip
