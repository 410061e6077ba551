import numpy as np
import pytest

from cadvlm.training.order import Order


def _all_steps(order: Order) -> np.ndarray:
    return np.concatenate([order.step(step) for step in range(order.steps)])


def test_every_sample_comes_once_in_an_epoch():
    order = Order(samples=20, batch_size=5, epochs=3, seed=0)
    for epoch in _all_steps(order).reshape(3, 20):
        assert sorted(epoch) == list(range(20))


def test_epochs_are_shuffled_differently():
    first, second = _all_steps(Order(samples=20, batch_size=5, epochs=2, seed=0)).reshape(2, 20)
    assert list(first) != list(second)


def test_batch_may_straddle_two_epochs():
    order = Order(samples=7, batch_size=3, epochs=3, seed=0)
    rows = _all_steps(order)
    assert len(rows) == 21
    assert sorted(rows[:7]) == sorted(rows[7:14]) == sorted(rows[14:]) == list(range(7))


def test_fractions_of_an_epoch_are_rounded_up_to_a_step():
    assert Order(samples=10, batch_size=4, epochs=0.5, seed=0).steps == 2


def test_stopping_early_leaves_the_schedule_as_it_is():
    order = Order(samples=100, batch_size=10, epochs=2, seed=0, max_steps=7)
    assert (order.steps, order.stop) == (20, 7)
    assert Order(samples=100, batch_size=10, epochs=2, seed=0, max_steps=70).stop == 20


@pytest.mark.parametrize(("workers", "micro_batch"), [(1, 12), (2, 3), (3, 2), (4, 3)])
def test_step_holds_the_same_samples_however_it_is_cut(workers, micro_batch):
    order = Order(samples=50, batch_size=12, epochs=1, seed=3)
    shares = [order.micro_batches(2, micro_batch, rank, workers) for rank in range(workers)]
    assert all(share.shape == (12 // workers // micro_batch, micro_batch) for share in shares)
    assert sorted(np.concatenate(shares, axis=None)) == sorted(order.step(2))


def test_seed_decides():
    def first(seed: int) -> list[int]:
        return Order(samples=50, batch_size=12, epochs=1, seed=seed).step(0).tolist()

    assert first(1) == first(1) != first(2)
