"""Processor time of this process and of everything it started."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import psutil

T = TypeVar("T")


def cpu_seconds() -> float:
    """Used so far by this process, its living descendants, and those that have ended.

    A child that was waited for is in its parent's sum, so nothing counts twice.
    """
    me = psutil.Process()
    return sum(sum(process.cpu_times()[:4]) for process in [me, *me.children(recursive=True)])


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What ``work`` returns, and the processor seconds it took."""
    before = cpu_seconds()
    result = work()
    return result, cpu_seconds() - before
