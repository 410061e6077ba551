"""What a program earns in reinforcement learning: its IoU, unless it was come by dishonestly.

A model that is paid for a number finds whatever raises it. So ``iou`` (unit box, nothing turned;
every place counts once, holes in a boundary earn nothing) is paid behind gates. What does not pass
one earns 0, less than any honest try; what leaves no valid solid earns what the caller says.

``unsound``  beside the valid solids a body was left that is none
``overlap``  bodies lie in one another, more than those of the reference: as soon as somebody adds
             volumes up (cadrille's reward does), a part can be had twice over
``void``     a hollow that no picture shows and the reference has not: where voxels are filled it
             costs nothing, and it saves no one but the printer
``mirror``   the mirror image in x, y or z is the reference, and the part is not: a left hand for a
             right one
``size``     many times larger or smaller than the reference
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cadvlm.geometry.betti import betti
from cadvlm.geometry.compare import iou, overlap, unit_box, unit_pose
from cadvlm.geometry.solid import Mesh, Solid

TWICE = 1.01
"""Volume of bodies over that of their union above which they overlap; the grid knows 1e-4 of it."""

SAME = 0.98
"""IoU from which two parts are taken for the same."""


class Reward(NamedTuple):
    """What one program earned, and for what."""

    value: float
    iou: float
    """Before any gate; 0 without a valid solid."""
    refused: str | None = None
    """The gate that it did not pass; ``invalid`` without a valid solid."""


def reward(
    candidate: Solid | None,
    reference: Solid,
    *,
    unsound: Solid | None = None,
    invalid: float = 0.0,
    size: float | None = None,
) -> Reward:
    """Judge what a program built.

    Args:
        candidate: Its solid, None when it left no valid one.
        reference: What it should have built.
        unsound: All its solids, where some are not sound.
        invalid: Earned without a solid; not above 0.
        size: Factor of length, up and down, from which nothing is earned; None: any size will do.
    """
    if candidate is None:
        return Reward(invalid, 0.0, "invalid")
    shared = iou(unit_box(candidate), unit_box(reference))
    if unsound is not None:
        refused: str | None = "unsound"
    elif size is not None and _longer(candidate, reference) >= size:
        refused = "size"
    elif candidate.n_solids > 1 and _twice(candidate) > TWICE * _twice(reference):
        refused = "overlap"
    elif shared < SAME and _is_mirrored(candidate, reference):
        refused = "mirror"
    elif _has_more_voids(candidate, reference):
        refused = "void"
    else:
        refused = None
    return Reward(0.0 if refused else shared, shared, refused)


def _longer(a: Solid, b: Solid) -> float:
    """How many times as long one is as the other, whichever is longer."""
    ratio = unit_pose(a).scale / unit_pose(b).scale
    return max(ratio, 1 / ratio)


def _twice(solid: Solid) -> float:
    """The volumes of all bodies over the volume that they fill."""
    filled = overlap(solid.mesh, solid.mesh).union
    return solid.volume / filled if filled > 0 else float("inf")


def _is_mirrored(a: Solid, b: Solid) -> bool:
    """Whether a mirror image of one is the other."""
    if not _could_be_same(a, b):
        return False
    mesh, wanted = unit_box(a), unit_box(b)
    return any(iou(_mirrored(mesh, axis), wanted) >= SAME for axis in range(3))


def _could_be_same(a: Solid, b: Solid) -> bool:
    """Whether volumes and boxes, which mirroring leaves alone, allow for it."""
    box, wanted = (np.ptp(unit_box(one).vertices, axis=0) for one in (a, b))
    volume, other = (one.volume * unit_pose(one).scale ** 3 for one in (a, b))
    apart = 1 - SAME
    return abs(volume - other) <= apart * other and bool(np.abs(box - wanted).max() <= apart)


def _mirrored(mesh: Mesh, axis: int) -> Mesh:
    vertices = mesh.vertices.copy()
    vertices[:, axis] *= -1
    return Mesh(vertices, mesh.triangles[:, ::-1].copy())


def _has_more_voids(a: Solid, b: Solid) -> bool:
    voids = betti(a).voids
    return voids > 0 and voids > betti(b).voids
