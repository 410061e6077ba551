"""The training API as clients meet it: HTTP, Ray jobs, a model that is trained."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from cluster.ports import free_ports
from serve.config import TrainingConfig
from tests.conftest import ROOT
from tests.serve.conftest import KEY
from tests.serve.designs import archive, plate
from tests.serve.fuzz import failures

pytestmark = [pytest.mark.ray, pytest.mark.slow]

BASE = "Yuan-Che/OpenECADv2-SigLIP-0.89B"
"""What the client asks for, which here is a model of a few thousand weights."""

TINY = {
    "workers.count": 1,
    "max_steps": 2,
    "log_every_steps": 1,
    "validation_samples": 0,
    "zero_stage": 0,
    "max_failures": 0,
}

PLATES = {f"plates/{n}.json": plate(0.02, 0.001 * n) for n in range(1, 13)}


@pytest.fixture(scope="module")
def config(box: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingConfig:
    folder = tmp_path_factory.mktemp("training")
    (folder / "keys").write_text(f"tests {KEY}\n")
    return TrainingConfig(
        port=free_ports(1)[0],
        storage=str(folder / "storage"),
        base_models={BASE: str(box)},
        hub=False,
        train=TINY,
        max_jobs=2,
        max_upload_mb=0.5,
        keys_file=str(folder / "keys"),
    )


@contextmanager
def _server(config: TrainingConfig, head: dict[str, str]) -> Iterator[httpx.Client]:
    """The server, with nothing left of any before it, and a client with a key."""
    layer = Path(config.storage).parent / "layer.yaml"
    layer.write_text(yaml.safe_dump(config.model_dump(mode="json", exclude_unset=True)))
    command = [sys.executable, "-m", "jobs.api", str(layer)]
    process = subprocess.Popen(command, cwd=ROOT, env=head, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "training API at" in process.stdout.readline()
    headers = {"Authorization": f"Bearer {KEY}"}
    url = f"http://127.0.0.1:{config.port}"
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        yield client
    process.terminate()
    assert process.wait(timeout=60) == 0


@pytest.fixture(scope="module")
def api(config: TrainingConfig, head: dict[str, str]) -> Iterator[httpx.Client]:
    with _server(config, head) as client:
        yield client


def _await(client: httpx.Client, job_id: str) -> list[dict[str, Any]]:
    """Everything that a client hears who asks again and again until the job is over."""
    heard = []
    while True:
        heard.append(client.get(f"/jobs/{job_id}").raise_for_status().json())
        if heard[-1]["status"] in ("completed", "failed", "cancelled"):
            return heard
        time.sleep(0.5)


@pytest.mark.proof
def test_a_client_goes_from_files_to_a_checkpoint_through_a_restart(
    config: TrainingConfig, head: dict[str, str], request: pytest.FixtureRequest
) -> None:
    with _server(config.override({"port": free_ports(1)[0]}), head) as client:
        status = client.get("/training/finetune/status").json()
        assert (status["ready"], status["device"]) == (True, "cpu")

        files = {"archive": archive({**PLATES, "notes.json": b"{}"})}
        kept = client.post("/training/datasets/upload", data={"name": "cad_models"}, files=files)
        assert kept.status_code == 201, kept.text
        assert kept.json()["accepted"] == len(PLATES)
        assert [one["file"] for one in kept.json()["refused"]] == ["notes.json"]

        asked = client.post(
            "/training/datasets/create",
            params={
                "name": "openecad_test",
                "source_folder": "cad_models",
                "resolution": 64,
                "views": "front,isometric",
                "train_split": 0.9,
            },
        )
        assert asked.status_code == 202, asked.text
        dataset = asked.json()
        assert dataset["model_count"] == len(PLATES)
        again = client.post("/training/datasets/create", params=asked.request.url.params)
        assert (again.status_code, again.json()["error"]["type"]) == (409, "conflict")

    client = request.getfixturevalue("api")  # another one, which has never heard of the job
    heard = _await(client, dataset["job_id"])
    assert heard[-1]["status"] == "completed", heard[-1]
    assert (heard[-1]["progress"], heard[-1]["current_stage"]) == (1.0, "done")
    assert "metrics" not in heard[0]
    [listed] = client.get("/training/datasets").json()["datasets"]
    assert (listed["name"], sum(listed["splits"].values())) == ("openecad_test", len(PLATES))

    asked = client.post(
        "/training/finetune/start",
        json={
            "dataset_name": "openecad_test",
            "base_model": BASE,
            "epochs": 3,
            "batch_size": 2,
            "learning_rate": 0.0001,
            "lora_rank": 8,
        },
    )
    assert asked.status_code == 202, asked.text
    heard = _await(client, asked.json()["job_id"])
    assert heard[-1]["status"] == "completed", heard[-1]
    metrics = heard[-1]["metrics"]
    assert metrics["step"] == TINY["max_steps"]
    assert f"{metrics['epoch']} {metrics['loss']:.4f}"
    progress = [one["progress"] for one in heard]
    assert progress == sorted(progress)

    found = client.get("/training/finetune/checkpoints").json()
    assert found["total"] == 1
    [checkpoint] = found["checkpoints"]
    assert checkpoint["name"] == asked.json()["run_name"]
    assert checkpoint["has_lora_adapter"]
    assert (Path(checkpoint["path"]) / "model.safetensors").is_file()

    jobs = client.get("/jobs").json()
    assert [job["job_type"] for job in jobs["jobs"]] == ["finetune", "dataset"]
    assert "model:" in client.get(f"/jobs/{jobs['jobs'][0]['job_id']}/logs?tail=3").text
    over = client.post(f"/jobs/{jobs['jobs'][0]['job_id']}/cancel")
    assert over.status_code == 409


def test_a_cancelled_job_ends(api: httpx.Client) -> None:
    files = {"files": ("a.json", plate())}
    api.post("/training/datasets/upload", data={"name": "one"}, files=files).raise_for_status()

    asked = {"name": "cancelled", "source_folder": "one"}
    job = api.post("/training/datasets/create", json=asked).json()
    stopped = api.post(f"/jobs/{job['job_id']}/cancel")
    assert stopped.status_code == 200, stopped.text
    ended = _await(api, job["job_id"])[-1]
    assert ended["status"] == "cancelled"
    assert ended["progress"] < 1


UPLOAD, CREATE, START = (
    "/training/datasets/upload",
    "/training/datasets/create",
    "/training/finetune/start",
)
GOOD = {"files": {"files": ("a.json", plate())}}
BAD: dict[str, tuple[int, str, dict[str, Any]]] = {
    "upload without a name": (422, UPLOAD, GOOD),
    "upload of nothing": (422, UPLOAD, {"data": {"name": "a"}, "files": {"other": b"x"}}),
    "upload as json": (422, UPLOAD, {"json": {"name": "a"}}),
    "upload with a path for a name": (422, UPLOAD, {"data": {"name": "../a"}, **GOOD}),
    "file with a path": (
        422,
        UPLOAD,
        {"data": {"name": "a"}, "files": {"files": ("../a.json", plate())}},
    ),
    "file of another kind": (
        422,
        UPLOAD,
        {"data": {"name": "a"}, "files": {"files": ("a.step", b"solid")}},
    ),
    "no archive": (400, UPLOAD, {"data": {"name": "a"}, "files": {"archive": b"PK\3\4"}}),
    "empty archive": (422, UPLOAD, {"data": {"name": "a"}, "files": {"archive": archive({})}}),
    "bomb": (
        413,
        UPLOAD,
        {"data": {"name": "a"}, "files": {"archive": archive({"a.json": bytes(3 << 20)})}},
    ),
    "large upload": (413, UPLOAD, {"data": {"name": "a"}, "files": {"archive": bytes(1 << 20)}}),
    "no name": (422, CREATE, {"json": {}}),
    "not json": (400, CREATE, {"content": b"{"}),
    "a list": (422, CREATE, {"json": []}),
    "no such folder": (404, CREATE, {"params": {"name": "a", "source_folder": "nowhere"}}),
    "a folder above": (422, CREATE, {"params": {"name": "a", "source_folder": "../.."}}),
    "a folder from the root": (422, CREATE, {"params": {"name": "a", "source_folder": "/etc"}}),
    "no such view": (
        422,
        CREATE,
        {"params": {"name": "a", "source_folder": "kept", "views": "sideways"}},
    ),
    "unknown argument": (
        422,
        CREATE,
        {"params": {"name": "a", "source_folder": "kept", "colour": "red"}},
    ),
    "no such dataset": (404, START, {"params": {"dataset_name": "nothing"}}),
    "no such model": (
        404,
        START,
        {"params": {"dataset_name": "nothing", "base_model": "gpt-4o"}},
    ),
    "a model by path": (404, START, {"params": {"dataset_name": "a", "base_model": "/etc"}}),
    "no rate": (422, START, {"params": {"dataset_name": "a", "learning_rate": "nan"}}),
    "cancel nothing": (404, "/jobs/raysubmit_0/cancel", {}),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_done_is_refused_with_a_reason(api: httpx.Client, name: str) -> None:
    if "kept" in str(BAD[name]):
        data = {"name": "kept"}
        api.post(UPLOAD, data=data, files={"files": ("a.json", plate())}).raise_for_status()
    status, path, request = BAD[name]
    answer = api.post(path, **request)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["message"]
    assert "/tmp" not in error["message"]


@pytest.mark.parametrize("path", ["/jobs/raysubmit_0", "/jobs/raysubmit_0/logs", "/nowhere"])
def test_what_is_not_there_is_404(api: httpx.Client, path: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "not_found")


def test_who_has_no_key_learns_nothing(api: httpx.Client) -> None:
    for path in ("/jobs", "/training/datasets", "/training/finetune/checkpoints", "/metrics"):
        assert api.get(path, headers={"Authorization": ""}).status_code == 401


def test_requests_and_jobs_are_counted(api: httpx.Client) -> None:
    page = api.get("/metrics").text
    assert 'route="/training/datasets/create"' in page
    assert 'cadvlm_jobs_total{kind="dataset"}' in page


def test_no_request_that_the_document_allows_or_forbids_breaks_the_server(
    api: httpx.Client,
) -> None:
    assert failures(str(api.base_url).rstrip("/"), dict(api.headers)) == []
