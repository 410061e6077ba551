"""The doctor on real nodes: what is well passes, and what is not is said with advice."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.config import DoctorConfig, MachineConfig
from cluster.doctor import ADVICE, COLUMNS, Patient, absent, different, examine
from cluster.node import PACKAGES, Finding, Node, _gpus
from cluster.ports import free_ports
from tests.house.tree import ROOT

RAY = str(Path(sys.executable).with_name("ray"))


@pytest.fixture(scope="module")
def two_nodes(ray_folder) -> Iterator[dict[str, str]]:
    """Two `ray start` on this machine, each with a core; the environment that talks to them."""
    port, *ports = free_ports(5)
    environment = {**os.environ, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0123456789" * 4}
    environment.pop("RAY_ADDRESS", None)
    common = ["--num-cpus=1", "--object-store-memory=200000000", "--disable-usage-stats", "--block"]
    starts = [
        ["--head", f"--port={port}", "--include-dashboard=false", f"--temp-dir={ray_folder}"],
        [f"--address=127.0.0.1:{port}"],
    ]
    nodes = []
    for start, agent in zip(starts, ports, strict=False):
        words = [RAY, "start", *start, *common, f"--dashboard-agent-listen-port={agent}"]
        nodes.append(subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True))
        _await_start(nodes[-1])
    yield {**environment, "RAY_ADDRESS": f"127.0.0.1:{port}"}
    for node in reversed(nodes):
        node.terminate()
        node.wait(timeout=60)


def _await_start(node: subprocess.Popen[str]) -> None:
    assert node.stdout is not None
    said: list[str] = []
    for line in node.stdout:
        said.append(line)
        if "Ray runtime started" in line:
            return
    pytest.fail("".join(said))


def doctor(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cluster.doctor", *words],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.ray
@pytest.mark.proof
def test_two_sound_nodes_are_well_in_every_column(two_nodes, tmp_path):
    ended = doctor(two_nodes, f"storage={tmp_path}", "network_mb_s=1", "disk_mb_s=1", "free_gb=0")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    header, *rows, last = filter(None, ended.stdout.splitlines())
    assert re.split(r"\s{2,}", header) == ["node", *COLUMNS]
    assert len(rows) == 2
    assert "(head)" in rows[0]
    assert "(head)" not in rows[1]
    for row in rows:
        _, *cells = re.split(r"\s{2,}", row)
        assert len(cells) == len(COLUMNS)
        assert "-" not in cells
    assert last == "2 nodes, all is well"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.ray
@pytest.mark.proof
def test_every_fault_has_its_node_and_its_advice_and_the_exit_code_says_so(two_nodes):
    ended = doctor(
        two_nodes, "storage=/proc/nowhere", "free_gb=1e9",
        "cluster.machines={cpu: {count: 2, cpus: 64}}",
    )  # fmt: skip
    assert ended.returncode == 1, ended.stdout + ended.stderr
    faults = re.findall(r"^(.+?): (\w+): (.+)\n  -> (.+)$", ended.stdout, re.MULTILINE)
    assert [(where, check) for where, check, _, _ in faults][:1] == [("cluster", "machines")]
    assert sorted(check for _, check, _, _ in faults[1:]) == ["disk", "disk", "storage", "storage"]
    assert all(ADVICE[check] == advice for _, check, _, advice in faults)
    assert ended.stdout.endswith("2 nodes, 5 faults\n")


def test_mistake_of_the_user_is_one_line(tmp_path):
    ended = doctor(dict(os.environ), "storage=shared/folder")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("error: storage: shared/folder is neither")
    assert ended.stderr.count("\n") == 1


def test_a_node_that_does_not_answer_is_a_fault_and_the_others_are_examined(ray_session):
    import ray

    [here] = [node["NodeID"] for node in ray.nodes() if node["Alive"]]
    gone = "1" * len(here)
    patients = [Patient(here, "here", True, 1, 0), Patient(gone, "gone", False, 1, 0)]
    started = time.monotonic()
    findings = examine(patients, DoctorConfig(timeout_s=240))
    assert [found.check for found in findings[gone]] == ["answer"]
    assert {"kernel", "picture", "sandbox", "versions", "disk"} <= {
        found.check for found in findings[here] if not found.fault or found.check == "disk"
    }
    assert time.monotonic() - started < 240


def test_gpus_that_ray_promises_and_torch_does_not_see_are_a_fault():
    import torch

    promised = torch.cuda.device_count() + 1
    found = _gpus(promised)
    assert found.fault == f"Ray hands out {promised}, torch sees {promised - 1}"


def test_versions_differ_by_name_and_number_and_not_by_build():
    here = Node(DoctorConfig()).versions()
    assert set(here) == {"python", "cadvlm", *PACKAGES}
    assert "missing" not in here.values()
    assert not any("+" in version for version in here.values())
    assert different(here, here) == ""
    assert different({**here, "ray": "1.0"}, here) == f"ray 1.0, not {here['ray']}"
    assert different({}, {"ray": "2.0"}) == "ray missing, not 2.0"


def test_a_folder_that_is_not_shared_is_found_out(tmp_path):
    nodes = Node(DoctorConfig()), Node(DoctorConfig())
    folders = [str(tmp_path / name) for name in "ab"]
    for node, folder, name in zip(nodes, folders, "ab", strict=True):
        assert node.leave(folder, name).fault == ""
    assert nodes[0].find(folders[0], "a", "a").fault == ""
    assert nodes[0].find(folders[0], "ab", "b").fault == "files of 1 other nodes are not there"
    nodes[0].clear(folders[0])
    assert not (tmp_path / "a").exists()


def test_machines_that_are_described_and_not_there_are_counted():
    machines = {"cpu": MachineConfig(count=2, cpus=4), "gpu": MachineConfig(cpus=8, gpus=2)}
    patients = [Patient("1", "one", True, 8, 0), Patient("2", "two", False, 8, 1)]
    assert absent(machines, patients) == [
        Finding("machines", "1", "2 GPUs are described, 1 are there")
    ]
    assert absent({}, patients) == []
