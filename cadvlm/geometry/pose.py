"""How a solid is moved and scaled as a whole."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.solid import Mesh


class Pose(NamedTuple):
    """A turn, a scale and a shift: ``scale * rotation @ point + shift``."""

    rotation: NDArray[np.float64]
    """(3, 3), determinant +1."""
    scale: float
    shift: NDArray[np.float64]
    """(3,)."""

    def apply(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Move (N, 3) points."""
        return points @ (self.scale * self.rotation.T) + self.shift

    def undo(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Move (N, 3) points back."""
        return (points - self.shift) @ self.rotation / self.scale

    def move(self, mesh: Mesh) -> Mesh:
        return Mesh(self.apply(mesh.vertices), mesh.triangles)


UNMOVED = Pose(np.eye(3), 1.0, np.zeros(3))
