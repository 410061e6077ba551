"""Starting and stopping the endpoint on the cluster of this session."""

from __future__ import annotations

import ipaddress
import logging
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import ray.serve
from ray.exceptions import RayError
from ray.serve.exceptions import RayServeException

from cadvlm.errors import RunFailed
from cadvlm.models.place import find
from cadvlm.progress import warn
from cluster.ports import refuse_taken_port
from serve.app import build_app
from serve.config import ServeConfig
from serve.guard import read_keys

APPLICATION = "cadvlm"
# From loaded replicas to the first answer: routes have to reach the proxy, which takes a second.
ANSWER_TIMEOUT_S = 60.0


def deploy(config: ServeConfig) -> str:
    """Serve a checkpoint and return the address once it answers. Needs a Ray session.

    Deploying again, from the same session and with nothing but other weights or adapters, replaces
    those where they are: nobody's request is lost, and files of answers stay.

    Raises:
        InputError: there is no such checkpoint, no good key in the file, or the port is taken.
        RunFailed: the model does not load, programs cannot be run, or nothing answers.
    """
    find(config.checkpoint)  # a misspelt path is found now, not by a replica minutes later
    if config.keys_file is not None:
        read_keys(config.keys_file)
    elif not _is_loopback(config.host):
        warn(f"serving on {config.host} to whoever can reach it; keys_file asks them for a key")
    config = _found_from_anywhere(config)
    _start_proxy(config)
    try:
        ray.serve.run(build_app(config), name=APPLICATION, logging_config=_QUIET)
    except RuntimeError as error:
        reason = _reason()
        shutdown()
        raise RunFailed(f"{config.checkpoint} cannot be served: {reason}") from error
    url = _address(config)
    _wait(url)
    return url


def _found_from_anywhere(config: ServeConfig) -> ServeConfig:
    """The same files by their full names: replicas work in another folder."""
    files = {"keys_file": config.keys_file, "audit": config.audit}
    if os.path.isdir(config.checkpoint):
        files["checkpoint"] = config.checkpoint
    found = {key: os.path.abspath(name) for key, name in files.items() if name}
    adapters = {name: os.path.abspath(folder) for name, folder in config.adapters.items()}
    return config.override(found | {"adapters": adapters})


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def deployed(config: ServeConfig) -> Iterator[str]:
    """The address of a checkpoint, served as long as the context lasts; see :func:`deploy`."""
    url = deploy(config)
    try:
        yield url
    finally:
        drain(config.budget_s)
        shutdown()


def drain(most_s: float) -> None:
    """Let nobody in any more, and wait until those inside have their answers."""
    try:
        ingress = ray.serve.get_app_handle(APPLICATION)
        left = ingress.drain.remote(most_s).result()
    except (RayError, RayServeException) as error:
        warn(f"stopped without knowing whether anybody was waiting: {error}")
    else:
        if left:
            warn(f"{left} requests were not answered within {most_s:g} s")


def shutdown() -> None:
    """Stop what :func:`deploy` started.

    Ray Serve itself stays, idle, as long as the cluster does; ``serve shutdown`` ends it earlier.
    """
    ray.serve.delete(APPLICATION)


_QUIET = {"log_level": "WARNING", "encoding": "JSON"}


def _start_proxy(config: ServeConfig) -> None:
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    status = ray.serve.status()
    if status.applications:  # others are being served, and Ray Serve has one address
        return
    if status.proxies:  # idle, and perhaps at another address than ours
        ray.serve.shutdown()
    refuse_taken_port(config.host, config.port)
    # One proxy, where the one ingress is.
    options = {"host": config.host, "port": config.port}
    ray.serve.start(proxy_location="HeadOnly", http_options=options, logging_config=_QUIET)


def _reason() -> str:
    """The last line of what stopped a replica: an exception, by the rules of tracebacks."""
    application = ray.serve.status().applications[APPLICATION]
    messages = [deployment.message for deployment in application.deployments.values()]
    lines = next(filter(None, [*messages, application.message])).strip().splitlines()
    return str(lines[-1])


def _address(config: ServeConfig) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.host, config.host)
    return f"http://[{host}]:{config.port}" if ":" in host else f"http://{host}:{config.port}"


def _wait(url: str) -> None:
    deadline = time.monotonic() + ANSWER_TIMEOUT_S
    while True:
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=10).close()
            return
        except OSError as error:  # URLError and HTTPError are of its kind
            if time.monotonic() > deadline:
                raise RunFailed(f"{url}/healthz is not ready: {error}") from error
        time.sleep(0.2)
