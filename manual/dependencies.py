"""What the project stands on: every package with its reason and its licence, and the bill of them.

    python -m manual.dependencies > cadvlm.cdx.json

prints a software bill of materials (CycloneDX 1.6) of what ``cadvlm[all]`` brings, as it is
installed here. Nothing is asked of a network.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import cadvlm

ROOT = Path(__file__).resolve().parent.parent


class Direct(NamedTuple):
    """A dependency that pyproject.toml declares."""

    extra: str
    """That brings it; ``base`` is always there."""
    requirement: Requirement
    reason: str
    """In the words of the comment beside it."""


def direct() -> list[Direct]:
    """All of them, in the order of the file."""
    text = (ROOT / "pyproject.toml").read_text()
    reasons = dict(re.findall(r'^    "([^"]+)", *# (.+)$', text, re.M))
    project = tomllib.loads(text)["project"]
    groups = {"base": project["dependencies"], **project["optional-dependencies"]}
    return [
        Direct(extra, Requirement(line), reasons.get(line, ""))
        for extra, lines in groups.items()
        for line in lines
        if not line.startswith("cadvlm[")
    ]


def installed(extra: str = "all") -> dict[str, Distribution]:
    """What an extra of ours brings here, directly and not, by canonical name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ours = {name: [*lines] for name, lines in project["optional-dependencies"].items()}
    found: dict[str, Distribution] = {}
    wanted = [Requirement(line) for line in (*project["dependencies"], *ours[extra])]
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        if name == "cadvlm":
            wanted += [Requirement(line) for one in requirement.extras for line in ours[one]]
        elif (one := _found(name)) and not (name in found and not requirement.extras):
            found[name] = one
            wanted += _needs(one, requirement.extras)
    return dict(sorted(found.items()))


def _found(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:  # of another platform
        return None


def _needs(one: Distribution, extras: set[str]) -> Iterator[Requirement]:
    """What it requires on this machine."""
    for line in one.requires or ():
        requirement = Requirement(line)
        marker = requirement.marker
        if not marker or any(marker.evaluate({"extra": extra}) for extra in (*extras, "")):
            yield requirement


def licence(one: Distribution) -> str:
    """As its metadata says: an SPDX expression, a classifier, or the first words of a text."""

    def said(key: str) -> list[str]:
        return one.metadata.get_all(key) or []

    if expression := said("License-Expression"):
        return expression[0]
    classifiers = (line.split(" :: ") for line in said("Classifier"))
    named = [words[-1] for words in classifiers if words[0] == "License" and words[2:]]
    written = "".join(said("License")).strip().partition("\n")[0]
    return " or ".join(named) or written[:60] or "not stated"


def bill() -> dict[str, Any]:
    """The bill of materials."""
    packages = installed()
    refs = {name: f"pkg:pypi/{name}@{one.version}" for name, one in packages.items()}
    ours = f"pkg:pypi/cadvlm@{cadvlm.__version__}"
    whole = {"type": "library", "name": "cadvlm", "version": cadvlm.__version__, "bom-ref": ours}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**whole, "licenses": [{"expression": "Apache-2.0"}]}},
        "components": [_component(name, one, refs[name]) for name, one in packages.items()],
        "dependencies": [
            {"ref": ours, "dependsOn": sorted(refs.values())},
            *(
                {"ref": refs[name], "dependsOn": sorted({refs[need] for need in _names(one, refs)})}
                for name, one in packages.items()
            ),
        ],
    }


def _names(one: Distribution, known: dict[str, str]) -> Iterator[str]:
    for requirement in _needs(one, set()):
        if (name := canonicalize_name(requirement.name)) in known:
            yield name


def _component(name: str, one: Distribution, ref: str) -> dict[str, Any]:
    said = {"name": licence(one)}
    return {"type": "library", "name": name, "version": one.version, "bom-ref": ref, "purl": ref,
            "licenses": [{"license": said}]}  # fmt: skip


def pages() -> Iterator[tuple[str, str]]:
    """The table of the manual: direct dependencies with reasons, all others with licences."""
    declared = direct()
    text = [
        "# Dependencies\n",
        "Ranges are those of `pyproject.toml`, with the reason for each; `constraints.txt` has the "
        "exact versions that are tested. `python -m manual.dependencies` prints the bill of "
        "materials (CycloneDX).\n",
        "## Declared\n",
        "| package | range | extra | for | licence |\n| --- | --- | --- | --- | --- |",
    ]
    for extra, requirement, reason in declared:
        one = _found(requirement.name)
        words = (f"`{requirement.name}`", f"`{requirement.specifier}`", extra, reason)
        text.append(f"| {' | '.join(words)} | {licence(one) if one else 'not installed here'} |")
    names = {canonicalize_name(one.requirement.name) for one in declared}
    text += ["\n## Brought by these\n", "| package | version | licence |\n| --- | --- | --- |"]
    for name, one in installed().items():
        if name not in names:
            text.append(f"| `{name}` | {one.version} | {licence(one)} |")
    yield "reference/dependencies.md", "\n".join(text).replace("``", "") + "\n"


if __name__ == "__main__":
    json.dump(bill(), sys.stdout, indent=1)
    sys.stdout.write("\n")
