"""The learning rate: a linear rise, then half a cosine (Loshchilov and Hutter 2017)."""

from __future__ import annotations

import math

from cadvlm.config.train import OptimizerConfig


def learning_rate(config: OptimizerConfig, step: int, steps: int) -> float:
    """The rate of step ``step`` of ``steps``, counted from zero."""
    warmup = math.ceil(config.warmup_ratio * steps)
    if step < warmup:
        return config.lr * (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    low = config.lr * config.min_lr_ratio
    return low + (config.lr - low) * (1 + math.cos(math.pi * min(1.0, done))) / 2
