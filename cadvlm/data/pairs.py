"""A script and the shape file it came with: whether they are the same part.

Compared is their IoU, where they stand and in their own size, and where that is too little once
more with the script's part laid onto the other: a script may build it elsewhere, and turned, but
neither mirrored nor in another unit.
"""

from __future__ import annotations

from cadvlm.geometry.align import unit_body
from cadvlm.geometry.compare import iou
from cadvlm.geometry.solid import Solid
from cadvlm.scoring.distance import Pair
from cadvlm.scoring.iou_aligned import align

ALIKE = 0.98
"""The least IoU of a script and its file. The same part drawn again has 0.999, and 0.99 where the
file holds triangles; a hole that was forgotten costs more. Scripts in 8 bits do not pass: those of
GenCAD-Code have 0.93 in the mean with the files they were made from."""


def unlike(built: Solid, filed: Solid) -> str | None:
    """In what a script's solid differs from that of its file; None where it is the same part."""
    shared = iou(built.mesh, filed.mesh)
    smaller, larger = sorted((built.volume, filed.volume))
    if shared < ALIKE <= smaller / larger:
        shared = _laid_onto(built, filed)
    if shared >= ALIKE:
        return None
    return (
        f"the script and the shape file have an IoU of {shared:.3f}, at least {ALIKE} is asked; "
        f"volumes {built.volume:.6g} and {filed.volume:.6g}"
    )


def _laid_onto(built: Solid, filed: Solid) -> float:
    a, b = unit_body(built), unit_body(filed)
    return align(a, b, Pair(a.mesh, b.mesh), iou(a.mesh, b.mesh)).iou
