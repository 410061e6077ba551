"""Word that machines are about to be taken away, which all workers get at the same step.

Ray tells when a node is to be drained: a spot machine is called back, an autoscaler or
``ray drain-node`` takes it. The run writes a checkpoint at once and goes on while it can; Ray Train
then begins anew from it where there are machines. SIGTERM to the driver, by ``ray job stop``, a
batch system or Kubernetes, asks for the end of the run: a checkpoint, and no step more.
"""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import ray
import ray.train
from ray.actor import ActorHandle

_EVERY_S = 5.0
"""Ray looks for drained nodes as often, and asking it takes all workers."""


class Word(IntEnum):
    """What to do after a step."""

    GO_ON = 0
    SAVE = 1
    STOP = 2
    """Save, and end."""


class Bell:
    """An actor that the driver rings and a worker listens to."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    async def ring(self) -> None:
        """Let those go on who wait."""
        self._rung.set()

    async def rung(self) -> None:
        """Wait until it was rung."""
        await self._rung.wait()


@contextmanager
def rung_by_sigterm() -> Iterator[ActorHandle | None]:
    """A bell that SIGTERM rings, in place of ending this process, while in here.

    Python takes signals in a process's first thread only; elsewhere (a trial of a sweep) there is
    no bell.
    """
    if threading.current_thread() is not threading.main_thread():
        yield None
        return
    bell = ray.remote(num_cpus=0)(Bell).remote()
    before = signal.signal(signal.SIGTERM, lambda *_: bell.ring.remote())
    try:
        yield bell
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


class Notice:
    """One worker's ear. The first worker listens for all; what it hears goes along with a sum that
    all of them take anyway."""

    def __init__(self, bell: ActorHandle | None, rank: int) -> None:
        self._listens = rank == 0
        self._rung = bell.rung.remote() if bell and self._listens else None
        self._asked = time.monotonic()
        self._drained = False

    def hint(self) -> float:
        """This worker's part of the sum that :meth:`heed` takes."""
        if not self._listens:
            return 0.0
        if self._rung and ray.wait([self._rung], timeout=0)[0]:
            return 2.0
        return float(time.monotonic() - self._asked > _EVERY_S)

    def heed(self, hints: float) -> Word:
        """What all workers do, given the sum of their hints. All of them call this together."""
        if hints >= 2:
            return Word.STOP
        if not hints:
            return Word.GO_ON
        self._asked = time.monotonic()
        known, self._drained = self._drained, ray.train.get_preemption_info() is not None
        return Word.SAVE if self._drained and not known else Word.GO_ON
