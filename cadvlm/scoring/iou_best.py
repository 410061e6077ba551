"""IoUbest, CAD-Coder's measure to the letter (Doris et al., 2025; ``scripts/compute_iou.py``).

Both solids are moved with their centre of mass to the origin and scaled to
``sqrt(sum |principal moments of inertia| / volume) = 1``. The candidate's principal axes, as
``numpy.linalg.eigh`` of the kernel's inertia matrix returns them, are laid on the reference's in
four ways: as they come, and turned by half a turn about each of the three. The best IoU counts.

To the letter also where that is not what one would want:

- ``eigh`` gives left-handed axes as often as right-handed ones. When one solid's are left-handed
  and the other's are not, all four poses are mirror images, and a perfect chiral part fails.
- Where moments coincide the axes are arbitrary within their plane or in space.
- Several solids are one compound: their volumes and moments add up.
- A solid that BRepCheck refuses is measured like any other, for the peer does not ask.

Two things differ. The IoU is measured on meshes, so that it never exceeds 1, counts overlapping
bodies once and always ends. And a solid that is inside out, whose scale would be the root of a
negative number, scores 0 (there the run hangs).
"""

from __future__ import annotations

import math

import numpy as np

from cadvlm.geometry.compare import iou
from cadvlm.geometry.pose import Pose
from cadvlm.geometry.solid import Mesh, Solid

HALF_TURNS = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
"""Signs of the candidate's three principal axes in the four poses."""


def iou_best(candidate: Solid, reference: Solid) -> float:
    """The best of the four poses, in [0, 1]."""
    if candidate.volume <= 0 or reference.volume <= 0:
        return 0.0
    _, axes = np.linalg.eigh(candidate.inertia)
    _, reference_axes = np.linalg.eigh(reference.inertia)
    mesh, target = _normalised(candidate), _normalised(reference)
    poses = (reference_axes @ (axes * signs).T for signs in HALF_TURNS)
    return max(iou(Mesh(mesh.vertices @ pose.T, mesh.triangles), target) for pose in poses)


def _normalised(solid: Solid) -> Mesh:
    scale = 1 / math.sqrt(float(np.abs(np.linalg.eigvalsh(solid.inertia)).sum()) / solid.volume)
    return Pose(np.eye(3), scale, -scale * solid.center).move(solid.mesh)
