"""IoU after the best rigid alignment: the shape alone counts, not its place, size or direction.

A perfect part in any pose scores 1, symmetric or not, and its mirror image does not; see
:mod:`cadvlm.geometry.align` for how the pose is found. It is the best of those that were measured,
the unit box's among them, and so never below ``iou``.
"""

from __future__ import annotations

from typing import NamedTuple

from cadvlm.geometry.align import Body, candidates, settle
from cadvlm.geometry.compare import iou
from cadvlm.geometry.pose import UNMOVED, Pose
from cadvlm.scoring.distance import Pair

MEASURED = 5
"""Poses that are measured as the screen gives them."""

SETTLED = 3
"""The best of them are settled, and measured again."""

SETTLING_POINTS = 400

GOOD_ENOUGH = 0.999


class Aligned(NamedTuple):
    iou: float
    pose: Pose


def align(a: Body, b: Body, pair: Pair, unmoved: float) -> Aligned:
    """Find the pose of ``a`` that shares most with ``b``.

    Args:
        a: The candidate in its unit box.
        b: The reference in its own.
        pair: The surfaces of the two.
        unmoved: Their IoU as they stand.
    """

    def measured(pose: Pose) -> Aligned:
        return Aligned(iou(pose.move(a.mesh), b.mesh), pose)

    tried = [Aligned(unmoved, UNMOVED)]
    if unmoved < GOOD_ENOUGH:
        tried += map(measured, candidates(a, b, MEASURED))
    best = sorted(tried, key=lambda one: -one.iou)[:SETTLED]
    points = pair.sample.points[:SETTLING_POINTS]
    for start in best:
        if max(tried, key=lambda one: one.iou).iou >= GOOD_ENOUGH:
            break
        tried.append(measured(settle(start.pose, points, pair.reference)))
    return max(tried, key=lambda one: one.iou)
