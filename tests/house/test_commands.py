"""Every job answers at once, and says in one line what a person got wrong."""

import subprocess
import sys

import pytest
import yaml

from tests.house.tree import ROOT, files

JOBS = [path.stem for path in files("*.py", "jobs") if "__main__" in path.read_text()]

REQUIRED = {
    "api": [],
    "compare": ["a=before", "b=after", "out=comparison"],
    "demo": [],
    "deploy": ["checkpoint=model"],
    "evaluate": ["checkpoint=model", "dataset=parts", "out=scores"],
    "find_lr": ["dataset=parts", "out=rates"],
    "plan": ["work.parts=8"],
    "prepare": ["sources=[{name: synthetic, limit: 8}]", "out=parts"],
    "probe": ["dataset=parts", "checkpoint=model", "out=probes"],
    "study": ["rewards", "out=study"],
    "sweep": ["tune/configs/small.yaml", "out=sweep"],
    "train": ["dataset=parts", "out=model"],
}
"""The fewest words that each job needs."""

SLOW = "deepspeed matplotlib numba numpy OCP open3d pyarrow ray torch transformers"
LAUNCH = f"""
import atexit, runpy, sys
job, *sys.argv[1:] = sys.argv[1:]
slow = set("{SLOW}".split())
atexit.register(lambda: print("loaded:", *sorted(slow & set(sys.modules)), file=sys.stderr))
runpy.run_module(f"jobs.{{job}}", run_name="__main__")
"""


def run(job: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LAUNCH, job, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_job_is_tried_here():
    assert sorted(REQUIRED) == JOBS


@pytest.mark.parametrize("job", JOBS)
def test_help_says_how_to_run_the_job_and_loads_nothing_slow(job):
    ended = run(job, "--help")
    assert (ended.returncode, ended.stderr) == (0, "loaded:\n")
    assert f"python -m jobs.{job}" in ended.stdout
    assert "cluster.address" in ended.stdout


@pytest.mark.parametrize("job", JOBS)
def test_printed_config_is_a_layer_that_gives_the_same_config(job, tmp_path):
    first = run(job, *REQUIRED[job], "--print-config")
    assert (first.returncode, first.stderr) == (0, "loaded:\n")
    assert isinstance(yaml.safe_load(first.stdout), dict)
    layer = tmp_path / "layer.yaml"
    layer.write_text(first.stdout)
    assert run(job, str(layer), "--print-config").stdout == first.stdout


@pytest.mark.parametrize("job", JOBS)
def test_unknown_key_is_one_line_with_the_nearest_known_one(job):
    ended = run(job, *REQUIRED[job], "clutser.address=local")
    assert ended.returncode == 2
    assert ended.stdout == ""
    error, *rest = ended.stderr.splitlines()
    assert error.startswith("error: clutser: unknown key")
    assert "cluster" in error.partition("nearest")[2]
    assert rest == ["loaded:"]


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["dataset=d", "out=o", "optimizer.lr=fast"], ["optimizer.lr", "number", "'fast'"]),
        (["dataset=d", "out=o", "epochs=-1"], ["epochs", "greater than 0"]),
        (["dataset=d"], ["out", "required"]),
        (["dataset=d", "out=o", "batch_size=7"], ["batch_size (7)", "workers.count (2)"]),
        (["absent.yaml"], ["absent.yaml", "no such file"]),
        (["Makefile"], ["Makefile", "not YAML"]),
    ],
)
def test_wrong_setting_is_one_line_that_names_it(words, parts):
    ended = run("train", *words)
    assert ended.returncode == 2
    error, *rest = ended.stderr.splitlines()
    assert error.startswith("error: ")
    assert all(part in error for part in parts), error
    assert rest == ["loaded:"]
