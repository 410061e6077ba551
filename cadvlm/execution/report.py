"""What a child tells about the program it ran: the format, its writer and its distrustful reader.

::

    8 bytes     length of the header, little-endian
    header      JSON, padded with spaces to a multiple of 8
    solid       where there is one
    solid       the unsound one, where there is one
    bytes       the exported files, in the header's order

and a solid as::

    float64     20 measures; vertices (V, 3); edge points (P, 3)
    rows        the facts: faces (F,), joints (J,)
    int32       triangles (T, 3); edge starts (E + 1,); one more where that is an odd number

The process that writes this has just run the program and belongs to it: anything may be in here. So
the reader takes nothing on trust. Every field is declared, the lengths must add up to the file's,
every index must lie in its array, every number must be finite, and nothing is unpickled. A liar
can still describe another solid than it built, but never sees the one it will be compared with.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cadvlm.execution.result import Status
from cadvlm.geometry.facts import FACE, JOINT, Facts, fault
from cadvlm.geometry.solid import Mesh, Solid

LONGEST_HEADER = 1 << 16
LONGEST_ERROR = 400
MEASURES = 20
"""Volume, area, bounding box (6), centre (3), inertia (9)."""


class Report(NamedTuple):
    """How a program ended, as far as the child itself could tell."""

    status: Status
    error: str | None = None
    result_name: str | None = None
    solid: Solid | None = None
    unsound: Solid | None = None


class Unreadable(Exception):
    """A report that is cut short, inconsistent or forged. Says in a few words what is wrong."""


def write(descriptor: int, report: Report) -> None:
    """Write a report to an empty file."""
    files = report.solid.files if report.solid else {}
    header = {
        "status": report.status,
        "error": report.error and report.error[:LONGEST_ERROR],
        "result_name": report.result_name,
        "solid": report.solid and _counts(report.solid),
        "unsound": report.unsound and _counts(report.unsound),
        "files": {name: len(content) for name, content in files.items()},
    }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for solid in (report.solid, report.unsound):
            if solid:
                file.writelines(array.tobytes() for array in _arrays(solid))
        file.writelines(files.values())


def read(descriptor: int) -> Report:
    """Read a report and believe none of it.

    Raises:
        Unreadable: something in it is wrong.
    """
    data = bytearray(os.fstat(descriptor).st_size)
    os.preadv(descriptor, [data], 0)
    body = 8 + int.from_bytes(data[:8], "little")
    if not 8 < body <= min(len(data), LONGEST_HEADER) or body % 8:
        raise Unreadable("no header")
    try:
        header = json.loads(data[8:body])
    except (ValueError, RecursionError):
        raise Unreadable("the header is not JSON") from None
    match header:
        case {
            "status": "syntax" | "exception" | "no_solid" | "memory" | "forbidden" as status,
            "error": str(error),
            "result_name": None | str() as name,
            "solid": None,
            "unsound": None | list() as unsound,
        }:
            rest = _Rest(data, body)
            told = Report(Status(status), _plain(error), name and _plain(name))
            told = told._replace(unsound=_unsound(rest, unsound))
        case {
            "status": "ok",
            "error": None,
            "result_name": str(name),
            "solid": list(counts),
            "unsound": None | list() as unsound,
            "files": dict(files),
        }:
            rest = _Rest(data, body)
            solid, beside = _sound(rest, counts), _unsound(rest, unsound)
            solid = replace(solid, files={kind: rest.cut(length) for kind, length in files.items()})
            told = Report(Status.OK, None, _plain(name), solid, beside)
        case _:
            raise Unreadable("the header has other fields than it should")
    if rest.at != len(data):
        raise Unreadable("the lengths do not add up")
    return told


class _Rest:
    """What follows the header, taken piece by piece."""

    def __init__(self, data: bytearray, at: int) -> None:
        self._data = data
        self.at = at

    def take(self, kind: Any, count: int) -> NDArray[Any]:
        """The next ``count`` numbers or rows."""
        dtype = np.dtype(kind)
        return np.frombuffer(self._data, dtype, count, self._step(count * dtype.itemsize))

    def cut(self, length: Any) -> bytes:
        """The next ``length`` bytes."""
        at = self._step(length)
        return bytes(self._data[at : self.at])

    def _step(self, length: Any) -> int:
        """Move on; where that began."""
        if type(length) is not int or not 0 <= length <= len(self._data) - self.at:
            raise Unreadable("the lengths do not add up")
        self.at += length
        return self.at - length


# Solids


def _counts(solid: Solid) -> list[int]:
    mesh, facts = solid.mesh, solid.facts
    sizes = [len(mesh.vertices), len(solid.edge_points), len(mesh.triangles)]
    rows = [len(facts.faces), len(facts.joints)] if facts else [0, 0]
    own = [solid.n_solids, solid.n_faces, solid.n_left_out]
    return [*sizes, len(solid.edge_starts), *rows, *own]


def _arrays(solid: Solid) -> Iterator[NDArray[Any]]:
    yield np.array([solid.volume, solid.area, *solid.bbox, *solid.center, *solid.inertia.ravel()])
    yield np.asarray(solid.mesh.vertices, np.float64)
    yield np.asarray(solid.edge_points, np.float64)
    if solid.facts:
        yield from solid.facts
    yield np.asarray(solid.mesh.triangles, np.int32)
    yield np.asarray(solid.edge_starts, np.int32)
    yield np.zeros((solid.mesh.triangles.size + len(solid.edge_starts)) % 2, np.int32)


def _sound(rest: _Rest, counts: list[Any]) -> Solid:
    solid = _solid(rest, counts)
    if solid.volume <= 0:
        raise Unreadable("no solid has such measures")
    return solid


def _unsound(rest: _Rest, counts: list[Any] | None) -> Solid | None:
    return _solid(rest, counts) if counts is not None else None


def _solid(rest: _Rest, counts: list[Any]) -> Solid:
    if len(counts) != 9 or any(type(count) is not int for count in counts):
        raise Unreadable("the counts are not what they should be")
    n_vertices, n_points, n_triangles, n_starts, n_rows, n_joints, *own = counts
    n_solids, n_faces, n_left_out = own
    if min(n_vertices, n_points, n_triangles, n_starts, n_solids, n_faces) < 1 or n_left_out < 0:
        raise Unreadable("a solid without parts")
    if n_rows == 0 < n_joints:
        raise Unreadable("joints of no faces")
    floats = rest.take(np.float64, MEASURES + 3 * (n_vertices + n_points))
    facts = Facts(rest.take(FACE, n_rows), rest.take(JOINT, n_joints))
    ints = rest.take(np.int32, 3 * n_triangles + n_starts)
    rest.take(np.int32, len(ints) % 2)
    measures, vertices, points = np.split(floats, [MEASURES, MEASURES + 3 * n_vertices])
    triangles, starts = ints[: 3 * n_triangles], ints[3 * n_triangles :]
    xmin, ymin, zmin, xmax, ymax, zmax = measures[2:8].tolist()
    if not np.isfinite(floats).all():
        raise Unreadable("a number is not finite")
    if triangles.min() < 0 or triangles.max() >= n_vertices:
        raise Unreadable("a triangle has a corner that is not there")
    if starts[0] != 0 or starts[-1] != n_points or (np.diff(starts) < 0).any():
        raise Unreadable("the edges do not cover their points")
    if measures[0] == 0 or measures[1] <= 0 or xmin > xmax or ymin > ymax or zmin > zmax:
        raise Unreadable("no solid has such measures")
    if n_rows and (wrong := fault(facts, n_solids, measures[2:8].tolist())):
        raise Unreadable(wrong)
    return Solid(
        volume=float(measures[0]),
        area=float(measures[1]),
        bbox=(xmin, ymin, zmin, xmax, ymax, zmax),
        center=measures[8:11],
        inertia=measures[11:].reshape(3, 3),
        n_solids=n_solids,
        n_faces=n_faces,
        n_edges=n_starts - 1,
        mesh=Mesh(vertices.reshape(-1, 3), triangles.reshape(-1, 3)),
        edge_points=points.reshape(-1, 3),
        edge_starts=starts,
        n_left_out=n_left_out,
        facts=facts if n_rows else None,
    )


def _plain(text: Any) -> str:
    """One short line without control characters, escape sequences or half characters."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:LONGEST_ERROR]
