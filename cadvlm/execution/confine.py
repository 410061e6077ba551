"""What a child gives up before it meets a program, beyond what limits can count.

Files, network, other processes and privileges, by two mechanisms of the kernel that are there for
everybody, in containers too: Landlock and seccomp. Where one is missing, nothing here fails, and
:mod:`cadvlm.execution.selfcheck` finds out what is open.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from typing import NamedTuple

from cadvlm.execution import landlock, seccomp

_LIBRARIES = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/usr/share/zoneinfo",
    "/usr/share/locale",
)
_FONTS = ("/usr/share/fonts", "/usr/local/share/fonts", "/etc/fonts")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")

_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_READ_SEARCH = 1 << 2


class Confinement(NamedTuple):
    """What there is on this machine to confine a child with. Found out once, in the zygote."""

    landlock: int
    """Version; 0 for none."""
    seccomp: bool
    allowed: list[tuple[str, int]]
    """Paths and rights, without the scratch folder."""


def prepare() -> Confinement:
    """What children of this process can be given: its Python, its libraries, and little else."""
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    readable = [*sys.path, os.path.join(sys.base_prefix, "lib"), *libraries, *_LIBRARIES, *_FONTS]
    return Confinement(
        landlock=landlock.version(),
        seccomp=seccomp.available(),
        allowed=[
            *((path, landlock.READ) for path in dict.fromkeys(readable) if os.path.exists(path)),
            *((path, landlock.USE) for path in _DEVICES),
        ],
    )


def enter(confinement: Confinement, folder: str) -> None:
    """Keep this process to ``folder`` and to reading its Python; there is no way back.

    Raises:
        OSError: the kernel refuses what it said it can.
    """
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    _drop_capabilities()
    if confinement.landlock:
        allowed = [*confinement.allowed, (folder, landlock.OWN)]
        landlock.restrict(confinement.landlock, allowed)
    if confinement.seccomp:
        seccomp.restrict()


def _drop_capabilities() -> None:
    """Root becomes the mere owner of its files: no raising of limits, no mounts, no devices.

    It may still read an installation that belongs to somebody else, as far as Landlock lets it.
    """
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    held = ctypes.create_string_buffer(24)
    _libc.capget(header, held)
    effective, permitted, *_ = struct.unpack("6I", held)
    kept = effective & _CAP_DAC_READ_SEARCH
    if permitted and _libc.capset(header, struct.pack("6I", kept, kept, 0, 0, 0, 0)):
        raise OSError(ctypes.get_errno(), "capabilities")


_libc = ctypes.CDLL(None, use_errno=True)
