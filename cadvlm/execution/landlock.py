"""Landlock: a process gives up all files but those it names, network ports and signals, for good.

The kernel's own description is ``Documentation/userspace-api/landlock.rst``. It needs no privilege
and works for root as for anybody. It guards opening, creating, linking and removing; not ``stat``,
``chmod``, ``utime`` and their kind, which the list of :mod:`cadvlm.execution.seccomp` has to leave
out. What of a path can be asked without opening it (existence, size, owner) stays visible.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Sequence

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
"""System calls; newer than the agreement on one number for all architectures."""
_TELL_VERSION = 1
_BENEATH_PATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (1 << n for n in range(6))
_MAKE_DIR, _MAKE_FILE = 1 << 7, 1 << 8
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_NO_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
"""All rights on files that a version knows; from the fifth on there is also one on devices."""
_NO_FILES_AT_LAST = (1 << 16) - 1
_NO_TCP = 0b11
_NO_ABSTRACT_SOCKETS_NO_SIGNALS = 0b11

READ = _READ_FILE | _READ_DIR
USE = _READ_FILE | _WRITE_FILE
OWN = READ | _WRITE_FILE | _TRUNCATE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_FILE | _REFER
"""All that can be done with ordinary files and folders. No links, devices or programs."""
_OF_A_FILE = _READ_FILE | _WRITE_FILE | _TRUNCATE | _EXECUTE


def version() -> int:
    """What this kernel knows: 1 files, 3 truncation, 4 TCP, 6 signals and abstract sockets; 0 when
    it has no Landlock or was started without."""
    answer: int = _libc.syscall(_CREATE, None, ctypes.c_size_t(0), _TELL_VERSION)
    return max(0, answer)


def restrict(version: int, allowed: Sequence[tuple[str, int]]) -> None:
    """Leave this thread and all that it starts only ``allowed``: pairs of a path and rights.

    Needs ``no_new_privs`` (or ``CAP_SYS_ADMIN``) to be set before.

    Raises:
        OSError: a path that is not there, or the kernel refuses.
    """
    known = _NO_FILES.get(version, _NO_FILES_AT_LAST)
    # The structure has grown over the versions; an older kernel takes only what it knows.
    fields = [known, _NO_TCP if version >= 4 else 0, _NO_ABSTRACT_SOCKETS_NO_SIGNALS]
    size = 8 if version < 4 else 16 if version < 6 else 24
    attributes = struct.pack("3Q", *fields)[:size]
    rules = _call(_CREATE, attributes, ctypes.c_size_t(size), 0)
    try:
        for path, rights in allowed:
            _allow(rules, path, rights & known)
        _call(_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _OF_A_FILE
        _call(_ADD_RULE, rules, _BENEATH_PATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: object) -> int:
    result: int = _libc.syscall(number, *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"Landlock: {os.strerror(error)}")
    return result


_libc = ctypes.CDLL(None, use_errno=True)
