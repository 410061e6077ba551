import json
import math
import re

import pytest
import torch

from cadvlm.config.train import TrainConfig
from cadvlm.config.watch import GuardsConfig
from cadvlm.training.guards import (
    Guard,
    GuardedAdamW,
    is_out_of_memory,
    is_stalled,
    memory_advice,
)
from tests.training.several import meet_broken_gradients, together


def _after(norms, **settings) -> Guard:
    guard = Guard(GuardsConfig(**settings))
    for norm in norms:
        guard.lets_through(norm)
    return guard


@pytest.mark.parametrize("norm", [math.nan, math.inf, -1.0])
def test_gradients_that_are_not_finite_are_skipped_from_the_first_step_on(norm):
    guard = _after([])
    assert not guard.lets_through(norm)
    assert guard.skipped == 1


def test_a_spike_is_skipped_and_counted_and_what_follows_is_not():
    guard = _after([1.0] * 20)
    assert not guard.lets_through(11.0)
    assert guard.lets_through(9.0)
    assert (guard.skipped, guard.in_succession) == (1, 0)


def test_norms_that_fall_at_first_are_no_spikes_and_without_a_limit_nothing_is():
    assert _after([100.0, 1.0, 50.0]).skipped == 0
    assert _after([1.0] * 20 + [1e9], spike=None).skipped == 0


def test_steps_without_any_gradient_are_no_measure_of_those_that_have_one():
    assert _after([0.0] * 40 + [1.0] * 20).skipped == 0
    assert _after([1.0, 0.0] * 20 + [11.0]).skipped == 1


def test_a_guard_gives_up_after_so_many_in_succession():
    assert not _after([math.nan, math.nan, 1.0, math.nan], max_skipped=3).gives_up
    assert _after([1.0, *[math.nan] * 3], max_skipped=3).gives_up


def test_a_restored_guard_decides_as_the_one_it_goes_on_from():
    norms = [1.0, 2.0, math.nan, 4.0] * 10
    first, second = _after(norms), _after([])
    second.restore(first.state())
    for norm in (25.0, 3.0, 31.0, math.nan):
        assert second.lets_through(norm) == first.lets_through(norm)
    assert second.state() == first.state()


def test_a_step_that_is_not_let_through_changes_nothing():
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(4))
    optimizer = GuardedAdamW([weight], lr=0.1, fused=True)
    for lets_through in (True, False):
        optimizer.asks = lambda answer=lets_through: answer
        before = weight.detach().clone()
        moments = {key: value.clone() for key, value in optimizer.state[weight].items()}
        weight.grad = torch.full((4,), 1.0 if lets_through else math.nan)
        optimizer.step()
        assert torch.equal(before, weight) != lets_through
    assert len(moments) == 3
    assert all(torch.equal(value, optimizer.state[weight][key]) for key, value in moments.items())


@pytest.mark.parametrize(
    ("losses", "patience", "stalled"),
    [
        ([3, 2, 1], 1, False),
        ([3, 1, 2, 2, 1], 3, True),  # as low as before is no gain
        ([3, 1, 2, 2, 0.9], 3, False),
        ([1, 2], 3, False),
        ([1, 2, 3, 4, 5], None, False),
    ],
)
def test_a_run_is_stalled_when_no_loss_of_the_last_few_is_a_gain(losses, patience, stalled):
    assert is_stalled(losses, patience) == stalled


def test_want_of_memory_is_known_by_what_torch_says():
    with pytest.raises(RuntimeError) as raised:
        torch.empty(1 << 55, dtype=torch.uint8)
    assert is_out_of_memory(str(raised.value))
    assert not is_out_of_memory("RuntimeError: sizes do not match")


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        ({}, r"micro_batch_size=32 \(64 now; the batch stays 128\)"),
        ({"batch_size": 90, "micro_batch_size": 15}, r"micro_batch_size=5 \(15"),
        ({"micro_batch_size": 1}, "gradient_checkpointing=true"),
        ({"micro_batch_size": 1, "gradient_checkpointing": True}, r"zero_stage=3 \(2 now\)"),
        (
            {"micro_batch_size": 1, "gradient_checkpointing": True, "zero_stage": 3},
            "method=lora",
        ),
        (
            {
                "micro_batch_size": 1,
                "gradient_checkpointing": True,
                "zero_stage": 3,
                "method": "lora",
            },
            "max_tokens",
        ),
    ],
)
def test_memory_advice_names_the_cheapest_setting_that_is_left(settings, advice):
    config = TrainConfig.parse({"dataset": "d", "out": "o", **settings})
    assert re.search(advice, memory_advice(config))


RUNS = {
    "ZeRO 0": {"zero_stage": 0},
    "ZeRO 1": {"zero_stage": 1},
    "ZeRO 2 in bf16": {"zero_stage": 2, "precision": "bf16"},
    "ZeRO 3": {"zero_stage": 3},
}


@pytest.fixture(scope="module")
def seen(tiny, tmp_path_factory) -> list[list[dict]]:
    """What both workers saw of every run."""
    folder = tmp_path_factory.mktemp("broken")
    base = folder / "base"
    for part in tiny:
        part.save_pretrained(base)
    together(meet_broken_gradients, 2, str(base), list(RUNS.values()), str(folder))
    return [
        [json.loads((folder / f"{number}-{rank}.json").read_text()) for rank in range(2)]
        for number in range(len(RUNS))
    ]


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(RUNS)), ids=RUNS)
def test_a_step_is_left_out_by_all_workers_and_the_next_one_taken(seen, number):
    for worker in seen[number]:
        assert worker["changed"] == [True, True, False, True]
        assert worker["skipped"] == 1
        assert math.isfinite(worker["norm"])
