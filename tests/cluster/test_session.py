"""The one connection to Ray."""

import json
import os

import pytest

from cadvlm.errors import InputError
from cluster.config import SUBMITTED, ClusterConfig
from cluster.session import ROOT, _runtime_env, session


def test_local_workers_import_every_folder_and_are_capped(ray_session):
    import ray

    def look() -> tuple[str, str | None]:
        from importlib import import_module

        for module in ("cluster.session", "jobs.settings", "serve.config", "tune.config"):
            import_module(module)
        return str(import_module("cadvlm").__file__), os.environ.get("OMP_NUM_THREADS")

    where, threads = ray.get(ray.remote(look).remote())
    assert where == str(ROOT / "cadvlm/__init__.py")
    assert threads == "1"


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://127.0.0.1:8265", "ray job submit"),
        ("127.0.0.1:1", "nothing answers there"),
        ("ray://127.0.0.1:1", "nothing answers there"),
        ("nonsense", "nothing answers there"),
    ],
)
def test_address_that_cannot_be_joined_is_named(address, message):
    with (
        pytest.raises(InputError, match=message) as caught,
        session(ClusterConfig(address=address)),
    ):
        pass
    assert str(caught.value).startswith(f"cluster.address ({address}): ")


def test_attached_job_uploads_the_checkout(monkeypatch):
    monkeypatch.delenv(SUBMITTED, raising=False)
    env = _runtime_env("10.0.0.1:6379", {"OMP_NUM_THREADS": "1"})
    assert env["working_dir"] == str(ROOT)
    assert "/.git" in env["excludes"]


def test_submitted_job_uploads_nothing_and_repeats_no_variable(monkeypatch):
    submission = {"runtime_env": {"working_dir": "gcs://x.zip", "env_vars": {"A": "9"}}}
    monkeypatch.setenv(SUBMITTED, json.dumps(submission))
    assert _runtime_env("auto", {"A": "1", "B": "2"}) == {"env_vars": {"B": "2"}}
