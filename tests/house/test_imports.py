"""Who imports what: the floor plan, the light rooms, the declared dependencies."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import PACKAGES, ROOT, files, name

COMES_WITH = {
    "OCP": "cadquery",
    "markupsafe": "jinja2",
    "mkdocs": "mkdocs-material",
    "packaging": "pytest",
    "starlette": "fastapi",
    "tokenizers": "transformers",
    "werkzeug": "moto",
}
"""Modules of a package that a declared one is built on."""

NOT_IMPORTED = {
    *("flask-cors", "pytest-xdist", "python-multipart", "tensorboard"),
    *("editables", "hatchling", "import-linter", "mypy", "pre-commit", "ruff"),
}
"""Declared and used, but by another package or from the command line."""


BESIDE = {"vllm"}
"""Imported where a config asks for it; it decides which torch it wants, so whoever uses it installs
it beside."""


def test_floor_plan_holds():
    linter = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    "module",
    ["base", "data", "evaluate", "execution", "model", "train"],
)
def test_config_imports_nothing_slow(module):
    code = f"import sys, cadvlm.config.{module}; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    slow = {"torch", "ray", "OCP", "cadquery", "numpy", "pyarrow", "transformers"}
    assert not slow & set(ended.stdout.split())


def test_ray_is_started_in_one_place():
    callers = [name(path) for path in files("*.py", *PACKAGES) if "ray.init(" in path.read_text()]
    assert callers == ["cluster/session.py"]


def test_what_is_imported_is_declared_and_what_is_declared_is_used():
    imported = _imported_distributions()
    declared = _declared()
    undeclared = {module: by for module, by in imported.items() if module not in declared | BESIDE}
    assert not undeclared
    assert declared - set(imported) - NOT_IMPORTED == set()


def test_constraints_pin_every_dependency_inside_its_range():
    pins = dict(
        line.split("==") for line in (ROOT / "constraints.txt").read_text().split() if "==" in line
    )
    pins = {canonicalize_name(key): version for key, version in pins.items()}
    for requirement in _requirements():
        pin = pins[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pin), f"{requirement} but {pin} in constraints.txt"


def _imported_distributions() -> dict[str, list[str]]:
    """The distributions that our code imports, with the files that do."""
    provider = {module: dists[0] for module, dists in packages_distributions().items()}
    found: dict[str, list[str]] = defaultdict(list)
    for path in files("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            modules: list[str] = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules = [node.module]
            for top in {module.partition(".")[0] for module in modules}:
                if top not in sys.stdlib_module_names and top not in (*PACKAGES, "tests"):
                    owner = COMES_WITH.get(top) or provider.get(top, top)
                    found[canonicalize_name(owner)].append(name(path))
    return found


def _requirements() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    words = [*project["dependencies"], *(word for extra in extras for word in extra)]
    return [Requirement(word) for word in words if not re.match(r"cadvlm\b", word)]


def _declared() -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in _requirements()}
