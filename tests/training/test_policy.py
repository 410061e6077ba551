import math

import numpy as np
import pytest
import torch

from cadvlm.training.policy import advantages, divergence, strongest, surrogate

NAN = math.nan


def test_an_answer_is_compared_with_the_mean_of_its_group():
    found = advantages(np.array([[0.0, 1.0, 0.5], [3.0, 3.0, 3.0]]), scaled=False)
    assert found.tolist() == [[-0.5, 0.5, 0.0], [0.0, 0.0, 0.0]]


def test_scaled_advantages_have_the_deviation_one_and_equal_rewards_stay_zero():
    found = advantages(np.array([[0.0, 0.2, 0.1, 0.3], [1.0, 1.0, 1.0, 1.0]]), scaled=True)
    assert found[0].std(ddof=1) == pytest.approx(1, abs=2e-3)
    assert found[1].tolist() == [0.0] * 4


def test_a_group_with_an_unknown_reward_says_nothing():
    found = advantages(np.array([[NAN, NAN, NAN], [0.0, NAN, 1.0]]), scaled=False)
    assert found.tolist() == [[0.0] * 3] * 2


def test_the_largest_advantages_are_kept_whichever_way_they_go():
    apart = np.array([[0.1, -0.9, 0.5, 0.3], [0.0, 0.0, 0.0, 0.0]])
    assert strongest(apart, 2).tolist() == [[1, 2], [0, 1]]
    assert strongest(apart, 4).tolist() == [[0, 1, 2, 3]] * 2


def test_on_its_own_answers_the_gradient_is_that_of_reinforce():
    scores = torch.tensor([[[0.3, -0.2, 0.9], [0.0, 0.5, -1.0]]], requires_grad=True)
    chosen, advantage = torch.tensor([[2, 0]]), 0.7
    now = scores.log_softmax(-1).gather(2, chosen[..., None])[..., 0]
    surrogate(now, now.detach(), torch.tensor([advantage]), clip=0.2).backward()
    # d log softmax_c / d score_j = [j = c] - softmax_j
    one_hot = torch.nn.functional.one_hot(chosen, 3)
    by_hand = -advantage * (one_hot - scores.detach().softmax(-1))
    assert torch.allclose(scores.grad, by_hand, atol=1e-6)


@pytest.mark.parametrize(
    ("moved", "advantage", "slope"),
    [
        (1.1, 1.0, -1.1),  # within the trust region: ratio times advantage
        (1.3, 1.0, 0.0),  # a good one is likely enough
        (0.7, 1.0, -0.7),  # and is brought back when it has become unlikely
        (0.7, -1.0, 0.0),  # a bad one is unlikely enough
        (1.3, -1.0, 1.3),
    ],
)
def test_what_has_moved_far_enough_is_not_pushed_on(moved, advantage, slope):
    before = torch.tensor([[math.log(0.5)]])
    now = (before + math.log(moved)).requires_grad_()
    surrogate(now, before, torch.tensor([advantage]), clip=0.2).backward()
    assert now.grad.item() == pytest.approx(slope, abs=1e-6)


def test_places_without_a_token_count_nothing():
    before = torch.tensor([[-1.0, 0.0]])
    loss = surrogate(before, before, torch.tensor([0.5]), clip=0.2)
    assert loss.item() == pytest.approx(-0.5)


def test_divergence_is_zero_at_home_and_pulls_back_from_elsewhere():
    reference = torch.tensor([[-1.0, -2.0, 0.0]])
    now = torch.tensor([[-1.0, -1.5, 0.0]], requires_grad=True)
    apart = divergence(now, reference)
    apart.backward()
    assert apart.item() == pytest.approx(math.exp(-0.5) + 0.5 - 1, abs=1e-6)
    # d/dn (exp(r - n) - (r - n) - 1) = 1 - exp(r - n)
    assert now.grad.tolist() == [[0.0, pytest.approx(1 - math.exp(-0.5), abs=1e-6), 0.0]]


def test_divergence_is_that_of_the_distributions_on_average():
    p, q = torch.tensor([0.6, 0.3, 0.1]), torch.tensor([0.4, 0.4, 0.2])
    estimate = sum(p[i] * divergence(p[i].log()[None], q[i].log()[None]) for i in range(3))
    assert estimate.item() == pytest.approx((p * (p / q).log()).sum().item(), abs=1e-6)
