"""How close a predicted solid is to its reference: every measure of one pair, under its name.

``iou``           shared volume over joint volume in the unit box: the centre of each bounding box
                  is moved to the origin and its longest side scaled to 1 (cadrille's
                  normalisation). Nothing is turned: a picture tells the model which way is up.
``iou_absolute``  the same as the solids stand, nothing moved and nothing scaled: what an engineer
                  needs from a dimensioned drawing.

:mod:`~cadvlm.scoring.iou_best` and :mod:`~cadvlm.scoring.iou_aligned` define the other two,
:mod:`~cadvlm.scoring.distance` what lies between the surfaces (in the unit box), and
:mod:`~cadvlm.scoring.topology` and :mod:`~cadvlm.scoring.features` how solids are made up,
:mod:`~cadvlm.scoring.parametric` what order they keep.

Similarities lie in [0, 1] and are 0 without a candidate. Distances are None without one, and a
report may charge the diagonal of the box. None is also what cannot be measured on this reference.

A reference always has a solid: one without is the caller's to set aside, for it says nothing of
the model.
"""

from __future__ import annotations

from collections.abc import Callable

from cadvlm.geometry.align import unit_body
from cadvlm.geometry.compare import iou
from cadvlm.geometry.solid import Solid
from cadvlm.scoring import distance
from cadvlm.scoring.features import feature_match
from cadvlm.scoring.iou_aligned import align
from cadvlm.scoring.iou_best import iou_best
from cadvlm.scoring.parametric import parametric_validity
from cadvlm.scoring.topology import topology_match

THRESHOLDS = {"f_score_0.01": 0.01, "f_score_0.02": 0.02, "f_score_0.05": 0.05}

STRUCTURE: dict[str, Callable[[Solid, Solid], float | None]] = {
    "topology_match": topology_match,
    "feature_match": feature_match,
    "parametric_validity": parametric_validity,
}
"""Measures that may have nothing to say of a reference."""

SIMILARITIES = (
    "iou",
    "iou_best",
    "iou_aligned",
    "iou_absolute",
    "surface_iou",
    *THRESHOLDS,
    "normal_consistency",
    *STRUCTURE,
)
"""In [0, 1], 1 for a perfect candidate, 0 for none."""

DISTANCES = ("chamfer", "chamfer_squared", "chamfer_floor", "hausdorff")
"""0 for a perfect candidate, except where samples are compared, and None without one."""

METRICS = (*SIMILARITIES, *DISTANCES)
"""The names that :func:`score` gives, in the order in which tables show them."""


def score(
    candidate: Solid | None, reference: Solid, *, unsound: Solid | None = None, seed: int = 0
) -> dict[str, float | None]:
    """Compare a solid with its reference.

    Args:
        candidate: What the prediction built, or None when it built no valid solid.
        reference: What it should have built.
        unsound: All its solids, valid or not, where that is more. Beside a valid solid they fill
            space, and count wherever space is compared: leaving a bad body behind shall not pay.
            Without one only ``iou_best`` looks at them, as its authors do.
        seed: Of the sampled points.

    Returns:
        Every one of :data:`METRICS` under its name.
    """
    if candidate is None:
        known = {name: same(reference, reference) for name, same in STRUCTURE.items()}
        return {
            **dict.fromkeys(SIMILARITIES, 0.0),
            **dict.fromkeys(DISTANCES),
            **{name: None if value is None else 0.0 for name, value in known.items()},
            "iou_best": iou_best(unsound, reference) if unsound else 0.0,
        }
    whole = unsound or candidate
    a, b = unit_body(whole), unit_body(reference)
    pair = distance.Pair(a.mesh, b.mesh, seed)
    squared = distance.squared_chamfer(pair)
    unmoved = iou(a.mesh, b.mesh)
    aligned = align(a, b, pair, unmoved)
    return {
        "iou": unmoved,
        "iou_aligned": aligned.iou,
        "surface_iou": distance.surface_iou(pair, aligned.pose),
        "iou_best": iou_best(whole, reference),
        "iou_absolute": iou(whole.mesh, reference.mesh),
        **{name: distance.f_score(pair, value) for name, value in THRESHOLDS.items()},
        "normal_consistency": distance.normal_consistency(pair),
        **{name: measure(candidate, reference) for name, measure in STRUCTURE.items()},
        "chamfer": distance.chamfer(pair),
        "chamfer_squared": squared.of_candidate,
        "chamfer_floor": squared.floor,
        "hausdorff": distance.hausdorff(pair),
    }
