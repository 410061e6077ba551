"""What a child tells about the program it ran: the format, its writer and its distrustful reader.

::

    8 bytes     length of the header, little-endian
    header      JSON, padded with spaces to a multiple of 8
    float64     20 measures; vertices (V, 3); edge points (P, 3)
    int32       triangles (T, 3); edge starts (E + 1,)
    bytes       the exported files, in the header's order

The process that writes this has just run the program and belongs to it: anything may be in here. So
the reader takes nothing on trust. Every field is declared, the lengths must add up to the file's,
every index must lie in its array, every number must be finite, and nothing is unpickled. A liar
can still describe another solid than it built, but never sees the one it will be compared with.
"""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cadvlm.execution.result import Status
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


class Unreadable(Exception):
    """A report that is cut short, inconsistent or forged. Says in a few words what is wrong."""


def write(descriptor: int, report: Report) -> None:
    """Write a report to an empty file."""
    solid = report.solid
    header = {
        "status": report.status,
        "error": report.error and report.error[:LONGEST_ERROR],
        "result_name": report.result_name,
        "counts": solid and _counts(solid),
        "files": {name: len(content) for name, content in solid.files.items()} if solid else {},
    }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(len(text).to_bytes(8, "little") + text)
        if solid:
            file.write(_measures(solid).tobytes())
            file.write(np.asarray(solid.mesh.vertices, np.float64).tobytes())
            file.write(np.asarray(solid.edge_points, np.float64).tobytes())
            file.write(np.asarray(solid.mesh.triangles, np.int32).tobytes())
            file.write(np.asarray(solid.edge_starts, np.int32).tobytes())
            file.writelines(solid.files.values())


def read(descriptor: int) -> Report:
    """Read a report and believe none of it.

    Raises:
        Unreadable: something in it is wrong.
    """
    data = bytearray(os.fstat(descriptor).st_size)
    os.preadv(descriptor, [data], 0)
    body = 8 + int.from_bytes(data[:8], "little")
    if not 8 < body <= min(len(data), LONGEST_HEADER):
        raise Unreadable("no header")
    try:
        header = json.loads(data[8:body])
    except (ValueError, RecursionError):
        raise Unreadable("the header is not JSON") from None
    match header:
        case {
            "status": "syntax" | "exception" | "no_solid" | "memory" as status,
            "error": str(error),
            "result_name": None | str() as name,
        } if len(data) == body:
            return Report(Status(status), _plain(error), name and _plain(name))
        case {
            "status": "ok",
            "error": None,
            "result_name": str(name),
            "counts": [int(), int(), int(), int(), int(), int()] as counts,
            "files": dict(files),
        } if all(type(length) is int and length >= 0 for length in files.values()):
            return Report(Status.OK, None, _plain(name), _solid(data, body, counts, files))
    raise Unreadable("the header has other fields than it should")


def _counts(solid: Solid) -> list[int]:
    n_points, n_starts = len(solid.edge_points), len(solid.edge_starts)
    mesh = solid.mesh
    sizes = (len(mesh.vertices), n_points, len(mesh.triangles), n_starts)
    return [*sizes, solid.n_solids, solid.n_faces]


def _measures(solid: Solid) -> NDArray[np.float64]:
    scalars = [solid.volume, solid.area, *solid.bbox]
    return np.concatenate([scalars, solid.center, solid.inertia.ravel()])


def _solid(data: bytearray, at: int, counts: list[int], files: dict[str, int]) -> Solid:
    n_vertices, n_points, n_triangles, n_starts, n_solids, n_faces = counts
    n_floats, n_ints = MEASURES + 3 * (n_vertices + n_points), 3 * n_triangles + n_starts
    tail = at + 8 * n_floats + 4 * n_ints
    if min(counts) < 1 or at % 8 or len(data) != tail + sum(files.values()):
        raise Unreadable("the lengths do not add up")
    floats = np.frombuffer(data, np.float64, n_floats, at)
    measures, vertices, points = np.split(floats, [MEASURES, MEASURES + 3 * n_vertices])
    ints = np.frombuffer(data, np.int32, n_ints, at + 8 * n_floats)
    triangles, starts = ints[: 3 * n_triangles], ints[3 * n_triangles :]
    xmin, ymin, zmin, xmax, ymax, zmax = measures[2:8].tolist()
    if not np.isfinite(floats).all():
        raise Unreadable("a number is not finite")
    if triangles.min() < 0 or triangles.max() >= n_vertices:
        raise Unreadable("a triangle has a corner that is not there")
    if starts[0] != 0 or starts[-1] != n_points or (np.diff(starts) < 0).any():
        raise Unreadable("the edges do not cover their points")
    if measures[:2].min() <= 0 or xmin > xmax or ymin > ymax or zmin > zmax:
        raise Unreadable("no solid has such measures")
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
        files=_cut(data, tail, files),
    )


def _cut(data: bytearray, at: int, files: dict[str, int]) -> dict[str, bytes]:
    contents = {}
    for name, length in files.items():
        contents[name] = bytes(data[at : at + length])
        at += length
    return contents


def _plain(text: Any) -> str:
    """One short line without control characters, escape sequences or half characters."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:LONGEST_ERROR]
