"""What memory a worker takes and may take, on its GPU or, without one, in its machine."""

from __future__ import annotations

import os

import torch

GB = 2**30

_SPARE = {"cuda": 0.92, "cpu": 0.8}
"""Share of what is free that may be used: memory is cut into pieces that do not always fit."""


def forget_peak(device: torch.device) -> None:
    """Measure from now on."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # Linux: the most that was resident is what is resident now


def peak_gb(device: torch.device) -> float:
    """The most memory since :func:`forget_peak`."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device) / GB
    return _lines("/proc/self/status")["VmHWM"] / GB


def room_gb(device: torch.device, neighbours: int) -> float:
    """What this worker may take in all, when so many workers share the machine."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return _SPARE["cuda"] * (free + torch.cuda.memory_reserved(device)) / GB
    share = _lines("/proc/meminfo")["MemAvailable"] / neighbours
    return (_SPARE["cpu"] * share + resident()) / GB


def resident() -> int:
    """Bytes of this process that are in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _lines(path: str) -> dict[str, int]:
    """Figures in bytes from files of the kernel with lines such as ``VmHWM:  123 kB``."""
    with open(path) as file:
        words = [line.split() for line in file]
    return {line[0].rstrip(":"): 1024 * int(line[1]) for line in words if line[-1] == "kB"}
