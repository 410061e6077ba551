"""Machines on one: each with a network, processes, a name and temporary files of its own.

A machine is a set of Linux namespaces, joined to the others and to the tests by a pair of virtual
Ethernet devices on a bridge. All mount their own file system on one and the same folder: a path
that works on one of them names nothing on another, so that files reach the others through storage
alone. Root can have them; they end with the test process, however that ends.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
RAY = str(Path(sys.executable).with_name("ray"))
NODE_PORT = 6380
"""Of every node: its raylet."""
TOKEN = "0123456789abcdef" * 4
NODE = {
    "RAY_idle_worker_killing_time_threshold_ms": "60000",
    # A machine that is gone is missed after some seconds instead of most of a minute.
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "3000",
    "RAY_health_check_failure_threshold": "3",
}

_BOOT = """
mount -t tmpfs tmpfs "$2" && mkdir "$2/home" && hostname "$1" && ip link set lo up && echo up
sleep infinity & wait  # reaps what has lost its parent
"""


def missing() -> str | None:
    """Why there can be no machines here; None when there can."""
    if os.geteuid() != 0:
        return "namespaces with a network take root"
    tools = [tool for tool in ("ip", "unshare", "nsenter", "setpriv") if not shutil.which(tool)]
    if tools:
        return f"not installed: {', '.join(tools)} (iproute2, util-linux)"
    tried = subprocess.run(["unshare", "--net", "--mount", "--pid", "--fork", "true"], check=False)
    return "this kernel or container allows no namespaces" if tried.returncode else None


class Machine:
    """One of them, switched on."""

    def __init__(self, name: str, address: str, folder: str, bridge: str) -> None:
        self.name, self.address, self.folder = name, address, folder
        self._power = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount", "--uts", "--pid",
             "--mount-proc", "--fork", "--kill-child", "sh", "-c", _BOOT, "sh", name, folder],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._power.stdout
        assert self._power.stdout.readline() == "up\n"
        [first] = psutil.Process(self._power.pid).children()
        self._inside = ["nsenter", f"--target={first.pid}", "--net", "--mount", "--uts", "--pid"]
        self._cable = f"v{secrets.token_hex(4)}"
        _ip(f"link add {self._cable} type veth peer name eth0 netns {first.pid}")
        _ip(f"link set {self._cable} master {bridge} up")
        self.call("ip", "addr", "add", f"{address}/24", "dev", "eth0")
        self.call("ip", "link", "set", "eth0", "up")

    def start(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        """Start a command inside; it ends with the machine."""
        return subprocess.Popen(
            [*self._inside, "env", f"--chdir={self.folder}", *command],
            env=self._environment(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip

    def call(self, *command: str) -> str:
        """Run a command inside; what it said."""
        words = [*self._inside, *command]
        return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout

    def processes(self, word: str) -> list[int]:
        """Living processes inside whose command line has a word, by their numbers there."""
        lines = self.call("ps", "-eo", "pid=,stat=,args=").splitlines()
        rows = [line.split(maxsplit=2) for line in lines]
        return [int(pid) for pid, state, words in rows if word in words and state[0] != "Z"]

    def kill(self) -> None:
        """Cut the power: every process inside is gone at once."""
        self._power.kill()
        self._power.wait()

    def cut(self) -> None:
        """Pull the cable: nothing is refused, nothing arrives."""
        _ip(f"link set {self._cable} down")

    def mend(self) -> None:
        """Plug it in again."""
        _ip(f"link set {self._cable} up")

    def reachable(self) -> bool:
        """Whether a Ray node of it answers."""
        try:
            socket.create_connection((self.address, NODE_PORT), timeout=0.5).close()
        except OSError:
            return False
        return True

    def narrow(self, rate: str) -> None:
        """Let so much through to the machine and no more: ``1mbit``."""
        words = f"tc qdisc add dev {self._cable} root tbf rate {rate} burst 32kbit latency 2s"
        subprocess.run(words.split(), check=True)

    def widen(self) -> None:
        """Take that back."""
        subprocess.run(["tc", "qdisc", "del", "dev", self._cable, "root"], check=True)

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("RAY_")}
        return {
            **kept,
            "HOME": f"{self.folder}/home",
            "TMPDIR": self.folder,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "GLOO_SOCKET_IFNAME": "eth0",  # by itself gloo takes loopback, and finds nobody
            **more,
        }


class Network:
    """A bridge that machines are joined to; this process is on it as well, at ``here``."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack, self._bridge = stack, f"b{secrets.token_hex(4)}"
        # Addresses for tests of networks, which nobody else has (RFC 2544).
        net = f"198.18.{secrets.randbelow(256)}"
        self._addresses = (f"{net}.{host}" for host in range(1, 255))
        self.here = next(self._addresses)
        # Ray's sockets lie there, whose paths may have 107 bytes.
        self._folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="m", dir="/tmp"))
        _ip(f"link add {self._bridge} type bridge")
        stack.callback(_ip, f"link delete {self._bridge}")
        _ip(f"addr add {self.here}/24 dev {self._bridge}")
        _ip(f"link set {self._bridge} up")

    def machine(self, name: str) -> Machine:
        """A new one, switched on."""
        made = Machine(name, next(self._addresses), self._folder, self._bridge)
        self._stack.callback(made.kill)
        return made


@contextmanager
def network() -> Iterator[Network]:
    """A network as long as the block lasts, and its machines."""
    with ExitStack() as stack:
        yield Network(stack)


class Cluster:
    """A Ray node on each of some machines, the head on the first."""

    def __init__(self, network: Network, *names: str, cpus: int, **environment: str) -> None:
        self._network, self._cpus = network, cpus
        self._environment = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN, **environment}
        self.machines: list[Machine] = []
        for name in names:
            self.join(name)

    def join(self, name: str, **environment: str) -> Machine:
        """A new machine with a Ray node."""
        machine = self._network.machine(name)
        self.machines.append(machine)
        head = self.machines[0]
        role = ["--head", "--port=6379", f"--dashboard-host={head.address}"]
        node = machine.start(
            RAY, "start", *(role if machine is head else [f"--address={head.address}:6379"]),
            "--block", f"--node-ip-address={machine.address}", f"--num-cpus={self._cpus}",
            f"--temp-dir={machine.folder}/ray", "--object-store-memory=200000000",
            "--disable-usage-stats", f"--node-manager-port={NODE_PORT}",
            **NODE, **self._environment, **environment,
        )  # fmt: skip
        said: list[str] = []
        assert node.stdout
        for line in node.stdout:
            said.append(line)
            if "Ray runtime started" in line:
                return machine
        raise AssertionError("".join(said))

    def lose(self, machine: Machine) -> None:
        """Cut the power of one that is not the head."""
        self.machines.remove(machine)
        machine.kill()

    def submit(self, *words: str, id_: str = "") -> subprocess.Popen[str]:
        """``ray job submit`` of one of our commands, from outside; it goes on as the job does."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("RAY_")}
        named = [f"--submission-id={id_}"] if id_ else []
        return subprocess.Popen(
            [RAY, "job", "submit", f"--address={self._api}", *named, "--working-dir=.", "--",
             "python", "-m", *words],
            cwd=ROOT, env=kept | self._environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def stop(self, id_: str) -> None:
        """``ray job stop``."""
        self._ask(f"/api/jobs/{id_}/stop", "POST")

    def run(self, *words: str) -> str:
        """The same to its end, which must be a good one; what was said."""
        return ended_well(self.submit(*words))

    def known(self, kind: str) -> list[dict[str, Any]]:
        """What Ray's state API knows: its ``nodes``, ``actors`` or ``jobs``."""
        answer = self._ask(f"/api/v0/{kind}?limit=1000&detail=1")
        found: list[dict[str, Any]] = answer["data"]["result"]["result"]
        return found

    def hosts(self, actors: str) -> set[str]:
        """The addresses of the nodes on which actors of a class have been."""
        nodes = {node["node_id"]: str(node["node_ip"]) for node in self.known("nodes")}
        return {
            nodes[actor["node_id"]]
            for actor in self.known("actors")
            if actor["class_name"].startswith(actors) and actor["node_id"] in nodes
        }

    def _ask(self, route: str, method: str = "GET") -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        request = urllib.request.Request(self._api + route, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    @property
    def _api(self) -> str:
        return f"http://{self.machines[0].address}:8265"


def ended_well(job: subprocess.Popen[str]) -> str:
    """Wait for a submitted job; what it said."""
    said, _ = job.communicate(timeout=500)
    assert job.returncode == 0, said
    return said


def _ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True)
