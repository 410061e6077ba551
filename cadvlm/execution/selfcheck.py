"""What the sandbox enforces on this machine, found by trying.

    python -m cadvlm.execution.selfcheck

Each protection is put to the test by a small program that runs as any other does, in a child of a
sandbox, and attempts what it must not: to read a file that was laid out for it, to connect to a
socket that listens, to kill a process that waits. Where there is something to see from outside,
that counts. Exit code 0 when everything holds, 1 otherwise. Nothing is inferred from versions.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cadvlm.config.execution import Limits
from cadvlm.errors import SandboxUnavailable
from cadvlm.execution import landlock, seccomp
from cadvlm.execution.connection import environment
from cadvlm.execution.result import Status
from cadvlm.execution.sandbox import Sandbox
from cadvlm.records import CadProgram


class Protection(NamedTuple):
    """One thing that programs must not be able to do."""

    name: str
    """``reading files outside``, ``TCP``, ``memory``."""
    enforced: bool
    how: str
    """By what; or what came of the attempt, and what is missing here."""


def protections() -> list[Protection]:
    """Try them all; once for each process, in some seconds.

    Raises:
        SandboxUnavailable: there is no sandbox to try.
    """
    return list(_tried(os.getpid()))


def main() -> int:
    """Print the table."""
    try:
        found = protections()
    except SandboxUnavailable as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    width = max(len(protection.name) for protection in found)
    for name, enforced, how in found:
        sys.stdout.write(f"{name:<{width}}  {'yes' if enforced else 'NO':<3}  {how}\n")
    n_enforced = sum(protection.enforced for protection in found)
    sys.stdout.write(f"{n_enforced} of {len(found)} enforced\n")
    return 0 if n_enforced == len(found) else 1


# What is laid out, and what is tried

_AMPLE = Limits(cpu_s=20, wall_s=60, memory_gb=0.5)
"""A busy machine must not look like one without protection."""
_SECRET = "8f1e5b"
_PREFACE = """
import ctypes, os, resource, socket, threading, time

def through(words):
    raise SystemExit('got through: ' + words)

def possible(what, *arguments):
    try:
        what(*arguments)
    except (OSError, ValueError):
        return False
    return True

"""


class _Targets(NamedTuple):
    """What programs shall not get at. The fields are variables of each program."""

    canary: str
    """A file with a secret, in a folder with nothing else but the socket."""
    victim: int
    """A process of this user that waits."""
    tcp: socket.socket
    udp: socket.socket
    unix: socket.socket
    abstract: socket.socket

    def names(self) -> str:
        """The variables, as the first lines of a program."""
        values = {
            name: value.getsockname() if isinstance(value, socket.socket) else value
            for name, value in self._asdict().items()
        }
        return "".join(f"{name} = {value!r}\n" for name, value in values.items())


def _files_untouched(targets: _Targets) -> str | None:
    canary = Path(targets.canary)
    try:
        status, content = canary.stat(), canary.read_text()
    except OSError as error:
        return f"a file cannot be read any more: {error}"
    if (content, status.st_mode & 0o777, status.st_mtime) != (_SECRET, 0o600, 0):
        return "a file was changed"
    names = sorted(path.name for path in canary.parent.iterdir())
    return None if names == ["canary", "unix"] else "a file was created"


def _victim_alive(targets: _Targets) -> str | None:
    state = Path(f"/proc/{targets.victim}/stat").read_text().rpartition(")")[2].split()[0]
    return None if state in "SR" else "a process was stopped or killed"


def _nothing_came(name: str) -> Callable[[_Targets], str | None]:
    def look(targets: _Targets) -> str | None:
        listener: socket.socket = getattr(targets, name)
        try:
            listener.recv(1) if name == "udp" else listener.accept()[0].close()
        except BlockingIOError:
            return None
        return "something arrived"

    return look


class _Attempt(NamedTuple):
    name: str
    by: tuple[str, ...]
    """What should stop it, the first that is there."""
    code: str
    """Ends normally or refused, unless it gets ``through``."""
    look: Callable[[_Targets], str | None] = lambda targets: None
    """From outside: what it got done, None for nothing."""
    endings: tuple[Status, ...] = (Status.NO_SOLID, Status.FORBIDDEN)
    """With which it holds."""
    limits: Limits = _AMPLE


_ATTEMPTS = (
    _Attempt(
        "reading files outside",
        ("Landlock",),
        "possible(open, canary) and through('a file was read')\n"
        "possible(os.listdir, os.path.dirname(canary)) and through('a folder was listed')\n",
    ),
    _Attempt(
        "writing files outside",
        ("Landlock",),
        "for flags in os.O_WRONLY, os.O_RDWR, os.O_RDONLY | os.O_TRUNC:\n"
        "    possible(os.open, canary, flags) and through('a file was opened')\n"
        "for what in os.unlink, lambda path: os.truncate(path, 0), lambda path: "
        "os.rename(path, 'x'), lambda path: os.link(path, 'y'), lambda path: "
        "os.mkdir(path + '2'), lambda path: open(path + '3', 'w'):\n"
        "    possible(what, canary) and through('files were changed')\n",
        _files_untouched,
    ),
    _Attempt(
        "modes and dates of files outside",
        ("seccomp",),
        "possible(os.chmod, canary, 0o777), possible(os.utime, canary)\n",
        _files_untouched,
    ),
    _Attempt(
        "other processes' memory and files",
        ("Landlock", "seccomp"),
        "for pid in victim, os.getppid():\n"
        "    for name in 'environ', 'maps', 'mem', 'fd/0':\n"
        "        possible(open, f'/proc/{pid}/{name}', 'rb') and through(name)\n"
        "    ctypes.CDLL(None).ptrace(16, pid, None, None) == 0 and through('traced')\n",
        _victim_alive,
    ),
    _Attempt(
        "signals to other processes",
        ("seccomp", "Landlock"),
        "for pid in victim, os.getppid():\n"
        "    possible(os.kill, pid, 0) and through('reached')\n"
        "os.kill(victim, 9)\n",
        _victim_alive,
    ),
    _Attempt(
        "limits of other processes",
        ("seccomp",),
        "possible(resource.prlimit, victim, resource.RLIMIT_CORE, (0, 0)) and through('set')\n",
    ),
    _Attempt(
        "TCP",
        ("seccomp", "Landlock"),
        "socket.create_connection(tcp, 1)\nthrough('connected')\n",
        _nothing_came("tcp"),
    ),
    _Attempt(
        "UDP",
        ("seccomp",),
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', udp)\nthrough('sent')\n",
        _nothing_came("udp"),
    ),
    _Attempt(
        "Unix sockets",
        ("seccomp",),
        "socket.socket(socket.AF_UNIX).connect(unix)\nthrough('connected')\n",
        _nothing_came("unix"),
    ),
    _Attempt(
        "abstract sockets",
        ("seccomp", "Landlock"),
        "socket.socket(socket.AF_UNIX).connect(abstract)\nthrough('connected')\n",
        _nothing_came("abstract"),
    ),
    _Attempt(
        "new processes",
        ("seccomp",),
        "pid = os.fork()\nif pid == 0: os._exit(0)\nthrough('forked')\n",
    ),
    _Attempt("other programs", ("seccomp", "Landlock"), "os.execv('/bin/sh', ['sh', '-c', ':'])\n"),
    _Attempt(
        "namespaces and mounts",
        ("seccomp",),
        "libc = ctypes.CDLL(None)\n"
        "libc.unshare(0x10000000) == 0 and through('a user namespace')\n"
        "libc.mount(b'none', b'.', b'tmpfs', 0, None) == 0 and through('a mount')\n",
    ),
    _Attempt(
        "root's privileges",
        ("dropped capabilities",),
        "hard = resource.getrlimit(resource.RLIMIT_CPU)[1] + 1\n"
        "possible(resource.setrlimit, resource.RLIMIT_CPU, (1, hard)) and through('a limit')\n"
        "possible(os.chroot, '.') and through('another root')\n",
    ),
    _Attempt(
        "the caller's environment",
        ("the zygote",),
        f"known = {sorted((*environment(), 'HOME', 'TMPDIR', 'LC_CTYPE'))}\n"
        "set(os.environ) <= set(known) or through('a variable')\n",
    ),
    _Attempt(
        "processor time",
        ("rlimit",),
        "while True: pass\n",
        endings=(Status.TIMEOUT,),
        limits=_AMPLE.override({"cpu_s": 1}),
    ),
    _Attempt(
        "time on the clock",
        ("the zygote",),
        "time.sleep(60)\n",
        endings=(Status.TIMEOUT,),
        limits=_AMPLE.override({"wall_s": 1}),
    ),
    _Attempt("memory", ("rlimit",), "hoard = bytearray(10**9)\n", endings=(Status.MEMORY,)),
    _Attempt(
        "bytes written",
        ("the zygote",),
        "block = bytes(1 << 24)\n"
        "for name in 'ab' * 100:\n"
        "    with open(name, 'wb') as file: file.write(block)\n"
        "    os.unlink(name)\n",
        endings=(Status.FORBIDDEN,),
    ),
    _Attempt(
        "number of files",
        ("the zygote",),
        "for name in range(5000): open(str(name), 'w').close()\ntime.sleep(30)\n",
        endings=(Status.FORBIDDEN,),
    ),
    _Attempt(
        "number of threads",
        ("the zygote",),
        "threading.stack_size(1 << 16)\n"
        "for _ in range(200): threading.Thread(target=time.sleep, args=(30,)).start()\n"
        "time.sleep(30)\n",
        endings=(Status.FORBIDDEN,),
    ),
)


@contextmanager
def _targets() -> Iterator[_Targets]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cadvlm-selfcheck-")))
        canary = folder / "canary"
        canary.write_text(_SECRET)
        canary.chmod(0o600)
        os.utime(canary, (0, 0))
        victim = stack.enter_context(subprocess.Popen(["sleep", "600"]))
        stack.callback(victim.kill)
        tcp, udp, unix, abstract = (
            stack.enter_context(socket.socket(family, kind))
            for family, kind in (
                (socket.AF_INET, socket.SOCK_STREAM),
                (socket.AF_INET, socket.SOCK_DGRAM),
                (socket.AF_UNIX, socket.SOCK_STREAM),
                (socket.AF_UNIX, socket.SOCK_STREAM),
            )
        )
        tcp.bind(("127.0.0.1", 0))
        udp.bind(("127.0.0.1", 0))
        unix.bind(str(folder / "unix"))
        abstract.bind(f"\0{folder}")
        for listener in (tcp, unix, abstract):
            listener.listen()
        for line in (tcp, udp, unix, abstract):
            line.setblocking(False)
        yield _Targets(str(canary), victim.pid, tcp, udp, unix, abstract)


@lru_cache(maxsize=1)
def _tried(pid: int) -> tuple[Protection, ...]:
    with _targets() as targets, Sandbox(_AMPLE) as sandbox:
        return tuple(_try(attempt, sandbox, targets) for attempt in _ATTEMPTS)


def _try(attempt: _Attempt, sandbox: Sandbox, targets: _Targets) -> Protection:
    sandbox.limits = attempt.limits
    result = sandbox.run(CadProgram(_PREFACE + targets.names() + attempt.code))
    ending = None if result.status in attempt.endings else f"{result.status}: {result.error}"
    came = ending or attempt.look(targets)
    absent = [name for name, there in _MECHANISMS.items() if name in attempt.by and not there()]
    if came is None:
        return Protection(
            attempt.name, True, next(name for name in attempt.by if name not in absent)
        )
    lacking = f" ({' and '.join(absent)} not available here)" if absent else ""
    return Protection(attempt.name, False, came + lacking)


_MECHANISMS: dict[str, Callable[[], bool]] = {
    "Landlock": lambda: landlock.version() > 0,
    "seccomp": seccomp.available,
}

if __name__ == "__main__":
    sys.exit(main())
