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
from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import cadvlm
from cadvlm.config.execution import Limits
from cadvlm.errors import InputError, SandboxUnavailable
from cadvlm.execution.report import Report, Unreadable, read
from cadvlm.execution.result import ExecutionResult, Status
from cadvlm.execution.zygote import LONGEST_MESSAGE, MOST_PROGRAMS, READY, Order, Outcome
from cadvlm.records import CadProgram

EXPORTS = ("step", "brep")

START_S = 120.0
"""How long the zygote may take to import the kernel, on a cold disk."""

GRACE_S = 10.0
"""How long after the clock limit the zygote may take to tell."""

_BOX = CadProgram("import cadquery as cq\nresult = cq.Workplane().box(1, 1, 1)\n")
_BOOT = (
    "import sys; root, descriptor = sys.argv[1:]; sys.path.insert(0, root); "
    "from cadvlm.execution.zygote import main; main(root, int(descriptor))"
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
        return self._run([program], exports)[0]

    def run_ours(self, programs: Sequence[CadProgram]) -> list[ExecutionResult]:
        """Run programs that this project wrote itself; several at a time share one child.

        A fork costs as much as a simple program. But programs in one process can spoil each
        other's modules: those of models, users and foreign datasets belong into :meth:`run`.
        What has to be killed is run again, alone. Raises as :meth:`run` does.
        """
        results: list[ExecutionResult] = []
        for start in range(0, len(programs), MOST_PROGRAMS):
            shared = programs[start : start + MOST_PROGRAMS]
            for program, result in zip(shared, self._run(shared, ()), strict=True):
                results.append(self.run(program) if result.status in _KILLED else result)
        return results

    def _run(
        self, programs: Sequence[CadProgram], exports: Collection[str]
    ) -> list[ExecutionResult]:
        for program in programs:
            if program.language != "cadquery":
                raise InputError(f"language {program.language!r}: the sandbox runs 'cadquery'")
        for name in exports:
            if name not in EXPORTS:
                raise InputError(f"export {name!r}: there are {', '.join(EXPORTS)}")
        with self._turn:
            started = time.monotonic()
            reports = self._ask([program.code for program in programs], list(exports))
            seconds = (time.monotonic() - started) / len(programs)
        return [ExecutionResult(seconds=seconds, **report._asdict()) for report in reports]

    def close(self) -> None:
        """End the zygote. Harmless when repeated."""
        self._zygote.close()

    def _ask(self, codes: Sequence[str], exports: list[str]) -> list[Report]:
        limits = self.limits
        for _ in range(2):
            # The zygote removes it too: whichever of the two outlives the other.
            folder = tempfile.mkdtemp(prefix="cadvlm-program-")
            order = Order(limits.cpu_s, limits.wall_s, limits.memory_gb, exports, folder)
            try:
                return self._zygote.run(order, codes)
            except _ZygoteDied:
                self._zygote.close()
                self._zygote = _Zygote()
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        return [Report(Status.CRASH, "it took the sandbox down with it, twice")] * len(codes)


_KILLED = {Status.TIMEOUT, Status.MEMORY, Status.CRASH}


class _ZygoteDied(Exception):
    """The zygote is gone; the program need not be the reason."""


class _Zygote:
    """This process's end of the connection to a zygote."""

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise SandboxUnavailable(f"the sandbox needs Linux, this is {sys.platform}")
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        root = str(Path(cadvlm.__file__).resolve().parents[1])
        with theirs, tempfile.TemporaryFile() as complaints:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _BOOT, root, str(theirs.fileno())],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
            theirs.close()
            self._await_ready(complaints)

    def run(self, order: Order, codes: Sequence[str]) -> list[Report]:
        """Have programs run in one child.

        Raises:
            _ZygoteDied: it was dead before or died over these programs.
        """
        files: list[int] = []
        try:
            for code in codes:
                files += os.memfd_create("program"), os.memfd_create("report")
                with open(files[-2], "wb", closefd=False) as file:
                    file.write(code.encode(errors="surrogatepass"))
                os.lseek(files[-2], 0, os.SEEK_SET)
            outcome = self._exchange(order, files)
            return [_report(order, outcome, answer) for answer in files[1::2]]
        except TimeoutError:
            self._process.kill()
            return [Report(Status.TIMEOUT, "it stopped the sandbox's own clock")] * len(codes)
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
