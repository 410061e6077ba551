"""Every name on a dashboard is one that some process of ours or of Ray's really tells."""

import json
import re
import time
import urllib.request

import pytest

from cadvlm.telemetry import TOLD, tell
from serve.measures import Measures
from serve.turns import Turns
from tests.house.tree import ROOT, name

BOARDS = sorted((ROOT / "cluster/grafana").glob("*.json"))

ELSEWHERE = {
    "ray_node_gpus_utilization", "ray_node_gram_used",  # where there is a GPU
    "ray_memory_manager_worker_eviction_total",  # where memory ran out
}  # fmt: skip
"""Names of Ray 2.60 that this machine may have no reason to tell."""


def asked(board: dict) -> set[str]:
    """The metrics in the expressions of a dashboard, and of its variables."""
    expressions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    variables = [one["definition"] for one in board["templating"]["list"] if "definition" in one]
    return set(re.findall(r"\b(?:ray|cadvlm)_\w+", " ".join([*expressions, *variables])))


@pytest.fixture(scope="module")
def told(ray_session) -> set[str]:
    """The names at the metrics port of a Ray node that has just been told everything."""
    import ray

    @ray.remote(num_cpus=0)
    class Worker:
        def work(self) -> None: ...

    worker = Worker.remote()  # there is no metric of actors and tasks before the first of them
    ray.get(worker.work.remote())
    [node] = [node for node in ray.nodes() if node["Alive"]]
    url = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"
    wanted = {f"ray_{gauge}" for gauge in TOLD} | {
        "ray_node_cpu_utilization",
        "ray_actors",
        "ray_tasks",
    }
    deadline = time.monotonic() + 60
    while True:
        tell("s3://bucket/run", **dict.fromkeys(TOLD, 0.5))
        with urllib.request.urlopen(url, timeout=10) as page:
            names = set(re.findall(r"^(\w+)", page.read().decode(), re.MULTILINE))
        if wanted <= names or time.monotonic() > deadline:
            return names
        time.sleep(1)


def test_every_gauge_of_ours_arrives_at_the_port_of_its_node(told):
    assert {f"ray_{gauge}" for gauge in TOLD} - told == set()


@pytest.mark.parametrize("path", BOARDS, ids=name)
def test_every_metric_on_a_dashboard_exists(path, told):
    served = Measures(Turns(1)).page().body.decode()
    ours = set(re.findall(r"^(?:# TYPE )?(cadvlm_\w+)", served, re.MULTILINE))
    ours |= {f"{one}_bucket" for one in ours}
    names = asked(json.loads(path.read_text()))
    assert names
    assert names - told - ours - ELSEWHERE == set()


def test_every_gauge_of_ours_is_on_a_dashboard():
    shown = set.union(*(asked(json.loads(path.read_text())) for path in BOARDS))
    assert {f"ray_{gauge}" for gauge in TOLD} - shown == set()


@pytest.mark.parametrize("path", BOARDS, ids=name)
def test_panels_lie_side_by_side_and_every_one_has_its_number(path):
    board = json.loads(path.read_text())
    taken = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        taken.add((place["x"], place["y"]))
    assert len(taken) == len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
