"""Which split a part belongs to.

The split follows from the shape alone, through measures that do not change when a part is moved,
turned, mirrored or scaled. Equal shapes, about 18 % of DeepCAD under other names, so never stand on
both sides of the line between training and test. It needs no look at the other parts: a part has
the same split in every run, on every machine, in every mixture.
"""

from __future__ import annotations

import hashlib

import numpy as np

from cadvlm.config.data import SplitConfig
from cadvlm.geometry.solid import Solid


def split_of(key: str, shares: SplitConfig) -> str:
    """``train``, ``val`` or ``test``, from a hash: :func:`shape_key`, or that of a caption."""
    draw = int(key[:12], 16) / 16**12
    if draw < shares.test:
        return "test"
    return "val" if draw < shares.test + shares.val else "train"


def shape_key(solid: Solid) -> str:
    """A hash that equal shapes share, whatever their position, orientation, handedness and scale.

    Made from compactness (area^3 / volume^2) and the three principal moments over volume^(5/3),
    each to three digits of its logarithm: coarser than any kernel's noise.
    """
    moments = np.linalg.eigvalsh(solid.inertia)
    measures = np.append(moments / solid.volume ** (5 / 3), solid.area**3 / solid.volume**2)
    digits = np.round(np.log(np.maximum(measures, 1e-12)), 3) + 0.0
    return hashlib.sha256(",".join(f"{digit:.3f}" for digit in digits).encode()).hexdigest()
