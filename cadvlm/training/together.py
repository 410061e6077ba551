"""What the workers of a run find out together. All of them call these, in the same order."""

from __future__ import annotations

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray


def summed(values: list[float], device: torch.device) -> list[float]:
    """Each value over all workers."""
    totals = torch.tensor(values, dtype=torch.float64, device=device)
    dist.all_reduce(totals)
    over_all: list[float] = totals.tolist()
    return over_all


def dealt(count: int, rank: int, workers: int) -> NDArray[np.int64]:
    """The places, of ``count`` rows, that are this worker's: as many as everybody else's.

    ZeRO-3 moves in step, so where rows do not suffice, places from ``count`` on stand in; what is
    done with them does not count.
    """
    return np.arange(rank, -(-count // workers) * workers, workers)
