"""The formulas of two peers, re-created from their public scripts. Faults included.

Shared volumes are measured by us, so that what comes out wrong is the formula's fault alone and not
that of a Boolean. They take what the self-tests give a function: ``(vertices, triangles)`` of
candidate and reference.
"""

import numpy as np
import trimesh

from cadvlm.geometry.compare import iou, overlap
from cadvlm.geometry.solid import Mesh


def cad_coder(candidate, reference):
    """CAD-Coder's IoUbest: four principal poses, handedness unchecked."""
    bodies, axes = [], []
    for vertices, triangles in (candidate, reference):
        body = trimesh.Trimesh(vertices, triangles, process=False)
        moments, vectors = np.linalg.eigh(body.moment_inertia)
        size = np.sqrt(np.abs(moments).sum() / body.volume)
        bodies.append(Mesh((vertices - body.center_mass) / size, triangles))
        axes.append(vectors)
    poses = (
        axes[1] @ (axes[0] * signs).T
        for signs in ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))
    )
    return max(
        iou(Mesh(bodies[0].vertices @ pose.T, bodies[0].triangles), bodies[1]) for pose in poses
    )


def cadrille(candidate, reference):
    """cadrille's IoU: every body against every body in the unit box, and the sum of it all."""
    pieces = []
    for vertices, triangles in (candidate, reference):
        body = trimesh.Trimesh(vertices, triangles)
        body.apply_translation(-body.bounds.mean(axis=0))
        body.apply_scale(1 / body.extents.max())
        pieces.append(list(body.split()))
    meshes = [
        [Mesh(np.array(one.vertices), np.array(one.faces)) for one in side] for side in pieces
    ]
    shared = sum(overlap(a, b).intersection for a in meshes[0] for b in meshes[1])
    volumes = sum(one.volume for side in pieces for one in side)
    return shared / (volumes - shared)


def always_right_about_identity(candidate, reference):
    """Right wherever the answer is 1."""
    return 1.0
