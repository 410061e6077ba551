"""A report says what was written, and nothing that was tampered with is believed."""

import json
import os
import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from cadvlm.execution.report import MEASURES, Report, Unreadable, read, write
from cadvlm.execution.result import Status
from cadvlm.geometry.solid import Mesh, Solid

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
)


@pytest.fixture
def file() -> Iterator[int]:
    descriptor = os.memfd_create("report")
    yield descriptor
    os.close(descriptor)


def test_solid_survives_the_way(file: int):
    write(file, Report(Status.OK, None, "result", TETRAHEDRON))
    report = read(file)
    assert report[:3] == (Status.OK, None, "result")
    solid = report.solid
    assert solid is not None
    assert (solid.volume, solid.bbox, solid.files) == (1 / 6, TETRAHEDRON.bbox, TETRAHEDRON.files)
    assert np.array_equal(solid.inertia, TETRAHEDRON.inertia)
    assert np.array_equal(solid.mesh.vertices, TETRAHEDRON.mesh.vertices)
    assert np.array_equal(solid.mesh.triangles, TETRAHEDRON.mesh.triangles)
    assert np.array_equal(solid.edge_points, TETRAHEDRON.edge_points)
    assert np.array_equal(solid.edge_starts, TETRAHEDRON.edge_starts)


def test_failure_survives_the_way(file: int):
    write(file, Report(Status.EXCEPTION, "ValueError: no (line 3)"))
    assert read(file) == Report(Status.EXCEPTION, "ValueError: no (line 3)")


def test_error_is_one_short_printable_line(file: int):
    write(file, Report(Status.EXCEPTION, "\x1b[31mred\n\tand \ud800 half " + "x" * 9000))
    error = read(file).error
    assert error is not None
    assert error.startswith("[31mred and half xxx")
    assert len(error) <= 400


# Each takes the header, the numbers and the rest of a good report, and spoils them.
HEADERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "unknown status": lambda header: header | {"status": "fine"},
    "timeout claimed by the program": lambda header: header | {"status": "timeout", "error": "x"},
    "failure with a solid": lambda header: header | {"status": "exception", "error": "x"},
    "ok with an error": lambda header: header | {"error": "x"},
    "no name": lambda header: header | {"result_name": None},
    "a count missing": lambda header: header | {"counts": header["counts"][:-1]},
    "a count that is text": lambda header: header | {"counts": ["4", 2, 4, 2, 1, 4]},
    "more vertices than there are": lambda header: header | {"counts": [10**30, 2, 4, 2, 1, 4]},
    "negative counts that add up": lambda header: header | {"counts": [8, -2, 4, 2, 1, 4]},
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
    "a box inside out": ("float", 2, 9.0),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_forged_number_is_refused(file: int, name: str):
    header, body = _good_report(file)
    kind, index, value = NUMBERS[name]
    floats, triangles = 8 * (MEASURES + 3 * (4 + 2)), 4 * 12
    at = {"float": 8 * index, "triangle": floats, "start": floats + triangles + 4 * index}[kind]
    struct.pack_into("d" if kind == "float" else "i", body, at, value)
    _overwrite(file, json.dumps(header).encode(), body)
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
