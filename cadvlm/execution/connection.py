"""This process's end of the connection to a zygote: an order out, reports back.

What the zygote tells of how a child ended comes first, and only then what the child says of itself.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import cadvlm
from cadvlm.errors import SandboxUnavailable
from cadvlm.execution.report import Report, Unreadable, read
from cadvlm.execution.result import Status
from cadvlm.execution.zygote import (
    LONGEST_MESSAGE,
    MOST_FILES,
    MOST_THREADS,
    READY,
    UNCONFINED,
    WRITTEN_BYTES,
    Order,
    Outcome,
)

START_S = 120.0
"""How long the zygote may take to import the kernel, on a cold disk."""

GRACE_S = 10.0
"""How long after the clock limit the zygote may take to tell."""

_BOOT = (
    "import sys; root, descriptor = sys.argv[1:]; sys.path.insert(0, root); "
    "from cadvlm.execution.zygote import main; main(root, int(descriptor))"
)


class Fault(Exception):
    """The sandbox seems to have failed. Says how."""

    def __init__(self, words: str, *, of_the_machine: bool = False) -> None:
        super().__init__(words)
        self.of_the_machine = of_the_machine
        """Something that no program can bring about, however often it happens."""


class Connection:
    """This process's end of the connection to a zygote."""

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise SandboxUnavailable(f"the sandbox needs Linux, this is {sys.platform}")
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        root = str(Path(cadvlm.__file__).resolve().parents[1])
        self.alive = True
        with theirs, tempfile.TemporaryFile() as complaints:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _BOOT, root, str(theirs.fileno())],
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
            theirs.close()
            self._await_ready(complaints)

    def run(self, order: Order, contents: Sequence[bytes]) -> list[Report]:
        """Have programs, or a shape file, worked through in one child.

        Raises:
            Fault: it was dead before, died over these, or could not do it.
        """
        files: list[int] = []
        try:
            try:
                for content in contents:
                    files.append(os.memfd_create("content"))
                    files.append(os.memfd_create("report"))
                    with open(files[-2], "wb", closefd=False) as file:
                        file.write(content)
                    os.lseek(files[-2], 0, os.SEEK_SET)
            except OSError as error:
                raise Fault(f"no file in memory: {error}", of_the_machine=True) from None
            outcome = self._exchange(order, files)
            return [_report(order, outcome, answer) for answer in files[1::2]]
        finally:
            for descriptor in files:
                os.close(descriptor)

    def close(self) -> None:
        self._control.close()
        try:
            self._process.wait(timeout=GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _await_ready(self, complaints: IO[bytes]) -> None:
        self._control.settimeout(START_S)
        try:
            if self._control.recv(LONGEST_MESSAGE) == READY:
                return
            reason = "it ended"
        except TimeoutError:
            reason = f"it was not ready after {START_S:g} s"
        self._process.kill()
        self.close()
        complaints.seek(0)
        lines = complaints.read().decode(errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "no message")
        raise SandboxUnavailable(f"the sandbox did not start: {reason}: {last}")

    def _exchange(self, order: Order, files: list[int]) -> Outcome:
        self._control.settimeout(order.wall_s + GRACE_S)
        try:
            socket.send_fds(self._control, [json.dumps(order).encode()], files)
            reply = self._control.recv(LONGEST_MESSAGE)
        except TimeoutError:
            self._process.kill()
            self.alive = False
            raise Fault("the sandbox did not answer any more") from None
        except OSError:
            reply = b""
        if not reply:
            self.alive = False
            raise Fault("it took the sandbox down with it")
        answer = json.loads(reply)
        if isinstance(answer, str):
            raise Fault(f"no process for it: {answer}", of_the_machine=True)
        outcome = Outcome(*answer)
        if outcome.exit_code == UNCONFINED:
            raise Fault("its process could not be confined")
        if _killed_from_outside(order, outcome):
            raise Fault("killed by SIGKILL from outside")
        return outcome


def environment() -> dict[str, str]:
    """A zygote's: where libraries are, one thread for everything numerical, and nothing else."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    kept = ("LD_LIBRARY_PATH",)
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        **dict.fromkeys(threads, "1"),
        **{name: os.environ[name] for name in kept if name in os.environ},
    }


def _report(order: Order, outcome: Outcome, answer: int) -> Report:
    """What became of a program: how its process ended first, what it says of itself after that."""
    number = -outcome.exit_code
    if outcome.killed_for == "clock":
        return Report(Status.TIMEOUT, f"killed after {order.wall_s:g} s on the clock")
    if outcome.killed_for:
        return Report(Status.FORBIDDEN, f"killed for {_TOO_MUCH[outcome.killed_for]}")
    if number == signal.SIGXCPU or (number == signal.SIGKILL and outcome.cpu_s >= order.cpu_s):
        return Report(Status.TIMEOUT, f"killed after {order.cpu_s:g} s of processor time")
    if number == signal.SIGSYS:
        return Report(Status.FORBIDDEN, "it made system calls of another machine")
    if number > 0 and outcome.peak_bytes >= _NEARLY * order.memory_gb * 1e9:
        return Report(Status.MEMORY, f"{_signal(number)} near its {order.memory_gb:g} GB of memory")
    if number > 0:
        return Report(Status.CRASH, f"killed by {_signal(number)}")
    if outcome.exit_code:
        return Report(Status.CRASH, f"its process left with exit code {outcome.exit_code}")
    try:
        return read(answer)
    except Unreadable as fault:
        return Report(Status.CRASH, f"its result is not readable: {fault}")


_NEARLY = 0.9
_TOO_MUCH = {
    "written": f"writing more than {WRITTEN_BYTES >> 20} MiB",
    "files": f"more than {MOST_FILES} files in its folder",
    "threads": f"more than {MOST_THREADS} threads",
}


def _killed_from_outside(order: Order, outcome: Outcome) -> bool:
    """Whether neither the zygote nor a limit explains a child's SIGKILL."""
    return (
        outcome.exit_code == -signal.SIGKILL
        and not outcome.killed_for
        and outcome.cpu_s < order.cpu_s
        and outcome.peak_bytes < _NEARLY * order.memory_gb * 1e9
    )


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
