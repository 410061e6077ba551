"""What is known of a solid once it was built: numbers, a tessellation and its edges.

Only arrays and numbers, no kernel object: a :class:`Solid` crosses processes and machines, and
everything that scores or draws works from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.facts import Facts

# V vertices, T triangles, E edges, P points along all edges


@dataclass(frozen=True, slots=True)
class Mesh:
    """A triangulated boundary, outward oriented; closed when the solid is."""

    vertices: NDArray[np.float64]
    """(V, 3), welded: neighbouring faces share vertices."""
    triangles: NDArray[np.int32]
    """(T, 3) indices into ``vertices``."""


@dataclass(frozen=True, slots=True)
class Solid:
    """The closed solids that a program left behind, taken as one."""

    volume: float
    """Sum over the solids, in cubed units of the program."""
    area: float
    """Of the whole boundary, in squared units."""
    bbox: tuple[float, float, float, float, float, float]
    """``(xmin, ymin, zmin, xmax, ymax, zmax)``, exact to the kernel's tolerance."""
    center: NDArray[np.float64]
    """(3,) centre of mass."""
    inertia: NDArray[np.float64]
    """(3, 3) matrix of inertia about the centre of mass, unit density."""
    n_solids: int
    n_faces: int
    n_edges: int
    mesh: Mesh
    edge_points: NDArray[np.float64]
    """(P, 3) polylines of the B-rep's edges, one after the other."""
    edge_starts: NDArray[np.int32]
    """(E + 1,) where each edge begins in ``edge_points``; the last entry is P."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Exports that were asked for, by suffix: ``step``, ``brep``."""
    n_left_out: int = 0
    """Solids beside these that were not sound: open, flat, inside out or invalid."""
    facts: Facts | None = None
    """Surfaces and joints of the boundary; None where only triangles are known."""

    @property
    def nbytes(self) -> int:
        """What its arrays and files take in memory."""
        arrays = (self.mesh.vertices, self.mesh.triangles, self.edge_points, self.edge_starts)
        return sum(array.nbytes for array in arrays) + sum(map(len, self.files.values()))
