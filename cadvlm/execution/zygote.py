"""A warm process that forks one child for each program and sees to it that the child ends.

Started by exec with an environment of its own, it imports CadQuery once and nothing of what the
caller knows. It has one thread and does one program at a time: fork, wait, kill what is left, tell.
It talks over a socket; when that closes, it cleans up and goes.

While it waits it looks after what no limit of the kernel covers: all bytes that a child writes, to
whatever file, the number of its files, and of its threads.
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
import time
from contextlib import suppress
from typing import NamedTuple

from cadvlm.execution.confine import Confinement, prepare

READY = b"ready"
LONGEST_MESSAGE = 4096
MOST_PROGRAMS = 16
"""In one order, and so in one child."""
UNCONFINED = 97
"""Exit code of a child that could not be confined and has not looked at the program. The program
can use it too, and gains a second try."""

WRITTEN_BYTES = 512 << 20
"""Most that a program may write in all, what it prints included."""

MOST_FILES = 1000
MOST_THREADS = 64

LOOK_S = 0.05
"""How often a child is looked after. Most programs are done by the second time."""

_PR_SET_CHILD_SUBREAPER = 36


class Order(NamedTuple):
    """What a child is to do with what comes along in open files."""

    kind: str
    """``program``, or what kind of shape file: ``step``, ``brep``."""
    cpu_s: float
    wall_s: float
    memory_gb: float
    exports: list[str]
    scored: bool
    """Whether the solid will be compared, or only drawn; see ``geometry.extract``."""
    folder: str
    """Empty, for the programs to work in; removed when the child has ended."""


class Outcome(NamedTuple):
    """How a child ended, as its parent saw it. The program has no say in this."""

    exit_code: int
    """Negative for the signal that ended it."""
    killed_for: str | None
    """The limit at which the zygote killed it: ``clock``, ``written``, ``files``, ``threads``."""
    cpu_s: float
    peak_bytes: int
    """Largest resident memory, the part shared with the zygote included."""


def main(root: str, descriptor: int) -> None:
    """Serve the socket ``descriptor``; ``root`` is where this package was found."""
    control = socket.socket(fileno=descriptor)
    warm_up()
    # Programs shall find installed packages, not this checkout.
    sys.path[:] = [path for path in sys.path if path != root]
    confinement = prepare()
    control.send(READY)
    while _serve(control, confinement):
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


def _serve(control: socket.socket, confinement: Confinement) -> bool:
    """Carry out one order in one child; False when the other end has gone.

    The answer is an :class:`Outcome`, or a text: why there could be no child.
    """
    message, descriptors, flags, _ = socket.recv_fds(control, LONGEST_MESSAGE, 2 * MOST_PROGRAMS)
    if not message:
        return False
    order = Order(*json.loads(message))
    answer: Outcome | str
    try:
        if flags & socket.MSG_CTRUNC:
            raise OSError("too many open files")
        answer = _in_a_child(order, confinement, descriptors, control)
    except OSError as error:  # no processes, memory or files left: nothing of the program's doing
        answer = str(error)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
        with suppress(RecursionError):
            shutil.rmtree(order.folder, ignore_errors=True)
    with suppress(BrokenPipeError):
        control.send(json.dumps(answer).encode())
    return True


def _in_a_child(
    order: Order, confinement: Confinement, descriptors: list[int], control: socket.socket
) -> Outcome:
    pid = os.fork()
    if pid == 0:
        from cadvlm.execution.child import live

        control.close()
        live(order, confinement, descriptors[::2], descriptors[1::2])
    killed_for: str | None = "clock"
    try:
        killed_for = _wait(pid, order, control)
    finally:
        outcome = _end(pid, killed_for)
    return outcome


def _wait(pid: int, order: Order, control: socket.socket) -> str | None:
    """Wait for a child until it ends, breaks a limit, or nobody wants its answer any more."""
    child, until = os.pidfd_open(pid), time.monotonic() + order.wall_s
    try:
        waiting = select.poll()
        waiting.register(child, select.POLLIN)
        waiting.register(control, select.POLLHUP)
        while (left := until - time.monotonic()) > 0:
            events = dict(waiting.poll(1000 * min(left, LOOK_S)))
            if child in events:
                return None
            if control.fileno() in events:
                break
            if broken := _broken_limit(pid, order.folder):
                return broken
        return "clock"
    finally:
        os.close(child)


def _broken_limit(pid: int, folder: str) -> str | None:
    """What a child has too much of, as far as Linux tells."""
    with suppress(OSError), open(f"/proc/{pid}/io") as file:
        if int(file.read().split("wchar:")[1].split()[0]) > WRITTEN_BYTES:
            return "written"
    with suppress(OSError), open(f"/proc/{pid}/stat") as file:
        if int(file.read().rpartition(")")[2].split()[17]) > MOST_THREADS:
            return "threads"
    return "files" if _holds_more_than(MOST_FILES, folder) else None


def _holds_more_than(number: int, folder: str) -> bool:
    """Without recursion: the tree is the program's, and may be deep."""
    pending = [folder]
    while pending:
        with suppress(OSError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                number -= 1
                if number < 0:
                    return True
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
    return False


def _end(pid: int, killed_for: str | None) -> Outcome:
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
        killed_for=killed_for,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_bytes=usage.ru_maxrss * 1024,
    )


def _children() -> list[int]:
    """Processes that left their group and lost their parent; none where Linux does not tell."""
    with suppress(FileNotFoundError), open(f"/proc/self/task/{os.getpid()}/children") as file:
        return [int(pid) for pid in file.read().split()]
    return []
