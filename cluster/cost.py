"""What a run costs: for how long how many nodes were there, whoever else used them.

Nodes come, go and are lost while a job runs. So they are counted every few seconds, by their kind:
``8 GPU h200, 192 CPU``. What earlier attempts of the same run took is added to.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cadvlm.storage import Folder

COST = "cost.json"
"""In the folder of the run: ``node_seconds`` by kind, and the number of ``attempts``."""

_EVERY_S = 5.0
_GPU = "accelerator_type:"


@contextmanager
def metered(out: str) -> Iterator[None]:
    """Count node-seconds as long as the block lasts; they are in ``cost.json`` however it ends.

    Needs a Ray session. Nothing is written where the run has left no folder.
    """
    folder, meter = Folder(out), _Meter(out)
    meter.start()
    try:
        yield
    finally:
        meter.stop()
        if folder.exists():
            folder.write_json(COST, added(folder, meter.node_s))


def added(folder: Folder, node_s: Mapping[str, float]) -> dict[str, Any]:
    """What a run cost so far, this attempt included."""
    before: dict[str, Any] = {"node_seconds": {}, "attempts": 0}
    if folder.exists(COST):
        before = folder.read_json(COST)
    whole = defaultdict[str, float](float, before["node_seconds"])
    for kind, seconds in node_s.items():
        whole[kind] += seconds
    return {
        "node_seconds": {kind: round(seconds, 1) for kind, seconds in sorted(whole.items())},
        "attempts": before["attempts"] + 1,
    }


def line(out: str) -> str:
    """What is said of it at the end of a job."""
    cost = Folder(out).read_json(COST)
    kinds = [
        f"{seconds:.0f} s of a node of {kind}" for kind, seconds in cost["node_seconds"].items()
    ]
    attempts = cost["attempts"]
    return f"cost: {', '.join(kinds)}" + (f", in {attempts} attempts" if attempts > 1 else "")


class _Meter(threading.Thread):
    """Looks at the nodes now and then."""

    def __init__(self, run: str) -> None:
        super().__init__(daemon=True)
        self.node_s = defaultdict[str, float](float)
        self._told_as, self._over, self._at = run, threading.Event(), time.monotonic()

    def run(self) -> None:
        while not self._over.wait(_EVERY_S):
            self._look()

    def stop(self) -> None:
        """Look for the last time."""
        self._over.set()
        self.join()
        self._look()

    def _look(self) -> None:
        import ray

        from cadvlm.telemetry import tell

        now = time.monotonic()
        passed, self._at = now - self._at, now
        for node in ray.nodes():
            if node["Alive"]:
                self.node_s[_kind(node["Resources"])] += passed
        tell(self._told_as, cadvlm_node_seconds=sum(self.node_s.values()))


def _kind(resources: Mapping[str, float]) -> str:
    """``8 GPU h200, 192 CPU``."""
    models = [key.removeprefix(_GPU).lower() for key in resources if key.startswith(_GPU)]
    gpus = f"{resources.get('GPU', 0):g} GPU {' '.join(models)}".strip()
    cpus = f"{resources.get('CPU', 0):g} CPU"
    return f"{gpus}, {cpus}" if resources.get("GPU") else cpus
