"""How far the surfaces of two solids lie apart, and how alike they look where they are near.

Everything is measured in the frame it is given in; :mod:`cadvlm.scoring.scores` gives the unit box
(cadrille's normalisation, its longest side 1). 8,192 points, uniform by area, are drawn on either
surface with a fixed seed, and each finds the nearest point of the other *surface*, so that equal
solids have a distance of 0 (below 2e-5, the rounding of single precision).

``chamfer``             mean of the two directed mean distances.
``hausdorff``           the largest distance from a point of either surface to the other. Corners of
                        the meshes are asked beside the sample: that is where it is met on parts
                        with flat faces, and there it is exact.
``f_score_T``           harmonic mean of precision and recall: the shares of the candidate's points
                        within T of the reference and the other way round (Knapitsch et al., 2017).
``normal_consistency``  mean over both directions of |cos| between the normal at a point and the
                        normal where it finds the other surface (Mescheder et al., 2019).
``surface_iou``         CADBench's (Doris et al., 2026), after alignment: the share of all points,
                        of both surfaces, within 0.01 of the other one (its script: 0.02 where the
                        reference's longest side is 2). Named so by its authors, though it is no
                        ratio of volumes. There the points look for the nearest of 10,000 points of
                        a *sample*, whose own gaps are wider than that: a cube against itself gets
                        0.41 (1 - exp(-pi 0.02^2 10,000 / 24)). Here it gets 1.

cadrille's own protocol looks from sample to sample, squares, and adds the two means:

``chamfer_squared``     that, times 10^3 (Kolodiazhnyi et al., 2025, ``evaluate.py``: 8,192 points).
``chamfer_floor``       the same between two samples of the *reference*: what a perfect candidate
                        gets. On real parts 0.16 in the median, a fifth of what good models report.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.pose import Pose
from cadvlm.geometry.solid import Mesh
from cadvlm.geometry.surface import Surface, surface_points

POINTS = 8192

SURFACE_IOU_THRESHOLD = 0.01


class Pair:
    """Two surfaces in one frame, with the points that all distances between them start from."""

    def __init__(self, candidate: Mesh, reference: Mesh, seed: int = 0) -> None:
        self.candidate, self.reference = Surface(candidate), Surface(reference)
        self.corners = candidate.vertices, reference.vertices
        # Three draws, for two samples of one surface must not be the same.
        self.sample = surface_points(candidate, POINTS, (seed, 0))
        self.reference_sample = surface_points(reference, POINTS, (seed, 1))
        self.other_reference_sample = surface_points(reference, POINTS, (seed, 2))
        self.there = self.reference.nearest(self.sample.points)
        self.back = self.candidate.nearest(self.reference_sample.points)


def chamfer(pair: Pair) -> float:
    """In sides of the unit box."""
    return float(pair.there.distances.mean() + pair.back.distances.mean()) / 2


def hausdorff(pair: Pair) -> float:
    """In sides of the unit box."""
    corners, reference_corners = pair.corners
    ways = (
        pair.there.distances,
        pair.back.distances,
        pair.reference.nearest(corners).distances,
        pair.candidate.nearest(reference_corners).distances,
    )
    return float(max(way.max() for way in ways))


def f_score(pair: Pair, threshold: float) -> float:
    """In [0, 1]."""
    precision = float((pair.there.distances <= threshold).mean())
    recall = float((pair.back.distances <= threshold).mean())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def normal_consistency(pair: Pair) -> float:
    """In [0, 1]."""
    there = np.abs((pair.sample.normals * pair.there.normals).sum(axis=1)).mean()
    back = np.abs((pair.reference_sample.normals * pair.back.normals).sum(axis=1)).mean()
    return min(float(there + back) / 2, 1.0)


def surface_iou(pair: Pair, pose: Pose) -> float:
    """In [0, 1]; ``pose`` lays the candidate on the reference."""
    there = pair.reference.nearest(pose.apply(pair.sample.points)).distances
    back = pair.candidate.nearest(pose.undo(pair.reference_sample.points)).distances * pose.scale
    near = [(way <= SURFACE_IOU_THRESHOLD).mean() for way in (there, back)]
    return float(sum(near)) / 2


class SquaredChamfer(NamedTuple):
    """In 10^-3 squared sides of the unit box."""

    of_candidate: float
    floor: float


def squared_chamfer(pair: Pair) -> SquaredChamfer:
    """From sample to sample: of the candidate, and of the reference itself."""
    from scipy.spatial import cKDTree

    points = pair.reference_sample.points
    tree = cKDTree(points)

    def to(other: NDArray[np.float64]) -> float:
        there, _ = tree.query(other)
        back, _ = cKDTree(other).query(points)
        return float((there**2).mean() + (back**2).mean()) * 1e3

    return SquaredChamfer(to(pair.sample.points), to(pair.other_reference_sample.points))
