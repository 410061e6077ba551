"""Equal shapes under different names: about 18 % of DeepCAD.

Two shapes are equal when every measure of their keys agrees to a tolerance. Rounding alone would
not do: however coarse, it parts some pairs that lie on either side of a boundary. So shapes are
kept in cells, and one that comes near a boundary is looked for on its other side, too.

Rows are taken in the order of the sources, and each is compared with the first of its kind only.
So the answer does not depend on who built what when, and a long row of shapes that differ ever so
little from one to the next does not become one shape.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from cadvlm.data.shape_key import EXACT

TOLERANCE = np.array([5e-4] * EXACT + [5e-3, 2e-3])
"""Within which measures agree. Of 199 parts of DeepCAD that were moved, turned and scaled, the
exact measures changed by 2e-12 at most, skew by 2e-4 and hand by 1e-8; and the same pairs of parts
were equal whether the exact ones had to agree to 1e-5 or to 1e-3."""

FACETED = 20.0
"""How much wider it is for references that are triangle meshes: chords take up to a hundredth off a
round part. To take a training row for a test part costs one row, the other mistake the test."""

_CELL = 16
"""Width of a cell in tolerances: so wide that a shape is rarely near two, and so narrow that few
shapes share one."""


class Shapes:
    """Some of the rows of ``keys`` (N, MEASURES), to be found again. 200 bytes for each of them."""

    def __init__(self, keys: NDArray[np.float32], slack: float = 1.0) -> None:
        self._keys = keys
        self._tolerance = TOLERANCE * slack
        self._cells: dict[bytes, list[int]] = {}

    def add(self, row: int) -> None:
        """Remember a row."""
        [home] = self._cells_around(self._keys[row], reach=0.0)
        self._cells.setdefault(home, []).append(row)

    def find(self, key: NDArray[np.float32]) -> int | None:
        """The first of the rows with the shape of ``key`` (MEASURES,)."""
        nearby = self._cells_around(key, reach=1.0)
        rows = [row for cell in nearby for row in self._cells.get(cell, ())]
        alike = (np.abs(self._keys[rows] - key) <= self._tolerance).all(axis=1) if rows else ()
        return min(itertools.compress(rows, alike), default=None)

    def _cells_around(self, key: NDArray[np.float32], reach: float) -> list[bytes]:
        places = key[:EXACT] / self._tolerance[:EXACT]
        low = np.floor((places - reach) / _CELL).astype(int).tolist()
        high = np.floor((places + reach) / _CELL).astype(int).tolist()
        ranges = [range(a, b + 1) for a, b in zip(low, high, strict=True)]
        return [np.array(cell, np.int32).tobytes() for cell in itertools.product(*ranges)]


def firsts(keys: NDArray[np.float32]) -> NDArray[np.int64]:
    """For each of (N, MEASURES) keys the first row of its shape; itself where it has no key."""
    shapes, found = Shapes(keys), np.arange(len(keys))
    for row in np.flatnonzero(_known(keys)).tolist():
        first = shapes.find(keys[row])
        if first is None:
            shapes.add(row)
        else:
            found[row] = first
    return found


def repeated(first: NDArray[np.int64], questions: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each row the first one that asks the same ``question`` about the same shape.

    One part that is described in four ways makes four rows that all teach something.
    """
    pairs = np.stack([first, questions], axis=1)
    _, rows, group = np.unique(pairs, axis=0, return_index=True, return_inverse=True)
    asked: NDArray[np.int64] = rows[group.reshape(-1)]
    return asked


def among(
    keys: NDArray[np.float32], references: NDArray[np.float32], faceted: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """For each key the reference with its shape, -1 where there is none.

    Args:
        keys: (N, MEASURES).
        references: (R, MEASURES).
        faceted: (R,) whether a reference is a triangle mesh.
    """
    found = np.full(len(keys), -1)
    # Meshes first: where both a mesh and an exact solid have the shape, the solid's name stays.
    for kind, slack in ((faceted, FACETED), (~faceted, 1.0)):
        shapes = Shapes(references, slack)
        for row in np.flatnonzero(kind & _known(references)).tolist():
            shapes.add(row)
        for row in np.flatnonzero(_known(keys)).tolist() if kind.any() else ():
            reference = shapes.find(keys[row])
            found[row] = found[row] if reference is None else reference
    return found


def _known(keys: NDArray[np.float32]) -> NDArray[np.bool_]:
    return ~np.isnan(keys[:, 0])
