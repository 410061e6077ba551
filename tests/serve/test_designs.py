from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest

from cadvlm.errors import InputError
from cadvlm.storage import Folder
from serve.designs import problem, sources
from tests.serve.designs import STEP, plate

BINARY_STL = bytes(80) + struct.pack("<I", 1) + bytes(50)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.step", STEP),
        ("a.STP", b"\xef\xbb\xbf\r\n" + STEP),
        ("a.brep", b"\nCASCADE Topology V1, (c) Matra-Datavision\n"),
        ("a.stl", BINARY_STL),
        ("a.stl", b"solid box\nendsolid box\n"),
        ("a.obj", b"# box\nv 0 0 0\n"),
        ("a.json", plate()),
        ("a.py", b"import cadquery as cq\n"),
    ],
)
def test_a_file_that_is_what_it_says_is_taken(name: str, content: bytes) -> None:
    assert problem(name, content) is None


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.exe", b"MZ", "expected one of"),
        ("a", STEP, "expected one of"),
        ("a.step", b"", "empty"),
        ("a.step", plate(), "ISO-10303-21"),
        ("a.brep", STEP, "BREP"),
        ("a.stl", BINARY_STL[:-1], "STL"),
        ("a.obj", b"\x89PNG", "no vertex"),
        ("a.json", b"{", "corrupt_json"),
        ("a.json", b"[" * 100_000, "corrupt_json"),
        ("a.json", b"[]", "not_deepcad"),
        ("a.json", json.dumps({"entities": {}, "sequence": []}).encode(), "no_extrude"),
        ("a.json", json.dumps({"timeline": []}).encode(), "not_fusion360"),
        ("a.py", b"result = (", "not Python"),
        ("a.py", b"x = " + b"(" * 50_000, "not Python"),
        ("a.py", b"\0", "not Python"),
    ],
)
def test_a_file_that_is_not_is_refused_with_the_reason(
    name: str, content: bytes, reason: str
) -> None:
    assert reason in (problem(name, content) or "")


@pytest.mark.parametrize(
    ("names", "readers"),
    [
        (["a.json", "b.json"], ["deepcad"]),
        (["a.h5"], ["deepcad"]),
        (["a.step", "b/a.step", "a.py"], ["step"]),
        (["a.py", "a.txt"], ["scripts"]),
        (["a.json", "a.STL"], ["deepcad", "step"]),
    ],
)
def test_a_folder_is_read_by_what_is_in_it(
    tmp_path: Path, names: Sequence[str], readers: Sequence[str]
) -> None:
    folder = Folder(str(tmp_path))
    for name in names:
        folder.write(name, plate())
    assert [source["name"] for source in sources(folder)] == readers


def test_fusion_360_is_told_from_deepcad_by_its_timeline(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))
    folder.write("a.json", json.dumps({"timeline": [], "entities": {}, "sequence": []}))
    assert sources(folder)[0]["name"] == "fusion360"


@pytest.mark.parametrize("names", [[], ["readme.txt"]])
def test_a_folder_without_designs_is_refused(tmp_path: Path, names: Sequence[str]) -> None:
    folder = Folder(str(tmp_path / "folder"))
    for name in names:
        folder.write(name, "words")
    with pytest.raises(InputError, match="no design"):
        sources(folder)
