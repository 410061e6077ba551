"""Two ways beside each other: ratios, their intervals, and what was kept."""

import numpy as np
import pytest

from bench.beside import beside, keep, last, slower, table

THEIRS = np.array([2.0, 4.0, 6.0, 8.0])


def test_twice_as_fast_at_everything_is_twice_as_fast_without_doubt():
    row = beside("execute", "a pool", THEIRS, THEIRS / 2)
    assert (row.times, row.low, row.high) == pytest.approx((2, 2, 2))
    assert (row.other_ms, row.ours_ms) == pytest.approx((5000, 2500))


def test_the_interval_is_the_wider_the_less_things_agree():
    noise = np.array([1.5, 0.5, 1.2, 0.8])
    row = beside("execute", "a pool", THEIRS, THEIRS / 2 * noise)
    assert row.low < row.times < row.high


def test_what_was_kept_is_found_again_and_the_newest_counts(tmp_path):
    file = tmp_path / "history.json"
    assert last(file) == []
    first, second = (beside("execute", "a pool", THEIRS, THEIRS / n) for n in (2, 3))
    keep([first], file)
    keep([second], file)
    assert last(file) == [second]


def test_only_what_is_surely_slower_is_told():
    kept = [beside(work, "a pool", THEIRS, THEIRS / 2) for work in ("a", "b", "c")]
    unsure = beside("b", "a pool", THEIRS, THEIRS / 2 * np.array([1.5, 0.5, 1.2, 0.8]))
    now = [beside("a", "a pool", THEIRS, THEIRS), unsure, beside("new", "a pool", THEIRS, THEIRS)]
    assert slower(now, kept) == ["a, a pool"]
    assert [line.split()[-1] for line in table(now, kept)[1:]] == ["SLOWER", "2.00", "-"]
