"""A program in, an :class:`ExecutionResult` out, whatever the program does.

For each program a warm process (the *zygote*, :mod:`cadvlm.execution.zygote`) forks a child. The
child gives up what it does not need (:mod:`cadvlm.execution.confine`), runs the program, measures
the solid and writes both into a file in memory that this process made; the zygote kills it at its
limits and tells how it ended. What the child wrote is checked before it is believed.

What a program cannot do, where ``python -m cadvlm.execution.selfcheck`` says so for the machine:

- outlast its limits: processor time, time on the clock, memory, bytes written, files, threads;
- open a file for reading, but those of Python, its libraries and fonts;
- open, create, change or remove a file, but in its scratch folder, which is removed;
- open a socket of any kind, start a process or a program, signal or trace another process, or see
  the memory, environment or open files of one;
- see the caller's environment, or gain or use a privilege, root's included;
- reach the next program: modules it changed, files, processes, all end with its child;
- take the scorer in: a forged result is refused, or describes a solid as well as building it would.

What it still can: learn of files anywhere whether they exist, how large they are and whose
(``stat`` is not covered by Landlock), read the Python installation and import any of it, see how
late it is and on what machine it runs, and use up what it is allowed. Programs share the kernel of
the machine with everything else: a fault in that is a way out of any sandbox of this kind.

A sandbox that fails is no failed program. Whenever a program ends as if the sandbox had failed (its
process killed from outside, the zygote gone or silent, no fork, no memory for a file), a box must
build before it is run again; if none does, :class:`SandboxUnavailable` is raised. A program that
fails the same way every time between good boxes is the cause, and that is a crash.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from cadvlm.config.execution import Limits
from cadvlm.errors import InputError, SandboxUnavailable
from cadvlm.execution.connection import Connection, Fault
from cadvlm.execution.dialects import Untranslatable, to_cadquery
from cadvlm.execution.report import Report
from cadvlm.execution.result import ExecutionResult, Status
from cadvlm.execution.zygote import MOST_PROGRAMS, Order
from cadvlm.records import CadProgram

SHAPE_FILES = ("step", "brep")
EXPORTS = (*SHAPE_FILES, "drawing")

TRIES = 3
"""How often the same fault has to meet a program before it is the program's."""

SCRATCH_BYTES = 64 << 20
"""With less than this free, a program that cannot write is not to blame."""

PAUSES_S = (0.0, 0.2, 1.0, 3.0)
"""Before each attempt to build a box: a machine may be short of something for a moment."""

_NO_SPACE = f"[Errno {errno.ENOSPC}]"
_BOX = b"import cadquery as cq\nresult = cq.Workplane().box(1, 1, 1)\n"


class Sandbox:
    """A warm place to run programs, one after the other. Safe to share between threads.

    Raises:
        SandboxUnavailable: it cannot start, or not even a box can be built within the limits.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._turn = threading.Lock()
        try:
            self._zygote = Connection()
        except OSError as error:
            raise SandboxUnavailable(f"the sandbox did not start: {error}") from None
        try:
            self._prove()
        except SandboxUnavailable:
            self.close()
            raise

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
            program: in any of :data:`cadvlm.execution.dialects.LANGUAGES`.
            exports: any of :data:`EXPORTS`, for ``result.solid.files``.

        Raises:
            InputError: another language, or an export that does not exist.
            SandboxUnavailable: the sandbox died and cannot be started again.
        """
        try:
            translated = to_cadquery(program)
        except Untranslatable as fault:
            return ExecutionResult(fault.status, 0.0, fault.line)
        return self._run([translated], exports, scored=True)[0]

    def run_ours(
        self, programs: Sequence[CadProgram], *, exports: Collection[str] = ()
    ) -> list[ExecutionResult]:
        """Run programs that this project wrote itself; several at a time share one child.

        A fork costs as much as a simple program. But programs in one process can spoil each
        other's modules: those of models, users and foreign datasets belong into :meth:`run`.
        What has to be killed is run again, alone. Raises as :meth:`run` does. Solids are fit for
        pictures: without ``facts``, unless a drawing is made of them, and too coarse for scores.
        """
        scored = "drawing" in exports
        results: list[ExecutionResult] = []
        for start in range(0, len(programs), MOST_PROGRAMS):
            shared = programs[start : start + MOST_PROGRAMS]
            for program, result in zip(shared, self._run(shared, exports, scored), strict=True):
                again = result.status in _KILLED
                results.append(self.run(program, exports=exports) if again else result)
        return results

    def read(self, content: bytes, kind: str, *, exports: Collection[str] = ()) -> ExecutionResult:
        """Open a shape file and measure it as if a program had left what is in it.

        The kernel's readers hang and crash on broken files as programs do, and have the same
        limits. A file that is no such file has status ``SYNTAX``; ``result_name`` is the kind.

        Args:
            content: of the file.
            kind: ``step`` (comes out in millimetres) or ``brep``.
            exports: as for :meth:`run`.

        Raises:
            InputError: a kind or an export that does not exist.
            SandboxUnavailable: the sandbox died and cannot be started again.
        """
        if kind not in SHAPE_FILES:
            raise InputError(f"shape file of kind {kind!r}: there are {', '.join(SHAPE_FILES)}")
        return self._measured(self._order(kind, exports, scored=True), [content])[0]

    def _run(
        self, programs: Sequence[CadProgram], exports: Collection[str], scored: bool
    ) -> list[ExecutionResult]:
        for program in programs:
            if program.language != "cadquery":
                raise InputError(f"language {program.language!r}: the sandbox runs 'cadquery'")
        codes = [program.code.encode(errors="surrogatepass") for program in programs]
        return self._measured(self._order("program", exports, scored), codes)

    def _order(self, kind: str, exports: Collection[str], scored: bool) -> Order:
        """What a child is to do, but for the folder that every try has anew."""
        for name in exports:
            if name not in EXPORTS:
                raise InputError(f"export {name!r}: there are {', '.join(EXPORTS)}")
        limits = self.limits
        return Order(
            kind, limits.cpu_s, limits.wall_s, limits.memory_gb, list(exports), scored, folder=""
        )

    def _measured(self, order: Order, contents: Sequence[bytes]) -> list[ExecutionResult]:
        with self._turn:
            started = time.monotonic()
            reports = self._ask(order, contents)
            seconds = (time.monotonic() - started) / len(contents)
        return [ExecutionResult(seconds=seconds, **report._asdict()) for report in reports]

    def close(self) -> None:
        """End the zygote. Harmless when repeated."""
        self._zygote.close()

    def _ask(self, order: Order, contents: Sequence[bytes]) -> list[Report]:
        """Have it done in a child; again where the sandbox, and not the program, seems to fail."""
        victims: list[int] = []
        for _ in range(TRIES):
            try:
                return self._try(order, contents)
            except Fault as error:
                fault = error
            victims.append(_killed_for_memory())
            self._prove(fault)
        if victims[-1] > victims[0]:
            raise SandboxUnavailable(f"{fault}: the machine is out of memory")
        if fault.of_the_machine:
            raise SandboxUnavailable(f"{fault}, {TRIES} times over")
        return [Report(Status.CRASH, f"{fault}, {TRIES} times over")] * len(contents)

    def _prove(self, fault: Fault | None = None) -> None:
        """Make sure that the sandbox works, with a new zygote if need be: a box must build."""
        reason: object = fault
        for pause_s in PAUSES_S:
            time.sleep(pause_s)
            try:
                if not self._zygote.alive:
                    self._zygote.close()
                    self._zygote = Connection()
                box = self._try(self._order("program", (), scored=True), [_BOX])[0]
            except (Fault, OSError) as error:  # the latter from starting a zygote
                reason = error
                continue
            if box.status is Status.OK:
                return
            reason = box.error
            break
        raise SandboxUnavailable(f"no box can be built in the sandbox: {reason}")

    def _try(self, order: Order, contents: Sequence[bytes]) -> list[Report]:
        try:
            # The zygote removes it too: whichever of the two outlives the other.
            folder = tempfile.mkdtemp(prefix="cadvlm-program-")
        except OSError as error:
            raise Fault(f"no scratch folder: {error}", of_the_machine=True) from None
        try:
            reports = self._zygote.run(order._replace(folder=folder), contents)
        finally:
            _remove(folder)
        full = any(report.error and _NO_SPACE in report.error for report in reports)
        if full and shutil.disk_usage(tempfile.gettempdir()).free < SCRATCH_BYTES:
            # Its own files are gone again, so that it was not the program that filled the disk.
            raise Fault(f"no space left in {tempfile.gettempdir()}", of_the_machine=True)
        return reports


_KILLED = {Status.TIMEOUT, Status.MEMORY, Status.CRASH, Status.FORBIDDEN}


def _killed_for_memory() -> int:
    """Processes that Linux has killed on this machine for want of memory; 0 where it keeps that."""
    with suppress(OSError), open("/proc/vmstat") as file:
        for line in file:
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def _remove(folder: str) -> None:
    """Mostly the zygote has removed it; what is left may be deeper than Python can go."""
    try:
        os.rmdir(folder)
    except FileNotFoundError:
        pass
    except OSError:
        subprocess.run(["rm", "-rf", folder], stderr=subprocess.DEVNULL, check=False)
