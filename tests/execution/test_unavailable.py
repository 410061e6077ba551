"""A machine that fails is no program that fails: what really goes wrong, and who is charged."""

import errno
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cadvlm.config.execution import Limits
from cadvlm.errors import SandboxUnavailable
from cadvlm.execution.result import ExecutionResult, Status
from cadvlm.execution.sandbox import Sandbox
from cadvlm.records import CadProgram
from tests.conftest import ROOT
from tests.execution.processes import descendants
from tests.parts import BOX

SLOW_BOX = CadProgram("import time\ntime.sleep(1)\n" + BOX.program.code)


@pytest.fixture(scope="module")
def victim() -> Iterator[Sandbox]:
    """A sandbox that is broken again and again, and has to mend itself."""
    with Sandbox(Limits(cpu_s=2, wall_s=6, memory_gb=0.4)) as sandbox:
        yield sandbox


def test_sandbox_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "executable", "/bin/ls")
    with pytest.raises(SandboxUnavailable, match=r"did not start.*ls: "):
        Sandbox()


def test_sandbox_too_small_for_a_box_is_unavailable():
    with pytest.raises(SandboxUnavailable, match="no box"):
        Sandbox(Limits(memory_gb=1e-6))


def test_process_killed_from_outside_is_started_again(victim: Sandbox):
    zygote = _zygote(victim)

    def kill_child() -> None:
        _wait_for(lambda: len(descendants() - before) == 1)
        [child] = descendants() - before
        os.kill(child, signal.SIGKILL)

    before = descendants()
    assert _run_while(victim, kill_child).status is Status.OK
    assert _zygote(victim) == zygote


def test_program_whose_zygote_is_killed_runs_on_another(victim: Sandbox):
    zygote = _zygote(victim)
    before = descendants()

    def kill_zygote() -> None:
        _wait_for(lambda: len(descendants() - before) == 1)
        os.kill(zygote, signal.SIGKILL)

    assert _run_while(victim, kill_zygote).status is Status.OK
    assert _zygote(victim) != zygote


def test_zygote_killed_between_two_programs_is_replaced(victim: Sandbox):
    os.kill(_zygote(victim), signal.SIGKILL)
    assert victim.run(BOX.program).status is Status.OK


@pytest.mark.slow
def test_zygote_that_is_stopped_is_replaced(victim: Sandbox):
    os.kill(_zygote(victim), signal.SIGSTOP)
    assert victim.run(BOX.program).status is Status.OK


def test_no_process_left_is_the_machines_fault():
    clone, flags_of_fork = {"x86_64": 56, "aarch64": 220}[os.uname().machine], 0x1200011
    code = "from cadvlm.execution.sandbox import Sandbox; Sandbox()"
    fork_fails = [clone, errno.EAGAIN, flags_of_fork]
    absent = [sys.executable, "-m", "tests.execution.absent", *map(str, fork_fails), "--"]
    done = subprocess.run(
        [*absent, sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    last = done.stderr.strip().splitlines()[-1]
    assert "SandboxUnavailable: no box can be built" in last
    assert "no process for it: [Errno 11]" in last


def test_no_files_left_in_the_zygote_is_the_machines_fault(victim: Sandbox):
    zygote = _zygote(victim)
    limits = resource.prlimit(zygote, resource.RLIMIT_NOFILE)
    resource.prlimit(zygote, resource.RLIMIT_NOFILE, (5, limits[1]))
    with pytest.raises(SandboxUnavailable, match=r"[Tt]oo many open files"):
        victim.run(BOX.program)
    resource.prlimit(zygote, resource.RLIMIT_NOFILE, limits)
    assert victim.run(BOX.program).status is Status.OK


@pytest.mark.parametrize("zygote", ["alive", "killed"])
def test_no_files_left_here_is_the_machines_fault(victim: Sandbox, zygote: str):
    if zygote == "killed":
        os.kill(_zygote(victim), signal.SIGKILL)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        with pytest.raises(SandboxUnavailable, match="Too many open files"):
            victim.run(BOX.program)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert victim.run(BOX.program).status is Status.OK


def test_no_scratch_folder_is_the_machines_fault(victim: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    with pytest.raises(SandboxUnavailable, match="no scratch folder"):
        victim.run(BOX.program)


def test_full_disk_is_the_machines_fault_unless_the_program_filled_it(
    victim: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    greedy = CadProgram("open('x', 'wb').write(bytes(10**8))\n" + BOX.program.code)
    modest = CadProgram("open('x', 'wb').write(bytes(10**5))\n" + BOX.program.code)
    with _small_disk(tmp_path, megabytes=80):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        result = victim.run(greedy)
        assert (result.status, "No space left" in (result.error or "")) == (Status.EXCEPTION, True)
        assert victim.run(modest).status is Status.OK
        (tmp_path / "full").write_bytes(bytes(80 << 20))
        with pytest.raises(SandboxUnavailable, match="no space left"):
            victim.run(modest)


def _zygote(sandbox: Sandbox) -> int:
    told = sandbox.run(CadProgram("import os\nraise ValueError(os.getppid())")).error or ""
    return int(told.split()[1])


def _run_while(sandbox: Sandbox, act: Callable[[], None]) -> ExecutionResult:
    thread = threading.Thread(target=act)
    thread.start()
    result = sandbox.run(SLOW_BOX)
    thread.join()
    return result


def _wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)


@contextmanager
def _small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)
