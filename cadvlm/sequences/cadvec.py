"""DeepCAD's vectors: a part as rows of 17 integers, the form in which its authors train on it.

One row a command and its 16 arguments, unused ones -1, each number one of 256 steps (``macro.py``,
``curves.py``, ``sketch.py`` and ``extrude.py`` of ChrisWu1997/DeepCAD):

=========  =========================================================================================
0  line    ``x y`` of its end; every curve starts where the one before it ends, the first of a loop
           where the last one does
1  arc     the same, the sweep (256 steps a turn), and whether it runs counter-clockwise
2  circle  ``x y`` of its centre, and ``r``
3  end     of the sequence; what follows is padding
4  loop    a new one begins
5  extrude the profile of the loops since the last: the plane's angles ``theta phi gamma`` (256
           steps from -pi to pi), its origin ``x y z`` and the sketch's size (128 steps a unit),
           ``e1 e2``, which boolean, and whether to one side, to both alike or as far as each says
=========  =========================================================================================

A sketch is drawn around (128, 128), its size across 95 steps. Shapes were scaled into +-0.75 of a
unit, which is taken as a millimetre, for want of another. Rounding is the authors': a grid of 1/128
of a unit, and half a turn, 256, is cut to 255.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.loops import chain, nest
from cadvlm.sequences.model import (
    Arc,
    Boolean,
    Circle,
    ConstructionSequence,
    Curve,
    Extrude,
    Line,
    Loop,
    Plane,
    Point2,
)
from cadvlm.sequences.vectors import add, cross, scaled

LEVELS = 256
MIDDLE = 128.0
SIZE_STEPS = 95.0
"""Half of the levels, less a margin of a quarter for augmentation, less one for rounding."""

COLUMNS = 17
MOST_ROWS = 10_000
"""DeepCAD's longest have 60."""
_STEPS = np.arange(-1, LEVELS + 1)
_LINE, _ARC, _CIRCLE, _END, _LOOP, _EXTRUDE = range(6)
_BOOLEANS = (Boolean.NEW, Boolean.JOIN, Boolean.CUT, Boolean.INTERSECT)

Commands = NDArray[np.int64]
"""(N, 17)."""


def read(content: bytes) -> ConstructionSequence:
    """Read the content of one ``.h5`` file.

    Raises:
        Unreadable: ``not_deepcad``, ``no_extrude``, ``no_body``, ``zero_length``,
            ``empty_profile``, ``malformed``, and those of loops.
    """
    import h5py

    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            vec = file["vec"]
            # A file of a few bytes may claim any number of rows.
            if len(vec.shape) != 2 or vec.shape[0] > MOST_ROWS or vec.shape[1] != COLUMNS:
                found = f"vec is {vec.shape}, expected at most {MOST_ROWS} rows of {COLUMNS}"
                raise Unreadable("not_deepcad", found)
            commands = np.asarray(vec)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise Unreadable("not_deepcad", f"no HDF5 file with 'vec' in it: {error}") from None
    if not np.issubdtype(commands.dtype, np.integer) or not np.isin(commands, _STEPS).all():
        raise Unreadable("malformed", f"vec has other numbers than -1 to {LEVELS}")
    return sequence(commands.astype(np.int64))


def sequence(commands: Commands) -> ConstructionSequence:
    """The operations of (N, 17) commands; :func:`read` says what is raised."""
    operations = tuple(_operations(commands))
    if not operations:
        raise Unreadable("no_extrude", "only sketches")
    first = operations[0]
    if first.boolean in (Boolean.CUT, Boolean.INTERSECT):
        raise Unreadable("no_body", f"the first extrude is a {first.boolean}")
    return ConstructionSequence((replace(first, boolean=Boolean.NEW), *operations[1:]))


def _operations(commands: Commands) -> Iterator[Extrude]:
    loops: list[list[list[int]]] = []
    for row in commands.tolist():
        match row[0]:
            case command if command == _END:
                return
            case command if command == _LOOP:
                loops.append([])
            case command if command == _EXTRUDE:
                yield _extrude(row, [_loop(rows, row[12]) for rows in loops if rows])
                loops = []
            case _ if loops:
                loops[-1].append(row)
            case _:
                raise Unreadable("malformed", f"command {row[0]} outside of a loop")


def _extrude(row: list[int], loops: list[Loop]) -> Extrude:
    if not loops:
        raise Unreadable("empty_profile", "an extrude without a loop")
    theta, phi, gamma = ((2 * value / LEVELS - 1) * math.pi for value in row[6:9])
    x, y, z, _, one, two = (2 * value / LEVELS - 1 for value in row[9:15])
    boolean, kind = row[15:17]
    if boolean not in range(4) or kind not in range(3):
        raise Unreadable("malformed", f"boolean {boolean}, extent {kind}")
    normal = (
        math.sin(theta) * math.cos(phi),
        math.sin(theta) * math.sin(phi),
        math.cos(theta),
    )
    level = (math.cos(theta) * math.cos(phi), math.cos(theta) * math.sin(phi), -math.sin(theta))
    across = cross(normal, level)
    x_axis = add(scaled(level, math.cos(gamma)), scaled(across, math.sin(gamma)))
    other = (0.0, -one, -two)[kind]
    start, end = (0.0, one) if kind == 0 else (min(other, one, 0.0), max(other, one, 0.0))
    if start == end:
        raise Unreadable("zero_length", "extruded by 0")
    return Extrude(Plane((x, y, z), x_axis, normal), (nest(loops),), _BOOLEANS[boolean], start, end)


def _loop(rows: list[list[int]], size: int) -> Loop:
    """A loop of a sketch that is ``size`` steps across."""
    step = 2 * size / LEVELS / SIZE_STEPS
    if not step > 0:
        raise Unreadable("zero_length", "a sketch without size")
    curves: list[Curve] = []
    start = _place(rows[-1], step)
    for row in rows:
        end = _place(row, step)
        match row[0]:
            case command if command == _CIRCLE:
                curves.append(Circle(end, row[5] * step))
            case command if command == _ARC and start != end:
                curves.append(Arc(start, _middle(start, end, row[3], row[4]), end))
            case command if command in (_LINE, _ARC):
                curves.append(Line(start, end))
            case _:
                raise Unreadable("malformed", f"command {row[0]} in a loop")
        start = end
    if any(isinstance(curve, Circle) and curve.radius <= 0 for curve in curves):
        raise Unreadable("degenerate_circle", "a radius of 0")
    return chain(curves)


def _place(row: list[int], step: float) -> Point2:
    return (row[1] - MIDDLE) * step, (row[2] - MIDDLE) * step


def _middle(start: Point2, end: Point2, sweep: int, counter_clockwise: int) -> Point2:
    """Of an arc: the height over half of the chord is the tangent of a quarter of the sweep."""
    bulge = math.tan(math.pi * sweep / LEVELS / 2) / 2 * (1 if counter_clockwise else -1)
    dx, dy = end[0] - start[0], end[1] - start[1]
    return (start[0] + end[0]) / 2 + bulge * dy, (start[1] + end[1]) / 2 - bulge * dx
