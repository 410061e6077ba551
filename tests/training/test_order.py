from typing import Any

import numpy as np
import pytest

from cadvlm.config.train import TrainConfig
from cadvlm.training.mixture import Mixture
from cadvlm.training.order import Facts, Order


def _order(
    rows: dict[str, int] | int, epochs: dict[str, float] | float = 1.0, **settings: Any
) -> Order:
    """Rows lie one source after the other; they get longer and more complex towards the end."""
    rows = {"all": rows} if isinstance(rows, int) else rows
    epochs = epochs if isinstance(epochs, dict) else dict.fromkeys(rows, epochs)
    config = TrainConfig.parse(
        {"dataset": "d", "out": "o", "workers": {"count": 1}, "grouped_batches": 1, **settings}
    )
    count = sum(rows.values())
    source = np.repeat(np.arange(len(rows)), list(rows.values()))
    lengths = np.random.default_rng(9).integers(10, 100, count)
    return Order(config, Mixture(rows, epochs), Facts(source, lengths, np.arange(count)))


def _all_steps(order: Order) -> np.ndarray:
    return np.concatenate([order.step(step) for step in range(order.steps)])


def _by_source(order: Order, steps: range) -> np.ndarray:
    return np.sum([order.sources(step) for step in steps], axis=0)


def test_every_sample_comes_once_in_an_epoch():
    order = _order(20, epochs=3, batch_size=5)
    for epoch in _all_steps(order).reshape(3, 20):
        assert sorted(epoch) == list(range(20))


def test_epochs_are_shuffled_differently():
    first, second = _all_steps(_order(20, epochs=2, batch_size=5)).reshape(2, 20)
    assert list(first) != list(second)


def test_rows_of_equal_weight_come_in_the_order_of_one_shuffle_an_epoch():
    order = _order({"a": 13, "b": 7}, epochs=2, batch_size=4, seed=5)
    shuffles = [np.random.default_rng((5, epoch)).permutation(20) for epoch in range(2)]
    assert list(_all_steps(order)) == list(np.concatenate(shuffles))


def test_batch_may_straddle_two_epochs():
    rows = _all_steps(_order(7, epochs=3, batch_size=3))
    assert len(rows) == 21
    assert sorted(rows[:7]) == sorted(rows[7:14]) == sorted(rows[14:]) == list(range(7))


def test_stopping_early_leaves_the_schedule_as_it_is():
    order = _order(100, epochs=2, batch_size=10, max_steps=7)
    assert (order.steps, order.stop) == (20, 7)
    assert _order(100, epochs=2, batch_size=10, max_steps=70).stop == 20


@pytest.mark.parametrize(("workers", "micro_batch"), [(1, 12), (2, 3), (3, 2), (4, 3)])
def test_step_holds_the_same_samples_however_it_is_cut(workers, micro_batch):
    order = _order({"a": 30, "b": 20}, {"a": 1.5, "b": 0.25}, batch_size=12, grouped_batches=4)
    shares = [order.micro_batches(2, micro_batch, rank, workers) for rank in range(workers)]
    assert all(share.shape == (12 // workers // micro_batch, micro_batch) for share in shares)
    assert sorted(np.concatenate(shares, axis=None)) == sorted(order.step(2))


def test_seed_decides():
    def first(seed: int) -> list[int]:
        return _order(50, batch_size=12, seed=seed).step(0).tolist()

    assert first(1) == first(1) != first(2)


MIXED: dict[str, Any] = {
    "rows": {"a": 700, "b": 40, "c": 260},
    "epochs": {"a": 2.0, "b": 10.0, "c": 200 / 260},  # shares of 0.7, 0.2 and 0.1
    "batch_size": 20,
}


def test_sources_come_in_their_shares_in_every_epoch():
    order = _order(**MIXED)
    assert order.steps == 100
    for epoch in range(2):
        counts = _by_source(order, range(50 * epoch, 50 * (epoch + 1)))
        assert counts == pytest.approx([700, 200, 100], abs=1)


def test_sources_are_mixed_within_an_epoch():
    order = _order(**MIXED)
    counts = np.array([_by_source(order, range(start, start + 10)) for start in range(0, 100, 10)])
    assert np.all(np.abs(counts - [140, 40, 20]) < [30, 25, 20])


def test_rows_of_a_source_come_equally_often():
    counts = np.bincount(_all_steps(_order(**MIXED)), minlength=1000)
    assert set(counts[:700]) == {2}
    assert set(counts[700:740]) == {10}
    assert set(counts[740:]) == {0, 1}


def test_any_step_of_a_mixture_is_known_without_those_before():
    settings = {**MIXED, "grouped_batches": 8, "curriculum": {}}
    in_turn = _order(**settings)
    rows = [in_turn.step(step).tolist() for step in range(in_turn.steps)]
    for step in (93, 40, 7):
        assert _order(**settings).step(step).tolist() == rows[step]


def test_source_that_is_left_out_does_not_come():
    config = TrainConfig.parse({"dataset": "d", "out": "o", "batch_size": 2})
    facts = Facts(np.array([0, -1, 0, -1, 0, 0]), np.arange(6), np.arange(6))
    order = Order(config, Mixture({"a": 4}, {"a": 5.0}), facts)
    assert set(_all_steps(order)) == {0, 2, 4, 5}


def _spread(order: Order) -> float:
    """Mean difference in length between the longest and the shortest sample of a batch."""
    steps = [order.facts.length[order.step(step)] for step in range(order.steps)]
    return float(np.mean([np.ptp(lengths) for lengths in steps]))


def test_grouped_batches_hold_samples_of_similar_length():
    assert _spread(_order(400, batch_size=8, grouped_batches=16)) < 8
    assert _spread(_order(400, batch_size=8)) > 60


def test_grouping_takes_the_same_samples_in_every_window():
    plain, grouped = (_order(100, epochs=2.5, batch_size=5, grouped_batches=n) for n in (1, 8))
    rows, regrouped = _all_steps(plain), _all_steps(grouped)
    for start in range(0, len(rows), 40):
        assert sorted(rows[start : start + 40]) == sorted(regrouped[start : start + 40])


def test_grouped_batches_are_not_sorted():
    order = _order(400, batch_size=8, grouped_batches=50)
    lengths = [order.facts.length[order.step(step)].mean() for step in range(50)]
    assert abs(np.corrcoef(lengths, range(50))[0, 1]) < 0.3


CURRICULUM = {"start": 0.25, "over": 0.5}


def test_curriculum_opens_the_simplest_rows_first_and_all_in_the_end():
    order = _order(400, epochs=4, batch_size=10, curriculum=CURRICULUM)
    assert order.open(0) == 0.25
    assert order.open(40) == pytest.approx(0.625)
    assert order.open(80) == order.open(159) == 1.0
    for step in range(order.steps):
        assert order.step(step).max() < 400 * order.open(step)


def test_all_open_rows_are_drawn_alike():
    order = _order(400, epochs=4, batch_size=10, curriculum=CURRICULUM)
    counts = np.bincount(np.concatenate([order.step(step) for step in range(10)]), minlength=400)
    assert abs(counts[:50].sum() - counts[50:100].sum()) < 20
    assert counts[140:].sum() == 0
    assert np.all(np.bincount(_all_steps(order)[-800:], minlength=400) == 2)


def test_curriculum_keeps_the_shares_of_a_mixture():
    order = _order(**MIXED, curriculum=CURRICULUM)
    counts = _by_source(order, range(50))
    assert counts == pytest.approx([700, 200, 100], abs=1)
    assert {row for row in order.step(0) if row >= 740} <= set(range(740, 740 + 66))
