"""Which samples make which step: a pure function of the seed, so that a run resumes at any step.

The epochs' shuffles are laid end to end and cut into batches; a batch may straddle two epochs. The
samples of a step are the same whatever the number of workers, each of which takes its slice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cadvlm.config.train import TrainConfig


@dataclass(frozen=True)
class Order:
    """The way through ``samples`` rows in steps of ``batch_size``."""

    samples: int
    batch_size: int
    epochs: float
    seed: int
    max_steps: int | None = None

    @classmethod
    def of(cls, config: TrainConfig, samples: int) -> Order:
        """The order of a run over a training split of ``samples`` rows."""
        return cls(samples, config.batch_size, config.epochs, config.seed, config.max_steps)

    @property
    def steps(self) -> int:
        """Steps until every epoch is over: the length of the schedule."""
        return math.ceil(self.epochs * self.samples / self.batch_size)

    @property
    def stop(self) -> int:
        """Steps that are taken."""
        return min(self.steps, self.max_steps or self.steps)

    def epoch(self, step: int) -> float:
        """Passes over the data when ``step`` steps are done."""
        return step * self.batch_size / self.samples

    def step(self, step: int) -> NDArray[np.int64]:
        """Rows of one step (batch_size,), counted from zero."""
        places = np.arange(step * self.batch_size, (step + 1) * self.batch_size)
        epochs, within = np.divmod(places, self.samples)
        return np.array(
            [
                _shuffle(self.seed, epoch, self.samples)[place]
                for epoch, place in zip(epochs.tolist(), within.tolist(), strict=True)
            ]
        )

    def micro_batches(
        self, step: int, micro_batch: int, rank: int, workers: int
    ) -> NDArray[np.int64]:
        """One worker's rows of a step (accumulation, micro_batch)."""
        return self.step(step).reshape(-1, workers, micro_batch)[:, rank]


@lru_cache(maxsize=2)
def _shuffle(seed: int, epoch: int, samples: int) -> NDArray[np.int64]:
    return np.random.default_rng((seed, epoch)).permutation(samples)
