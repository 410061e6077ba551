"""What is wrong with a cluster, node by node, and what to do about it.

    python -m cluster.doctor
    python -m cluster.doctor cluster/profiles/two_nodes.yaml storage=s3://BUCKET/cadvlm

On each node: the kernel builds a box in the sandbox and a picture of it is drawn, every protection
of the sandbox is tried, versions are compared with the head node's, GPUs compute, the disk is
written to; nodes read each other's files on the shared storage, fetch each other's objects, and
tell the time. Exit code 0: all is well; 1: something is not; 2: the question was wrong.
"""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from cadvlm.errors import ConfigError
from cluster.command import command
from cluster.config import DoctorConfig, MachineConfig
from cluster.node import SENT_MB, Finding, Node

COLUMNS = (
    "kernel", "picture", "sandbox", "versions", "GPUs", "disk", "storage", "clock", "network",
)  # fmt: skip

ADVICE = {
    "machines": "`ray status` says who is there; start the others with `ray start --address=HEAD`, "
    "or leave cluster.machines away where machines come and go",
    "answer": "look into raylet.out and runtime_env_setup-*.log in Ray's logs of that node "
    "(/tmp/ray/session_latest/logs); a longer timeout_s helps only a slow one",
    "kernel": "run cluster/bootstrap.sh there for the system libraries, then `make install`",
    "picture": "numba and Pillow draw: `make install` there puts back what is missing",
    "sandbox": "`python -m cadvlm.execution.selfcheck` there; it takes Linux 5.13 with Landlock, "
    "and a container profile that lets a process confine itself further (seccomp)",
    "versions": "one image for all nodes, or `pip install -c constraints.txt` on this one",
    "GPUs": "`nvidia-smi` there: a driver older than torch's CUDA, a container without the NVIDIA "
    "runtime, or `ray start --num-gpus` that promises too much",
    "disk": "more space, or a faster disk under `ray start --temp-dir`; `ray start "
    "--object-spilling-directory` moves what is spilled elsewhere",
    "storage": "mount it on every node at the same path, or give a URI (s3://, gs://) and the node "
    "a role or credentials that may read, write and delete there",
    "clock": "`timedatectl` there: let chrony or systemd-timesyncd keep the time; S3 refuses "
    "requests that are 15 minutes off, and logs of two nodes no longer tell what came first",
    "network": "open all ports between the nodes; the nodes in one placement group or one zone",
}
"""By check: what usually helps."""

HEAD = "node:__internal_head__"
"""The resource by which Ray marks the head node."""


class Patient(NamedTuple):
    """A node of the cluster."""

    id: str
    name: str
    head: bool
    cpus: int
    """That Ray hands out; likewise the next."""
    gpus: int


def run(config: DoctorConfig) -> None:
    """Examine, print, and exit 1 unless all is well."""
    if config.storage and "://" not in config.storage and not os.path.isabs(config.storage):
        raise ConfigError(f"storage: {config.storage} is neither a path from / nor a URI")
    from cluster.session import session

    with session(config.cluster):
        patients = _patients()
        findings = examine(patients, config)
    _table(patients, findings)
    faults = [("cluster", found) for found in absent(config.cluster.machines, patients)]
    faults += [(it.name, found) for it in patients for found in findings[it.id] if found.fault]
    for name, (check, _, fault) in faults:
        print(f"\n{name}: {check}: {fault}\n  -> {ADVICE[check]}")
    n_nodes = f"{len(patients)} node{'s'[: len(patients) - 1]}"
    if faults:
        print(f"\n{n_nodes}, {len(faults)} fault{'s'[: len(faults) - 1]}")
        sys.exit(1)
    print(f"\n{n_nodes}, all is well")


def examine(patients: Collection[Patient], config: DoctorConfig) -> Mapping[str, list[Finding]]:
    """Every check on every node; by the node's id. Needs a Ray session."""
    visit = _Visit(patients, config)
    for node, found in visit.ask(lambda it, actor: actor.alone.remote(it.gpus)).items():
        visit.findings[node] += found
    _compare_versions(visit)
    if config.storage:
        _share_files(visit, config.storage)
    _compare_clocks(visit, config.clock_s)
    _exchange_objects(visit, config.network_mb_s)
    return visit.findings


def absent(machines: Mapping[str, MachineConfig], patients: Iterable[Patient]) -> list[Finding]:
    """What the settings say is there, and Ray does not hand out."""
    there = list(patients)
    found: list[Finding] = []
    for what in ("cpus", "gpus"):
        wanted = sum(kind.count * getattr(kind, what) for kind in machines.values())
        offered = sum(getattr(node, what) for node in there)
        if offered < wanted:
            name = {"cpus": "cores", "gpus": "GPUs"}[what]
            fault = f"{wanted} {name} are described, {offered} are there"
            found.append(Finding("machines", str(offered), fault))
    return found


def different(versions: Mapping[str, str], head: Mapping[str, str]) -> str:
    """What runs in another version than on the head node: ``torch 2.12.0, not 2.13.0``."""
    return ", ".join(
        f"{name} {versions.get(name, 'missing')}, not {expected}"
        for name, expected in head.items()
        if versions.get(name, "missing") != expected
    )


class _Visit:
    """A :class:`Node` on every node. One that does not answer is left alone from then on."""

    def __init__(self, patients: Collection[Patient], config: DoctorConfig) -> None:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        self.findings: dict[str, list[Finding]] = defaultdict(list)
        self.awake = {it.id: it for it in patients}
        self._timeout_s = config.timeout_s
        # No core is reserved: a busy cluster can be examined, and a head that takes no work.
        examiner = ray.remote(num_cpus=0)(Node)
        self._actors = {
            it.id: examiner.options(
                scheduling_strategy=NodeAffinitySchedulingStrategy(it.id, soft=False)
            ).remote(config)
            for it in patients
        }

    def ask(
        self,
        question: Callable[[Patient, Any], Any],
        of: Iterable[str] | None = None,
        check: str = "answer",
    ) -> dict[str, Any]:
        """What all nodes answer, or some, at the same time. Silence is a fault of ``check``."""
        import ray

        asked = [node for node in (self.awake if of is None else of) if node in self.awake]
        refs = {node: question(self.awake[node], self._actors[node]) for node in asked}
        ray.wait(list(refs.values()), num_returns=len(refs), timeout=self._timeout_s)
        answers: dict[str, Any] = {}
        for node, ref in refs.items():
            try:
                answers[node] = ray.get(ref, timeout=0)
            except ray.exceptions.GetTimeoutError:
                self._give_up(node, check, f"no answer in {self._timeout_s:g} s")
            except ray.exceptions.RayError as error:
                self._give_up(node, check, " ".join(str(error).split())[:300])
        return answers

    def _give_up(self, node: str, check: str, fault: str) -> None:
        self.findings[node].append(Finding(check, "-", fault))
        del self.awake[node]


def _compare_versions(visit: _Visit) -> None:
    versions = visit.ask(lambda it, actor: actor.versions.remote())
    head = next((versions[it.id] for it in visit.awake.values() if it.head), None)
    for node, found in versions.items():
        fault = different(found, head) if head else "the head node does not say what it has"
        shown = "differ" if fault else "equal"
        visit.findings[node].append(Finding("versions", shown, fault))


def _share_files(visit: _Visit, storage: str) -> None:
    """Each node leaves a file; then each looks for all of them, and reads its neighbour's."""
    folder = f"{storage.rstrip('/')}/doctor-{uuid.uuid4().hex}"
    left = visit.ask(lambda it, actor: actor.leave.remote(folder, it.id), check="storage")
    there = [node for node, found in left.items() if not found.fault]
    next_to = dict(zip(there, [*there[1:], *there[:1]], strict=True))
    found = visit.ask(
        lambda it, actor: actor.find.remote(folder, there, next_to[it.id]), there, "storage"
    )
    for node, written in left.items():
        read = found.get(node)
        visit.findings[node].append(read if read and read.fault else written)
    for node in there:  # one after the other: they would remove the same files
        visit.ask(lambda it, actor: actor.clear.remote(folder), [node], "storage")


def _compare_clocks(visit: _Visit, limit_s: float) -> None:
    for node in list(visit.awake):
        offset_s, uncertain_s = _offset(visit, node)
        if node not in visit.awake:
            continue
        wrong = abs(offset_s) - uncertain_s > limit_s
        fault = f"{offset_s:+.1f} s beside the clock of this machine" if wrong else ""
        visit.findings[node].append(Finding("clock", f"{1000 * offset_s:+.1f} ms", fault))


def _offset(visit: _Visit, node: str) -> tuple[float, float]:
    """How far a node's clock is ahead of ours, and how far off that may be: half of the shortest of
    five ways there and back."""
    best = 0.0, float("inf")
    for _ in range(5):
        before = time.time()
        answer = visit.ask(lambda it, actor: actor.clock.remote(), [node])
        after = time.time()
        if node in answer:
            best = min(
                best,
                (answer[node] - (before + after) / 2, (after - before) / 2),
                key=lambda it: it[1],
            )
    return best


def _exchange_objects(visit: _Visit, wanted_mb_s: float) -> None:
    """Around the ring, one pair after the other, so that none disturbs another."""
    nodes = list(visit.awake)
    if len(nodes) < 2:
        return
    for node, other in zip(nodes, [*nodes[1:], nodes[0]], strict=True):
        speed = _speed(visit, node, other)
        if speed is not None:
            slow = f"{speed:.0f} MB/s from another node, {wanted_mb_s:g} wanted"
            fault = slow if speed < wanted_mb_s else ""
            visit.findings[node].append(Finding("network", f"{speed:.0f} MB/s", fault))


def _speed(visit: _Visit, node: str, other: str) -> float | None:
    """MB/s at which a node fetches from another; None when one of them does not answer."""

    def offered(size_mb: int) -> Any:
        return visit.ask(lambda it, actor: actor.offer.remote(size_mb), [other]).get(other)

    small, large = offered(1), offered(SENT_MB)
    if small is None or large is None:
        return None
    fetched = visit.ask(lambda it, actor: actor.fetch.remote(small, large), [node], check="network")
    return fetched.get(node)


def _patients() -> list[Patient]:
    """The nodes that Ray believes to be alive, the head node first."""
    import ray

    alive = [node for node in ray.nodes() if node["Alive"]]
    found = [
        Patient(
            node["NodeID"],
            f"{node['NodeManagerHostname']} {node['NodeManagerAddress']}",
            HEAD in node["Resources"],
            int(node["Resources"].get("CPU", 0)),
            int(node["Resources"].get("GPU", 0)),
        )
        for node in alive
    ]
    return sorted(found, key=lambda it: (not it.head, it.name, it.id))


def _table(patients: Iterable[Patient], findings: Mapping[str, list[Finding]]) -> None:
    """One line for each node. ``!`` marks what is explained below."""
    rows: list[tuple[str, ...]] = [("node", *COLUMNS)]
    for it in patients:
        cells = {
            found.check: f"{found.shown}{' !' if found.fault else ''}" for found in findings[it.id]
        }
        name = f"{it.name}{' (head)' if it.head else ''}"
        rows.append((name, *(cells.get(column, "-") for column in COLUMNS)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


if __name__ == "__main__":
    command(DoctorConfig, run, __doc__)
