"""A solid's projections as lines: what a drawing is made of, and its way out of the child.

The child writes them as one file among ``Solid.files``, under the name ``drawing``. It belongs to
the program that ran there, so :func:`unpack` takes nothing on trust, as the reader of the report
does (:mod:`cadvlm.execution.report`)::

    int64    views: curves, points, for each of VIEWS
    float64  points (P, 2), circles (C, 3), for each view
    int32    starts (C + 1,), kinds (C,), for each view
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# C curves, P points along all curves

VIEWS = {
    "front": ((0, -1, 0), (0, 0, 1)),
    "top": ((0, 0, 1), (0, 1, 0)),
    "right": ((1, 0, 0), (0, 0, 1)),
    "iso": ((1, -1, 1), (0, 0, 1)),
}
"""Where the eye stands, and which way is up. The isometric view is GenCAD's."""


def frame(eye: Sequence[float], up: Sequence[float]) -> NDArray[np.float64]:
    """(3, 3) rows of unit length: a view's right, its up, and from the part towards the eye."""
    back = np.array(eye, dtype=float)
    right = np.cross(np.array(up), back)
    axes = np.stack([right, np.cross(back, right), back])
    unit: NDArray[np.float64] = axes / np.linalg.norm(axes, axis=1, keepdims=True)
    return unit


LONGEST = 1 << 17
"""Points or curves in one view beyond which it is no drawing. The largest seen had 10,000."""


class Kind(IntEnum):
    """What a line stands for."""

    VISIBLE = 0
    """An edge or the outline of a round face, with nothing in front of it."""
    SMOOTH = 1
    """Visible, and the faces run into one another without a bend, as at a fillet's border."""
    HIDDEN = 2
    """An edge or outline behind something; smooth ones are not kept."""


class Lines(NamedTuple):
    """One view, in the part's own unit: to the right and up, seen along the view's direction."""

    points: NDArray[np.float64]
    """(P, 2) polylines, one after the other."""
    starts: NDArray[np.int32]
    """(C + 1,) where each curve begins in ``points``; the last entry is P."""
    kinds: NDArray[np.int32]
    """(C,) of :class:`Kind`."""
    circles: NDArray[np.float64]
    """(C, 3) centre and radius of what is part of a circle; radius 0 for everything else."""

    def curves(self) -> Iterator[tuple[Kind, NDArray[np.float64], NDArray[np.float64]]]:
        """Kind, points (N, 2) and circle (3,) of each."""
        for kind, start, end, circle in zip(
            self.kinds, self.starts[:-1], self.starts[1:], self.circles, strict=True
        ):
            yield Kind(kind), self.points[start:end], circle


class Curve(NamedTuple):
    """One line of a view."""

    kind: Kind
    points: NDArray[np.float64]
    """(N, 2)."""
    circle: tuple[float, float, float] = (0.0, 0.0, 0.0)


class NotADrawing(Exception):
    """Bytes that are cut short, inconsistent or forged. Says in a few words what is wrong."""


def gather(curves: list[Curve]) -> Lines:
    """Curves as one set of arrays."""
    lengths = [len(curve.points) for curve in curves]
    return Lines(
        np.concatenate([curve.points for curve in curves]) if curves else np.zeros((0, 2)),
        np.cumsum([0, *lengths]).astype(np.int32),
        np.array([curve.kind for curve in curves], np.int32),
        np.array([curve.circle for curve in curves], np.float64).reshape(-1, 3),
    )


def pack(views: dict[str, Lines]) -> bytes:
    """Write all of :data:`VIEWS`."""
    drawn = [views[name] for name in VIEWS]
    counts = np.array([(len(lines.kinds), len(lines.points)) for lines in drawn], np.int64)
    floats = [array.tobytes() for lines in drawn for array in (lines.points, lines.circles)]
    ints = [array.tobytes() for lines in drawn for array in (lines.starts, lines.kinds)]
    return b"".join([counts.tobytes(), *floats, *ints])


def unpack(data: bytes) -> dict[str, Lines]:
    """Read what :func:`pack` wrote, and believe none of it.

    Raises:
        NotADrawing: something in it is wrong.
    """
    head = len(VIEWS) * 2
    if len(data) < 8 * head:
        raise NotADrawing("no header")
    counts = np.frombuffer(data, np.int64, head).reshape(-1, 2)
    if (counts < 0).any() or (counts > LONGEST).any():
        raise NotADrawing("the counts are not what they should be")
    n_floats = int((2 * counts[:, 1] + 3 * counts[:, 0]).sum())
    n_ints = int((2 * counts[:, 0] + 1).sum())
    if len(data) != 8 * head + 8 * n_floats + 4 * n_ints:
        raise NotADrawing("the lengths do not add up")
    floats = np.frombuffer(data, np.float64, n_floats, 8 * head)
    ints = np.frombuffer(data, np.int32, n_ints, 8 * (head + n_floats))
    if not np.isfinite(floats).all():
        raise NotADrawing("a number is not finite")
    views = {}
    for name, (n_curves, n_points) in zip(VIEWS, counts.tolist(), strict=True):
        points, circles, floats = np.split(floats, [2 * n_points, 2 * n_points + 3 * n_curves])
        starts, kinds, ints = np.split(ints, [n_curves + 1, 2 * n_curves + 1])
        views[name] = Lines(points.reshape(-1, 2), starts, kinds, circles.reshape(-1, 3))
        if wrong := _fault(views[name]):
            raise NotADrawing(wrong)
    return views


def _fault(lines: Lines) -> str | None:
    starts = lines.starts
    if starts[0] != 0 or starts[-1] != len(lines.points) or (np.diff(starts) < 2).any():
        return "the curves do not cover their points"
    if (lines.kinds < 0).any() or (lines.kinds >= len(Kind)).any():
        return "a line of no kind"
    if (lines.circles[:, 2] < 0).any():
        return "a negative radius"
    if not (lines.kinds == Kind.VISIBLE).any():
        return "nothing to be seen"
    return None
