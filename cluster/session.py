"""The one connection to Ray, and the only ``ray.init`` of the project.

Three ways in, which :func:`session` tells apart:

* **submitted**: this process is the driver of a ``ray job submit``; the checkout was uploaded.
* **attached**: a cluster was named or is running; the checkout is uploaded now, so that the
  workers run the code that lies here.
* **local**: nothing is running, or ``address: local``; a Ray of our own that ends with the job.
"""

from __future__ import annotations

import json
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import yaml

from cadvlm.errors import InputError
from cluster.config import SUBMITTED, ClusterConfig
from cluster.ports import free_ports

ROOT = Path(__file__).resolve().parent.parent
RAYLET = {"idle_worker_killing_time_threshold_ms": 60_000}
"""How long a Ray of our own keeps processes that it has no work for. Its own second is over between
two tasks of a stream, and the next one waits, and pays, for the start and the imports of another
process: preparation was half as fast."""
TALKATIVE = ("ray._private.authentication", "ray.data._internal.progress")
"""Loggers that warn of what is meant: a local Ray asks for tokens, its progress bars are off."""


@contextmanager
def session(config: ClusterConfig) -> Iterator[None]:
    """Connect to Ray for as long as the block lasts.

    A cluster that was started here is stopped at the end, whatever ends it, Ctrl-C included; one
    that was found is left alone.

    Raises:
        InputError: the cluster does not answer, or does not let us in.
    """
    variables = _variables()

    import ray  # only now: much of the environment is read on import

    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)
    address = config.address or os.environ.get("RAY_ADDRESS") or _running_cluster()
    _check(address)
    options: dict[str, Any] = {"namespace": config.namespace, "logging_level": logging.WARNING}
    if address == "local":
        port = os.environ["RAY_GCS_SERVER_PORT"] = str(free_ports(1)[0])
        variables |= _local_variables(port)
        # The dashboard stays on: through its API Ray Tune frees the resources of a stopped trial,
        # and without it the trials that follow starve.
        options |= {"num_cpus": config.cpus, "include_dashboard": True, "_system_config": RAYLET}
    try:
        ray.init(address, runtime_env=_runtime_env(address, variables), **options)
    except (ConnectionError, ValueError, ray.exceptions.AuthenticationError) as error:
        raise InputError(
            f"cluster.address ({address}): {' '.join(str(error).split())}. If the cluster asks for "
            "a token: set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN as it is on the head node"
        ) from None
    finally:
        os.environ.pop("RAY_GCS_SERVER_PORT", None)
    try:
        yield
    finally:
        ray.shutdown()


def submission() -> dict[str, Any]:
    """The runtime environment of a job that is submitted from here: this checkout."""
    return {"env_vars": _variables(), **_checkout()}


def _variables() -> dict[str, str]:
    """Fill this process's environment up; return what the workers are to have of it."""
    defaults = _settings()["env_vars"]
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    # Ray's own list is in ours; it would warn of each of its entries at every start.
    os.environ.setdefault("RAY_OVERRIDE_RUNTIME_ENV_DEFAULT_EXCLUDES", "")
    return {name: os.environ[name] for name in defaults}


def _local_variables(port: str) -> dict[str, str]:
    """What workers of a Ray of our own need beyond the others."""
    return {
        # They find the application folders, which no install provides, beside cadvlm.
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        # They know which Ray is theirs. Ray Train and Tune ask the dashboard's API about their
        # actors: they would look for the one Ray on the machine, and fail when there are two.
        "RAY_ADDRESS": f"127.0.0.1:{port}",
    }


def _runtime_env(address: str, variables: dict[str, str]) -> dict[str, Any]:
    if SUBMITTED in os.environ:
        # Ray refuses a variable that the submission has set too.
        submitted = json.loads(os.environ[SUBMITTED]).get("runtime_env") or {}
        taken = submitted.get("env_vars", {})
        return {"env_vars": {name: variables[name] for name in variables.keys() - taken}}
    if address == "local":
        return {"env_vars": variables}
    return {"env_vars": variables, **_checkout()}


def _checkout() -> dict[str, Any]:
    return {"working_dir": str(ROOT), "excludes": _settings()["excludes"]}


def _settings() -> dict[str, Any]:
    text = (ROOT / "cluster" / "runtime_env.yaml").read_text()
    return cast("dict[str, Any]", yaml.safe_load(text))


def _check(address: str) -> None:
    if address.startswith("http"):
        raise InputError(
            f"cluster.address ({address}): that is where `ray job submit` sends jobs; one that is "
            "started here connects to HOST:6379 or ray://HOST:10001"
        )
    # Ray itself would try for more than a minute, loudly.
    if address not in ("local", "auto") and not _answers(address.removeprefix("ray://")):
        raise InputError(f"cluster.address ({address}): nothing answers there")


def _running_cluster() -> str:
    """``auto`` if the cluster of the last ``ray start`` on this machine answers, else ``local``.

    Ray's own search would also take a private cluster that another job has started for itself,
    and would wait half a minute for one that has crashed.
    """
    from ray._private.utils import read_ray_address

    return "auto" if _answers(read_ray_address() or "") else "local"


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=3).close()
    except (OSError, ValueError, OverflowError):
        return False
    return True
