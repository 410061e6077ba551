"""Work spread over Ray actors, with a bounded window in flight and nothing lost with an actor."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

import ray
from ray.exceptions import RayError, RayTaskError

from cadvlm.errors import CadvlmError, RunFailed

T = TypeVar("T")

_RETRIES = 2
"""How often Ray itself repeats a call whose actor died, each time on a restarted one."""


@contextmanager
def actors(
    kind: type, count: int, *args: Any, cpus: float, gpus: float = 0.0
) -> Iterator[list[Any]]:
    """Start ``count`` actors of a plain class that has a method ``ready``; they end with the block.

    They come up as the cluster has room for them, on as many nodes as there are. Spread is said
    explicitly: inside a Tune trial the default would squeeze them into the trial's own reservation.
    """
    options = {
        "num_cpus": cpus,
        "num_gpus": gpus,
        "max_restarts": -1,
        "max_task_retries": _RETRIES,
        "scheduling_strategy": "SPREAD",
    }
    pool = [ray.remote(kind).options(**options).remote(*args) for _ in range(count)]
    try:
        yield pool
    finally:
        for actor in pool:
            ray.kill(actor)


def spread(
    pool: Sequence[Any], method: str, batches: Iterable[list[T]]
) -> Iterator[tuple[list[T], Any]]:
    """Call ``method`` with every batch and yield ``(batch, answer)`` as answers come.

    Each actor holds one batch at a time and the next one is taken from ``batches`` only when an
    actor is free: that is all the back-pressure there is. An actor gets its first batch when it
    says that it is ``ready``, so one that waits for room holds nothing up.

    A batch whose actor dies again and again, or runs out of memory, is taken apart; for a single
    item that does so to every actor the answer is None. What the method itself raises is raised
    here.

    Raises:
        RunFailed: no actor starts.
    """
    todo, again = iter(batches), deque[list[T]]()
    flying: dict[Any, tuple[Any, list[T]]] = {}
    # Not repeated: Ray would announce a retry for each actor that ends without having had room.
    starting = {actor.ready.options(max_task_retries=0).remote(): actor for actor in pool}
    idle: list[Any] = []
    while True:
        while idle and (batch := again.popleft() if again else next(todo, None)):
            actor = idle.pop()
            flying[getattr(actor, method).remote(batch)] = actor, batch
        if idle and not flying:
            return
        if not flying and not starting:
            raise RunFailed("every actor died while it started; see the log of the Ray session")
        [done], _ = ray.wait([*flying, *starting], num_returns=1)
        if done in starting:
            actor = starting.pop(done)
            if _get(done) is not _DIED:
                idle.append(actor)
            continue
        actor, batch = flying.pop(done)
        if (answer := _get(done)) is not _DIED:
            idle.append(actor)
            yield batch, answer
            continue
        starting[actor.ready.remote()] = actor
        if len(batch) == 1:
            yield batch, None
        else:
            again.extend([item] for item in batch)


_DIED = object()


def _get(future: Any) -> Any:
    """A call's answer, or ``_DIED`` when its process was lost for good."""
    try:
        return ray.get(future)
    except RayTaskError as error:
        if isinstance(error.cause, CadvlmError):
            raise error.cause from error
        if isinstance(error.cause, MemoryError):  # asked for more than there is: as good as dead
            return _DIED
        raise
    except RayError:
        return _DIED


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most ``size`` items."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk


def available(kind: str) -> int:
    """How many whole ``CPU`` or ``GPU`` the cluster has."""
    return int(ray.cluster_resources().get(kind, 0))
