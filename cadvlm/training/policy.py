"""Group relative policy optimisation: what a group of answers says of each of them.

GRPO (Shao et al. 2024, DeepSeekMath) needs no critic. Each of a question's G answers is compared
with the mean of them all; what earned more is made likelier, token by token, as far as the trust
region of PPO (Schulman et al. 2017) lets it go, and what earned less is made less likely.
Dr. GRPO (Liu et al. 2025) found two faults: division by an answer's length rewards wrong answers
for being long, and division by the group's deviation weighs questions that are all but solved most.
Here the loss of a step is a mean over all tokens of all answers, whatever their lengths, and the
deviation is left out unless asked for.
"""

# Q questions, G answers in a group, B answers in a micro-batch, K their tokens

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

Rewards = NDArray[np.float64]

_EPSILON = 1e-4
"""Deviation that is added before dividing; rewards are of the order of 1."""


def advantages(rewards: Rewards, scaled: bool) -> Rewards:
    """How much better each answer is than its group (Q, G).

    A group with an unknown reward (NaN) says nothing: all zero.
    """
    apart = rewards - rewards.mean(axis=1, keepdims=True)
    if scaled:
        apart = apart / (rewards.std(axis=1, ddof=1, keepdims=True) + _EPSILON)
    return np.where(np.isnan(rewards).any(axis=1, keepdims=True), 0.0, apart)


def strongest(apart: Rewards, count: int) -> NDArray[np.intp]:
    """Places (Q, count) of the advantages in a group that are largest, up or down (CPPO)."""
    order = np.argsort(-np.abs(apart), axis=1, kind="stable")
    return np.sort(order[:, :count], axis=1)


def surrogate(
    now_BK: torch.Tensor, before_BK: torch.Tensor, advantages_B: torch.Tensor, clip: float
) -> torch.Tensor:
    """PPO's clipped objective to be minimised, summed.

    Args:
        now_BK: Log-probabilities; 0 in both where there is no token, which then has no gradient.
        before_BK: The same of the model that wrote.
        advantages_B: Of the answers.
        clip: Share by which a probability may have moved before it is let alone.
    """
    ratio_BK = (now_BK - before_BK).exp()
    pushed_BK = ratio_BK * advantages_B[:, None]
    held_BK = ratio_BK.clamp(1 - clip, 1 + clip) * advantages_B[:, None]
    return -torch.minimum(pushed_BK, held_BK)[before_BK != 0].sum()


def divergence(now_BK: torch.Tensor, reference_BK: torch.Tensor) -> torch.Tensor:
    """Divergence from a reference, summed over the tokens: an unbiased estimate that is never below
    zero, and zero where there is no token (Schulman 2020, "Approximating KL divergence", k3)."""
    apart_BK = reference_BK - now_BK
    return (apart_BK.exp() - apart_BK - 1).sum()
