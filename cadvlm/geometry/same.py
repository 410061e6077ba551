"""Whether two programs have built one solid, by what was measured of each.

Cheap, since nothing but numbers is compared, and strict: box, centre of mass, volume, the whole
matrix of inertia and area. How faces are split does not matter. Mirror images differ in the matrix
unless they are one part.
"""

from __future__ import annotations

import math

import numpy as np

from cadvlm.geometry.solid import Solid

TOLERANCE = 2e-5
"""How far faces may lie from each other, in diagonals of the box: on the average over all faces,
which is what a volume or a moment tells when it is divided by the area. A program that keeps six
digits of the part's size moves its faces by a tenth of that."""

AREA_TOLERANCE = 2e-4
"""Relative. Six digits of the size leave four of a wall a hundred times thinner."""


def same(one: Solid, other: Solid) -> bool:
    """Whether both are the same part in the same place."""
    size = math.dist(one.bbox[:3], one.bbox[3:])
    area = max(one.area, other.area)
    if not size > 0 or not area > 0:
        return False
    apart = [
        np.abs(np.subtract(one.bbox, other.bbox)).max() / size,
        np.abs(one.center - other.center).max() / size,
        abs(one.volume - other.volume) / area / size,
        np.abs(one.inertia - other.inertia).max() / area / size**3,
    ]
    return max(apart) <= TOLERANCE and abs(one.area - other.area) / area <= AREA_TOLERANCE
