"""The wheel: what is in it, and that it stands on its own."""

import subprocess
import sys
import tarfile
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

import cadvlm
from tests.house.tree import ROOT, files, name


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    [built] = folder.iterdir()
    return built


def test_wheel_holds_the_library_and_nothing_else(wheel):
    tops = {member.partition("/")[0] for member in ZipFile(wheel).namelist()}
    assert tops == {"cadvlm", f"cadvlm-{cadvlm.__version__}.dist-info"}


def test_wheel_holds_every_file_of_the_library(wheel):
    ours = {name(path) for path in files("*", "cadvlm") if path.is_file()}
    assert ours <= set(ZipFile(wheel).namelist())


def test_sdist_makes_the_same_wheel(wheel, tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-d", tmp_path]
    subprocess.run([*build, "-t", "sdist"], cwd=ROOT, check=True, capture_output=True)
    [sdist] = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    folder = tmp_path / sdist.name.removesuffix(".tar.gz")
    assert {path.name for path in folder.iterdir()} >= {"cadvlm", "LICENSE", "constraints.txt"}
    subprocess.run([*build, "-t", "wheel"], cwd=folder, check=True, capture_output=True)
    [again] = tmp_path.glob("*.whl")
    assert sorted(ZipFile(again).namelist()) == sorted(ZipFile(wheel).namelist())


@pytest.mark.slow
def test_base_install_reads_settings_and_nothing_slow(wheel, tmp_path):
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv/bin/python"
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "-qq", "--no-compile"]
    subprocess.run([*pip, "-c", ROOT / "constraints.txt", wheel], check=True)
    code = "import sys, cadvlm.config.train, cadvlm.storage; print(*sys.modules)"
    ended = subprocess.run(
        [python, "-I", "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    loaded = set(ended.stdout.split())
    assert "cadvlm.config.train" in loaded
    assert not {"torch", "ray", "jobs", "cluster"} & loaded
