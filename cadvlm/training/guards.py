"""What keeps a run from harm: steps that are not taken, and reasons to end.

Every decision follows from figures that all workers share to the bit (the gradient norm after it
was reduced, the validation loss), so that all of them decide alike without asking each other.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import torch

from cadvlm.config.train import TrainConfig
from cadvlm.config.watch import GuardsConfig

_REMEMBERED = 64
"""Gradient norms that a new one is compared with: the last ones, of steps that were taken."""

_ENOUGH = 16
"""With fewer norms to compare with, nothing is a spike: at first they fall by themselves."""


class Guard:
    """Lets steps through, or has them skipped. A step is asked about once."""

    def __init__(self, config: GuardsConfig) -> None:
        self.config = config
        self.skipped = 0
        """Since the run began."""
        self.in_succession = 0
        self._norms: deque[float] = deque(maxlen=_REMEMBERED)

    def lets_through(self, norm: float) -> bool:
        """Whether a step with gradients of this norm, before clipping, is to be taken."""
        sound = math.isfinite(norm) and norm >= 0  # DeepSpeed says -1 for what is not finite
        if sound and not self._is_spike(norm):
            if norm > 0:  # none at all, where every answer earned the same, is no measure
                self._norms.append(norm)
            self.in_succession = 0
            return True
        self.skipped += 1
        self.in_succession += 1
        return False

    @property
    def gives_up(self) -> bool:
        """Whether so many steps were skipped in succession that the run had better stop."""
        return self.in_succession >= self.config.max_skipped

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {
            "norms": list(self._norms),
            "skipped": self.skipped,
            "in_succession": self.in_succession,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        self._norms.extend(state["norms"])
        self.skipped, self.in_succession = state["skipped"], state["in_succession"]

    def _is_spike(self, norm: float) -> bool:
        spike = self.config.spike
        if spike is None or len(self._norms) < _ENOUGH:
            return False
        return norm > spike * median(self._norms)


class GuardedAdamW(torch.optim.AdamW):
    """AdamW that asks before it steps.

    However DeepSpeed partitions and converts, its optimizers end in this step, by when the norm of
    all gradients is known. Where it is not taken, weights and moments stay as they are to the bit.
    """

    asks: Callable[[], bool] | None = None
    """None: it steps. DeepSpeed does so with empty gradients, to lay out the moments."""

    def step(self, closure: Any = None) -> Any:
        """Take the step, or not."""
        return super().step(closure) if self.asks is None or self.asks() else None


def is_stalled(losses: Sequence[float], patience: int | None) -> bool:
    """Whether none of the last ``patience`` validation losses is below all before them."""
    if patience is None or len(losses) <= patience:
        return False
    return min(losses[-patience:]) >= min(losses[:-patience])


_SIGNS = ("out of memory", "outofmemory", "can't allocate memory", "cannot allocate memory")
"""How CUDA, torch, Linux and Ray say it."""


def is_out_of_memory(error: str) -> bool:
    """Whether memory is what a run died for want of."""
    return any(sign in error.lower() for sign in _SIGNS)


def memory_advice(config: TrainConfig) -> str:
    """The setting to change when a run is out of memory: the one that costs least first."""
    if config.micro_batch > 1:
        smaller = next(
            size
            for size in range(config.micro_batch // 2, 0, -1)
            if config.batch_size % (size * config.workers.count) == 0
        )
        return (
            f"set micro_batch_size={smaller} ({config.micro_batch} now; the batch stays "
            f"{config.batch_size}), or micro_batch_size=auto to have it found"
        )
    if not config.gradient_checkpointing:
        return "set gradient_checkpointing=true: a third more work for much less memory"
    if config.zero_stage < 3 and config.workers.count > 1:
        return f"set zero_stage=3 ({config.zero_stage} now): the workers share the weights"
    if config.method == "full" and config.stage != "align":
        return "set method=lora: adapters need no optimizer for the other weights"
    return "set max_tokens to leave out the longest programs, or use more workers"
