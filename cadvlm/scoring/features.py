"""Whether a solid has its reference's holes, fillets, chamfers, pockets and bosses.

``feature_match``  F1 over recognised features. A feature of the candidate can stand for one of the
                   reference that has the same kind and form, each of its sizes within 5 %, its
                   place within 5 % of the longest side, and its direction within 5 degrees. Of all
                   ways to pair them, each at most once, the one with the most pairs counts.
                   ``2 pairs / (features of candidate + features of reference)``.

Both solids are compared in the unit box of ``iou``: moved, scaled, not turned. So a part of twice
the size matches, while the right hole in the wrong place does not. What counts as a feature is said
in :mod:`cadvlm.geometry.features`. A reference without any, or one of which only triangles are
known, says nothing: None, as for a candidate of which nothing but triangles is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, radians

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from cadvlm.geometry.features import Feature, recognise
from cadvlm.geometry.solid import Solid

WITHIN = 0.05
"""Of a size, relatively, and of a place, in longest sides."""

ALIGNED = cos(radians(5))


def feature_match(candidate: Solid, reference: Solid) -> float | None:
    """F1 of the candidate's features against the reference's, in [0, 1]; None: nothing to say."""
    if candidate.facts is None or reference.facts is None:
        return None
    wanted, found = recognise(reference), recognise(candidate)
    if not wanted:
        return None
    if not found:
        return 0.0
    pairs = list(_pairs(found, frame(candidate), wanted, frame(reference)))
    if not pairs:
        return 0.0
    graph = sparse.csr_array(
        (np.ones(len(pairs), np.int8), np.array(pairs).T), (len(found), len(wanted))
    )
    partners = sparse.csgraph.maximum_bipartite_matching(graph, perm_type="column")
    return 2 * int((partners >= 0).sum()) / (len(found) + len(wanted))


def is_same(
    a: Feature, b: Feature, scale_a: float = 1.0, scale_b: float = 1.0, within: float = WITHIN
) -> bool:
    """Whether two features agree in all but place.

    Args:
        a: A feature.
        b: The one it should be.
        scale_a: What the sizes of ``a`` are multiplied by.
        scale_b: What those of ``b`` are.
        within: Largest difference of a size, as a share of that of ``b``.
    """
    if (a.kind, a.form) != (b.kind, b.form) or abs(float(a.axis @ b.axis)) < ALIGNED:
        return False
    return all(
        abs(a.sizes[name] * scale_a - size * scale_b) <= within * size * scale_b
        for name, size in b.sizes.items()
    )


def frame(solid: Solid) -> tuple[NDArray[np.float64], float]:
    """Centre of the bounding box, and what makes its longest side 1."""
    low, high = np.array(solid.bbox[:3]), np.array(solid.bbox[3:])
    return (low + high) / 2, 1 / float((high - low).max())


def _pairs(
    found: list[Feature],
    frame: tuple[NDArray[np.float64], float],
    wanted: list[Feature],
    other: tuple[NDArray[np.float64], float],
) -> Iterator[tuple[int, int]]:
    """Which of the features found can stand for which of those wanted."""
    (center, scale), (other_center, other_scale) = frame, other
    places = np.array([(feature.at - center) * scale for feature in found])
    others = np.array([(feature.at - other_center) * other_scale for feature in wanted])
    for i, near in enumerate(cKDTree(others).query_ball_point(places, WITHIN)):
        for j in near:
            if is_same(found[i], wanted[j], scale, other_scale):
                yield i, j
