"""The five stages on two machines of their own, each by `ray job submit`; files through S3 alone.

First undisturbed; then each again, and in the middle of it the second machine loses its power.
"""

import base64
import io
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from cadvlm.dataset import SPLITS, Dataset
from tests.cluster.commands import (
    PARTS,
    SHARDS,
    STEPS,
    evaluation,
    preparation,
    serving,
    sweeping,
    training,
    until,
    uri,
)
from tests.cluster.conftest import Site
from tests.cluster.machines import ended_well

pytestmark = pytest.mark.machines

PORT = 8000


@pytest.fixture(scope="module")
def dataset(site: Site) -> Dataset:
    site.cluster.run(*preparation("dataset"))
    return Dataset(uri("dataset"))


@pytest.fixture(scope="module")
def run(site: Site, dataset: Dataset) -> list[dict[str, Any]]:
    """The steps of a training run."""
    site.cluster.run(*training("run"))
    return steps(site, "run")


@pytest.fixture(scope="module")
def scores(site: Site, run: list[dict[str, Any]]) -> pa.Table:
    site.cluster.run(*evaluation("evaluation"))
    return scored(site, "evaluation")


@pytest.fixture(scope="module")
def endpoint(site: Site, run: list[dict[str, Any]]) -> Iterator[str]:
    """Its address; the job is stopped in the end."""
    host = site.cluster.machines[0].address
    site.cluster.submit(*serving(host, PORT), id_="endpoint")
    url = f"http://{host}:{PORT}"
    until(lambda: answers(url), 300)
    yield url
    site.cluster.stop("endpoint")


def steps(site: Site, name: str) -> list[dict[str, Any]]:
    folder = site.folder(name)
    lines = folder.read("metrics.jsonl") if folder.exists("metrics.jsonl") else b""
    return [json.loads(line) for line in lines.decode().splitlines()]


def scored(site: Site, name: str) -> pa.Table:
    rows = pq.read_table(pa.BufferReader(site.folder(name).read("scores.parquet")))
    return rows.drop_columns(["seconds"])


def both(site: Site) -> set[str]:
    return {machine.address for machine in site.cluster.machines}


def answers(url: str) -> bool:
    """Whether a picture gets an answer."""
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), "white").save(picture, "PNG")
    asked = json.dumps({"images": [base64.b64encode(picture.getvalue()).decode()], "n": 2})
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/v1/generate", asked.encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return "code" in json.load(answer)
    except OSError:
        return False


def test_parts_are_prepared_on_both_machines_and_none_is_lost(site, dataset):
    [books] = dataset.manifest["sources"].values()
    assert books["read"] == PARTS == books["written"] + books["quarantined"]
    kept = [split for split in SPLITS if dataset.count(split)]
    assert sum(dataset.read(split).num_rows for split in kept) == books["written"]
    assert site.cluster.hosts("MapWorker(Map(Build") == both(site)


def test_training_spans_both_machines(site, run):
    assert [row["step"] for row in run] == list(range(1, STEPS + 1))
    assert site.cluster.hosts("RayTrainWorker") == both(site)
    assert site.folder("run/final").exists("config.json")


def test_answers_are_scored_on_both_machines(site, dataset, scores):
    assert scores.num_rows == 24 <= dataset.count("test")
    assert site.cluster.hosts("Scorer") == both(site)
    assert site.folder("evaluation").exists("report.html")


def test_a_sweep_keeps_its_trials_and_its_best_model_on_the_storage(site, run):
    site.cluster.run(*sweeping("sweep"))
    summary = site.folder("sweep").read_json("sweep.json")
    assert [trial["status"] for trial in summary["trials"]] == ["finished"] * 2
    assert site.folder("sweep/best").exists("config.json")


def test_the_endpoint_answers_from_both_machines(site, endpoint):
    assert answers(endpoint)
    assert site.cluster.hosts("ServeReplica:cadvlm") == both(site)


def test_parts_are_prepared_though_a_machine_is_lost(site, dataset):
    job, staged = site.cluster.submit(*preparation("again")), site.folder("again/staged/built")
    before = until(staged.names, 300)
    site.cluster.lose(site.cluster.machines[1])
    assert 0 < len(before) < SHARDS
    ended_well(job)
    site.cluster.join("worker")
    again = Dataset(uri("again"))
    assert again.manifest["sources"] == dataset.manifest["sources"]
    assert again.manifest["content_hash"] == dataset.manifest["content_hash"]


def test_training_goes_on_with_another_machine(site, run):
    job = site.cluster.submit(*training("again-run"))
    until(lambda: len(steps(site, "again-run")) >= 4, 200)
    site.cluster.lose(site.cluster.machines[1])
    assert len(steps(site, "again-run")) < STEPS
    site.cluster.join("worker")
    ended_well(job)
    again = steps(site, "again-run")
    assert [row["step"] for row in again] == list(range(1, STEPS + 1))
    assert [row["loss"] for row in again] == pytest.approx([row["loss"] for row in run], abs=1e-5)


def test_no_score_is_lost_with_a_machine_and_none_is_another(site, scores):
    job, rows = (
        site.cluster.submit(*evaluation("again-evaluation")),
        site.folder("again-evaluation/rows"),
    )
    until(rows.names, 200)
    site.cluster.lose(site.cluster.machines[1])
    ended_well(job)
    site.cluster.join("worker")
    assert scored(site, "again-evaluation") == scores


def test_a_sweep_that_lost_a_machine_is_ended_by_the_same_command(site, run):
    job, trials = site.cluster.submit(*sweeping("again-sweep")), site.folder("again-sweep/trials")
    until(lambda: trials.names("trial.json", recursive=True), 200)
    site.cluster.lose(site.cluster.machines[1])
    job.wait(timeout=400)
    site.cluster.join("worker")
    site.cluster.run(*sweeping("again-sweep"))
    summary = site.folder("again-sweep").read_json("sweep.json")
    assert [trial["status"] for trial in summary["trials"]] == ["finished"] * 2


def test_the_endpoint_answers_again_when_a_machine_is_lost(site, endpoint):
    assert answers(endpoint)
    site.cluster.lose(site.cluster.machines[1])
    site.cluster.join("worker")
    until(lambda: answers(endpoint), 200)
