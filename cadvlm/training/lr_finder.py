"""How fast a model may learn: the range test of Smith (2015, arXiv:1506.01186).

The rate rises by the same factor from step to step, from one that is far too low to one that is far
too high, and the loss says where it learns fastest and where it breaks. Nothing is kept of the
model. The losses are smoothed by a running mean, for they are of different samples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from cadvlm.config.watch import RangeConfig
from cadvlm.errors import InputError

FOUND = "find_lr.json"

_MEMORY = 0.9
"""Of the running mean."""

_BROKEN = 1.5
"""Times its lowest mean, from where on the loss only says that the model is broken."""

_STEPS_ON_A_SLOPE = 5
"""Over which a slope is taken."""


class Found(NamedTuple):
    """What the test says."""

    suggested: float
    """Where the loss falls fastest: a good peak for a schedule that warms up."""
    lowest: float
    """Where the loss was lowest; from here on it rises."""
    means: list[float]
    """The running mean of the loss at each rate, up to where it broke."""


def rates(span: RangeConfig) -> list[float]:
    """The rate of every step."""
    factor = (span.highest / span.lowest) ** (1 / (span.steps - 1))
    return [span.lowest * factor**step for step in range(span.steps)]


def suggest(rates: Sequence[float], losses: Sequence[float]) -> Found:
    """Read the curve.

    Args:
        rates: Rising by a constant factor.
        losses: At each of them; fewer where the test ended early, and perhaps not finite at last.

    Raises:
        InputError: the loss falls nowhere.
    """
    means = _means(losses)
    bottom = min(range(len(means)), key=means.__getitem__, default=0)
    slopes = [
        (means[at + _STEPS_ON_A_SLOPE] - means[at], at + _STEPS_ON_A_SLOPE // 2)
        for at in range(bottom + 1 - _STEPS_ON_A_SLOPE)
    ]
    steepest, place = min(slopes, default=(0.0, 0))
    if steepest >= 0:
        raise InputError(
            f"the loss falls at no rate from {rates[0]:.1g} to {rates[-1]:.1g}; "
            "give a wider range, or let more weights learn"
        )
    return Found(rates[place], rates[bottom], means)


def is_broken(losses: Sequence[float]) -> bool:
    """Whether higher rates have nothing more to say."""
    return len(_means(losses)) < len(losses)


def _means(losses: Sequence[float]) -> list[float]:
    """Exponential means, without their bias towards zero at first, until the loss breaks."""
    means: list[float] = []
    sum_ = weight = 0.0
    for loss in losses:
        sum_, weight = _MEMORY * sum_ + loss, _MEMORY * weight + 1
        mean = sum_ / weight
        if not math.isfinite(mean) or (means and mean > _BROKEN * min(means)):
            break
        means.append(mean)
    return means


def report(found: Found, rates: Sequence[float], losses: Sequence[float]) -> dict[str, Any]:
    """The content of ``find_lr.json``."""
    return {
        "suggested": found.suggested,
        "lowest": found.lowest,
        "rows": [
            {"lr": rate, "loss": loss, "mean": mean}
            for rate, loss, mean in zip(rates, losses, found.means, strict=False)
        ],
    }
