"""The repository's own rules, on its files."""

import subprocess

import pytest

from tests.house.tree import PACKAGES, ROOT, files, name

SCRIPTS = [*files("*.sh", *PACKAGES), ROOT / ".ci/run"]


def test_every_file_is_named_for_what_it_holds():
    assert not [
        name(path)
        for path in files("*.py")
        if path.stem in {"utils", "util", "helpers", "common", "misc"}
    ]


def test_every_test_folder_is_a_package():
    # Without its __init__.py, tests/serve would be imported in place of serve.
    folders = {path.parent for path in files("*.py", "tests")}
    assert not [name(folder) for folder in folders if not (folder / "__init__.py").is_file()]


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_script_parses_and_stops_at_its_first_error(path):
    subprocess.run(["bash", "-n", path], check=True)
    assert "set -euo pipefail" in path.read_text()
    assert path.stat().st_mode & 0o111


def test_installed_system_libraries_leave_bootstrap_nothing_to_do():
    # The tests themselves could not have got here without them.
    ended = subprocess.run(
        [ROOT / "cluster/bootstrap.sh"], capture_output=True, text=True, check=True
    )
    assert ended.stdout == ""


@pytest.mark.parametrize(
    "target", ["install", "demo", "test", "proof", "machines", "lint", "docs", "tutorials", "clean"]
)
def test_make_knows_the_target(target):
    subprocess.run(["make", "-n", target], cwd=ROOT, check=True, capture_output=True)
