"""The largest micro-batch that fits, found by trying; the batch of a step stays what it is.

The memory of a step is what the model always takes and something for each sample. Both follow from
two steps, with one and with two of the longest samples of the split. No step is tried that may not
fit: on a CPU the process would be killed, on many GPUs the others would wait for ever.
"""

from __future__ import annotations

from typing import NamedTuple

FOUND = "micro_batch.json"


class Need(NamedTuple):
    """Memory that one worker was seen to take."""

    one_gb: float
    """At most, in a step with one sample."""
    two_gb: float
    """With two."""
    room_gb: float
    """What it may take."""


def largest(need: Need, share: int) -> int:
    """The largest divisor of a worker's share of the batch that fits, at least 1."""
    each = need.two_gb - need.one_gb
    most = 1 + int((need.room_gb - need.one_gb) / each) if each > 0 else share
    return max(size for size in range(1, share + 1) if share % size == 0 and size <= max(1, most))
