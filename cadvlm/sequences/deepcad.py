"""DeepCAD's raw files: Onshape's feature list as JSON, in metres.

What the files do not say, or say wrongly (measured on 1,336 of them):

- ``is_outer`` is true on every loop, so the largest loop of a profile is its boundary.
- Points of a curve are in the sketch's own axes; an arc's reference vector too, and its angles run
  counter-clockwise there, while its start and end may be exchanged.
- Curves follow each other in a loop but point either way. Some semicircles are on the wrong side
  of their chord; see :mod:`cadvlm.sequences.semicircles`.
- Distances may be negative. A symmetric extent has ``extent_one`` on *each* side.
- Two in a hundred files have an extrude without profiles. It builds nothing and is passed over:
  the bounding box that the file states agrees as often as elsewhere (22 of 26). A file that has
  nothing else is refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.features import Tree, length, load, sequence
from cadvlm.sequences.model import ConstructionSequence

METRE_MM = 1000.0


def read(text: str) -> ConstructionSequence:
    """Read one file's text.

    Raises:
        Unreadable: with reason ``corrupt_json``, ``not_deepcad``, ``no_extrude``,
            ``empty_profile``, ``open_loop``, ``zero_length``, ``taper`` and their like.
    """
    tree = load(text, {"entities", "sequence"}, "not_deepcad")
    return sequence(tree, _features(tree), METRE_MM, _extent)


def _features(tree: Tree) -> Iterator[Tree]:
    for step in tree["sequence"]:
        yield tree["entities"][step["entity"]]


def _extent(feature: Tree, name: str) -> tuple[float, float]:
    """Where the sweep starts and ends along the normal, in millimetres."""
    extents = feature["extent_one"], feature["extent_two"]
    if any(extent["taper_angle"]["value"] for extent in extents):
        raise Unreadable("taper", f"{name} is drawn in or out")
    one, two = (length(extent["distance"]["value"], METRE_MM) for extent in extents)
    match feature["extent_type"]:
        case "OneSideFeatureExtentType":
            return 0.0, one
        case "SymmetricFeatureExtentType":
            return -abs(one), abs(one)
        case "TwoSidesFeatureExtentType":
            # "Two" is the other side of "one", which a negative distance has turned round.
            return -math.copysign(two, one), one
        case other:
            raise Unreadable("unsupported_extent", f"{other} in {name}")
