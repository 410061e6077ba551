"""A program in, an :class:`ExecutionResult` out, whatever the program does.

For each program a warm process (the *zygote*, :mod:`cadvlm.execution.zygote`) forks a child. The
child runs the program, measures the solid and writes both into a file in memory that this process
made; the zygote kills it at its limits and tells how it ended. What the child wrote is checked
before it is believed.

What this stops: a program that loops, sleeps, hangs in the kernel, eats memory, prints without end,
crashes, leaves processes behind, forges its result, or changes the modules it uses. None of it
reaches this process or the next program. A program that kills the zygote is run once more on a new
one and then counted as a crash.

What it does not stop yet: a program runs as the same user, so that it can read and write files
outside its folder, open connections, start processes up to the clock limit, and send signals to
other processes of that user. Until then, programs from strangers belong into a container.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import cadvlm
from cadvlm.config.execution import Limits
from cadvlm.errors import InputError, SandboxUnavailable
from cadvlm.execution.report import Report, Unreadable, read
from cadvlm.execution.result import ExecutionResult, Status
from cadvlm.execution.zygote import LONGEST_MESSAGE, READY, Order, Outcome
from cadvlm.records import CadProgram

EXPORTS = ("step", "brep")

START_S = 120.0
"""How long the zygote may take to import the kernel, on a cold disk."""

GRACE_S = 10.0
"""How long after the clock limit the zygote may take to tell."""

_BOX = CadProgram("import cadquery as cq\nresult = cq.Workplane().box(1, 1, 1)\n")
_BOOT = (
    "import sys; root, descriptor, scratch = sys.argv[1:]; sys.path.insert(0, root); "
    "from cadvlm.execution.zygote import main; main(root, int(descriptor), scratch)"
)


class Sandbox:
    """A warm place to run programs, one after the other. Safe to share between threads.

    Raises:
        SandboxUnavailable: it cannot start, or not even a box can be built within the limits.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._turn = threading.Lock()
        self._zygote = _Zygote()
        check = self.run(_BOX)
        if check.status is not Status.OK:
            self.close()
            raise SandboxUnavailable(f"no box can be built in the sandbox: {check.error}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def run(self, program: CadProgram, *, exports: Collection[str] = ()) -> ExecutionResult:
        """Run one program and measure the solid it leaves.

        Args:
            program: in CadQuery.
            exports: any of ``step`` and ``brep``, for ``result.solid.files``.

        Raises:
            InputError: another language, or an export that does not exist.
            SandboxUnavailable: the sandbox died and cannot be started again.
        """
        if program.language != "cadquery":
            raise InputError(f"language {program.language!r}: the sandbox runs 'cadquery'")
        for name in exports:
            if name not in EXPORTS:
                raise InputError(f"export {name!r}: there are {', '.join(EXPORTS)}")
        limits = self.limits
        order = Order(limits.cpu_s, limits.wall_s, limits.memory_gb, list(exports))
        with self._turn:
            started = time.monotonic()
            report = self._ask(order, program.code)
            return ExecutionResult(
                status=report.status,
                seconds=time.monotonic() - started,
                error=report.error,
                result_name=report.result_name,
                solid=report.solid,
            )

    def close(self) -> None:
        """End the zygote and remove its folder. Harmless when repeated."""
        self._zygote.close()

    def _ask(self, order: Order, code: str) -> Report:
        for _ in range(2):
            try:
                return self._zygote.run(order, code)
            except _ZygoteDied:
                self._zygote.close()
                self._zygote = _Zygote()
        return Report(Status.CRASH, "it took the sandbox down with it, twice")


class _ZygoteDied(Exception):
    """The zygote is gone; the program need not be the reason."""


class _Zygote:
    """This process's end of the connection to a zygote."""

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise SandboxUnavailable(f"the sandbox needs Linux, this is {sys.platform}")
        self._scratch = tempfile.mkdtemp(prefix="cadvlm-")
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        root = str(Path(cadvlm.__file__).resolve().parents[1])
        with theirs, tempfile.TemporaryFile() as complaints:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _BOOT, root, str(theirs.fileno()), self._scratch],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
            theirs.close()
            self._await_ready(complaints)

    def run(self, order: Order, code: str) -> Report:
        """Have one program run.

        Raises:
            _ZygoteDied: it was dead before or died over this program.
        """
        program, answer = os.memfd_create("program"), os.memfd_create("report")
        try:
            with open(program, "wb", closefd=False) as file:
                file.write(code.encode(errors="surrogatepass"))
            os.lseek(program, 0, os.SEEK_SET)
            outcome = self._exchange(order, [program, answer])
            return _report(order, outcome, answer)
        except TimeoutError:
            self._process.kill()
            return Report(Status.TIMEOUT, "it stopped the sandbox's own clock")
        finally:
            os.close(program)
            os.close(answer)

    def close(self) -> None:
        self._control.close()
        try:
            self._process.wait(timeout=GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._scratch, ignore_errors=True)

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
            raise
        except OSError:
            raise _ZygoteDied from None
        if not reply:
            raise _ZygoteDied
        return Outcome(*json.loads(reply))


def _environment() -> dict[str, str]:
    """Nothing of ours but where libraries are, and one thread for everything numerical."""
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
    out_of_cpu = number == signal.SIGXCPU or (
        number == signal.SIGKILL and outcome.cpu_s >= order.cpu_s
    )
    if outcome.overran:
        return Report(Status.TIMEOUT, f"killed after {order.wall_s:g} s on the clock")
    if out_of_cpu:
        return Report(Status.TIMEOUT, f"killed after {order.cpu_s:g} s of processor time")
    if number > 0 and outcome.peak_bytes >= 0.9e9 * order.memory_gb:
        return Report(Status.MEMORY, f"{_signal(number)} near its {order.memory_gb:g} GB of memory")
    if number > 0:
        return Report(Status.CRASH, f"killed by {_signal(number)}")
    if outcome.exit_code:
        return Report(Status.CRASH, f"its process left with exit code {outcome.exit_code}")
    try:
        return read(answer)
    except Unreadable as fault:
        return Report(Status.CRASH, f"its result is not readable: {fault}")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
