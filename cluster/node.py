"""One node of a cluster, found out by trying: what the doctor looks at while it is there.

Every check is a small piece of the real work: a program in the sandbox, a picture, a file on the
shared storage, an object from another node. Nothing is inferred from what is installed.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cluster.config import DoctorConfig

if TYPE_CHECKING:
    from cadvlm.execution.result import ExecutionResult

PACKAGES = (
    "ray", "torch", "transformers", "deepspeed", "peft", "cadquery", "cadquery-ocp", "open3d",
    "numba", "numpy", "pyarrow", "pydantic",
)  # fmt: skip
"""Two versions of any of these in one job may fail to talk, or give two results for one part."""

SPILL_LIMIT = 0.95
"""Ray puts no more objects on a disk that is fuller (``RAY_local_fs_capacity_threshold``)."""

WRITTEN_MB, SENT_MB = 128, 64
"""Enough to outlast the start of a transfer; a store of objects holds at least 75 MB."""

_BOX = "import cadquery as cq\nresult = cq.Workplane().box(10, 20, 30)\n"
_VOLUME = 6000.0

_GPUS = """
import torch
for number in range(torch.cuda.device_count()):
    assert torch.ones(8, device=f"cuda:{number}").sum().item() == 8
    print(torch.cuda.get_device_name(number))
"""


class Finding(NamedTuple):
    """What came of one check."""

    check: str
    """``kernel``, ``disk``: a column of the table."""
    shown: str
    """For the table: ``0.05 s``."""
    fault: str = ""
    """What is wrong, in one line; empty when nothing is."""


class Node:
    """Sits on a node as long as it is examined; a Ray actor where :mod:`cluster.doctor` says so."""

    def __init__(self, config: DoctorConfig) -> None:
        self.config = config

    def alone(self, gpus: int) -> list[Finding]:
        """Whatever needs no other node. ``gpus`` are those that Ray hands out here."""
        return [
            _tried("kernel", _kernel),
            _tried("picture", _picture),
            _tried("sandbox", _sandbox),
            _tried("GPUs", lambda: _gpus(gpus)),
            _tried("disk", lambda: _disk(self.config.free_gb, self.config.disk_mb_s)),
        ]

    def versions(self) -> dict[str, str]:
        """What runs here, by name; without the part of a version that only names a build."""
        import cadvlm

        found = {"python": platform.python_version(), "cadvlm": cadvlm.__version__}
        for package in PACKAGES:
            try:
                found[package] = version(package).partition("+")[0]
            except PackageNotFoundError:
                found[package] = "missing"
        return found

    def clock(self) -> float:
        """The time here, in seconds since 1970."""
        return time.time()

    def leave(self, folder: str, name: str) -> Finding:
        """Write a file for the other nodes to find."""
        return _tried("storage", lambda: _left(folder, name))

    def find(self, folder: str, names: Sequence[str], neighbour: str) -> Finding:
        """List the files that all nodes have left, and read one."""
        return _tried("storage", lambda: _found(folder, names, neighbour))

    def clear(self, folder: str) -> None:
        """Remove what :meth:`leave` left."""
        from cadvlm.storage import Folder

        Folder(folder).remove("")

    def offer(self, size_mb: int) -> list[Any]:
        """An object of so many MB in this node's store, for :meth:`fetch` on another."""
        import numpy as np
        import ray

        return [ray.put(np.zeros(size_mb * 1_000_000, dtype=np.uint8))]

    def fetch(self, small: list[Any], large: list[Any]) -> float:
        """MB/s at which the large object comes here. The small one opens the connection."""
        import ray

        ray.get(small)
        started = time.perf_counter()
        [content] = ray.get(large)
        return float(len(content) / 1e6 / (time.perf_counter() - started))


def _tried(check: str, look: Callable[[], Finding]) -> Finding:
    # The one place where everything is caught: on a broken node anything may be raised, and
    # that is what was asked.
    try:
        return look()
    except Exception as error:
        lines = f"{type(error).__name__}: {error}".splitlines()
        return Finding(check, "-", lines[0])


@lru_cache(maxsize=1)
def _box() -> ExecutionResult:
    """Two checks want it, and a sandbox takes seconds to start."""
    from cadvlm.execution.sandbox import Sandbox
    from cadvlm.records import CadProgram

    with Sandbox() as sandbox:
        return sandbox.run(CadProgram(_BOX))


def _kernel() -> Finding:
    box = _box()
    if box.solid is None:
        return Finding("kernel", box.status, f"a box did not build: {box.error}")
    volume = box.solid.volume
    if abs(volume / _VOLUME - 1) > 1e-6:
        return Finding("kernel", "wrong", f"a box of {_VOLUME:g} mm3 measures {volume:g}")
    return Finding("kernel", f"{1000 * box.seconds:.0f} ms")


def _picture() -> Finding:
    from cadvlm.render.shaded import draw

    solid = _box().solid
    if solid is None:
        return Finding("picture", "-", "there is no box to draw")
    draw(solid, size=64)  # compiles, or loads what was compiled
    started = time.perf_counter()
    pixels = draw(solid)
    if pixels.min() == pixels.max():
        return Finding("picture", "empty", "the picture of a box is blank")
    return Finding("picture", f"{1000 * (time.perf_counter() - started):.0f} ms")


def _sandbox() -> Finding:
    from cadvlm.execution.selfcheck import protections

    tried = protections()
    missing = [f"{name} ({how})" for name, enforced, how in tried if not enforced]
    shown = f"{len(tried) - len(missing)} of {len(tried)}"
    return Finding("sandbox", shown, f"not enforced: {'; '.join(missing)}" if missing else "")


def _gpus(promised: int) -> Finding:
    if not promised and shutil.which("nvidia-smi") is None:
        return Finding("GPUs", "0")
    # Ray hides GPUs from whoever reserved none, and torch looks only once in a process.
    environment = {k: v for k, v in os.environ.items() if k != "CUDA_VISIBLE_DEVICES"}
    ended = subprocess.run(
        [sys.executable, "-c", _GPUS],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    names = ended.stdout.split("\n")[:-1]
    shown = f"{promised} of {len(names)} {names[0] if names else ''}".strip()
    if ended.returncode:
        return Finding("GPUs", shown, ended.stderr.strip().splitlines()[-1])
    if len(names) < promised:
        return Finding("GPUs", shown, f"Ray hands out {promised}, torch sees {len(names)}")
    return Finding("GPUs", shown)


def _disk(free_gb: float, speed_mb_s: float) -> Finding:
    folder = _session_folder()
    block = os.urandom(4_000_000)  # nothing that a file system could compress
    file = Path(folder, f"doctor-{os.getpid()}")
    started = time.perf_counter()
    try:
        with file.open("wb", buffering=0) as stream:
            for _ in range(WRITTEN_MB // 4):
                stream.write(block)
            os.fsync(stream.fileno())
        speed = WRITTEN_MB / (time.perf_counter() - started)
    finally:
        file.unlink(missing_ok=True)
    space = shutil.disk_usage(folder)
    free = space.free / 1e9
    faults = [
        f"{free:.1f} GB free for {folder}, {free_gb:g} wanted" if free < free_gb else "",
        f"{speed:.0f} MB/s in {folder}, {speed_mb_s:g} wanted" if speed < speed_mb_s else "",
        f"over {SPILL_LIMIT:.0%} full: Ray spills nothing to {folder} any more"
        if 1 - space.free / space.total > SPILL_LIMIT
        else "",
    ]
    return Finding("disk", f"{speed:.0f} MB/s, {free:.0f} GB", "; ".join(filter(None, faults)))


def _session_folder() -> str:
    """Where Ray keeps logs and spills objects on this node."""
    import ray

    return str(ray._private.worker._global_node.get_session_dir_path())


def _left(folder: str, name: str) -> Finding:
    from cadvlm.storage import Folder

    started = time.perf_counter()
    Folder(folder).write(name, name)
    return Finding("storage", f"{1000 * (time.perf_counter() - started):.0f} ms")


def _found(folder: str, names: Sequence[str], neighbour: str) -> Finding:
    from cadvlm.storage import Folder

    shared = Folder(folder)
    unseen = set(names) - set(shared.names())
    if unseen:
        return Finding("storage", "not shared", f"files of {len(unseen)} other nodes are not there")
    if shared.read(neighbour) != neighbour.encode():
        return Finding("storage", "wrong", "a file of another node holds something else here")
    return Finding("storage", "shared")
