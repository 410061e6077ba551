import pytest

from cadvlm.scoring.forgetting import retention


def test_nothing_lost_is_one_without_doubt():
    kept = retention([0.5, 1, 0], [0.5, 1, 0], ["fillet", "loft", "loft"])
    assert (kept["mean"], kept["ci95"], kept["n"]) == (1, [1, 1], 3)


def test_retention_is_the_ratio_of_the_means():
    before, after = [1.0] * 50 + [0.0] * 50, [0.5] * 50 + [0.1] * 50
    kept = retention(before, after, ["fillet"] * 50 + ["loft"] * 50)
    assert kept["mean"] == pytest.approx(0.6)
    assert kept["ci95"][0] < 0.6 < kept["ci95"][1]
    assert kept["by_operation"]["fillet"]["mean"] == 0.5


def test_who_could_do_nothing_has_kept_nothing_that_is_known():
    kept = retention([0, 0, 1], [0, 1, 1], ["loft", "loft", "fillet"])
    loft = kept["by_operation"]["loft"]
    assert (loft["mean"], loft["ci95"], loft["after"]) == (None, None, 0.5)
    assert kept["mean"] == 2


def test_more_probes_say_it_more_surely():
    def width(count: int) -> float:
        low, high = retention([1, 1] * count, [0, 1] * count, ["fillet", "loft"] * count)["ci95"]
        return high - low

    assert width(100) < width(10) / 2
