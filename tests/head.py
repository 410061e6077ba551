"""A cluster of its own, as people start one, for tests of jobs that are submitted to it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from cluster.ports import free_ports

RAY = str(Path(sys.executable).with_name("ray"))


@contextmanager
def head(folder: str) -> Iterator[dict[str, str]]:
    """A head node with a token, as the README says; the environment that talks to it."""
    ray_port, dashboard, client, agent = free_ports(4)
    environment = {
        **os.environ,
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": "0123456789abcdef" * 4,
        "RAY_idle_worker_killing_time_threshold_ms": "60000",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    environment.pop("RAY_ADDRESS", None)
    start = [
        RAY, "start", "--head", "--block", f"--port={ray_port}", f"--dashboard-port={dashboard}",
        f"--ray-client-server-port={client}", f"--dashboard-agent-listen-port={agent}",
        "--num-cpus=3", "--disable-usage-stats", f"--temp-dir={folder}",
    ]  # fmt: skip
    process = subprocess.Popen(
        start, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"RAY_API_SERVER_ADDRESS='(\S+)'", line):
            break
    else:
        raise AssertionError("".join(said))
    address = found[1]
    _await(address)
    yield {
        **environment,
        "RAY_API_SERVER_ADDRESS": address,
        "RAY_ADDRESS": f"{urlsplit(address).hostname}:{ray_port}",
    }
    process.terminate()
    process.wait(timeout=60)


def _await(address: str) -> None:
    """Ray says that it has started before its dashboard answers."""
    url = urlsplit(address)
    for _ in range(120):
        try:
            socket.create_connection((str(url.hostname), url.port or 80), timeout=1).close()
            return
        except OSError:
            time.sleep(1)
    raise AssertionError(f"{address} does not answer")
