"""Serve a checkpoint over HTTP, with its page, until Ctrl-C.

python -m jobs.deploy checkpoint=runs/demo/train port=8000
"""

from __future__ import annotations

import signal
import threading

from jobs.command import command
from jobs.settings import DeployJob


def run(settings: DeployJob) -> None:
    """Serve and wait. Ctrl-C and SIGTERM are the normal end."""
    from cluster.session import session
    from serve.running import deploy, shutdown

    with session(settings.cluster):
        url = deploy(settings)
        print(f"serving {settings.checkpoint} at {url}  (Ctrl-C stops)", flush=True)
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        stopped.wait()
        shutdown()


if __name__ == "__main__":
    command(DeployJob, run, __doc__)
