"""Whether a solid hangs together as its reference does.

``topology_match``  CADGenBench's (huggingface/cadgenbench, ``eval/topo_match.py``): for each of the
                    Betti numbers, pieces b0, through-holes b1 and voids b2,
                    ``((min + 1) / (max + 1)) ** 2`` of candidate and reference, and the product of
                    the three. 1 where all agree; one hole too many on a plate with four: 0.69.

How the numbers are found, and what counts as one piece, is said in :mod:`cadvlm.geometry.betti`.
There it differs from the source, which refuses bodies that overlap and counts touching ones apart.
"""

from __future__ import annotations

from cadvlm.geometry.betti import betti
from cadvlm.geometry.solid import Solid

SHARPNESS = 2
"""CADGenBench's: twice as many holes score (3/5)^2 against two, not 3/5."""


def topology_match(candidate: Solid, reference: Solid) -> float:
    """Agreement of the Betti numbers, in (0, 1]."""
    agreement = 1.0
    for a, b in zip(betti(candidate), betti(reference), strict=True):
        agreement *= ((min(a, b) + 1) / (max(a, b) + 1)) ** SHARPNESS
    return agreement
