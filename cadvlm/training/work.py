"""What Ray Train is given: the work of its workers, and what to do when that fails.

The controller of a run imports this file and what it names, nothing else of ours: models and
DeepSpeed, which take seconds, are loaded by the workers alone.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from ray.actor import ActorHandle
from ray.train import UserCallback

from cadvlm.config.train import TrainConfig
from cadvlm.errors import CadvlmError
from cadvlm.training.lr_finder import is_broken, rates
from cadvlm.training.micro_batch import Need
from cadvlm.training.mining import Tried
from cadvlm.training.mixture import Mixture

if TYPE_CHECKING:
    from cadvlm.training.loop import Loop


class Job(NamedTuple):
    """What the driver hands to every worker."""

    config: TrainConfig
    base: str
    """The model to start from, as :func:`cadvlm.models.load.load` takes it."""
    gpu: bool
    mixture: Mixture
    bell: ActorHandle | None
    """Rung when the run is to end before its last step; None: nobody could."""
    judges: Sequence[ActorHandle] = ()
    """Who pays programs."""
    hard: Sequence[int] | None = None
    """The rows of the training split that are drawn from; None: all of the mixture."""


def run(given: dict[str, Any]) -> bool:
    """Train, or go on, to the last step, and export; False when told to stop before."""
    loop = _loop(given["job"])
    finished = loop.train()
    if finished:
        loop.export()
    return finished


def losses(given: dict[str, Any]) -> list[float]:
    """The losses of steps at the rising rates of ``given["span"]``, until they break."""
    loop = _loop(given["job"])
    batches = loop.batches()
    found: list[float] = []
    for step, rate in enumerate(rates(given["span"])):
        loop.step(step, batches, rate)
        found.append(loop.window.totals()["loss"])
        loop.window.restart()
        if is_broken(found):
            break
    return found


def mine(given: dict[str, Any]) -> list[Tried]:
    """What rows from all over the mixture earn with the model to begin with, as the
    ``given["rules"]`` of mining have it."""
    loop, rules = _loop(given["job"]), given["rules"]
    source, names = loop.order.facts.source, list(loop.order.mixture.rows)
    drawn = np.flatnonzero(source >= 0)
    count = min(len(drawn), rules.questions)
    rows: list[int] = drawn[np.arange(count) * len(drawn) // count].tolist()
    assert loop.reinforcement is not None
    earned = loop.reinforcement.try_out(loop.feed, rows, rules.answers)
    return [Tried(row, names[source[row]], one) for row, one in zip(rows, earned, strict=True)]


def need(given: dict[str, Any]) -> Need:
    """The memory of a few steps of an engine whose batch is a sample for each worker."""
    import ray.train
    import torch
    import torch.distributed as dist

    from cadvlm.training.loss import answer_loss
    from cadvlm.training.memory import forget_peak, peak_gb, room_gb

    loop = _loop(given["job"])
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


class OwnErrorsEndTheRun(UserCallback):  # type: ignore[misc]  # Ray is untyped
    """Ray Train starts lost workers anew. An error that this project raises on purpose (a broken
    picture, losses that are no numbers) would only come again."""

    def after_exception(self, run_context: Any, worker_exceptions: dict[int, Exception]) -> None:
        """Raise such an error in the controller, which does not try again."""
        for error in worker_exceptions.values():
            cause = getattr(error, "_base_exc", error)
            if isinstance(cause, CadvlmError):
                raise cause


def _loop(job: Job) -> Loop:
    import torch

    from cadvlm.training.loop import Loop

    torch.set_num_threads(max(1, int(job.config.workers.cpus)))
    # A line of all figures at every checkpoint, whatever LoggingConfig says.
    logging.getLogger("ray.train.v2._internal.execution.context").setLevel(logging.WARNING)
    return Loop(job)
