"""A report says what was written, and nothing that was tampered with is believed."""

import json
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cadvlm.execution.report import MEASURES, Report, Unreadable, read, write
from cadvlm.execution.result import Status
from cadvlm.geometry.facts import FACE, JOINT, Facts
from cadvlm.geometry.solid import Mesh, Solid

FACTS = Facts(np.zeros(4, FACE), np.zeros(1, JOINT))
FACTS.faces["area"] = [0.5, 0.5, 0.5, 0.866]
FACTS.faces["axis"] = [0, 0, -1]
FACTS.joints["faces"] = [2, 3]
FACTS.joints["bend"] = 1.9

TETRAHEDRON = Solid(
    volume=1 / 6,
    area=1.5 + np.sqrt(3) / 2,
    bbox=(0, 0, 0, 1, 1, 1),
    center=np.full(3, 0.25),
    inertia=np.diag([0.0125] * 3),
    n_solids=1,
    n_faces=4,
    n_edges=1,
    mesh=Mesh(
        np.concatenate([np.zeros((1, 3)), np.eye(3)]),
        np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32),
    ),
    edge_points=np.eye(3)[:2],
    edge_starts=np.array([0, 2], np.int32),
    files={"step": b"ISO-10303-21;"},
    n_left_out=2,
    facts=FACTS,
)
INSIDE_OUT = replace(TETRAHEDRON, volume=-1 / 6, n_solids=2, facts=None, files={})


@pytest.fixture
def file() -> Iterator[int]:
    descriptor = os.memfd_create("report")
    yield descriptor
    os.close(descriptor)


def test_solid_survives_the_way(file: int):
    write(file, Report(Status.OK, None, "result", TETRAHEDRON))
    report = read(file)
    assert report[:3] == (Status.OK, None, "result")
    assert report.unsound is None
    solid = report.solid
    assert solid is not None
    assert solid.facts is not None
    assert solid.n_left_out == 2
    assert np.array_equal(solid.facts.faces, FACTS.faces)
    assert np.array_equal(solid.facts.joints, FACTS.joints)
    assert (solid.volume, solid.bbox, solid.files) == (1 / 6, TETRAHEDRON.bbox, TETRAHEDRON.files)
    assert np.array_equal(solid.inertia, TETRAHEDRON.inertia)
    assert np.array_equal(solid.mesh.vertices, TETRAHEDRON.mesh.vertices)
    assert np.array_equal(solid.mesh.triangles, TETRAHEDRON.mesh.triangles)
    assert np.array_equal(solid.edge_points, TETRAHEDRON.edge_points)
    assert np.array_equal(solid.edge_starts, TETRAHEDRON.edge_starts)


def test_failure_survives_the_way(file: int):
    write(file, Report(Status.EXCEPTION, "ValueError: no (line 3)"))
    assert read(file) == Report(Status.EXCEPTION, "ValueError: no (line 3)")


def test_unsound_solid_survives_the_way_with_a_sound_one_and_without(file: int):
    for sound in (None, TETRAHEDRON):
        status, error = (Status.OK, None) if sound else (Status.NO_SOLID, "inside out")
        os.ftruncate(file, 0)
        os.lseek(file, 0, os.SEEK_SET)
        write(file, Report(status, error, "result", sound, INSIDE_OUT))
        report = read(file)
        assert report.status == status
        assert (report.solid is None) == (sound is None)
        unsound = report.unsound
        assert unsound is not None
        assert (unsound.volume, unsound.n_solids, unsound.facts) == (-1 / 6, 2, None)
        assert np.array_equal(unsound.mesh.triangles, TETRAHEDRON.mesh.triangles)


def test_error_is_one_short_printable_line(file: int):
    write(file, Report(Status.EXCEPTION, "\x1b[31mred\n\tand \ud800 half " + "x" * 9000))
    error = read(file).error
    assert error is not None
    assert error.startswith("[31mred and half xxx")
    assert len(error) <= 400


COUNTS = [4, 2, 4, 2, 4, 1, 1, 4, 2]
"""Of the tetrahedron: vertices, edge points, triangles, edge starts; face and joint rows; solids,
faces, solids left out."""

# Each takes the header, the numbers and the rest of a good report, and spoils them.
HEADERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "unknown status": lambda header: header | {"status": "fine"},
    "timeout claimed by the program": lambda header: header | {"status": "timeout", "error": "x"},
    "failure with a solid": lambda header: header | {"status": "exception", "error": "x"},
    "ok with an error": lambda header: header | {"error": "x"},
    "no name": lambda header: header | {"result_name": None},
    "no solid": lambda header: header | {"solid": None},
    "a solid that is not there": lambda header: header | {"unsound": COUNTS},
    "a count missing": lambda header: header | {"solid": COUNTS[:-1]},
    "a count that is text": lambda header: header | {"solid": ["4", *COUNTS[1:]]},
    "a count that is true": lambda header: header | {"solid": [*COUNTS[:6], True, *COUNTS[7:]]},
    "more vertices than there are": lambda header: header | {"solid": [10**30, *COUNTS[1:]]},
    "negative counts that add up": lambda header: header | {"solid": [8, -2, *COUNTS[2:]]},
    "more faces than there are": lambda header: header | {"solid": [*COUNTS[:4], 5, *COUNTS[5:]]},
    "fewer than no faces": lambda header: header | {"solid": [*COUNTS[:4], -9, *COUNTS[5:]]},
    "joints of no faces": lambda header: header | {"solid": [*COUNTS[:4], 0, *COUNTS[5:]]},
    "no solids": lambda header: header | {"solid": [*COUNTS[:6], 0, *COUNTS[7:]]},
    "a longer file": lambda header: header | {"files": {"step": 10**9}},
    "a negative file": lambda header: header | {"files": {"step": -1}},
    "a list": lambda header: [header],
    "nothing": lambda header: None,
}


@pytest.mark.parametrize("name", HEADERS)
def test_forged_header_is_refused(file: int, name: str):
    header, body = _good_report(file)
    _overwrite(file, json.dumps(HEADERS[name](header)).encode(), body)
    with pytest.raises(Unreadable):
        read(file)


NUMBERS = {
    "a corner that is not there": ("triangle", 0, 4),
    "a negative corner": ("triangle", 0, -1),
    "an edge that begins late": ("start", 0, 1),
    "an edge that ends late": ("start", 1, 3),
    "a vertex that is no number": ("float", MEASURES, np.nan),
    "an infinite volume": ("float", 0, np.inf),
    "a negative volume": ("float", 0, -1.0),
    "no volume": ("float", 0, 0.0),
    "a box inside out": ("float", 2, 9.0),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_forged_number_is_refused(file: int, name: str):
    header, body = _good_report(file)
    kind, index, value = NUMBERS[name]
    facts = 8 * (MEASURES + 3 * (4 + 2))
    triangles = facts + 4 * FACE.itemsize + JOINT.itemsize
    at = {"float": 8 * index, "triangle": triangles, "start": triangles + 4 * (12 + index)}[kind]
    struct.pack_into("d" if kind == "float" else "i", body, at, value)
    _overwrite(file, json.dumps(header).encode(), body)
    with pytest.raises(Unreadable):
        read(file)


FORGED_FACTS: dict[str, tuple[str, str, Any]] = {
    "an unknown surface": ("faces", "surface", 6),
    "a solid that is not there": ("faces", "solid", 1),
    "a negative area": ("faces", "area", -1),
    "a centre that is no number": ("faces", "center", [0, np.nan, 0]),
    "an infinite radius": ("faces", "radius", np.inf),
    "a face that is not there": ("joints", "faces", [0, 4]),
    "a negative face": ("joints", "faces", [-1, 0]),
    "an unknown curve": ("joints", "curve", -1),
    "a point that is out of reach": ("faces", "point", [0, 1e300, 0]),
    "an area that is out of reach": ("faces", "area", 1e300),
    "a direction that is too long": ("faces", "axis", [0, 0, 2]),
    "a direction that is none": ("faces", "axis", [0, 0, 0]),
    "a bend that is no number": ("joints", "bend", np.nan),
}


@pytest.mark.parametrize("name", FORGED_FACTS)
def test_forged_fact_is_refused(file: int, name: str):
    rows, field, value = FORGED_FACTS[name]
    forged = Facts(FACTS.faces.copy(), FACTS.joints.copy())
    getattr(forged, rows)[field][-1] = value
    write(file, Report(Status.OK, None, "result", replace(TETRAHEDRON, facts=forged)))
    with pytest.raises(Unreadable):
        read(file)


@pytest.mark.parametrize("head", [b"", b"{", b"[" * 50_000, b"\xff" * 64, b"1" * 9000])
def test_header_that_is_no_json_is_refused(file: int, head: bytes):
    _overwrite(file, head, bytearray())
    with pytest.raises(Unreadable):
        read(file)


def test_report_cut_anywhere_is_refused(file: int):
    write(file, Report(Status.OK, None, "result", TETRAHEDRON))
    for length in range(0, os.fstat(file).st_size, 7):
        os.ftruncate(file, length)
        with pytest.raises(Unreadable):
            read(file)
        _write_again(file)


def _write_again(file: int) -> None:
    os.lseek(file, 0, os.SEEK_SET)
    write(file, Report(Status.OK, None, "result", TETRAHEDRON))


def _good_report(file: int) -> tuple[dict[str, Any], bytearray]:
    write(file, Report(Status.OK, None, "result", TETRAHEDRON))
    data = os.pread(file, os.fstat(file).st_size, 0)
    body = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:body]), bytearray(data[body:])


def _overwrite(file: int, header: bytes, body: bytearray) -> None:
    header += b" " * (-len(header) % 8)
    os.ftruncate(file, 0)
    os.pwrite(file, len(header).to_bytes(8, "little") + header + body, 0)
