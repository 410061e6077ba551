"""How close a predicted solid is to its reference, up to position and size.

Both solids are first moved and scaled by cadrille's normalisation: the centre of the bounding box
to the origin, its longest side to 1. Nothing is turned: a picture tells the model which way is up.

``iou``      volume of the intersection over volume of the union, in [0, 1]. No candidate: 0.
``chamfer``  mean of the two directed mean distances between the surfaces, in sides of the unit box.
             8,192 points, uniform by area, are drawn on either surface with a fixed seed, and each
             is measured to the nearest point of the other *surface*. Equal solids therefore score 0
             (below 2e-5, the rounding of single precision). No candidate: None; a report may charge
             sqrt(3), the diagonal of the box.

             cadrille measures to the nearest point of the other *sample*, as most do, and squares.
             Two samples never coincide, so that there a solid scores 0.007 against itself before
             squaring (median of 20 GenCAD parts): a seventh of what counts as good.

A reference always has a solid: one without is the caller's to set aside, for it says nothing of
the model.
"""

from __future__ import annotations

from cadvlm.geometry.compare import distances, iou, surface_points, unit_box
from cadvlm.geometry.solid import Mesh, Solid

METRICS = ("iou", "chamfer")
"""The names that :func:`score` gives, in the order in which reports show them."""

CHAMFER_POINTS = 8192


def score(candidate: Solid | None, reference: Solid, *, seed: int = 0) -> dict[str, float | None]:
    """Compare a solid with its reference.

    Args:
        candidate: What the prediction built, or None when it built no valid solid.
        reference: What it should have built.
        seed: Of the sampled points.

    Returns:
        Every one of :data:`METRICS` under its name.
    """
    if candidate is None:
        return {"iou": 0.0, "chamfer": None}
    a, b = unit_box(candidate), unit_box(reference)
    return {"iou": iou(a, b), "chamfer": chamfer(a, b, seed=seed)}


def chamfer(a: Mesh, b: Mesh, *, seed: int = 0) -> float:
    """Mean of the mean distances from ``a``'s surface to ``b``'s and back."""
    there = distances(surface_points(a, CHAMFER_POINTS, seed).points, b)
    back = distances(surface_points(b, CHAMFER_POINTS, seed).points, a)
    return float(there.mean() + back.mean()) / 2
