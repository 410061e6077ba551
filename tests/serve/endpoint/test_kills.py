"""Replicas that die while they are at work."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.parts import BOX
from tests.serve.images import picture

pytestmark = [pytest.mark.ray, pytest.mark.proof]

BODY = {"images": [base64.b64encode(picture()).decode()]}


@contextmanager
def _asked_all_the_while(client: httpx.Client) -> Iterator[list[httpx.Response]]:
    """Two clients ask again and again; all of their answers."""
    answers: list[httpx.Response] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            answers.append(client.post("/v1/generate", json=BODY))

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    yield answers
    over.set()
    for asker in askers:
        asker.join()


def _replica(deployment: str) -> str:
    from ray.util import list_named_actors

    [name] = [
        actor["name"]
        for actor in list_named_actors(all_namespaces=True)
        if f"#{deployment}#" in actor["name"]
    ]
    return str(name)


@pytest.mark.parametrize("deployment", ["generator", "builder"])
def test_no_request_is_lost_when_a_replica_dies(endpoint: httpx.Client, deployment: str) -> None:
    import ray

    with _asked_all_the_while(endpoint) as answers:
        _await(lambda: len(answers) >= 4)
        dead = _replica(deployment)
        ray.kill(ray.get_actor(dead, namespace="serve"))
        before = len(answers)
        _await(lambda: len(answers) >= before + 6)
        assert _replica(deployment) != dead
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["code"] for answer in answers} == {BOX.program.code}


def _await(condition: Callable[[], bool], most_s: float = 60) -> None:
    deadline = time.monotonic() + most_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
