"""The largest micro-batch that fits, found by trying; the batch of a step stays what it is.

The memory of a step is what the model always takes and something for each sample. Both follow from
two steps, with one and with two of the longest samples of the split. No step is tried that may not
fit: on a CPU the process would be killed, on many GPUs the others would wait for ever.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import ray.train
import torch
import torch.distributed as dist

from cadvlm.training.loop import Job, Loop
from cadvlm.training.loss import answer_loss
from cadvlm.training.memory import forget_peak, peak_gb, room_gb

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


def need(given: dict[str, Job]) -> Need:
    """What every worker runs: a few steps of an engine whose batch is a sample for each of them."""
    job = given["job"]
    torch.set_num_threads(max(1, int(job.config.workers.cpus)))
    loop = Loop(job)
    longest = np.argsort(loop.order.facts.length)[-2:].tolist()
    seen = []
    for count in (1, 1, 2):  # the first step lays out gradients and moments
        forget_peak(loop.device)
        batch = loop.feed.batch(longest[-count:])
        loop.engine.backward(answer_loss(loop.engine.logits, batch, loop.device))
        seen.append(peak_gb(loop.device))
    neighbours = ray.train.get_context().get_local_world_size()
    # The worker that has least decides: all of them take micro-batches of one size.
    most = torch.tensor([*seen[1:], -room_gb(loop.device, neighbours)], device=loop.device)
    dist.all_reduce(most, dist.ReduceOp.MAX)
    one, two, room = most.tolist()
    return Need(one, two, -room)
