"""seccomp: the system calls that a program can make, as a filter that the kernel runs.

A list of what is allowed, found by running CadQuery, numpy and VTK: files (Landlock says which),
memory, threads, time, and the process itself. All else is refused as for lack of permission:
sockets, new processes and programs, other processes' memory and signals, owners, modes and dates of
files, mounts, namespaces, keys, tracing, kernel modules. Calls that are newer than the list do not
exist, so that a newer C library falls back to those it used before.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import platform
import stat
import struct

_CALLS = """
read 0 63, write 1 64, readv 19 65, writev 20 66, pread64 17 67, pwrite64 18 68, preadv 295 69,
pwritev 296 70, preadv2 327 286, pwritev2 328 287, close 3 57, close_range 436 436, lseek 8 62,
ftruncate 77 46, fsync 74 82, fdatasync 75 83, fadvise64 221 223, readahead 187 213, dup 32 23,
dup2 33 -, dup3 292 24, pipe 22 -, pipe2 293 59, sendfile 40 71, copy_file_range 326 285,
stat 4 -, fstat 5 80, lstat 6 -, newfstatat 262 79, statx 332 291, access 21 -,
faccessat 269 48, faccessat2 439 439, readlink 89 -, readlinkat 267 78, statfs 137 43,
fstatfs 138 44, getcwd 79 17, chdir 80 49, fchdir 81 50, getdents 78 -, getdents64 217 61,
rmdir 84 -, unlink 87 -, unlinkat 263 35, rename 82 -, renameat 264 38,
poll 7 -, ppoll 271 73, select 23 -, pselect6 270 72, epoll_create 213 -, epoll_create1 291 20,
epoll_ctl 233 21, epoll_wait 232 -, epoll_pwait 281 22, eventfd2 290 19, nanosleep 35 101,
clock_nanosleep 230 115, pause 34 -, alarm 37 -, setitimer 38 103, getitimer 36 102,
timer_create 222 107, timer_settime 223 110, timer_gettime 224 108, timer_getoverrun 225 109,
timer_delete 226 111, restart_syscall 219 128, munmap 11 215, mprotect 10 226, mremap 25 216,
brk 12 214, madvise 28 233, mincore 27 232, msync 26 227, membarrier 324 283, exit 60 93,
exit_group 231 94, wait4 61 260, waitid 247 95, futex 202 98, futex_waitv 449 449,
set_tid_address 218 96, set_robust_list 273 99, rseq 334 293, arch_prctl 158 -, getpid 39 172,
getppid 110 173, gettid 186 178, getpgrp 111 -, getpgid 121 155, getsid 124 156, getuid 102 174,
geteuid 107 175, getgid 104 176, getegid 108 177, getresuid 118 148, getresgid 120 150,
getgroups 115 158, sched_yield 24 124, sched_getaffinity 204 123, getpriority 140 141,
getrlimit 97 163, setrlimit 160 164, getrusage 98 165, rt_sigaction 13 134, rt_sigprocmask 14 135,
rt_sigreturn 15 139, rt_sigpending 127 136, rt_sigtimedwait 128 137, rt_sigsuspend 130 133,
sigaltstack 131 132, uname 63 160, sysinfo 99 179, times 100 153, time 201 -, gettimeofday 96 169,
clock_gettime 228 113, clock_getres 229 114, getcpu 309 168, getrandom 318 278
"""
"""Allowed whatever the arguments: name, number on x86_64, number on aarch64 (the kernel's
``asm/unistd_64.h`` and ``asm-generic/unistd.h``)."""

_WATCHED = """
open 2 -, openat 257 56, mkdir 83 -, mkdirat 258 34, mmap 9 222, clone 56 220,
kill 62 129, tgkill 234 131, prlimit64 302 261, prctl 157 167, fcntl 72 25, ioctl 16 29
"""
"""Allowed for some arguments; see :func:`_conditions`."""

_NEWEST = 449
"""The last call that the lists know of."""
_MISSING = (435, 437)
"""``clone3`` and ``openat2`` keep their flags in memory, where no filter can look."""

_MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_PR_GET_SECCOMP, _PR_SET_SECCOMP, _MODE_FILTER = 21, 22, 2

# The filter is classic BPF: 8 bytes an instruction, one register, jumps forward only.
_LOAD, _AND, _RETURN, _IF_EQUAL, _IF_GREATER = 0x20, 0x54, 0x06, 0x15, 0x25
_NUMBER_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16
_ALLOW, _KILL, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000
_REFUSE, _ABSENT = _FAIL | errno.EPERM, _FAIL | errno.ENOSYS

_O_TRUNC_OF_READERS = os.O_ACCMODE | os.O_TRUNC
_CLONE_THREAD = 0x10000
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 1030)
"""Copies, flags and locks of descriptors; no signals, leases or notices."""
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""What Python asks of a new file: is it a terminal, how wide, how much is there, two flags."""
_PRCTL = (15, 16, 0x53564D41)
"""Names of threads and of mappings."""


def available() -> bool:
    """Whether the kernel has it, and this machine's system calls are listed here."""
    return _MACHINE in _MACHINES and _libc.prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) >= 0


def restrict() -> None:
    """Leave this thread and all that it starts only the calls above. Needs ``no_new_privs``.

    Raises:
        OSError: the kernel refuses.
    """
    code = _START + _conditions(os.getpid()) + _END
    place = ctypes.create_string_buffer(code)
    program = struct.pack("HP", len(code) // 8, ctypes.addressof(place))
    if _libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, program, 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp: the filter was refused")


# The filter


def _conditions(pid: int) -> bytes:
    """The calls of which it depends. Only numbers can be looked at, not what pointers point to."""
    # Reading is enough to open a file for truncation, and older Landlocks let that pass.
    opening = _unless(_O_TRUNC_OF_READERS, os.O_TRUNC)
    own_folder = _do(_AND, stat.S_IRWXU) + _only(stat.S_IRWXU)
    blocks = {
        "open": (1, opening),
        "openat": (2, opening),
        # Somebody must look into it and remove it.
        "mkdir": (1, own_folder),
        "mkdirat": (2, own_folder),
        # What is written to a shared mapping of a file counts as no output.
        "mmap": (3, _unless(mmap.MAP_SHARED | mmap.MAP_ANONYMOUS, mmap.MAP_SHARED)),
        "clone": (0, _unless(_CLONE_THREAD, 0)),
        "kill": (0, _only(pid)),
        "tgkill": (0, _only(pid)),
        "prlimit64": (0, _only(0)),
        "prctl": (0, _only(*_PRCTL)),
        "fcntl": (1, _only(*_FCNTL)),
        "ioctl": (1, _only(*_IOCTL, otherwise=_FAIL | errno.ENOTTY)),
    }
    code = b""
    for name, number in _numbers(_WATCHED).items():
        argument, block = blocks[name]
        block = _do(_LOAD, _ARGUMENTS_AT + 8 * argument) + block
        code += struct.pack("=HBBI", _IF_EQUAL, 0, len(block) // 8, number) + block
    return code


def _numbers(calls: str) -> dict[str, int]:
    """The calls that this machine has."""
    column = 1 + list(_MACHINES).index(_MACHINE)
    rows = [row.split() for row in calls.split(",")]
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


def _do(action: int, value: int) -> bytes:
    return struct.pack("=HBBI", action, 0, 0, value)


def _if(test: int, value: int, result: int) -> bytes:
    return struct.pack("=HBBI", test, 0, 1, value) + _do(_RETURN, result)


def _only(*values: int, otherwise: int = _REFUSE) -> bytes:
    return b"".join(_if(_IF_EQUAL, value, _ALLOW) for value in values) + _do(_RETURN, otherwise)


def _unless(mask: int, value: int) -> bytes:
    return _do(_AND, mask) + _if(_IF_EQUAL, value, _REFUSE) + _do(_RETURN, _ALLOW)


def _start() -> bytes:
    """For all children the same: no foreign machine's calls, nothing newer, the long list."""
    return b"".join(
        [
            _do(_LOAD, _MACHINE_AT),
            struct.pack("=HBBI", _IF_EQUAL, 1, 0, _MACHINES[_MACHINE]),
            _do(_RETURN, _KILL),
            _do(_LOAD, _NUMBER_AT),
            _if(_IF_GREATER, _NEWEST, _ABSENT),
            *(_if(_IF_EQUAL, number, _ABSENT) for number in _MISSING),
            *(_if(_IF_EQUAL, number, _ALLOW) for number in _numbers(_CALLS).values()),
        ]
    )


_libc = ctypes.CDLL(None, use_errno=True)
_MACHINE = platform.machine()
_START = _start() if _MACHINE in _MACHINES else b""
_END = _do(_RETURN, _REFUSE)
