"""Which split a part belongs to.

The split follows from the shape alone, through measures that do not change when a part is moved,
turned, mirrored or scaled. Equal shapes, about 18 % of DeepCAD under other names, so never stand on
both sides of the line between training and test. It needs no look at the other parts: a part has
the same split in every run, on every machine, in every mixture. Only where rounding parts two equal
shapes has the second one to follow the first; see :mod:`cadvlm.data.finish`.
"""

from __future__ import annotations

import hashlib

from cadvlm.config.data import SplitConfig
from cadvlm.data.shape_key import EXACT


def split_of(key: str, shares: SplitConfig) -> str:
    """``train``, ``val`` or ``test``, from a shape key, or from the digest of what has no shape."""
    draw = int(hashlib.sha256(_rounded(key).encode()).hexdigest()[:12], 16) / 16**12
    if draw < shares.test:
        return "test"
    return "val" if draw < shares.test + shares.val else "train"


def _rounded(key: str) -> str:
    """The exact measures to three digits of their logarithms: coarser than any kernel's noise."""
    if "," not in key:
        return key
    return ",".join(f"{round(float(measure), 3) + 0.0:.3f}" for measure in key.split(",")[:EXACT])
