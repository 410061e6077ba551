"""A warm process that forks one child for each program and sees to it that the child ends.

Started by exec with an environment of its own, it imports CadQuery once and nothing of what the
caller knows. It has one thread and does one program at a time: fork, wait, kill what is left, tell.
It talks over a socket; when that closes, it cleans up and goes.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
from contextlib import suppress
from typing import NamedTuple

READY = b"ready"
LONGEST_MESSAGE = 4096
MOST_PROGRAMS = 16
"""In one order, and so in one child."""
_PR_SET_CHILD_SUBREAPER = 36


class Order(NamedTuple):
    """What a child is to do with the programs that come along in open files."""

    cpu_s: float
    wall_s: float
    memory_gb: float
    exports: list[str]
    folder: str
    """Empty, for the programs to work in; removed when the child has ended."""


class Outcome(NamedTuple):
    """How a child ended, as its parent saw it. The program has no say in this."""

    exit_code: int
    """Negative for the signal that ended it."""
    overran: bool
    """Killed at the limit on the clock."""
    cpu_s: float
    peak_bytes: int
    """Largest resident memory, the part shared with the zygote included."""


def main(root: str, descriptor: int) -> None:
    """Serve the socket ``descriptor``; ``root`` is where this package was found."""
    control = socket.socket(fileno=descriptor)
    warm_up()
    # Programs shall find installed packages, not this checkout.
    sys.path.remove(root)
    control.send(READY)
    while _serve(control):
        pass
    os._exit(0)  # taking down an interpreter with a kernel in it takes longer than a program


def warm_up() -> None:
    """Import what children need, and make this process one that is cheap to fork."""
    from cadvlm.execution.postpone import postponed

    with postponed("vtk", "vtkmodules", "casadi", "nlopt"):
        from cadvlm.execution.child import rehearse
    rehearse()
    # Orphaned grandchildren come to this process, where they can be found and killed.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    gc.collect()
    gc.freeze()


def _serve(control: socket.socket) -> bool:
    """Carry out one order in one child; False when the other end has gone."""
    message, descriptors, _, _ = socket.recv_fds(control, LONGEST_MESSAGE, 2 * MOST_PROGRAMS)
    if not message:
        return False
    order = Order(*json.loads(message))
    try:
        pid = os.fork()
        if pid == 0:
            from cadvlm.execution.child import live

            control.close()
            live(order, descriptors[::2], descriptors[1::2])
        ended = _wait(pid, order.wall_s, control)
        outcome = _end(pid, overran=not ended)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
        shutil.rmtree(order.folder, ignore_errors=True)
    with suppress(BrokenPipeError):
        control.send(json.dumps(outcome).encode())
    return True


def _wait(pid: int, wall_s: float, control: socket.socket) -> bool:
    """Wait for a child, at most until ``wall_s`` or until nobody wants its answer any more."""
    child = os.pidfd_open(pid)
    try:
        waiting = select.poll()
        waiting.register(child, select.POLLIN)
        waiting.register(control, select.POLLHUP)
        return child in dict(waiting.poll(wall_s * 1000))
    finally:
        os.close(child)


def _end(pid: int, overran: bool) -> Outcome:
    """Kill a child and all that it started. It may be dead; what it started need not be."""
    # Not yet waited for, the child still owns its number, and its group's.
    for kill in (os.kill, os.killpg):
        with suppress(ProcessLookupError):
            kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    while strays := _children():
        for stray in strays:
            os.kill(stray, signal.SIGKILL)
            os.waitpid(stray, 0)
    return Outcome(
        exit_code=os.waitstatus_to_exitcode(status),
        overran=overran,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_bytes=usage.ru_maxrss * 1024,
    )


def _children() -> list[int]:
    """Processes that left their group and lost their parent; none where Linux does not tell."""
    with suppress(FileNotFoundError), open(f"/proc/self/task/{os.getpid()}/children") as file:
        return [int(pid) for pid in file.read().split()]
    return []
